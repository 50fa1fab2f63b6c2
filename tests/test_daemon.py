import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from tests.notification_server import NotificationServer, forge_click, session_bus

ROOT = Path(__file__).parent.parent
DAY_MS = 86_400_000

QUICK = """
import sys
from watcher.daemon import run
from watcher.daemon.life import Pace
sys.exit(run("zh", pace=Pace(poll=0.3, heartbeat=0.3, second_look=0.3)))
"""
LIVE = """
import sys
from watcher.__main__ import main
sys.exit(main(["--lang", "zh", "run"]))
"""

JUMPING = """
import sys
from datetime import datetime, timedelta, UTC
from pathlib import Path
from watcher.clock import SystemClock
from watcher.daemon import run
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
CHAT = "晚上一起吃饭吗，我在老地方等你{number}"


@dataclass(kw_only=True)
class Home:
    """A user's home with a bus address, and the daemons started in it."""

    folder: Path
    bus: str = ""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def sms(self) -> Path:
        return self.folder / "SMSBackup"

    @property
    def loans(self) -> Path:
        return self.folder / "config" / "loan-watcher" / "loans.toml"

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
        }

    def prepare(self) -> None:
        config = self.folder / "config" / "loan-watcher"
        config.mkdir(parents=True)
        self.sms.mkdir()
        (config / "config.toml").write_text(f'[[sms]]\npath = "{self.sms}"\n')
        self.add_loan()

    def add_loan(self) -> None:
        self.loans.write_text(
            '[holder]\nname = "李晓"\n'
            '[[loans]]\nid = "zl"\nlender = "招联金融"\nstatus = "settled"\n'
            'settled_on = 2024-01-17\nmonthly_amount = "1352.29"\n',
        )

    def start(self, program: str = QUICK) -> subprocess.Popen[bytes]:
        """Start a daemon; `ready` waits until it works."""
        daemon = subprocess.Popen(
            [sys.executable, "-c", program],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.started.append(daemon)
        return daemon

    def drop(self, name: str, *texts: str, days_ago: int = 0) -> None:
        """Write an export as a phone does: under another name first."""
        now = int(time.time() * 1000) - days_ago * DAY_MS  # noqa: TID251  messages of today
        lines = "".join(
            f'<sms address="1069{place:08}" date="{now - 60_000 + place}" type="1"'
            f' body={quoteattr(text)} read="1" status="-1" />\n'
            for place, text in enumerate(texts)
        )
        unfinished = self.sms / f"{name}.part"
        unfinished.write_text(
            "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
            f'<smses count="{len(texts)}">\n{lines}</smses>\n',
        )
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
            assert daemon.stderr is not None
            daemon.stderr.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_of(tmp_path / "home") as home:
        yield home


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    with session_bus(tmp_path / "b") as address:
        yield address


def ready(home: Home, program: str = QUICK) -> subprocess.Popen[bytes]:
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
    pytest.fail(daemon.communicate()[1].decode())


async def until(holds: object, within: float = 10.0) -> None:
    """Wait until a question about the outside world is answered with yes."""
    assert callable(holds)
    deadline = asyncio.get_running_loop().time() + within
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(0.05)


def end(daemon: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> tuple[int, float, str]:
    """End a daemon: exit code, seconds it took, and what it logged."""
    begin = time.monotonic()
    daemon.send_signal(number)
    code = daemon.wait(20)
    seconds = time.monotonic() - begin
    assert daemon.stderr is not None
    return code, seconds, daemon.stderr.read().decode()


def test_an_export_dropped_while_running_is_shown_and_done_closes_it(home: Home, bus: str) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            daemon = await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))

            home.drop("sms-1.xml", CHAT.format(number=1), FRAUD.format(number=1))
            sent = await server.next(within=30)

            assert sent.keys == ("default", "done:1", "later:1")
            assert "招联" not in sent.title + sent.body
            assert "zl188" not in sent.title + sent.body
            await until(lambda: home.alerts() == [("shown", "dbus")])
            await forge_click(bus, sent.id, "done:1")
            server.click(99, "done:1")
            server.click(sent.id, "done:1")
            await until(lambda: home.alerts() == [("acked", "dbus")])
            code, seconds, log = await asyncio.to_thread(end, daemon)
            assert code == 0
            assert seconds < 5
            assert log.count('"event": "click"') == 2  # the forged one was not even heard
            assert "zl188" not in log

    asyncio.run(scene())


