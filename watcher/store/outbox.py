"""The outbox: alerts wait here from the commit that made them until the desktop took them."""

import sqlite3
from datetime import datetime
from typing import Any

from watcher.core.model import Phrase, Urgency, Verdict
from watcher.store import codec
from watcher.store.records import AlertState, Topic, WaitingAlert, from_ms, to_ms

_COLUMNS = (
    "SELECT alerts.id, alerts.case_id, topic, state, alerts.verdict, alerts.urgency, count,"
    " cases.lender, alerts.summary, created_at, shown_at, server_id, attempts, server,"
    " first_shown_at, restored_at, cases.court, cases.loan, cases.lender IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM cases AS other WHERE other.lender = cases.lender"
    " AND other.amount_fen IS cases.amount_fen AND other.id < cases.id)"
    " FROM alerts LEFT JOIN cases ON cases.id = alerts.case_id"
)

_LOUDEST_FIRST = (
    " ORDER BY CASE alerts.urgency WHEN 'critical' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END,"
    " alerts.id"
)


def pending(database: sqlite3.Connection, now: datetime) -> tuple[WaitingAlert, ...]:
    """Return what is to be shown now, the most urgent first; a snoozed case when it is time."""
    rows = database.execute(
        _COLUMNS + " WHERE state = 'pending' AND (cases.id IS NULL OR cases.status = 'open'"
        " OR (cases.status = 'snoozed' AND cases.snoozed_until <= ?))" + _LOUDEST_FIRST,
        (to_ms(now),),
    )
    return tuple(_waiting(row) for row in rows)


def repeating(
    database: sqlite3.Connection, shown_before: datetime, first_shown_after: datetime
) -> tuple[WaitingAlert, ...]:
    """Return the frauds that nobody acknowledged since they were shown."""
    rows = database.execute(
        _COLUMNS + " WHERE state = 'shown' AND topic = 'case' AND cases.status = 'open'"
        " AND alerts.verdict = 'fraudulent' AND shown_at <= ? AND first_shown_at > ?"
        + _LOUDEST_FIRST,
        (to_ms(shown_before), to_ms(first_shown_after)),
    )
    return tuple(_waiting(row) for row in rows)


def alert(database: sqlite3.Connection, number: int) -> WaitingAlert | None:
    """Return one alert, in whatever state it is."""
    row = database.execute(_COLUMNS + " WHERE alerts.id = ?", (number,)).fetchone()
    return None if row is None else _waiting(row)


def mark_shown(  # noqa: PLR0913, PLR0917  what there is to know of a pop-up
    database: sqlite3.Connection,
    number: int,
    backend: str,
    server_id: int | None,
    now: datetime,
    server: str | None = None,
) -> None:
    """Note that the desktop took an alert; a case that was snoozed is open again.

    One that was acknowledged meanwhile stays so; where its pop-up is, is noted all the same.
    """
    database.execute(
        "UPDATE alerts SET backend = ?, server = ?, server_id = ?, shown_at = ?,"
        " first_shown_at = coalesce(first_shown_at, ?), attempts = attempts + 1 WHERE id = ?",
        (backend, server, server_id, to_ms(now), to_ms(now), number),
    )
    database.execute(
        "UPDATE alerts SET state = 'shown', part_of = NULL WHERE id = ? AND state = 'pending'",
        (number,),
    )
    database.execute(
        "INSERT INTO popups (alert, backend, verdict, count, shown_at)"
        " SELECT id, backend, verdict, count, shown_at FROM alerts WHERE id = ?",
        (number,),
    )
    database.execute(
        "UPDATE cases SET status = 'open', snoozed_until = NULL WHERE status = 'snoozed'"
        " AND snoozed_until <= ? AND id = (SELECT case_id FROM alerts WHERE id = ?)",
        (to_ms(now), number),
    )


def mark_tried(database: sqlite3.Connection, number: int) -> None:
    """Count an attempt that showed nothing; the alert stays pending."""
    database.execute("UPDATE alerts SET attempts = attempts + 1 WHERE id = ?", (number,))


def acknowledge(database: sqlite3.Connection, number: int) -> bool:
    """Note that the user has taken in an alert; False where there is none of that number.

    Of one that stands for several, each of them is taken in; their cases stay open.
    """
    changed = database.execute("UPDATE alerts SET state = 'acked' WHERE id = ?", (number,))
    database.execute(
        "UPDATE alerts SET state = 'acked' WHERE part_of = ? AND state IN ('shown', 'digest')",
        (number,),
    )
    return changed.rowcount > 0


