"""Reading: cases for lists and explanations, evidence for history, and where sources stand."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from watcher.core.model import Case, Channel, Message, Phrase, Urgency, Verdict
from watcher.store import codec, originals
from watcher.store.records import (
    AlertState,
    CaseRow,
    CaseStatus,
    Cursor,
    StoredCase,
    from_fen,
    from_ms,
)

_ROWS = (
    "SELECT cases.id, key, cases.verdict, cases.urgency, lender, cases.loan, amount_fen,"
    " due_on, cases.summary, status, snoozed_until, opened_at, lead.received_at,"
    " (SELECT count(*) FROM case_messages WHERE case_id = cases.id), alerts.state"
    " FROM cases JOIN messages AS lead ON lead.id = cases.lead"
    " LEFT JOIN alerts ON alerts.case_id = cases.id"
)

_MESSAGE = (
    "source_id, channel, received_at, sender, subject, text, html, headers, unreadable, codes"
)
_STORED = f"SELECT {_MESSAGE}, messages.id, finding, evidence FROM messages"  # noqa: S608  fixed


def cases(database: sqlite3.Connection, status: CaseStatus | None) -> Iterator[CaseRow]:
    """Yield the cases of one status, or all, the latest message first."""
    where = "" if status is None else " WHERE status = ?"
    order = " ORDER BY lead.received_at DESC, cases.id DESC"
    rows = database.execute(_ROWS + where + order, () if status is None else (status,)).fetchall()
    return (_row(row) for row in rows)


def row(database: sqlite3.Connection, number: int) -> CaseRow:
    """Return a case that exists as a line of the list."""
    return _row(database.execute(_ROWS + " WHERE cases.id = ?", (number,)).fetchone())


def case(database: sqlite3.Connection, number: int, folder: Path) -> StoredCase | None:
    """Return a case with all its messages and what was found about each, oldest first."""
    found_row = database.execute(_ROWS + " WHERE cases.id = ?", (number,)).fetchone()
    if found_row is None:
        return None
    found = judged(
        database,
        "JOIN case_messages ON case_messages.message = messages.id"
        " WHERE case_id = ? ORDER BY received_at, messages.id",
        number,
    )
    (lead,) = database.execute("SELECT lead FROM cases WHERE id = ?", (number,)).fetchone()
    sources = database.execute(
        "SELECT DISTINCT source FROM sightings JOIN case_messages USING (message)"
        " WHERE case_id = ? ORDER BY source",
        (number,),
    )
    return StoredCase(
        row=_row(found_row),
        leading=found[lead],
        cases=tuple(found.values()),
        sources=tuple(source for (source,) in sources),
        originals=originals.of_case(database, number, folder),
    )


def judged(database: sqlite3.Connection, chosen: str, *values: object) -> dict[int, Case]:
    """Return messages as they were judged, by number; `chosen` is the rest of a SELECT."""
    rows = database.execute(f"{_STORED} {chosen}", values)
    return {row[-3]: _case(row) for row in rows}


def evidence(database: sqlite3.Connection) -> Iterator[str]:
    """Yield the evidence of every message that has any, as JSON, by message time."""
    rows = database.execute(
        "SELECT evidence FROM messages WHERE evidence IS NOT NULL ORDER BY received_at, id",
    )
    return (text for (text,) in rows)


def messages(database: sqlite3.Connection) -> Iterator[Message]:
    """Yield every message that was kept, in the order in which they came.

    A row that cannot be read any more (a flipped bit on the disk) is passed over.
    """
    rows = database.execute(f"SELECT {_MESSAGE} FROM messages ORDER BY received_at, id")  # noqa: S608  fixed
    for row in rows:
        try:
            message = _message(row)
        except ValueError:
            continue
        yield message


def cursor(database: sqlite3.Connection, source: str) -> Cursor | None:
    """Return where a source stands."""
    row = database.execute(
        "SELECT position FROM cursors WHERE source = ?", (codec.place(source),)
    ).fetchone()
    if row is None or row[0] is None:
        return None
    return Cursor(source=source, position=json.loads(row[0]))


def last_good(database: sqlite3.Connection, source: str) -> datetime | None:
    """Return when a source was last read to its end."""
    row = database.execute(
        "SELECT checked_at FROM cursors WHERE source = ?", (codec.place(source),)
    ).fetchone()
    return None if row is None or row[0] is None else from_ms(row[0])


def _row(row: tuple[Any, ...]) -> CaseRow:
    number, key, verdict, urgency, lender, loan, fen, due_on, summary, status, *rest = row
    snoozed_until, opened_at, received_at, messages, alert = rest
    return CaseRow(
        id=number,
        key=key,
        verdict=Verdict(verdict),
        urgency=None if urgency is None else Urgency(urgency),
        lender=lender,
        loan=loan,
        amount=from_fen(fen),
        due_on=None if due_on is None else date.fromisoformat(due_on),
        summary=codec.loads(Phrase, summary),
        status=CaseStatus(status),
        snoozed_until=None if snoozed_until is None else from_ms(snoozed_until),
        opened_at=from_ms(opened_at),
        received_at=from_ms(received_at),
        messages=messages,
        alert=None if alert is None else AlertState(alert),
    )


def _case(row: tuple[Any, ...]) -> Case:
    *message, _, finding, evidence = row
    return codec.finding_from_json(finding, _message(tuple(message)), evidence)


def _message(row: tuple[Any, ...]) -> Message:
    source_id, channel, received_at, sender, subject, text, html, headers, unreadable, codes = row
    return Message(
        id=source_id,
        channel=Channel(channel),
        received_at=from_ms(received_at),
        sender=sender,
        subject=subject,
        text=text,
        html=html,
        headers=tuple((name, value) for name, value in json.loads(headers)),
        unreadable=unreadable,
        codes=tuple(codes.split("\n")) if codes else (),
    )