def polled(home: Home) -> bool:
    """Whether the empty folder was looked at: what comes later is news."""
    try:
        with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
            return database.execute("SELECT 1 FROM cursors").fetchone() is not None
    except sqlite3.OperationalError:
        return False


def test_without_a_bus_the_alert_waits_for_one(home: Home, tmp_path: Path) -> None:
    home.bus = f"unix:path={tmp_path / 'b' / 'bus'}"

    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home)
        await until(lambda: polled(home))
        home.drop("sms-1.xml", FRAUD.format(number=1))
        await until(lambda: home.alerts() == [("pending", None)], within=30)

        with session_bus(tmp_path / "b") as address:
            server = await NotificationServer.start(address)
            await server.next(within=10)
            await until(lambda: home.alerts() == [("shown", "dbus")])
            await server.stop()
            assert (await asyncio.to_thread(end, daemon))[0] == 0

    asyncio.run(scene())


def test_what_a_restarted_server_lost_is_shown_again(home: Home, bus: str) -> None:
    home.bus = bus

    async def scene() -> None:
        server = await NotificationServer.start(bus)
        await asyncio.to_thread(ready, home)
        await until(lambda: polled(home))
        home.drop("sms-1.xml", FRAUD.format(number=1))
        first = await server.next(within=30)
        await until(lambda: home.alerts() == [("shown", "dbus")])
        await server.stop()

        async with NotificationServer.at(bus) as again:
            assert (await again.next(within=10)).keys == first.keys

    asyncio.run(scene())


def test_a_click_on_a_pop_up_of_an_earlier_process_closes_its_case(home: Home, bus: str) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            before = await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", FRAUD.format(number=1))
            sent = await server.next(within=30)
            await until(lambda: home.alerts() == [("shown", "dbus")])
            await asyncio.to_thread(end, before)

            await asyncio.to_thread(ready, home)
            # The daemon listens to the bus soon after it is ready; nothing tells when.
            for _ in range(100):
                server.click(sent.id, "done:1")
                if home.alerts() == [("acked", "dbus")]:
                    break
                await asyncio.sleep(0.1)
            assert home.alerts() == [("acked", "dbus")]
            assert len(server.sent) == 1

    asyncio.run(scene())


def test_a_first_scan_of_old_messages_gives_one_summary(home: Home, bus: str) -> None:
    home.bus = bus
    texts = [FRAUD.format(number=number) for number in range(300)]
    home.drop("sms-1.xml", *texts[:200], days_ago=400)
    home.drop("sms-2.xml", *texts[200:], days_ago=30)

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            await server.next(within=60)
            await until(lambda: ("shown", "dbus") in home.alerts())

            # Another poll and another heartbeat bring nothing more.
            with pytest.raises(TimeoutError):
                await server.next(within=1.5)

    asyncio.run(scene())


def test_what_was_read_is_not_read_again_after_a_restart(home: Home) -> None:
    async def scene() -> None:
        home.drop("sms-1.xml", CHAT.format(number=1))
        before = await asyncio.to_thread(ready, home)
        assert '"messages": 1' in await asyncio.to_thread(line_of, before, "source-read")
        await asyncio.to_thread(end, before)

        after = await asyncio.to_thread(ready, home)
        home.drop("sms-2.xml", CHAT.format(number=2), CHAT.format(number=3))
        assert '"messages": 2' in await asyncio.to_thread(line_of, after, "source-read")

    asyncio.run(scene())


