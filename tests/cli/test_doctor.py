"""`loan-watcher doctor`: faults are seeded, each is found with its cure; the healthy have none."""

import asyncio
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.imap_server import ImapServer
from bench.imap_server.server import CODE, USER
from tests.cli.running import LOANS, Ran, Run
from tests.keyring_daemon import running_keyring
from tests.notification_server import NotificationServer
from tests.sources.exports import sms, smses
from watcher.cli.standing import look
from watcher.clock import SystemClock
from watcher.phrases import Phrases
from watcher.secrets import write_secret
from watcher.sources.senders import ENOUGH
from watcher.store import Store

PATIENCE = 60.0
"""Seconds after which something that takes two is given up."""

BY_HAND = {"service"}
"""What is noted where `run` watches and no systemd is."""


def findings(ran: Ran) -> list[dict[str, Any]]:
    return list(json.loads(ran.out)["findings"])


def states(ran: Ran, *wanted: str) -> set[str]:
    return {one["check"] for one in findings(ran) if one["state"] in wanted}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def account(server: ImapServer, more: str = "") -> str:
    return (
        f'[[accounts]]\naddress = "{USER}"\nhost = "{server.host}"\nport = {server.port}\n'
        f'ca_file = "{server.ca_file}"\n{more}'
    )


@contextmanager
def notifying(address: str) -> Iterator[None]:
    """Have a notification server on a bus, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    begun = asyncio.run_coroutine_threadsafe(NotificationServer.start(address), loop)
    server = begun.result(PATIENCE)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


@contextmanager
def watching() -> Iterator[None]:
    """Run the daemon until it has looked into every source."""
    command = [sys.executable, "-m", "watcher", "run"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            give_up = time.monotonic() + PATIENCE
            while not _all_fresh():
                assert daemon.poll() is None
                assert time.monotonic() < give_up
                time.sleep(0.2)
            yield
        finally:
            daemon.terminate()
            daemon.wait(PATIENCE)


def _all_fresh() -> bool:
    """Tell by the records whether two folders of mail and one of SMS were looked into."""
    state = Path(os.environ["XDG_STATE_HOME"]) / "loan-watcher" / "state.db"
    query = "SELECT count(*) FROM cursors WHERE checked_at IS NOT NULL"
    with suppress(sqlite3.OperationalError):
        database = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
        try:
            return bool(database.execute(query).fetchone() == (3,))
        finally:
            database.close()
    return False


def test_a_healthy_machine_has_nothing_to_do(
    run: Run, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "loan-watcher").symlink_to(shutil.which("true") or "")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    phone = home / "SMSBackup"
    phone.mkdir()
    write(phone / "sms.xml", smses(sms("晚上吃什么", address="13800001111"), sms("余额变动")))
    write(config.with_name("loans.toml"), LOANS)
    with ImapServer() as server, running_keyring(tmp_path / "k") as keyring:
        write(config, f'{account(server)}[[sms]]\npath = "{phone}"\n')
        bus = keyring.environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
        server.account().deliver("INBOX", b"Subject: short\r\n\r\nHello.\r\n")
        write_secret(USER, CODE, environ=keyring.environ)
        with notifying(bus), watching():
            ran = run("doctor", "--json")
            status = run("status", "--json")
    ill = [one for one in findings(ran) if one["state"] != "ok"]
    assert {one["check"] for one in ill} <= BY_HAND, ill
    assert (ran.code, status.code) == (0, 0)
    assert json.loads(ran.out)["to_do"] is False
    assert len({one["check"] for one in findings(ran)}) >= 22
    assert all(one["cure"] is None for one in findings(ran) if one["state"] == "ok")


SEEDED = {
    "privacy": "chmod -R go=",
    "records": "上一份副本",
    "rules": "rules check",
    "loans": "loans.toml:9",
    "folder": "不见了",
    "export": "通知类短信",
    "seen": "loan-watcher scan",
    "keyring": "密钥环锁着",
    "code": "chmod 600",
    "server": "host 和 port",
    "popups": "通知程序",
    "running": "loan-watcher run",
}
"""The checks that find the faults of the sick machine, and words of each fault or its cure."""


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What is found on a machine with a dozen faults at once."""
    home = tmp_path_factory.mktemp("sick")
    config, state = (home / name / "loan-watcher" for name in ("config", "state"))
    with Store.open(state, SystemClock().now()):
        pass
    state.chmod(0o755)
    (state / "state.db").write_bytes(b"no database at all" * 300)
    phone = home / "phone"
    (config / "rules").mkdir(parents=True, mode=0o700)
    config.chmod(0o700)
    phone.mkdir()
    write(
        phone / "sms.xml",
        smses(*(sms(f"第{n}条", number=n, address="13800001111") for n in range(ENOUGH))),
    )
    write(phone / "zz.pdf", "%PDF-1.7 no export, and the newest file")
    write(config / "rules" / "own.toml", '[[rules]]\nid = "mine"\n')
    write(config / "loans.toml", LOANS.replace("settled_on", "setled_on"))
    write(config / "code", CODE).chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    write(
        config / "config.toml",
        f'[[accounts]]\naddress = "{USER}"\nhost = "127.0.0.1"\nport = {port}\n'
        f'[[accounts]]\naddress = "li@mail.test"\nhost = "127.0.0.1"\nport = {port}\n'
        f'code_file = "{config}/code"\n'
        f'[[sms]]\npath = "{phone}"\n[[sms]]\npath = "{home}/gone"\n',
    )
    with running_keyring(home / "k") as keyring:
        write_secret(USER, CODE, environ=keyring.environ)
        keyring.lock()
        done = subprocess.run(
            [sys.executable, "-m", "watcher", "--lang", "zh", "doctor", "--json"],
            env={
                **keyring.environ,
                "PATH": "/nonexistent",
                "HOME": str(home),
                "XDG_CONFIG_HOME": str(config.parent),
                "XDG_STATE_HOME": str(state.parent),
            },
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("check", "words"), SEEDED.items())
def test_a_seeded_fault_is_found_with_its_cure(sick: Ran, check: str, words: str) -> None:
    found = [one for one in findings(sick) if (one["check"], one["state"]) == (check, "problem")]
    assert found, findings(sick)
    assert any(words in f"{one['says']} {one['cure']}" for one in found)
    assert all(one["cure"] for one in found)