def acknowledge_case(database: sqlite3.Connection, case: int) -> bool:
    """Note that the user has taken in a case's alert; it is shown no more, not later either."""
    database.execute(
        "UPDATE cases SET status = 'open', snoozed_until = NULL WHERE id = ?"
        " AND status = 'snoozed'",
        (case,),
    )
    changed = database.execute("UPDATE alerts SET state = 'acked' WHERE case_id = ?", (case,))
    return changed.rowcount > 0


def announce(
    database: sqlite3.Connection,
    summary: Phrase,
    urgency: Urgency,
    now: datetime,
) -> int:
    """Queue an alert about the program itself, and return its number.

    One that says the same and that nobody has acknowledged yet is taken for it.
    """
    written = codec.dumps(summary)
    row = database.execute(
        "SELECT id FROM alerts WHERE topic = 'program' AND state IN ('pending', 'shown')"
        " AND summary = ?",
        (written,),
    ).fetchone()
    if row is not None:
        return int(row[0])
    return _queue(database, Topic.PROGRAM, urgency, written, now)


def withdraw(database: sqlite3.Connection, summary: Phrase) -> int:
    """Take back alerts about the program itself that are true no more; return how many."""
    changed = database.execute(
        "UPDATE alerts SET state = 'acked' WHERE topic = 'program'"
        " AND state IN ('pending', 'shown') AND summary = ?",
        (codec.dumps(summary),),
    )
    return changed.rowcount


def summarise(database: sqlite3.Connection, now: datetime) -> tuple[int, ...]:
    """Queue one summary of all alerts that were left to one; return the summaries' numbers.

    Old messages get a summary each time; for an empty ledger there is one, whose count
    grows until the user has taken it in.
    """
    made = []
    for topic in (Topic.DIGEST, Topic.LEDGER):
        left = database.execute(
            "SELECT verdict, urgency FROM alerts"
            " WHERE state = 'digest' AND part_of IS NULL AND topic = ?",
            (topic,),
        ).fetchall()
        if not left:
            continue
        frauds = sum(verdict == Verdict.FRAUDULENT for verdict, _ in left)
        number = _growing(database) if topic is Topic.LEDGER else None
        if number is None:
            number = _queue(database, topic, _loudest(left), "{}", now)
        database.execute(
            "UPDATE alerts SET part_of = ?"
            " WHERE state = 'digest' AND part_of IS NULL AND topic = ?",
            (number, topic),
        )
        (count,) = database.execute(
            "SELECT count(*) FROM alerts WHERE part_of = ?",
            (number,),
        ).fetchone()
        summary = Phrase(id=f"store.{topic}", values={"count": count, "frauds": frauds})
        database.execute(
            "UPDATE alerts SET count = ?, summary = ?, verdict = ? WHERE id = ?",
            (count, codec.dumps(summary), Verdict.FRAUDULENT if frauds else None, number),
        )
        made.append(number)
    return tuple(made)


def _growing(database: sqlite3.Connection) -> int | None:
    row = database.execute(
        "SELECT id FROM alerts WHERE topic = 'ledger' AND case_id IS NULL AND state <> 'acked'",
    ).fetchone()
    return None if row is None else int(row[0])


def _loudest(left: list[tuple[str, str]]) -> Urgency:
    urgencies = {Urgency(urgency) for _, urgency in left}
    return next(one for one in reversed(Urgency) if one in urgencies)


def _queue(
    database: sqlite3.Connection,
    topic: Topic,
    urgency: Urgency,
    summary: str,
    now: datetime,
) -> int:
    inserted = database.execute(
        "INSERT INTO alerts (topic, state, urgency, summary, created_at)"
        " VALUES (?, 'pending', ?, ?, ?)",
        (topic, urgency, summary, to_ms(now)),
    )
    return int(inserted.lastrowid or 0)


def _waiting(row: tuple[Any, ...]) -> WaitingAlert:
    number, case, topic, state, verdict, urgency, count, lender, summary, created, *rest = row
    shown, number_there, attempts, server, first, restored, court, loan, pair = rest
    return WaitingAlert(
        id=number,
        case_id=case,
        topic=Topic(topic),
        state=AlertState(state),
        verdict=None if verdict is None else Verdict(verdict),
        urgency=Urgency(urgency),
        count=count,
        lender=lender,
        summary=codec.loads(Phrase, summary),
        created_at=from_ms(created),
        shown_at=None if shown is None else from_ms(shown),
        server_id=number_there,
        attempts=attempts,
        server=server,
        first_shown_at=None if first is None else from_ms(first),
        restored_at=None if restored is None else from_ms(restored),
        court=bool(court),
        loan=loan,
        pair=bool(pair),
    )
