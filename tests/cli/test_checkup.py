"""The checks of `doctor` one by one, on what they look at."""

import os
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.keyring_daemon import running_keyring
from tests.sources.exports import sms, smses
from watcher.cli.checkup import desktop, machine, mail, program, service, sources, userfiles
from watcher.cli.checkup.finding import Finding, State
from watcher.cli.service import Standing
from watcher.control.commands import Status
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import Holder
from watcher.desktop.meeting import Met
from watcher.errors import Problem
from watcher.phrases import Phrases
from watcher.secrets import write_secret
from watcher.userfiles.config import Account

ZH = Phrases("zh")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOUND = Standing(
    installed=True, fresh=True, enabled=True, active=True, state="active", lingers=True
)
DAEMON = Status(pid=7, started_at=NOW, folders=1, mail=(), waiting=0)
ADDRESS = "li@mail.test"


def found(finding: Finding) -> tuple[State, str]:
    """Return the state and the name of what was found."""
    return finding.state, finding.says.id.rpartition(".")[2]


OK, NOTE, PROBLEM = State.OK, State.NOTE, State.PROBLEM


@pytest.mark.parametrize(
    ("now", "seen", "state"),
    [
        (NOW, [NOW], OK),
        (NOW, [], OK),
        (NOW, [NOW + timedelta(minutes=5)], OK),
        (NOW, [NOW + timedelta(hours=8)], PROBLEM),
        (datetime(1970, 1, 2, tzinfo=UTC), [], PROBLEM),
    ],
)
def test_a_clock_that_is_behind_what_has_happened_is_wrong(
    now: datetime, seen: list[datetime], state: State
) -> None:
    assert machine.clock(now, seen).state is state


def test_a_disk_without_room_for_a_copy_of_the_records_is_full(tmp_path: Path) -> None:
    assert found(machine.disk(tmp_path)) == (OK, "fine")
    with (tmp_path / "state.db").open("wb") as records:
        # A file of holes takes no room; a copy of it would.
        records.truncate(shutil.disk_usage(tmp_path).free + 1)
    assert found(machine.disk(tmp_path)) == (PROBLEM, "full")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert found(machine.disk(tmp_path)) == (PROBLEM, "read_only")


def test_what_others_may_read_is_told_from_what_only_looks_so(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir(mode=0o700)
    assert found(machine.privacy(folder)) == (OK, "fine")
    file = folder / "loans.toml"
    file.touch(0o600)
    (folder / "link").symlink_to("/nowhere")
    assert found(machine.privacy(folder)) == (OK, "fine")
    file.chmod(0o644)
    assert found(machine.privacy(folder)) == (NOTE, "ajar")
    folder.chmod(0o750)
    assert found(machine.privacy(folder)) == (PROBLEM, "open")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_files_that_sudo_has_left_behind_are_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "state.db").touch(0o600)
    os.chown(tmp_path / "state.db", 12345, 12345)
    assert found(machine.privacy(tmp_path)) == (PROBLEM, "not_yours")


def test_a_sqlite_too_old_for_the_records_is_refused_and_the_rest_only_told() -> None:
    here = program.Versions.here()
    assert found(program.versions(here)) == (OK, "fine")
    assert found(program.versions(replace(here, expat="2.4.1", python="3.11.0"))) == (OK, "fine")
    assert found(program.versions(replace(here, sqlite=(3, 34, 1)))) == (PROBLEM, "old_sqlite")


def test_packages_are_what_the_program_asks_for(checkout: Path) -> None:
    lock = (checkout / "requirements.lock").read_text(encoding="utf-8")
    asked = program.asked_for()
    assert len(asked) > 20
    assert found(program.packages(asked, lock)) == (OK, "fine")


@pytest.mark.parametrize(
    ("asked", "lock", "state", "names"),
    [
        (["no-such-package>=1"], "", PROBLEM, "no-such-package"),
        (["click<1"], "", PROBLEM, "click "),
        (["click>=8"], "click==8.0.1 \\\n", NOTE, "click "),
        (["click>=8; sys_platform == 'win32'"], "", OK, ""),
        (["no-such-package; extra == 'test'"], "", OK, ""),
    ],
)
def test_a_package_that_is_missing_or_unfit_is_named(
    asked: list[str], lock: str, state: State, names: str
) -> None:
    finding = program.packages(asked, lock)
    assert finding.state is state
    assert names in str(finding.says.values.get("names", ""))


def test_a_wall_of_the_reader_that_does_not_stand_is_named() -> None:
    finding = program.reader_of({"limits": True, "system_calls": False})
    assert found(finding) == (PROBLEM, "down")
    assert finding.says.values["names"] == "system_calls"


def test_the_walls_of_the_reader_stand_here() -> None:
    assert found(program.reader(ZH)) == (OK, "fine")


def test_an_empty_or_nameless_ledger_is_noted() -> None:
    empty = Ledger.of(Holder(), (), Directory.of(()))
    assert found(userfiles.ledger(empty)) == (NOTE, "empty")
    assert found(userfiles.ledger(None)) == (NOTE, "unread")


def test_a_doubt_is_noted_and_a_mistake_is_a_problem() -> None:
    problems = [
        Problem(file="config.toml", line=3, says="config.repeated-path", warning=True),
        Problem(file="config.toml", line=5, says="problem.unknown-key"),
    ]
    said = list(userfiles.mistakes("config", problems, ZH))
    assert [one.state for one in said] == [NOTE, PROBLEM]
    assert "config.toml:5" in str(said[1].says.values["what"])


