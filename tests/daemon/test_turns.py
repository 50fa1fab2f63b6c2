import asyncio
import json
import re
import sqlite3
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from subprocess import DEVNULL
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.daemon.home import FRAUD, QUICK, STALE, Home, end, line_of, polled, ready, until
from tests.notification_server import NotificationServer
from watcher.clock import SystemClock

COURT = (
    "【{number}区人民法院】李晓：招联金融诉您金融借款合同纠纷一案已立案，案号（2026）某{number}民初"
    "{number}号，请登录人民法院在线服务查看诉讼材料。"
)

LATER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from watcher.clock import SystemClock
from watcher.daemon.start import run
from watcher.daemon.life import Pace
class Clock:
    def now(self):
        try:
            hours = float(Path("{hours}").read_text())
        except (FileNotFoundError, ValueError):
            hours = 0
        return SystemClock().now() + timedelta(hours=hours)
    def monotonic(self):
        return self.now().timestamp()
sys.exit(run("zh", pace=Pace(poll=0.3, heartbeat=0.3, second_look=0.3), clock=Clock()))
"""


def rows(home: Home, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def clock(home: Home) -> tuple[str, Path]:
    """A daemon's program whose clock stands some hours off, and the file that tells how many."""
    hours = home.folder / "hours"
    return LATER.format(hours=hours), hours


def test_a_flood_gives_three_pop_ups_and_the_last_tells_of_all_others(home: Home, bus: str) -> None:
    home.bus = bus
    texts = [FRAUD.format(number=number) for number in range(1, 31)]

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            daemon = await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", *texts, *(COURT.format(number=n) for n in (1, 2)), STALE)
            first, second, last = [await server.next(within=60) for _ in range(3)]

            assert "诈骗" in first.title
            assert "法院" in second.body
            assert "31" in last.title
            courts = rows(home, "SELECT id FROM cases WHERE court ORDER BY id")
            assert len(courts) == 2
            named = [line for line in last.body.splitlines() if "法院" in line]
            assert named == [f"第 {courts[1][0]} 条：提到法院、仲裁或公安"]
            shown = "SELECT count(*) FROM alerts WHERE topic = 'case' AND state = 'shown'"
            await until(lambda: rows(home, shown) == [(33,)])
            flood = "SELECT state FROM alerts WHERE topic = 'program'"
            assert rows(home, flood) == [("pending",)]  # it has its turn in the next minute
            assert len(server.sent) == 3
            assert "zl188" not in (await asyncio.to_thread(end, daemon))[2]

    asyncio.run(scene())


def test_in_quiet_hours_everything_waits_and_is_shown_when_they_end(home: Home, bus: str) -> None:
    home.bus = bus
    program, hours = clock(home)
    now = SystemClock().now().astimezone(ZoneInfo("Asia/Shanghai"))
    quiet = [f"{now + timedelta(hours=hour):%H:%M}" for hour in (-1, 1)]
    home.config.write_text(home.config.read_text().replace("[]", json.dumps(quiet)))

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home, program)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", FRAUD.format(number=1))
            await until(lambda: home.alerts() == [("pending", None)], within=30)
            with pytest.raises(TimeoutError):
                await server.next(within=1)

            hours.write_text("2")
            assert "诈骗" in (await server.next(within=10)).title

    asyncio.run(scene())


def test_a_fraud_comes_back_a_day_later_in_place_of_its_pop_up_until_it_is_done(
    home: Home, bus: str
) -> None:
    home.bus = bus
    program, hours = clock(home)
    home.config.write_text(home.config.read_text().replace("[]", "[]\nfraud_repeats_days = 2"))

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            await asyncio.to_thread(ready, home, program)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", FRAUD.format(number=1))
            first = await server.next(within=30)
            await until(lambda: home.alerts() == [("shown", "dbus")])

            hours.write_text("25")
            again = await server.next(within=10)
            assert (again.title, again.replaces) == (first.title, first.id)
            await until(lambda: len(rows(home, "SELECT * FROM popups")) == 2)

            hours.write_text("50")  # its two days are over
            await asyncio.sleep(1)
            assert len(server.sent) == 2

    asyncio.run(scene())


def test_a_case_closed_elsewhere_has_its_pop_up_taken_off_the_screen(home: Home, bus: str) -> None:
    home.bus = bus

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            daemon = await asyncio.to_thread(ready, home, QUICK)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", FRAUD.format(number=1))
            sent = await server.next(within=30)
            await until(lambda: home.alerts() == [("shown", "dbus")])

            done = [sys.executable, "-m", "watcher", "alerts", "done", "1"]
            command = await asyncio.create_subprocess_exec(*done, env=home.environ, stdout=DEVNULL)
            assert await command.wait() == 0
            await until(lambda: server.closed == [sent.id])
            await asyncio.to_thread(line_of, daemon, "taken-back")

    asyncio.run(scene())


def test_a_click_on_a_pop_up_leads_the_browser_to_its_case(home: Home, bus: str) -> None:
    home.bus = bus
    programs = home.folder / "programs"
    programs.mkdir()
    opener, seen = programs / "xdg-open", home.folder / "seen"
    each = 'while read -r line || test "$line"; do echo "$line"; done'
    opener.write_text(f'#!/bin/sh\n{each} < "$1" > {seen}\n')
    opener.chmod(0o700)
    home.desktop = {"DISPLAY": ":7", "PATH": str(programs)}

    async def scene() -> None:
        async with NotificationServer.at(bus) as server:
            daemon = await asyncio.to_thread(ready, home)
            await until(lambda: polled(home))
            home.drop("sms-1.xml", FRAUD.format(number=1))
            sent = await server.next(within=30)
            await until(lambda: home.alerts() == [("shown", "dbus")])

            server.click(sent.id, "default")
            await until(lambda: seen.exists() and "</html>" in seen.read_text(), within=30)
            [address] = re.findall(r'href="(http://127[^"]+)"', seen.read_text())
            sent_by_file = {"Sec-Fetch-Site": "cross-site"}
            look = partial(httpx.get, address, headers=sent_by_file, timeout=30)
            entered = await asyncio.to_thread(look)
            assert 'url=/cases/1"' in entered.text
            await asyncio.to_thread(line_of, daemon, "page-opened")
            assert home.alerts() == [("shown", "dbus")]

    asyncio.run(scene())
