"""A user's home for tests of the daemon, and ways to wait for what the daemon does."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from tests.processes import children

ROOT = Path(__file__).parents[2]
DAY_MS = 86_400_000

QUICK = """
import sys
from watcher.daemon.start import run
from watcher.daemon.life import Pace
sys.exit(run("zh", pace=Pace(poll=0.3, heartbeat=0.3, second_look=0.3)))
"""

COPYING = QUICK.replace("poll=0.3", "upkeep=0.3, poll=3600")

LIVE = """
import sys
from watcher.__main__ import main
sys.exit(main(["--lang", "zh", "run"]))
"""

SERVICE = """
import sys
from watcher.daemon.__main__ import main
sys.exit(main())
"""
"""As the unit starts it."""

JUMPING = """
import sys
from datetime import datetime, timedelta, UTC
from pathlib import Path
from watcher.clock import SystemClock
from watcher.daemon.start import run
from watcher.daemon.life import Pace
class Clock:
    def now(self):
        return SystemClock().now() + timedelta(hours=-1 if Path("{flag}").exists() else 0)
    def monotonic(self):
        return SystemClock().monotonic()
sys.exit(run("zh", pace=Pace(poll=3600, heartbeat=0.3, second_look=0.3), clock=Clock()))
"""
STALE = "【招联金融】李晓，您的好期贷借款本期应还1352.29元已逾期，请打开招联金融APP还款。"

FRAUD = (
    "【招联金融】您的借款已严重逾期，请立即添加客服微信 zl{number}88 并将欠款转账至"
    "个人账户 6222020000001234567，否则上门处理。http://zhaolian-{number}.example.top/huan"
)

NEVER_QUIET = "[alerts]\nquiet_hours = []\n"
"""Tests run at any hour."""

CHAT = "晚上一起吃饭吗，我在老地方等你{number}"


class Daemon(subprocess.Popen[bytes]):
    """A daemon whose log is read as it comes: it waits for no reader.

    Not a file: some tests let it write to none.
    """

    def __init__(self, program: str, environ: Mapping[str, str]) -> None:
        super().__init__(
            [sys.executable, "-c", program],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._lines: list[str] = []
        self._heard = 0
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self.stderr is not None
        with self.stderr:
            self._lines.extend(map(bytes.decode, self.stderr))

    def logged(self) -> str:
        """Return all that it has logged; of one that has ended, all that it ever will."""
        if self.poll() is not None:
            self._listening.join(20)
        return "".join(self._lines)

    def heard(self, event: str) -> str | None:
        """Return the next line of an event; what stands before it is not met again."""
        for line in self._lines[self._heard :]:
            self._heard += 1
            if f'"event": "{event}"' in line:
                return line
        return None


@dataclass(kw_only=True)
class Home:
    """A user's home with a bus address, and the daemons started in it."""

    folder: Path
    bus: str = ""
    desktop: dict[str, str] = field(default_factory=dict)
    """What else stands in the environment of who is logged in to a desktop."""
    started: list[Daemon] = field(default_factory=list)

    @property
    def sms(self) -> Path:
        return self.folder / "SMSBackup"

    @property
    def loans(self) -> Path:
        return self.folder / "config" / "loan-watcher" / "loans.toml"

    @property
    def config(self) -> Path:
        return self.folder / "config" / "loan-watcher" / "config.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state" / "loan-watcher"

    @property
    def environ(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "PATH": "/nonexistent",
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "DBUS_SESSION_BUS_ADDRESS": self.bus,
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "PYTHONPATH": str(ROOT),
            **self.desktop,
        }

    def prepare(self) -> None:
        config = self.folder / "config" / "loan-watcher"
        config.mkdir(parents=True)
        self.sms.mkdir()
        self.config.write_text(f'{NEVER_QUIET}[[sms]]\npath = "{self.sms}"\n')
        self.add_loan()

    def add_loan(self) -> None:
        self.loans.write_text(
            '[holder]\nname = "李晓"\n'
            '[[loans]]\nid = "zl"\nlender = "招联金融"\nstatus = "settled"\n'
            'settled_on = 2024-01-17\nmonthly_amount = "1352.29"\n',
        )

    def start(self, program: str = QUICK) -> Daemon:
        """Start a daemon; `ready` waits until it works."""
        daemon = Daemon(program, self.environ)
        self.started.append(daemon)
        return daemon

    def drop(
        self,
        name: str,
        *texts: str,
        days_ago: int = 0,
        seconds_old: int = 0,
        sender: str | None = None,
    ) -> None:
        """Write an export as a phone does: under another name first.

        One that was written some seconds ago is taken for whole at the first look.
        """
        now = int(time.time() * 1000) - days_ago * DAY_MS  # noqa: TID251  messages of today
        lines = "".join(
            f'<sms address="{sender or f"1069{place:08}"}" date="{now - 60_000 + place}" type="1"'
            f' body={quoteattr(text)} read="1" status="-1" />\n'
            for place, text in enumerate(texts)
        )
        unfinished = self.sms / f"{name}.part"
        unfinished.write_text(
            "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
            f'<smses count="{len(texts)}">\n{lines}</smses>\n',
        )
        if seconds_old:
            written = unfinished.stat().st_mtime - seconds_old
            os.utime(unfinished, (written, written))
        unfinished.rename(self.sms / name)

    def alerts(self) -> list[tuple[str, str | None]]:
        """Return state and backend of every alert in the outbox."""
        with sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True) as database:
            return list(database.execute("SELECT state, backend FROM alerts ORDER BY id"))


