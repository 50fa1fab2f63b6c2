import asyncio
import os
import time

from tests.daemon.home import (
    CHAT,
    JUMPING,
    STALE,
    Home,
    cursor,
    end,
    line_of,
    polled,
    ready,
    until,
)
from tests.notification_server import NotificationServer


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
            assert "loans.toml 第 2 行" in (await server.next(within=10)).body

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
