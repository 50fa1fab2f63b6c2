"""The command line says and does the same whether a daemon runs or not."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from tests.daemon.home import CHAT, DAY_MS, FRAUD, STALE, Home, end, home_of, polled, ready, until
from watcher.__main__ import main
from watcher.clock import SystemClock
from watcher.control import asking
from watcher.control import commands as c
from watcher.control.deeds import Hands, perform
from watcher.errors import UserError
from watcher.store import Store, state_lock

WAITING = """
import sys
from pathlib import Path
from watcher.clock import SystemClock
from watcher.daemon.start import run
class Clock(SystemClock):
    asked = 0
    def monotonic(self):
        Clock.asked += 1
        if Clock.asked == 2:
            Path("{flag}").touch()
        return super().monotonic()
sys.exit(run("zh", clock=Clock()))
"""
HURRIED = """
import sys
from watcher.__main__ import main
from watcher.clock import SystemClock
passed = SystemClock.monotonic
SystemClock.monotonic = lambda clock: 600 * passed(clock)
sys.exit(main(["--lang", "zh", "run"]))
"""
MAY_10 = 1_778_400_000_000
Said = tuple[int, str, str]
Command = Callable[..., Said]

ARGUMENTS: tuple[tuple[str, ...], ...] = (
    ("scan", "{home}/one.xml", "{home}/note.xml"),
    ("scan", "--json", "{home}/one.xml"),
    ("scan", "--json", "--since", "2026-05-11", "{home}/folder"),
    ("scan", "{home}/gone.xml"),
    ("alerts", "done", "1"),
    ("alerts", "done", "1"),
    ("alerts", "reopen", "1"),
    ("alerts", "snooze", "1", "--until", "2999-01-01"),
    ("alerts", "snooze", "1", "--until", "2020-01-01"),
    ("alerts", "sent", "1", "--letter", "T1", "--on", "2026-05-20"),
    ("alerts", "sent", "1", "--letter", "T1", "--on", "2999-01-01"),
    ("alerts", "sent", "1", "--letter", "T77"),
    ("alerts", "answered", "1"),
    ("alerts", "done", "77"),
    ("alerts", "done", "99999999999999999999999"),
    ("alerts", "list", "--all"),
    ("explain", "1"),
)


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, _logging_put_back: None
) -> Command:
    """Run a command in a home, in this process."""

    def run(home: Home, *arguments: str) -> Said:
        for name, value in home.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")
        capfd.readouterr()
        code = main([argument.format(home=home.folder) for argument in arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def furnish(home: Home) -> None:
    """Lay the same files into a home, of fixed dates."""
    (home.folder / "folder").mkdir()
    for name, texts in (("one", (STALE, CHAT)), ("folder/two", (STALE, FRAUD))):
        lines = [
            f'<sms address="106900005512" date="{MAY_10 + day * DAY_MS}" type="1"'
            f" body={quoteattr(text.format(number=1))} />"
            for day, text in enumerate(texts)
        ]
        text = "\n".join(['<?xml version="1.0"?>', '<smses count="2">', *lines, "</smses>"])
        (home.folder / f"{name}.xml").write_text(text, encoding="utf-8")
    (home.folder / "note.xml").write_text("<html><body>no backup</body></html>")


def test_every_command_says_and_does_the_same_with_a_daemon_and_without(
    home: Home, tmp_path: Path, command: Command
) -> None:
    with home_of(tmp_path / "other") as alone:
        furnish(home)
        furnish(alone)
        daemon = ready(home)
        asyncio.run(until(lambda: polled(home)))

        for arguments in ARGUMENTS:
            beside = command(home, *arguments)
            said = command(alone, *arguments)
            assert [part.replace("other", "home") for part in said[1:]] == list(beside[1:])
            assert said[0] == beside[0]
        assert daemon.poll() is None
        assert kept(home) == kept(alone)
        assert len(kept(home)) == 2


def kept(home: Home) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        query = (
            "SELECT cases.id, key, cases.verdict, status, snoozed_until, topic,"
            " (SELECT count(*) FROM case_messages WHERE case_id = cases.id)"
            " FROM cases LEFT JOIN alerts ON alerts.case_id = cases.id ORDER BY cases.id"
        )
        return list(database.execute(query))


class Watchful:
    """A clock that notices when it is asked again: then one has tried and waits.

    In a `hurry` so many seconds pass from one question to the next.
    """

    def __init__(self, hurry: float = 0.0) -> None:
        self.tried = threading.Event()
        self._asked = 0
        self._hurry = hurry

    def now(self) -> datetime:
        return SystemClock().now()

    def monotonic(self) -> float:
        self._asked += 1
        if self._asked > 1:
            self.tried.set()
        return SystemClock().monotonic() + self._asked * self._hurry


def answer(folder: Path, clock: Watchful) -> str:
    """Return what closing a case is answered with that no store holds."""

    def alone(store: Store) -> c.Answer:
        rules = partial(pytest.fail, "no rule is needed for that")
        return perform(deed, Hands(store=store, clock=clock, terms=rules, loans=folder))

    deed = c.Close(case=1)
    with pytest.raises(UserError) as refused:
        asking.have_done(deed, folder, alone=alone, clock=clock)
    return refused.value.says


def test_a_command_waits_for_whoever_has_the_lock_and_does_not_listen(tmp_path: Path) -> None:
    clock = Watchful()
    with ThreadPoolExecutor() as other:
        with state_lock(tmp_path):
            answered = other.submit(answer, tmp_path, clock)
            assert clock.tried.wait(10)
            assert not answered.done()
        assert answered.result(10) == "explain.unknown_id"  # it had the store

    with state_lock(tmp_path):
        assert answer(tmp_path, Watchful(hurry=60)) == "store.locked"


def test_a_daemon_waits_for_a_command_that_writes(home: Home) -> None:
    flag = home.folder / "tried"
    with ThreadPoolExecutor() as other:
        with state_lock(home.state):
            started = other.submit(ready, home, WAITING.replace("{flag}", str(flag)))
            asyncio.run(until(flag.exists, within=30))
            assert not started.done()
        assert end(started.result(30))[0] == 0


def test_a_daemon_that_a_command_keeps_waiting_leaves_with_a_failure_to_try_again(
    home: Home,
) -> None:
    with state_lock(home.state):
        daemon = home.start(HURRIED)
        assert daemon.wait(30) == 3
    assert '"says": "daemon.busy"' in daemon.logged()


def test_a_daemon_that_was_killed_stands_in_nobodys_way(home: Home, command: Command) -> None:
    furnish(home)
    first = ready(home)
    first.kill()
    first.wait()
    assert (home.state / "control").exists()

    assert command(home, "scan", "--no-notify", "{home}/one.xml")[0] == 0
    ready(home)
    assert command(home, "alerts", "done", "1")[0] == 0
    assert end(home.started[-1])[0] == 0
