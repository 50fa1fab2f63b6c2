"""Reading for a page: cases in the order in which they matter, a loan's story, all sources.

What has thousands of rows is cut by SQLite, so that the page does not wait for what it does
not show.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watcher.core.life import Stage
from watcher.core.model import Evidence
from watcher.store import codec, outbox, queries
from watcher.store.connection import reading
from watcher.store.records import CaseRow, CaseStatus, WaitingAlert, from_ms

_FIRST_WHAT_MATTERS = (
    " ORDER BY CASE cases.urgency WHEN 'critical' THEN 0 WHEN 'normal' THEN 1 WHEN 'low' THEN 2"
    " ELSE 3 END, lead.received_at DESC, cases.id DESC LIMIT ? OFFSET ?"
)
_STEPS_DONE = "SELECT count(*) FROM steps WHERE case_id = ? AND done_at IS NOT NULL"

_STAGE = "SELECT stage FROM case_changes WHERE case_id = ? ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in a list; `done` counts the steps ticked off, `stage` is where it stands."""

    row: CaseRow
    done: int
    objected: bool
    stage: Stage = Stage.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A piece of evidence about a loan, and the case that it is in, if any."""

    evidence: Evidence = field(repr=False)
    case: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page asks of an open store; belongs to the thread of that store."""

    database: sqlite3.Connection

    def counts(self) -> Mapping[CaseStatus, int]:
        """Return how many cases there are of each status."""
        with reading():
            rows = self.database.execute("SELECT status, count(*) FROM cases GROUP BY status")
            found = {CaseStatus(status): int(count) for status, count in rows}
        return {status: found.get(status, 0) for status in CaseStatus}

    def page(self, status: CaseStatus, *, limit: int, offset: int) -> tuple[CaseLine, ...]:
        """Return some cases of a status, the most urgent first, then the latest."""
        with reading():
            rows = self.database.execute(
                "SELECT cases.id FROM cases JOIN messages AS lead ON lead.id = cases.lead"  # noqa: S608  fixed
                " WHERE status = ?" + _FIRST_WHAT_MATTERS,
                (status, limit, offset),
            ).fetchall()
            return tuple(self._line(number) for (number,) in rows)

    def of_loan(self, loan: str) -> tuple[Happening, ...]:
        """Return the evidence about a loan, by message time."""
        with reading():
            rows = self.database.execute(
                "SELECT evidence, (SELECT case_id FROM case_messages WHERE message = messages.id)"
                " FROM messages WHERE loan = ? ORDER BY received_at, id",
                (codec.whole(loan),),
            ).fetchall()
            return tuple(
                Happening(evidence=codec.evidence_from_json(text), case=case) for text, case in rows
            )

    def last_good(self) -> Mapping[str, datetime | None]:
        """Return every source that was ever read, with when it was last read to its end."""
        with reading():
            rows = self.database.execute("SELECT source, checked_at FROM cursors ORDER BY source")
            return {source: None if at is None else from_ms(at) for source, at in rows}

    def dismissed(self) -> frozenset[str]:
        """Return what is not to be proposed any more."""
        with reading():
            rows = self.database.execute("SELECT matter FROM dismissed_proposals")
            return frozenset(matter for (matter,) in rows)

    def announcements(self) -> tuple[WaitingAlert, ...]:
        """Return what the program says of itself, or of several cases, and nobody took in."""
        with reading():
            rows = self.database.execute(
                "SELECT id FROM alerts WHERE case_id IS NULL AND state IN ('pending', 'shown')"
                " ORDER BY id DESC"
            ).fetchall()
            found = (outbox.alert(self.database, number) for (number,) in rows)
            return tuple(one for one in found if one is not None)

    def _line(self, number: int) -> CaseLine:
        (done,) = self.database.execute(_STEPS_DONE, (number,)).fetchone()
        objected = self.database.execute("SELECT 1 FROM objections WHERE case_id = ?", (number,))
        stage = self.database.execute(_STAGE, (number,)).fetchone()
        return CaseLine(
            row=queries.row(self.database, number),
            done=done,
            objected=objected.fetchone() is not None,
            stage=Stage.OPEN if stage is None else Stage(stage[0]),
        )
