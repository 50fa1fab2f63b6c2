"""What a case was judged on, message by message: where each was found, and its whole mail.

The receipts of the loan stand beside it: they are what shows that nothing is owed.
"""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from watcher.core.model import Case, Kind
from watcher.store import originals, queries
from watcher.store.records import Original, from_ms

_RECEIPTS = (Kind.SETTLEMENT_RECEIPT.value, Kind.PAYMENT_RECEIPT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a copy of a message was found, and the time that it bears there."""

    source: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A message as it was judged; `original` is None where its whole mail was never asked for."""

    case: Case = field(repr=False)
    sightings: tuple[Sighting, ...]
    original: Original | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """The messages of a case and the receipts of its loan, each by message time."""

    messages: tuple[Paper, ...]
    receipts: tuple[Paper, ...] = ()


def of_case(database: sqlite3.Connection, case: int, folder: Path) -> Papers | None:
    """Return the papers of a case; None where there is no such case."""
    loan = database.execute("SELECT loan FROM cases WHERE id = ?", (case,)).fetchone()
    if loan is None:
        return None
    own = queries.judged(
        database,
        "JOIN case_messages ON case_messages.message = messages.id"
        " WHERE case_id = ? ORDER BY received_at, messages.id",
        case,
    )
    receipts = queries.judged(
        database,
        "WHERE loan = ? AND kind IN (?, ?) ORDER BY received_at, messages.id",
        *loan,
        *_RECEIPTS,
    )
    return Papers(
        messages=tuple(_paper(database, folder, *one) for one in own.items()),
        receipts=tuple(
            _paper(database, folder, number, judged)
            for number, judged in receipts.items()
            if number not in own
        ),
    )


def _paper(database: sqlite3.Connection, folder: Path, number: int, case: Case) -> Paper:
    rows = database.execute(
        "SELECT source, seen_at FROM sightings WHERE message = ? ORDER BY seen_at, source",
        (number,),
    )
    return Paper(
        case=case,
        sightings=tuple(Sighting(source=source, at=from_ms(at)) for source, at in rows),
        original=originals.of_message(database, number, folder),
    )
