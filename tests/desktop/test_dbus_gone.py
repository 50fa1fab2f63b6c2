"""A notification server or a bus that is not there, comes late, was restarted or hangs."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.desktop.notifying import Desk, showing
from tests.notification_server import NotificationServer, session_bus
from watcher.desktop.dbus import BusNotifier
from watcher.desktop.showing import Shown
from watcher.phrases import Phrases


def test_without_a_server_a_pop_up_is_to_be_taken_back_later(bus: str) -> None:
    async def scene() -> None:
        desk = Desk(bus)
        shown = Shown(backend="dbus", server_id=1, server="another life")
        assert not await desk.notifier.close_pop_up(42, shown)
        await desk.notifier.close()

    asyncio.run(scene())


def test_a_restarted_server_asks_for_what_it_lost_and_its_ids_are_new(bus: str) -> None:
    async def scene() -> None:
        server = await NotificationServer.start(bus)
        desk = Desk(bus)
        assert await desk.notifier.show(showing())
        await server.stop()
        assert await desk.notifier.show(showing()) is None

        async with NotificationServer.at(bus) as again:
            await asyncio.wait_for(desk.returned.wait(), 5)
            assert await desk.notifier.show(showing())
            assert (await again.next()).replaces == 0
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_server_that_first_appears_later_gets_the_alert_then(bus: str) -> None:
    async def scene() -> None:
        desk = Desk(bus)
        assert await desk.notifier.show(showing()) is None

        async with NotificationServer.at(bus) as server:
            await asyncio.wait_for(desk.returned.wait(), 5)
            assert await desk.notifier.show(showing())
            assert len(server.sent) == 1
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_bus_that_went_and_came_back_is_found_again(tmp_path: Path) -> None:
    async def scene() -> None:
        with session_bus(tmp_path / "b") as address:
            server = await NotificationServer.start(address)
            desk = Desk(address)
            assert await desk.notifier.show(showing())
        assert await desk.notifier.show(showing()) is None
        assert not await desk.notifier.listen()

        with session_bus(tmp_path / "b") as address:
            async with NotificationServer.at(address) as server:
                assert await desk.notifier.listen()
                assert desk.returned.is_set()
                assert await desk.notifier.show(showing())
                assert len(server.sent) == 1
                await desk.notifier.close()

    asyncio.run(scene())


def test_a_server_that_hangs_holds_nobody_up_and_gets_the_alert_once(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            server.answering.clear()
            desk = Desk(bus, deadline=0.3)
            for _ in range(3):
                assert await asyncio.wait_for(desk.notifier.show(showing()), 2) is None

            server.answering.set()
            sent = await server.next()
            shown = await desk.notifier.show(showing())
            assert shown is not None
            assert shown.server_id == sent.id
            assert len(server.sent) == 1
            await desk.notifier.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"XDG_RUNTIME_DIR": "/nonexistent"},
        {"DBUS_SESSION_BUS_ADDRESS": "disabled:"},
        {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"},
        {"DBUS_SESSION_BUS_ADDRESS": "what is this"},
    ],
)
def test_without_a_bus_nothing_is_shown_and_nothing_waits(environ: Mapping[str, str]) -> None:
    async def scene() -> None:
        notifier = BusNotifier(
            environ,
            Phrases("zh"),
            clicked=lambda _click: None,
            returned=lambda: None,
        )
        assert await asyncio.wait_for(notifier.show(showing()), 1) is None
        await notifier.close()

    asyncio.run(scene())


def test_a_bus_that_accepts_and_never_speaks_costs_only_the_deadline(tmp_path: Path) -> None:
    async def scene() -> None:
        silent = await asyncio.start_unix_server(_say_nothing, tmp_path / "bus")
        desk = Desk(f"unix:path={tmp_path / 'bus'}", deadline=0.3)

        assert await asyncio.wait_for(desk.notifier.show(showing()), 2) is None
        silent.close()
        await desk.notifier.close()

    asyncio.run(scene())


async def _say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _reader.read()
    writer.close()