def test_a_watched_folder_that_is_gone_or_empty_is_named(tmp_path: Path) -> None:
    assert found(sources.folder(tmp_path / "gone")) == (PROBLEM, "gone")
    assert found(sources.folder(tmp_path)) == (OK, "fine")
    assert found(sources.export(tmp_path, ZH)) == (NOTE, "nothing")
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8\xff\xe0 no export")
    assert found(sources.export(tmp_path, ZH)) == (NOTE, "none")


def test_an_export_that_ends_early_is_noted(tmp_path: Path) -> None:
    whole = smses(*(sms(f"第{n}条", number=n, address="13800001111") for n in range(9)))
    (tmp_path / "sms.xml").write_text(whole[:-200], encoding="utf-8")
    finding = sources.export(tmp_path, ZH)
    assert found(finding) == (NOTE, "damaged")
    assert "sms.xml" in str(finding.says.values["file"])


def test_a_keyring_that_is_not_needed_is_only_noted(tmp_path: Path) -> None:
    nowhere = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path)}
    token = Account(address=ADDRESS, sign_in="xoauth2", oauth_command=("true",))
    assert found(mail.keyring([], nowhere)) == (NOTE, "absent")
    assert found(mail.keyring([token], nowhere)) == (NOTE, "absent")
    assert found(mail.keyring([Account(address=ADDRESS)], nowhere)) == (PROBLEM, "absent")


def test_each_account_has_a_code_or_says_which_lacks_it(tmp_path: Path) -> None:
    with running_keyring(tmp_path / "k") as keyring:
        write_secret(ADDRESS, "abcd", environ=keyring.environ)
        known, other = Account(address=ADDRESS), Account(address="wang@mail.test")
        token = Account(
            address="zhao@mail.test", sign_in="xoauth2", oauth_command=("no-such-program",)
        )
        said = list(mail.codes([known, other, token], keyring.environ, ZH))
        assert [found(one) for one in said] == [
            (OK, "fine"),
            (PROBLEM, "missing"),
            (PROBLEM, "no_command"),
        ]
        assert "abcd" not in str(said)


def test_a_desktop_without_bus_server_or_buttons_is_named() -> None:
    assert found(desktop.bus(Met())) == (PROBLEM, "absent")
    assert found(desktop.popups(Met(bus=True))) == (PROBLEM, "nobody")
    plain = Met(bus=True, server="plain 1", capabilities=frozenset({"body"}))
    assert found(desktop.popups(plain)) == (NOTE, "no_buttons")
    titles = replace(plain, capabilities=frozenset({"actions"}))
    assert found(desktop.popups(titles)) == (NOTE, "no_text")
    able = replace(plain, capabilities=frozenset({"actions", "body"}))
    assert found(desktop.popups(able)) == (OK, "fine")


@pytest.mark.parametrize(
    ("standing", "name"),
    [
        (None, "not_by_hand"),
        (replace(SOUND, installed=False, active=False), "not_installed"),
        (replace(SOUND, active=False, state="failed"), "failed"),
        (replace(SOUND, active=False, state="inactive"), "stopped"),
        (SOUND, "silent"),
    ],
)
def test_why_nobody_watches_is_said(standing: Standing | None, name: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert found(service.running(None, standing, zone)) == (PROBLEM, name)
    assert service.running(DAEMON, standing, zone).state is OK


@pytest.mark.parametrize(
    ("standing", "state", "name"),
    [
        (SOUND, OK, "fine"),
        (None, NOTE, "no_systemd"),
        (replace(SOUND, installed=False), NOTE, "by_hand"),
        (replace(SOUND, fresh=False), PROBLEM, "outdated"),
        (replace(SOUND, enabled=False), PROBLEM, "not_enabled"),
    ],
)
def test_a_service_that_will_not_be_there_tomorrow_is_said(
    standing: Standing | None, state: State, name: str
) -> None:
    assert found(service.installed(standing, "")) == (state, name)


def test_what_the_service_knows_of_itself_is_passed_on(tmp_path: Path) -> None:
    assert [found(one) for one in service.walls(DAEMON)] == [(OK, "fine")]
    fallen = service.walls(replace(DAEMON, fallen=("home", "bus")))
    assert [found(one) for one in fallen] == [(PROBLEM, "home"), (PROBLEM, "bus")]
    unshown = replace(DAEMON, waiting=2, desktop=False)
    assert found(service.waiting(unshown)) == (PROBLEM, "unshown")
    assert found(service.waiting(replace(unshown, desktop=True))) == (OK, "fine")
    assert [found(one) for one in service.told(["文件夹不见了"])] == [(PROBLEM, "open")]
    assert found(service.lingers(SOUND)) == (OK, "fine")
    assert found(service.lingers(replace(SOUND, lingers=False))) == (NOTE, "off")
    assert found(service.proxy(tmp_path / "xdg-dbus-proxy")) == (PROBLEM, "absent")
    assert found(service.proxy(tmp_path)) == (OK, "fine")


def test_a_command_that_cannot_be_typed_is_noted(tmp_path: Path) -> None:
    assert found(program.command({"PATH": str(tmp_path)})) == (NOTE, "not_found")
    (tmp_path / "loan-watcher").touch(stat.S_IRWXU)
    assert found(program.command({"PATH": str(tmp_path)})) == (OK, "fine")
