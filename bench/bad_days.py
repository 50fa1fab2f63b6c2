"""A daemon lives through bad days: after each, is its pop-up there, and does all go on?

One daemon with a real session bus and a notification server. On each day something is wrong
when a fraud arrives; its pop-up has to appear, if need be once the fault is over, and then
stand in the store. The disk fails by `bench.faulty_disk`, descriptors by prlimit(2); the
clock that the daemon is given is moved by a file: a machine that slept has a later wall clock
and the same monotonic one.
"""

import asyncio
import errno
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from bench.faulty_disk import CHANGE, SYNC, WRITE, Fault, FaultyDisk
from bench.report import CHECKOUT
from tests.daemon.home import FRAUD, Home, home_of
from tests.notification_server import NotificationServer, session_bus
from watcher.clock import SystemClock
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.errors import WatcherError
from watcher.store.connection import is_damaged

WITHIN: Final = 30.0
"""Seconds after which a pop-up is taken to be lost; the machine may be busy."""

_DAEMON: Final = """
import sys
from datetime import timedelta
from pathlib import Path
from watcher.clock import SystemClock
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.daemon.start import run
from watcher.daemon.life import Pace
class Clock:
    def now(self):
        moved = float(Path(sys.argv[1]).read_text() or 0)
        return SystemClock().now() + timedelta(seconds=moved)
    def monotonic(self):
        return SystemClock().monotonic()
pace = Pace(poll=0.5, heartbeat=0.3, second_look=0.3, upkeep=1.0)
sys.exit(run("zh", pace=pace, clock=Clock()))
"""
_CONFIG: Final = '[alerts]\nquiet_hours = {quiet}\nmax_per_minute = 60\n[[sms]]\npath = "{sms}"\n'
_YEARS: Final = timedelta(days=3_652)
_MARGIN: Final = timedelta(seconds=4)
_UNSAVED: Final = "还没能存下来"


@dataclass(kw_only=True)
class Day:
    """What is wrong, and what came of it; "" where all went well."""

    name: str
    wrong: str = ""


