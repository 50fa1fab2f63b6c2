"""Writing: one transaction for cases, messages, unsent alerts and the source's cursor.

Theory of operation. Every message that was ever judged leaves eight bytes in `seen`, so a
backup read again costs one look-up a message. In a long run those of messages that say nothing
are noted together, for many at once cost a third. A message with neither verdict nor evidence
leaves nothing else. A notice opens a case, or joins the open case of the same key: then the
alert is repeated only if the verdict got worse. Different keys are never merged.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher.core.model import SEVERITY, Case, Urgency, Verdict
from watcher.errors import SourceUnavailable
from watcher.store import codec, life
from watcher.store.connection import transaction
from watcher.store.identity import Fingerprints
from watcher.store.records import AlertState, Cursor, Recorded, Topic, to_fen, to_ms
from watcher.store.sifting import Sifted, sift, source_of

MOST_WAITING = 30_000
"""Hashes that wait to be noted. Among a million each goes to a page of its own, unless many
are noted at once; should they be lost, as many messages are judged again and say nothing."""

COURT = "FJ"
"""The checklist of what speaks of a court, arbitration or the police."""


def one_by_one(_: Case) -> Topic:
    """Let every alert be shown alone."""
    return Topic.CASE


def move(database: sqlite3.Connection, cursor: Cursor) -> None:
    """Note where a source stands; in the transaction that wrote what was read up to there."""
    database.execute(
        "INSERT INTO cursors (source, position) VALUES (?, ?)"
        " ON CONFLICT (source) DO UPDATE SET position = excluded.position",
        (codec.place(cursor.source), json.dumps(dict(cursor.position))),
    )


def checked(database: sqlite3.Connection, source: str, now: datetime) -> None:
    """Note that a source was read to its end."""
    database.execute(
        "INSERT INTO cursors (source, checked_at) VALUES (?, ?)"
        " ON CONFLICT (source) DO UPDATE SET checked_at = excluded.checked_at",
        (codec.place(source), to_ms(now)),
    )


def _note(database: sqlite3.Connection, hashes: Iterable[int]) -> None:
    """Note messages as seen; in their order the hashes go to neighbouring pages."""
    in_order = ((hashed,) for hashed in sorted(hashes))
    database.executemany("INSERT OR IGNORE INTO seen (hash) VALUES (?)", in_order)


def settle(database: sqlite3.Connection, waiting: set[int]) -> None:
    """Note what still waits; where the disk refuses, those messages are judged again."""
    if waiting and not database.in_transaction:
        with suppress(SourceUnavailable), transaction(database):
            _note(database, waiting)


@dataclass(slots=True, kw_only=True)
class Recording:
    """One batch being written, inside a transaction, and the count of what it changed."""

    database: sqlite3.Connection
    prints: Fingerprints
    source: str
    now: datetime
    topic: Callable[[Case], Topic] = one_by_one
    fraud_repeats: timedelta | None = None
    sifted: bool = False
    waiting: set[int] = field(default_factory=set)
    """Hashes of messages that said nothing, to be noted later; empty once they are."""
    more: bool = False
    """More is recorded at once: what says nothing now waits for it too."""
    _new_alerts: dict[int, None] = field(default_factory=dict)
    _digested: int = 0
    _opened: int = 0
    _merged: int = 0

    def write(self, cases: Sequence[Case]) -> Recorded:
        """Write cases that were judged, and skip those recorded before."""
        messages = [case.message for case in cases]
        sifted = (
            Sifted(fresh=tuple(messages))
            if self.sifted
            else sift(self.database, self.prints, messages, self.source, self.waiting)
        )
        fresh = {id(one): self.prints.of(one) for one in sifted.fresh}
        new, hashes = len(fresh), set[int]()
        for case in cases:
            hashed = fresh.pop(id(case.message), None)
            if hashed is None:
                continue
            if case.judgement.verdict is None and case.evidence is None:
                self.waiting.add(hashed)
                continue
            hashes.add(hashed)
            message = self._keep(hashed, case)
            if case.judgement.verdict is not None:
                self._file(message, case, case.judgement.verdict)
        if not self.more or len(self.waiting) >= MOST_WAITING:
            hashes |= self.waiting
            self.waiting.clear()
        _note(self.database, hashes)
        if sifted.copies:
            sift(self.database, self.prints, sifted.copies, self.source, self.waiting)
        return Recorded(
            new_alerts=tuple(self._new_alerts),
            digested=self._digested,
            opened=self._opened,
            merged=self._merged,
            known=len(cases) - new,
        )

    def _keep(self, hashed: int, case: Case) -> int:
        """Store a message with its finding, and return its number."""
        message = case.message
        inserted = self.database.execute(
            "INSERT INTO messages (hash, content, received_at, source_id, channel, sender,"
            " subject, text, html, headers, unreadable, codes, kind, verdict, finding,"
            " evidence, loan)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                hashed,
                self.prints.content(message),
                to_ms(message.received_at),
                codec.whole(message.id),
                message.channel,
                codec.whole(message.sender),
                codec.whole(message.subject),
                codec.whole(message.text),
                codec.whole(message.html),
                codec.whole(codec.dumps(message.headers)),
                message.unreadable,
                codec.whole("\n".join(message.codes)) or None,
                case.notice.kind,
                case.judgement.verdict,
                codec.whole(codec.finding_to_json(case)),
                None if case.evidence is None else codec.whole(codec.dumps(case.evidence)),
                None if case.evidence is None else codec.whole(case.evidence.loan),
            ),
        )
        number = int(inserted.lastrowid or 0)
        self.database.execute(
            "INSERT INTO sightings (message, source, seen_at, place) VALUES (?, ?, ?, ?)",
            (number, source_of(message, self.source), to_ms(message.received_at), message.place),
        )
        return number

    def _file(self, message: int, case: Case, verdict: Verdict) -> None:
        """Open a case for a message, or add the message to the open case of the same key."""
        found = self.database.execute(
            "SELECT cases.id, cases.verdict, lead.received_at"
            " FROM cases JOIN messages AS lead ON lead.id = cases.lead"
            " WHERE key = ? AND status <> 'done'",
            (codec.whole(case.key),),
        ).fetchone()
        if found is None:
            self._opened += 1
            number, worse = self._open(message, case), True
        else:
            self._merged += 1
            number, before, led_at = found
            worse = SEVERITY[verdict] > SEVERITY[Verdict(before)]
            equal = SEVERITY[verdict] == SEVERITY[Verdict(before)]
            if worse or (equal and led_at <= to_ms(case.message.received_at)):
                self._lead(number, message, case)
        self.database.execute("INSERT INTO case_messages VALUES (?, ?)", (number, message))
        if COURT in case.judgement.checklists:
            self.database.execute("UPDATE cases SET court = 1 WHERE id = ?", (number,))
        if case.alert is not None and (worse or self._is_due_again(number, verdict)):
            self._alert(number, case, case.alert.urgency)
        life.heard(self.database, number, message, self.now)

    def _is_due_again(self, number: int, verdict: Verdict) -> bool:
        """Return whether a fraud that goes on was last shown long enough ago to be shown again."""
        if verdict is not Verdict.FRAUDULENT or self.fraud_repeats is None:
            return False
        due = self.database.execute(
            "SELECT 1 FROM alerts WHERE case_id = ? AND state IN ('shown', 'acked')"
            " AND shown_at <= ?",
            (number, to_ms(self.now - self.fraud_repeats)),
        )
        return due.fetchone() is not None

    def _open(self, message: int, case: Case) -> int:
        inserted = self.database.execute(
            "INSERT INTO cases (lead, verdict, urgency, lender, loan, amount_fen, due_on,"
            " summary, changed_at, key, opened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*self._said(message, case), codec.whole(case.key), to_ms(self.now)),
        )
        return int(inserted.lastrowid or 0)

    def _lead(self, number: int, message: int, case: Case) -> None:
        """Let a message decide what its case says."""
        self.database.execute(
            "UPDATE cases SET lead = ?, verdict = ?, urgency = ?, lender = ?, loan = ?,"
            " amount_fen = ?, due_on = ?, summary = ?, changed_at = ? WHERE id = ?",
            (*self._said(message, case), number),
        )

    def _said(self, message: int, case: Case) -> tuple[int | str | None, ...]:
        """Return the columns of a case that its leading message fills."""
        loan, due_on = case.match.loan, case.notice.due_on
        return (
            message,
            case.judgement.verdict,
            None if case.alert is None else case.alert.urgency,
            codec.whole(case.match.lender),
            None if loan is None else codec.whole(loan.id),
            to_fen(case.notice.amount),
            None if due_on is None else due_on.isoformat(),
            codec.whole(codec.dumps(case.summary)),
            to_ms(self.now),
        )

    def _alert(self, number: int, case: Case, urgency: Urgency) -> None:
        """Put a case's alert into the outbox, again if it was shown for a milder verdict."""
        topic = self.topic(case)
        if topic is Topic.DIGEST and urgency is Urgency.CRITICAL:
            urgency = Urgency.NORMAL  # an old message is no reason to interrupt anybody
        (alert,) = self.database.execute(
            "INSERT INTO alerts (case_id, topic, state, verdict, urgency, summary, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET"
            " topic = excluded.topic, state = excluded.state, verdict = excluded.verdict,"
            " urgency = excluded.urgency, summary = excluded.summary,"
            " created_at = excluded.created_at, part_of = NULL, first_shown_at = NULL"
            " RETURNING id",
            (
                number,
                topic,
                AlertState.PENDING if topic is Topic.CASE else AlertState.DIGEST,
                case.judgement.verdict,
                urgency,
                codec.whole(codec.dumps(case.summary)),
                to_ms(self.now),
            ),
        ).fetchone()
        if topic is Topic.CASE:
            self._new_alerts[int(alert)] = None
        else:
            self._digested += 1
