"""The daemon tells of a date that has come."""

import asyncio
import sqlite3
from datetime import timedelta

from tests.daemon.home import Home, end, ready, until
from watcher.clock import SystemClock


def told(home: Home) -> list[str]:
    with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT json_extract(summary, '$.id') FROM alerts")
        return [says for (says,) in rows]


def test_what_is_to_be_done_after_a_settlement_is_told_of(home: Home) -> None:
    settled_on = (SystemClock().now() - timedelta(days=2, hours=12)).date()
    ledger = home.loans.read_text("utf-8").replace("2024-01-17", settled_on.isoformat())
    home.loans.write_text(ledger, "utf-8")
    daemon = ready(home)
    asyncio.run(until(lambda: told(home) == ["calendar.due_errand"]))
    assert end(daemon)[0] == 0