@dataclass(kw_only=True)
class _World:
    """The daemon, the desktop, and what has been sent to it so far."""

    home: Home
    disk: FaultyDisk
    bus: Path
    clock: Path
    pid: int = 0
    frauds: int = 0
    server: NotificationServer | None = None
    desktop: list[object] = field(default_factory=list)

    def move_clock(self, by: timedelta) -> None:
        moved = self.clock.with_name("moved")
        moved.write_text(str(by.total_seconds()), encoding="ascii")
        moved.rename(self.clock)

    def settle_in_new_york(self, hours: str) -> None:
        """Have the holder live there, and want to have quiet in these hours."""
        loans = self.home.loans.read_text("utf-8").splitlines()
        here = [line for line in loans if not line.startswith("timezone")]
        here.insert(here.index("[holder]") + 1, 'timezone = "America/New_York"')
        self.home.loans.write_text("\n".join(here), "utf-8")
        self.home.config.write_text(_CONFIG.format(quiet=hours, sms=self.home.sms), "utf-8")

    def now(self) -> datetime:
        moved = float(self.clock.read_text(encoding="ascii"))
        return SystemClock().now() + timedelta(seconds=moved)

    def deliver(self) -> None:
        """Have a fraud like no other arrive, dated by the clock of the phone: the daemon's."""
        self.frauds += 1
        name = f"sms-{self.frauds}.xml"
        now = int(self.now().timestamp() * 1000)
        text = FRAUD.format(number=self.frauds)
        unfinished = self.home.sms / f"{name}.part"
        unfinished.write_text(
            "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"1\">"
            f'<sms address="1069{self.frauds:08}" date="{now}" type="1" body="{text}" read="1"'
            ' status="-1" /></smses>\n',
            encoding="utf-8",
        )
        unfinished.rename(self.home.sms / name)

    def descriptors(self) -> int:
        """Return how many descriptors the daemon has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def begun(self) -> datetime | None:
        """Return when the daemon began, or began anew, by its own clock."""
        try:
            answer = ask_daemon(Ping(), self.home.state)
        except WatcherError:  # it is just going
            return None
        return answer.started_at if isinstance(answer, Status) else None

    def has_begun_anew(self, before: datetime | None) -> None:
        """Wait until the daemon that began then has given way to another."""
        give_up = time.monotonic() + WITHIN
        while self.begun() in (before, None):
            if time.monotonic() > give_up:
                raise AssertionError("it does not begin anew")
            time.sleep(0.1)

    async def shown(self, *, saved: bool = True) -> None:
        """Wait for the pop-up of the latest fraud."""
        if self.server is None:
            raise AssertionError("there is no desktop")
        says = f"第 {self.frauds} 条提醒" if saved else _UNSAVED
        while True:  # an earlier fraud may be told of once more
            sent = await self.server.next(WITHIN)
            if "诈骗" in sent.title and says in sent.body:
                return

    async def recorded(self) -> None:
        """Wait until every fraud has its case, and every alert was shown."""
        deadline = asyncio.get_running_loop().time() + WITHIN
        while (found := self._cases()) != (self.frauds, 0):
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"{self.frauds} frauds: (cases, not shown) {found}")
            await asyncio.sleep(0.05)

    def _cases(self) -> tuple[int, int]:
        path = self.home.state / "state.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            cases, waiting = database.execute(
                "SELECT (SELECT count(*) FROM cases),"
                " (SELECT count(*) FROM alerts WHERE state = 'pending')"
            ).fetchone()
        database.close()
        return cases, waiting


_Deed = Callable[[_World], Awaitable[None]]


def days(folder: Path, *, quick: bool) -> list[Day]:
    """Live through all of them, or all but the slow ones, and say how each was."""
    with home_of(folder / "home") as home, (folder / "log").open("wb") as log:
        return asyncio.run(_live(home, folder, log, {} if quick else _SLOW_DAYS))


async def _live(home: Home, folder: Path, log: BinaryIO, more: Mapping[str, _Deed]) -> list[Day]:
    clock = folder / "clock"
    world = _World(home=home, disk=FaultyDisk(home.state), bus=folder / "b", clock=clock)
    world.move_clock(timedelta())
    home.config.write_text(_CONFIG.format(quiet="[]", sms=home.sms), encoding="utf-8")
    told = []
    async with _desktop(world):
        daemon = world.disk.start(
            [sys.executable, "-c", _DAEMON, str(clock)], _environ(home), pipes={"stderr": log}
        )
        world.pid = daemon.pid
        try:
            await _until((home.state / "backups").exists)
            for name, deed in {**_DAYS, **more}.items():
                told.append(await _day(world, name, deed))
            daemon.send_signal(signal.SIGTERM)
            told.append(Day(name="told to end", wrong=await asyncio.to_thread(_ended, daemon)))
        finally:
            daemon.kill()
            daemon.wait()
    damaged = is_damaged(home.state / "state.db")
    told.append(Day(name="what is left", wrong="the database is damaged" if damaged else ""))
    return told


def _ended(daemon: subprocess.Popen[bytes]) -> str:
    try:
        code = daemon.wait(WITHIN)
    except subprocess.TimeoutExpired:
        return "it does not end"
    return f"it ended with {code}" if code else ""


async def _day(world: _World, name: str, deed: _Deed) -> Day:
    try:
        await deed(world)
        world.disk.fault = None
        await world.recorded()
    except (AssertionError, TimeoutError) as failure:
        return Day(name=name, wrong=str(failure) or type(failure).__name__)
    finally:
        world.disk.fault = None
    return Day(name=name)


async def _ordinary(world: _World) -> None:
    world.deliver()
    await world.shown()


def _disk_refuses(error: int, *kinds: str) -> _Deed:
    async def deed(world: _World) -> None:
        world.disk.fault = Fault(kinds=frozenset(kinds), error=error)
        world.deliver()
        await world.shown(saved=False)
        world.disk.fault = None
        await world.shown()

    return deed


async def _no_descriptors(world: _World) -> None:
    before = resource.prlimit(world.pid, resource.RLIMIT_NOFILE)
    few = world.descriptors() + 1
    resource.prlimit(world.pid, resource.RLIMIT_NOFILE, (few, before[1]))
    world.deliver()
    await asyncio.sleep(1.5)  # several tries
    resource.prlimit(world.pid, resource.RLIMIT_NOFILE, before)
    await world.shown()


async def _server_restarts(world: _World) -> None:
    if world.server is not None:
        await world.server.stop()
    world.deliver()
    await asyncio.sleep(0.5)
    world.server = await NotificationServer.start(world.home.bus)
    await world.shown()


async def _bus_restarts(world: _World) -> None:
    await _leave(world)
    world.deliver()
    await asyncio.sleep(0.5)
    await _enter(world)
    await world.shown()


def _clock_moves(by: timedelta) -> _Deed:
    async def deed(world: _World) -> None:
        world.move_clock(by)
        world.deliver()
        await world.shown()

    return deed


def _quiet_ends(moment: str, hours: str) -> _Deed:
    """Let quiet hours end at a time that the clocks of New York skip or have twice."""

    async def deed(world: _World) -> None:
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        begun = await asyncio.to_thread(world.begun)
        world.settle_in_new_york(hours)
        await asyncio.to_thread(world.has_begun_anew, begun)
        world.move_clock(at - _MARGIN - SystemClock().now())
        world.deliver()
        await world.shown()
        if world.now() < at:
            raise AssertionError("it was shown in quiet hours")

    return deed


_DAYS: Final[dict[str, _Deed]] = {
    "an ordinary day": _ordinary,
    "the disk is full": _disk_refuses(errno.ENOSPC, WRITE, CHANGE),
    "the notification server restarts": _server_restarts,
    "the session bus restarts": _bus_restarts,
    "the machine sleeps for 8 hours": _clock_moves(timedelta(hours=8)),
    "the clock jumps ten years ahead": _clock_moves(_YEARS),
    "the clock jumps back, and ten years more": _clock_moves(-_YEARS),
    "the clock is right again": _clock_moves(timedelta()),
}
_SLOW_DAYS: Final[dict[str, _Deed]] = {
    "no fsync succeeds": _disk_refuses(errno.EIO, SYNC),
    "the disk turns read-only": _disk_refuses(errno.EROFS, WRITE, CHANGE),
    "no file can be opened any more": _no_descriptors,
    "quiet hours end in an hour that is skipped": _quiet_ends(
        "2027-03-14T07:00", '["01:00", "02:30"]'
    ),
    "quiet hours end in an hour that comes twice": _quiet_ends(
        "2026-11-01T05:30", '["01:00", "01:30"]'
    ),
}


def _environ(home: Home) -> dict[str, str]:
    return {**home.environ, "PYTHONPATH": str(CHECKOUT)}


@asynccontextmanager
async def _desktop(world: _World) -> AsyncIterator[None]:
    await _enter(world)
    try:
        yield
    finally:
        await _leave(world)


async def _enter(world: _World) -> None:
    bus = session_bus(world.bus)
    world.home.bus = bus.__enter__()
    world.desktop.append(bus)
    world.server = await NotificationServer.start(world.home.bus)


async def _leave(world: _World) -> None:
    if world.server is not None:
        await world.server.stop()
        world.server = None
    while world.desktop:
        world.desktop.pop().__exit__(None, None, None)  # type: ignore[attr-defined]


async def _until(holds: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + WITHIN
    while not holds():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("the daemon does not begin")
        await asyncio.sleep(0.05)