def test_where_something_must_be_done_the_exit_code_says_so(sick: Ran) -> None:
    assert (sick.code, sick.err) == (3, "")
    assert json.loads(sick.out)["to_do"] is True
    assert states(sick, "problem") == set(SEEDED)
    assert "command" in states(sick, "note")


def test_what_is_wrong_is_said_on_eighty_columns_and_no_fault_hides_another(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len  # noqa: PLC0415  the only test here that measures

    monkeypatch.setenv("COLUMNS", "80")
    state = home / "state" / "loan-watcher"
    with Store.open(state, SystemClock().now()):
        pass
    with sqlite3.connect(state / "state.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    ran = run("doctor")
    assert ran.code == 3
    assert "请升级程序" in ran.out  # the records are of a newer program
    assert "✗ 还没有设置邮箱" in ran.out
    assert "  请运行：loan-watcher init" in ran.out
    assert all(cell_len(line) <= 80 for line in ran.out.splitlines())


def test_a_source_that_nobody_has_read_for_long_is_late(config: Path, home: Path) -> None:
    phone = home / "SMSBackup"
    write(config, f'[[sms]]\npath = "{phone}"\n')

    class Later:
        def now(self) -> datetime:
            return SystemClock().now() + timedelta(days=8)

        def monotonic(self) -> float:
            return SystemClock().monotonic()

    with Store.open(home / "state" / "loan-watcher", SystemClock().now()) as store:
        store.checked(f"file:{phone}", SystemClock().now())
    assert [one.says for one in look(Phrases("zh"), Later()).sources] == ["cli.status.late"]


def test_where_no_service_can_be_had_nobody_is_told_to_install_one(
    run: Run, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(config, f'[[sms]]\npath = "{home}"\n')
    monkeypatch.setenv("PATH", "/nowhere")
    said = run("status").out
    assert "loan-watcher run" in said
    assert "service install" not in said


PARTS = re.compile(r'\b(noted|wrong|fine|tell)\(\s*"(\w+)"(?:,\s*"(\w+)")?')
SENTENCE = {"zh": "。", "en": ". "}


def named(checkout: Path) -> set[tuple[str, str, str]]:
    """Return every finding that the checks can make, as kind, check and name."""
    folder = checkout / "watcher" / "cli" / "checkup"
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    return {(kind, check, name or "fine") for kind, check, name in PARTS.findall(code)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_fault_has_a_phrase_and_a_cure_of_one_sentence(checkout: Path, language: Any) -> None:
    phrases = Phrases(language)
    found = named(checkout)
    assert len({check for _, check, _ in found}) >= 20
    for kind, check, name in found:
        says = f"doctor.{check}.{name}"
        assert says in phrases, says
        assert (f"{says}_cure" in phrases) == (kind != "fine"), says
    blanks = dict.fromkeys(("path", "folder", "program", "address", "file"), "x")
    cures = [f"doctor.{check}.{name}_cure" for kind, check, name in found if kind != "fine"]
    cures += [f"doctor.seen.{name}_cure" for name in ("never", "mail", "sms")]
    for cure in (*cures, "doctor.walls.down_cure"):
        said = phrases.say(cure, blanks)
        assert SENTENCE[language] not in said[:-1], cure
