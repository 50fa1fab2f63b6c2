import asyncio
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon.home import (
    CHAT,
    FRAUD,
    LIVE,
    NEVER_QUIET,
    Home,
    end,
    line_of,
    polled,
    ready,
    until,
)
from tests.notification_server import NotificationServer, forge_click, session_bus
from watcher.phrases import Phrases


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


def test_without_a_bus_the_alert_waits_for_one_and_status_says_so(
    home: Home, tmp_path: Path
) -> None:
    home.bus = f"unix:path={tmp_path / 'b' / 'bus'}"

    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home)
        await until(lambda: polled(home))
        home.drop("sms-1.xml", FRAUD.format(number=1))
        await until(lambda: home.alerts() == [("pending", None)], within=30)
        status = [sys.executable, "-c", LIVE.replace('"run"', '"status"')]
        asked = await asyncio.create_subprocess_exec(
            *status, env=home.environ, stdout=subprocess.PIPE
        )
        said, _ = await asked.communicate()
        assert asked.returncode == 3
        for phrase in ("cli.status.no_desktop", "cli.status.waiting"):
            assert Phrases("zh").say(phrase, {"count": 1}) in said.decode()

        with session_bus(tmp_path / "b") as address:
            server = await NotificationServer.start(address)
            await server.next(within=10)
            await until(lambda: home.alerts() == [("shown", "dbus")])
            await server.stop()
            assert (await asyncio.to_thread(end, daemon))[0] == 0

    asyncio.run(scene())


def test_what_was_stored_by_a_daemon_killed_before_it_could_show_it_is_shown_by_the_next(
    home: Home, tmp_path: Path
) -> None:
    home.bus = f"unix:path={tmp_path / 'b' / 'bus'}"

    async def scene() -> None:
        killed = await asyncio.to_thread(ready, home)
        await until(lambda: polled(home))
        home.drop("sms-1.xml", FRAUD.format(number=1))
        await until(lambda: home.alerts() == [("pending", None)], within=30)
        await asyncio.to_thread(end, killed, signal.SIGKILL)

        with session_bus(tmp_path / "b") as address:
            async with NotificationServer.at(address) as server:
                daemon = await asyncio.to_thread(ready, home)
                await server.next(within=10)
                await until(lambda: home.alerts() == [("shown", "dbus")])
                assert (await asyncio.to_thread(end, daemon))[0] == 0

    asyncio.run(scene())


def test_what_a_full_disk_lets_nobody_note_is_shown_once_and_noted_later(
    home: Home, bus: str
) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            daemon = await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            server.answering.clear()
            home.drop("sms-1.xml", FRAUD.format(number=1))
            await until(lambda: home.alerts() == [("pending", None)], within=30)
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            server.answering.set()
            await server.next(within=30)
            assert '"event": "cannot-save"' in await asyncio.to_thread(
                line_of, daemon, "cannot-save"
            )

            # Another look brings nothing, neither while the disk is full nor afterwards.
            await asyncio.to_thread(line_of, daemon, "cannot-save")
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, unlimited)
            await until(lambda: home.alerts() == [("shown", "dbus")])
            assert len(server.sent) == 1

    asyncio.run(scene())


def test_a_desktop_that_takes_its_time_holds_up_nothing_and_is_noted(home: Home, bus: str) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            server.answering.clear()
            home.drop("sms-1.xml", FRAUD.format(number=1))
            await until(lambda: home.alerts() == [("pending", None)], within=30)
            home.drop("sms-2.xml", FRAUD.format(number=2))
            await until(lambda: len(home.alerts()) == 2, within=30)
            assert server.sent == []

            server.answering.set()
            await until(lambda: home.alerts() == [("shown", "dbus")] * 2)
            assert len(server.sent) == 2

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


def test_with_nothing_to_watch_it_says_so(home: Home, bus: str) -> None:
    home.bus = bus
    home.config.write_text(NEVER_QUIET)

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home)
            assert "什么也没有检查" in (await server.next(within=10)).body

    asyncio.run(scene())
