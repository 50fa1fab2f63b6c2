"""A state folder with very many cases, made by copying a few real ones inside the database."""

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Message
from watcher.core.pipeline import process
from watcher.store import Store

TEMPLATES = 10
_NOTICE = "【招联金融】李晓，您的好期贷借款本期应还{amount}.29元已逾期，请打开招联金融APP还款。"

_NEW: Mapping[str, Mapping[str, str]] = {
    "messages": {
        "id": "id + :step",
        "hash": "random()",
        "content": "random()",
        "received_at": "received_at + :step * 1000",
    },
    "sightings": {"message": "message + :step"},
    "cases": {"id": "id + :step", "key": "key || '/' || :step", "lead": "lead + :step"},
    "case_messages": {"case_id": "case_id + :step", "message": "message + :step"},
    "alerts": {"id": "id + :step", "case_id": "case_id + :step"},
}
"""What must differ from row to row; all other columns are copied. The first counts the cases."""


def store_many_cases(folder: Path, rules: Rules, ledger: Ledger, count: int) -> None:
    """Make a store that holds so many open cases."""
    now = SystemClock().now()
    with Store.open(folder, now) as store:
        cases = [
            process(
                Message(
                    id=f"template-{number}",
                    channel=Channel.SMS,
                    sender="10690000",
                    received_at=now - timedelta(days=400, minutes=number),
                    text=_NOTICE.format(amount=1_000 + number),
                ),
                rules,
                ledger,
                History(),
            )
            for number in range(TEMPLATES)
        ]
        store.record(cases, now=now, source="sms:templates")
    with sqlite3.connect(folder / "state.db", isolation_level=None) as database:
        database.execute("UPDATE alerts SET state = 'acked'")
        (made,) = database.execute("SELECT count(*) FROM cases").fetchone()
        while made < count:
            more = min(made, count - made)
            _copy(database, made, more)
            made += more
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _copy(database: sqlite3.Connection, made: int, count: int) -> None:
    """Copy the first rows of each table behind the last; a case has one of each, numbered alike."""
    database.execute("BEGIN")
    for table, new in _NEW.items():
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(new.get(column, column) for column in columns)
        number = next(iter(new))
        database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"  # noqa: S608  ours
            f" WHERE {number} <= :count",
            {"step": made, "count": count},
        )
    database.execute("INSERT OR IGNORE INTO seen (hash) SELECT hash FROM messages")
    database.execute("COMMIT")
