"""Codes in a real keyring, from systemd and in files; and that none is seen on the way."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.keyring_daemon import Keyring, running_keyring
from tests.processes import children
from watcher.errors import SourceUnavailable, UserError
from watcher.phrases import LANGUAGES, Phrases
from watcher.secrets import delete_secret, read_secret, write_secret, write_secret_file

ADDRESS = "wang@qinghe.test"
CODE = "qxzvkanarie授权"
NO_BUS = {"PATH": os.environ["PATH"]}


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyring]:
    with running_keyring(tmp_path_factory.mktemp("k")) as running:
        yield running


def test_a_code_is_kept_in_the_keyring_changed_and_removed(keyring: Keyring) -> None:
    write_secret(ADDRESS, "old", environ=keyring.environ)
    write_secret(ADDRESS, CODE, environ=keyring.environ)
    write_secret("li@qinghe.test", "another", environ=keyring.environ)
    assert read_secret(ADDRESS, environ=keyring.environ) == CODE
    assert delete_secret(ADDRESS, environ=keyring.environ)
    assert not delete_secret(ADDRESS, environ=keyring.environ)
    assert read_secret("li@qinghe.test", environ=keyring.environ) == "another"
    with pytest.raises(UserError) as raised:
        read_secret(ADDRESS, environ=keyring.environ)
    assert raised.value.says == "secret.missing"


def test_a_locked_keyring_is_something_to_wait_for(tmp_path: Path) -> None:
    with running_keyring(tmp_path) as keyring:
        write_secret(ADDRESS, CODE, environ=keyring.environ)
        keyring.lock()
        for name in (ADDRESS, "li@qinghe.test"):
            with pytest.raises(SourceUnavailable) as raised:
                read_secret(name, environ=keyring.environ)
            assert raised.value.says == "secret.locked"
        with pytest.raises(SourceUnavailable) as raised:
            write_secret(ADDRESS, CODE, environ=keyring.environ)
        assert raised.value.says == "secret.locked"


def test_a_keyring_never_set_up_cannot_be_written_without_a_screen(tmp_path: Path) -> None:
    with running_keyring(tmp_path, unlocked=False) as keyring:
        with pytest.raises(SourceUnavailable) as raised:
            write_secret(ADDRESS, CODE, environ=keyring.environ)
        assert raised.value.says == "secret.locked"
        with pytest.raises(UserError):
            read_secret(ADDRESS, environ=keyring.environ)


@pytest.fixture
def silent_bus(tmp_path: Path) -> Iterator[socket.socket]:
    """A bus that takes connections and never says a word."""
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()
        server.settimeout(30)
        yield server


def test_a_keyring_that_never_answers_is_given_up(silent_bus: socket.socket) -> None:
    environ = NO_BUS | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={silent_bus.getsockname()}"}
    with pytest.raises(SourceUnavailable) as raised:
        read_secret(ADDRESS, environ=environ, seconds=0.3)
    assert raised.value.says == "secret.locked"


def test_the_bus_of_a_service_without_its_address_is_found_where_systemd_puts_it(
    silent_bus: socket.socket,
) -> None:
    environ = NO_BUS | {"XDG_RUNTIME_DIR": str(Path(silent_bus.getsockname()).parent)}
    with pytest.raises(SourceUnavailable) as raised:
        read_secret(ADDRESS, environ=environ, seconds=0.3)
    assert raised.value.says == "secret.locked"


def test_without_any_keyring_that_is_said_and_nothing_else_asked() -> None:
    with pytest.raises(SourceUnavailable) as raised:
        read_secret(ADDRESS, environ=NO_BUS)
    assert raised.value.says == "secret.no_keyring"


def test_nobody_who_lists_processes_sees_a_code(silent_bus: socket.socket) -> None:
    environ = NO_BUS | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={silent_bus.getsockname()}"}
    of_others = set(children(os.getpid()))  # whichever test did
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write_secret, ADDRESS, CODE, environ=environ)
        connection, _ = silent_bus.accept()
        with connection:
            started = set(children(os.getpid())) - of_others
            assert started
            for pid in started:
                for file in ("cmdline", "environ"):
                    shown = Path(f"/proc/{pid}/{file}").read_bytes()
                    assert shown
                    assert b"qxzv" not in shown
                    assert b"wang@" not in shown
        failure = writing.exception(10)
    assert isinstance(failure, SourceUnavailable)
    assert "qxzv" not in repr(failure)


def test_what_systemd_hands_over_comes_first(tmp_path: Path, keyring: Keyring) -> None:
    (tmp_path / ADDRESS).write_text("from systemd\n")
    write_secret(ADDRESS, CODE, environ=keyring.environ)
    environ = keyring.environ | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret(ADDRESS, environ=environ) == "from systemd"
    (tmp_path / ADDRESS).unlink()
    assert read_secret(ADDRESS, environ=environ) == CODE


def test_an_address_is_no_way_out_of_the_folder_of_credentials(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "other").write_text("not this")
    environ = NO_BUS | {"CREDENTIALS_DIRECTORY": str(tmp_path / "inside")}
    with pytest.raises(SourceUnavailable):
        read_secret("../other", environ=environ)


def test_a_file_is_read_where_the_configuration_names_one(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "code"
    write_secret_file(file, "old")
    write_secret_file(file, CODE)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(file.parent.iterdir()) == [file]
    assert read_secret(ADDRESS, environ=NO_BUS, file=file) == CODE


def _wide(file: Path) -> None:
    file.chmod(0o640)


def _link(file: Path) -> None:
    file.rename(file.with_name("real"))
    file.symlink_to("real")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir(mode=0o700)


def _two_lines(file: Path) -> None:
    file.write_text("one\ntwo\n")


def _long(file: Path) -> None:
    file.write_text("x" * 5000)


def _bytes(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")


def _empty(file: Path) -> None:
    file.write_text("\n")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_wide, "secret.file_open"),
        (_link, "secret.file_link"),
        (_folder, "secret.file_unreadable"),
        (os.mkfifo, "secret.file_unreadable"),
        (_two_lines, "secret.file_no_code"),
        (_long, "secret.file_no_code"),
        (_bytes, "secret.file_no_code"),
        (_empty, "secret.file_no_code"),
        (Path.unlink, "secret.file_missing"),
    ],
)
def test_a_file_that_is_not_fit_for_a_code_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    file = tmp_path / "code"
    if spoil is not os.mkfifo:
        write_secret_file(file, CODE)
    spoil(file)
    with pytest.raises(UserError) as raised:
        read_secret(ADDRESS, environ=NO_BUS, file=file)
    assert raised.value.says == says
    for language in LANGUAGES:
        assert str(file) in Phrases(language).say(says, raised.value.values)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "code"
    write_secret_file(file, CODE)
    os.chown(file, 12345, -1)
    with pytest.raises(UserError) as raised:
        read_secret(ADDRESS, environ=NO_BUS, file=file)
    assert raised.value.says == "secret.file_not_yours"


def test_what_other_programs_store_under_our_name_is_found(keyring: Keyring) -> None:
    """`secret-tool store service loan-watcher username ADDRESS` and `keyring set` write so."""
    script = (
        "import secretstorage; bus = secretstorage.dbus_init();"
        "names = {'service': 'loan-watcher', 'username': 'cheng@qinghe.test', 'by': 'hand'};"
        "secretstorage.get_default_collection(bus).create_item('x', names, b'by hand')"
    )
    store = [sys.executable, "-c", script]
    subprocess.run(store, env=keyring.environ, check=True, timeout=20)
    assert read_secret("cheng@qinghe.test", environ=keyring.environ) == "by hand"
