import asyncio
import resource
import sqlite3
from pathlib import Path

from tests.daemon.home import (
    FRAUD,
    QUICK,
    STALE,
    Home,
    end,
    polled,
    ready,
    until,
)
from tests.notification_server import NotificationServer
from watcher.store.connection import is_damaged

RECEIPT = "【招联金融】李晓，您的好期贷借款本期还款1352.29元已成功，感谢您的使用。"
TENDING = QUICK.replace("poll=0.3", "upkeep=0.3, poll=0.3")


def told(home: Home) -> list[str]:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        return [summary for (summary,) in database.execute("SELECT summary FROM alerts")]


def backups(home: Home) -> list[Path]:
    return sorted((home.state / "backups").glob("state-*.db"))


def messages(home: Home) -> int:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM messages").fetchone()[0])


def is_tended(home: Home) -> bool:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        query = "SELECT 1 FROM settings WHERE name = 'forgotten_until'"
        return database.execute(query).fetchone() is not None


def test_a_database_that_turns_out_to_be_damaged_is_mended_while_it_runs(home: Home) -> None:
    daemon = ready(home, TENDING)
    asyncio.run(until(lambda: polled(home) and backups(home), 30))
    home.drop("sms-1.xml", STALE)
    asyncio.run(until(lambda: messages(home) == 1, 30))
    assert end(daemon)[0] == 0
    with sqlite3.connect(home.state / "state.db") as database:
        database.execute("UPDATE messages SET headers = '['")  # as a failing disk may
    database.close()

    daemon = ready(home, TENDING)
    asyncio.run(until(lambda: any("store.restored" in one for one in told(home)), 30))
    asyncio.run(until(lambda: messages(home) == 1, 30))  # read again, not skipped

    assert end(daemon)[0] == 0
    assert list(home.state.glob("state.db.damaged-*"))
    assert not is_damaged(home.state / "state.db")
    assert sum("store.restored" in one for one in told(home)) == 1


def test_what_is_older_than_the_configuration_says_is_forgotten(home: Home) -> None:
    home.config.write_text(f"{home.config.read_text()}[data]\nkeep_messages_days = 30\n")
    ready(home, TENDING)
    asyncio.run(until(lambda: polled(home), 30))
    home.drop("sms-1.xml", RECEIPT, days_ago=40)
    asyncio.run(until(lambda: messages(home) == 1, 30))
    asyncio.run(until(lambda: is_tended(home), 30))
    with sqlite3.connect(home.state / "state.db") as database:  # a night goes by
        database.execute(
            "UPDATE settings SET value = CAST(format('%d %d', unixepoch() - 86400,"
            " unixepoch() - 86400) AS BLOB) WHERE name = 'forgotten_until'"
        )
    database.close()
    asyncio.run(until(lambda: messages(home) == 0, 30))


def test_a_full_disk_hides_no_fraud_and_what_was_refused_is_saved_later(
    home: Home, bus: str
) -> None:
    home.bus = bus

    async def live() -> None:
        async with NotificationServer.at(bus) as server:
            daemon = await asyncio.to_thread(ready, home)
            await until(lambda: polled(home), 30)
            nothing, everything = (0, resource.RLIM_INFINITY), (resource.RLIM_INFINITY,) * 2
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, nothing)
            home.drop("sms-1.xml", FRAUD.format(number=1))
            fraud = await server.next(30)
            assert "诈骗" in fraud.title
            assert "还没能存下来" in fraud.body
            assert fraud.hints["urgency"] == 2
            assert "1 条新提醒存不下来" in (await server.next(30)).body

            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, everything)
            again = await server.next(30)
            assert "第 1 条提醒" in again.body
            assert len(server.sent) == 3  # tried many times, and told of once
            end(daemon)

    asyncio.run(live())
    assert home.alerts() == [("shown", "dbus")]
    assert not is_damaged(home.state / "state.db")