def line_of(daemon: subprocess.Popen[bytes], event: str) -> str:
    """Wait for the log line of an event."""
    assert daemon.stderr is not None
    for line in daemon.stderr:
        if f'"event": "{event}"' in line.decode():
            return line.decode()
    pytest.fail(f"it ended without {event}")


def cursor(home: Home) -> str:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        return str(database.execute("SELECT position FROM cursors").fetchone())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_five_seconds_even_during_a_big_file(
    home: Home,
    number: int,
) -> None:
    home.drop("sms-1.xml", *(CHAT.format(number=each) for each in range(150_000)))
    daemon = ready(home)
    descendants_begun = time.monotonic()
    while not children(daemon.pid):
        assert time.monotonic() - descendants_begun < 10, "nothing is being read"
        time.sleep(0.02)

    code, seconds, log = end(daemon, number)

    assert code == 0
    assert seconds < 5
    assert '"event": "ended"' in log
    assert "sms-1.xml" not in log


def children(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task")
    return [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def test_a_second_daemon_says_so_and_leaves(home: Home) -> None:
    ready(home)
    second = home.start(LIVE)

    _, said = second.communicate(timeout=30)

    assert second.returncode == 2
    assert "Traceback" not in said.decode()
    assert said.decode().strip()


def test_a_mistake_in_the_configuration_is_said_and_nothing_runs(home: Home) -> None:
    (home.folder / "config" / "loan-watcher" / "config.toml").write_text("[[sms]]\npth = 1\n")

    daemon = home.start(LIVE)
    _, said = daemon.communicate(timeout=30)

    assert daemon.returncode == 2
    assert "config.toml" in said.decode()


def test_with_nothing_to_watch_it_says_so(home: Home, bus: str) -> None:
    home.bus = bus
    (home.folder / "config" / "loan-watcher" / "config.toml").write_text("")

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            assert "什么也没有检查" in (await server.next(within=10)).body

    asyncio.run(scene())


def test_every_file_it_makes_is_the_users_alone(home: Home) -> None:
    before = os.umask(0)
    try:
        daemon = ready(home)
        asyncio.run(until(lambda: polled(home)))
        end(daemon)
    finally:
        os.umask(before)

    made = [home.state, *home.state.rglob("*")]
    assert len(made) > 1
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_loan_added_while_running_counts_from_then_on(home: Home, bus: str) -> None:
    home.bus = bus
    home.loans.unlink()

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            home.add_loan()
            home.drop("sms-1.xml", STALE)

            assert (await server.next(within=30)).keys == ("default", "done:1", "later:1")

    asyncio.run(scene())


def test_a_mistake_made_while_running_is_told_and_the_last_good_ledger_stays(
    home: Home,
    bus: str,
) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            home.loans.write_text("[[loans]]\nid = 1\n")
            assert "错误" in (await server.next(within=10)).body

            home.drop("sms-1.xml", STALE)
            assert (await server.next(within=30)).keys == ("default", "done:2", "later:2")

    asyncio.run(scene())


def test_a_clock_that_is_set_back_does_not_delay_the_next_look(home: Home) -> None:
    flag = home.folder / "jumped"

    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home, JUMPING.replace("{flag}", str(flag)))
        await until(lambda: polled(home))
        home.drop("sms-1.xml", CHAT.format(number=1))
        await asyncio.sleep(0.7)  # two heartbeats in which nothing is due
        assert "sms-1.xml" not in cursor(home)

        flag.touch()
        await until(lambda: "sms-1.xml" in cursor(home), within=30)
        assert (await asyncio.to_thread(end, daemon))[0] == 0

    asyncio.run(scene())


def test_a_broken_export_is_complained_of_once_it_had_time_to_arrive(home: Home, bus: str) -> None:
    home.bus = bus
    broken = home.sms / "sms-1.xml"
    broken.write_text('<?xml version="1.0"?><smses count="2"><sms address="1" date="17')
    old = time.monotonic_ns()  # any date long ago
    os.utime(broken, ns=(old, old))

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            assert "没能读完整" in (await server.next(within=30)).body

    asyncio.run(scene())
