"""Pop-ups on a notification server that is there: shown, replaced, clicked, taken back."""

import asyncio
from dataclasses import replace

import pytest

from tests.desktop.notifying import Desk, showing
from tests.notification_server import NotificationServer, forge_click
from watcher.core.model import Verdict
from watcher.desktop.dbus import Click
from watcher.desktop.showing import Shown
from watcher.desktop.text import Button


def answer(button: Button, shown: Shown | None, *, known: bool = True) -> Click:
    assert shown is not None
    assert shown.server_id is not None
    return Click(
        alert_id=42, server_id=shown.server_id, button=button, known=known, server=shown.server
    )


def test_an_alert_is_shown_with_its_buttons_and_the_id_comes_back(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)

            shown = await desk.notifier.show(showing(verdict=Verdict.FRAUDULENT))

            sent = await server.next()
            assert shown is not None
            assert (shown.backend, shown.server_id) == ("dbus", sent.id)
            assert sent.keys == ("default", "done:42", "later:42")
            assert sent.labels == ("查看清单", "我已核实", "稍后提醒")
            assert sent.hints == {
                "urgency": 2,
                "desktop-entry": "loan-watcher",
                "category": "im.received",
                "x-kde-skipGrouping": True,
            }
            assert sent.timeout == 0
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_click_on_done_names_the_alert(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)
            shown = await desk.notifier.show(showing())
            sent = await server.next()

            server.click(sent.id, "done:42")
            assert await desk.click() == answer(Button.DONE, shown)
            server.click(sent.id, "default")
            assert await desk.click() == answer(Button.OPEN, shown)
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_click_that_another_program_forges_is_not_heard(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)
            await desk.notifier.show(showing())
            sent = await server.next()

            await forge_click(bus, sent.id, "done:42")
            server.click(sent.id, "later:42")

            assert (await desk.click()).button is Button.LATER
            assert desk.clicks.empty()
            await desk.notifier.close()

    asyncio.run(scene())


@pytest.mark.parametrize(("server_id", "key"), [(1, "done:41"), (1, "pay:42")])
def test_a_click_on_something_that_we_did_not_show_is_not_heard(
    bus: str,
    server_id: int,
    key: str,
) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)
            await desk.notifier.show(showing())
            sent = await server.next()

            server.click(server_id, key)
            server.click(sent.id, "later:42")

            assert (await desk.click()).button is Button.LATER
            assert desk.clicks.empty()
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_click_on_a_pop_up_of_an_earlier_process_is_heard_as_unproved(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            before = Desk(bus)
            shown = await before.notifier.show(showing())
            sent = await server.next()
            await before.notifier.close()

            after = Desk(bus)
            assert await after.notifier.listen()
            server.click(sent.id, "done:42")

            assert await after.click() == answer(Button.DONE, shown, known=False)
            server.click(sent.id, "default")
            nameless = await after.click()
            assert (nameless.alert_id, nameless.server_id) == (None, sent.id)
            assert not after.returned.is_set()
            await after.notifier.close()

    asyncio.run(scene())


def test_the_same_alert_replaces_its_pop_up(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)
            first = await desk.notifier.show(showing())

            assert await desk.notifier.show(showing()) == first
            assert first is not None
            assert [sent.replaces for sent in server.sent] == [0, first.server_id]
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_pop_up_of_an_earlier_process_is_replaced_too(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            before = Desk(bus)
            first = await before.notifier.show(showing())
            await before.notifier.close()
            assert first is not None

            after = Desk(bus)
            await after.notifier.show(replace(showing(), before=first))
            stranger = replace(first, server="another life")
            await after.notifier.show(replace(showing(43), before=stranger))

            assert [sent.replaces for sent in server.sent] == [0, first.server_id, 0]
            await after.notifier.close()

    asyncio.run(scene())


def test_a_server_that_refuses_to_replace_gets_a_new_pop_up(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            server.replaces_nothing = True
            desk = Desk(bus)
            first = await desk.notifier.show(showing())
            second = await desk.notifier.show(showing())

            assert first is not None
            assert second is not None
            assert first.server_id != second.server_id
            await desk.notifier.close()

    asyncio.run(scene())


def test_what_a_server_finds_too_much_or_only_pretends_to_show_was_not_shown(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)
            server.refuses = True
            assert await desk.notifier.show(showing()) is None
            server.refuses, server.pretends = False, True
            assert await desk.notifier.show(showing()) is None
            server.pretends = False
            assert await desk.notifier.show(showing()) is not None
            await desk.notifier.close()

    asyncio.run(scene())


def test_a_pop_up_is_taken_off_the_screen_of_the_server_that_shows_it(bus: str) -> None:
    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            desk = Desk(bus)
            shown = await desk.notifier.show(showing())
            assert shown is not None

            assert await desk.notifier.close_pop_up(42, replace(shown, server="another life"))
            assert server.closed == []
            assert await desk.notifier.close_pop_up(42, shown)
            assert server.closed == [shown.server_id]
            assert await desk.notifier.close_pop_up(42, shown)  # refused: it is gone already
            await desk.notifier.close()

    asyncio.run(scene())