@contextmanager
def home_of(folder: Path) -> Iterator[Home]:
    folder.mkdir()
    home = Home(folder=folder)
    home.prepare()
    try:
        yield home
    finally:
        for daemon in home.started:
            daemon.kill()
            daemon.wait()


def ready(home: Home, program: str = QUICK) -> Daemon:
    """Start a daemon and wait until it says that it is ready."""
    address = home.folder / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(0.2)
        daemon = home.start(program)
        while daemon.poll() is None:
            with suppress(TimeoutError):
                assert systemd.recv(100) == b"READY=1"
                return daemon
    pytest.fail(daemon.logged())


async def until(holds: object, within: float = 10.0) -> None:
    """Wait until a question about the outside world is answered with yes."""
    assert callable(holds)
    deadline = asyncio.get_running_loop().time() + within
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(0.05)


def end(daemon: Daemon, number: int = signal.SIGTERM) -> tuple[int, float, str]:
    """End a daemon: exit code, seconds it took, and what it logged."""
    begin = time.monotonic()
    daemon.send_signal(number)
    code = daemon.wait(20)
    return code, time.monotonic() - begin, daemon.logged()


def polled(home: Home) -> bool:
    """Whether the empty folder was looked at: what comes later is news."""
    try:
        with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
            return database.execute("SELECT 1 FROM cursors").fetchone() is not None
    except sqlite3.OperationalError:
        return False


def cursor(home: Home) -> str:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        return str(database.execute("SELECT position FROM cursors").fetchone())


def line_of(daemon: Daemon, event: str, within: float = 60.0) -> str:
    """Wait for the log line of an event."""
    begun = time.monotonic()
    while True:
        line = daemon.heard(event)
        if line is not None:
            return line
        assert time.monotonic() - begun < within, f"it did not log {event}"
        time.sleep(0.02)


def servants(pid: int) -> list[int]:
    """Return the children of a daemon but for its judge, which is always there."""
    return [one for one in children(pid) if not _judges(one)]


def _judges(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return b"watcher.judging" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return True  # it has ended


def wait_for_child(pid: int) -> int:
    begun = time.monotonic()
    while not (found := servants(pid)):
        assert time.monotonic() - begun < 10, "nothing is being read"
        time.sleep(0.02)
    return found[0]
