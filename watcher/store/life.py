"""The life of cases: what was sent and answered, what came in spite of it, what is due.

Every change is kept with its time. The functions run inside a transaction of their caller's.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from typing import Final

from watcher.core.life import CaseChange, Change, Stage, follow
from watcher.core.model import Phrase, Urgency, Verdict
from watcher.errors import UserError
from watcher.store import codec, outbox
from watcher.store.connection import reading, transaction
from watcher.store.records import CaseStatus, from_ms, to_ms

AGAIN: Final = "store.again"
"""The phrase for a notice that came in spite of a letter."""

_QUIET: Final = frozenset({Verdict.FRAUDULENT, Verdict.EXPECTED})
"""Verdicts of notices that are no answer to a letter."""

_STANDING: Final = {
    Change.CLOSED: (CaseStatus.DONE, "acked"),
    Change.SNOOZED: (CaseStatus.SNOOZED, "pending"),
    Change.REOPENED: (CaseStatus.OPEN, None),
}
"""What a change makes of a case, and of its alert."""

_SAME_DEBT: Final = (
    "(one.id = other.id OR one.key = other.key OR one.loan = other.loan"
    " OR (one.loan IS NULL AND other.loan IS NULL AND one.lender = other.lender))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedCase:
    """An open case from which dates may follow; `recheck_on` is of a recent settlement.

    `fraud`: there is no lender behind its messages.
    """

    id: int
    lender: str | None
    loan: str | None
    recheck_on: date | None
    fraud: bool = False
    changes: tuple[CaseChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A date that has come: told of once for each `name` and `day`.

    `says` is the phrase of its alert, which takes the number of the case, or how many dates
    it stands for. `overdue`: an answer to what was sent was due. `news`: of no use to one who
    has only just begun; the days before that are not told of.
    """

    name: str = field(repr=False)
    day: date
    says: str
    case: int | None = None
    overdue: bool = False
    news: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """What is asked of an open store about the life of its cases."""

    database: sqlite3.Connection

    def changes(self, case: int) -> tuple[CaseChange, ...]:
        """Return all changes of a case, the first one first."""
        with reading():
            return _changes(self.database, case)

    def stages(self) -> Mapping[int, Stage]:
        """Return where each case stands that anything was done about."""
        with reading():
            rows = self.database.execute("SELECT case_id, stage FROM case_changes ORDER BY id")
            return {case: Stage(stage) for case, stage in rows}

    def sent(  # noqa: PLR0913  what there is to know of a letter
        self,
        case: int,
        letter: str,
        on: date,
        now: datetime,
        *,
        answer_due: bool,
        objects_from: datetime | None,
    ) -> Stage:
        """Note that a letter was sent; later than `objects_from`, notices come in spite of it."""
        with transaction(self.database):
            return note(
                self.database,
                case,
                Change.SENT,
                now,
                letter=(letter, on, objects_from),
                answer_due=answer_due,
            )

    def answered(self, case: int, now: datetime) -> Stage:
        """Note that what was sent has been answered: its dates are over."""
        with transaction(self.database):
            return note(self.database, case, Change.ANSWERED, now)

    def dated(self, case: int | None = None) -> tuple[DatedCase, ...]:
        """Return the open cases from which dates may follow, or one alone."""
        with reading():
            rows = self.database.execute(
                "SELECT cases.id, lender, cases.loan, CASE WHEN json_valid(finding)"
                " THEN json_extract(finding, '$.alert.recheck_on') END AS recheck"
                ", cases.verdict FROM cases JOIN messages ON messages.id = lead"
                " WHERE status <> 'done' AND (? IS NULL OR cases.id = ?)"
                " AND (recheck IS NOT NULL"
                " OR EXISTS (SELECT 1 FROM case_changes WHERE case_id = cases.id))"
                " ORDER BY cases.id",
                (case, case),
            ).fetchall()
            return tuple(
                DatedCase(
                    id=number,
                    lender=lender,
                    loan=loan,
                    recheck_on=None if recheck is None else date.fromisoformat(recheck),
                    fraud=verdict == Verdict.FRAUDULENT,
                    changes=_changes(self.database, number),
                )
                for number, lender, loan, recheck, verdict in rows
            )

    def key(self) -> bytes:
        """Return a secret of this store for names that leave it."""
        row = self.database.execute("SELECT value FROM settings WHERE name = 'key'").fetchone()
        return blake2b(b"dates", key=bytes(row[0]), digest_size=32).digest()

    def tell(self, dues: Iterable[Due], now: datetime) -> tuple[int, ...]:
        """Queue an alert for what is due and was not told of before; return their numbers."""
        made = []
        with transaction(self.database):
            since = _since(self.database, now)
            wanted = (due for due in dues if not due.news or due.day > since)
            fresh = [due for due in wanted if _is_first(self.database, due, now)]
            for due in fresh:
                if due.case is None:
                    continue
                if due.overdue:
                    note(self.database, due.case, Change.OVERDUE, now)
                told = Phrase(id=due.says, values={"case": due.case})
                made.append(outbox.announce(self.database, told, Urgency.NORMAL, now))
            several = Counter(due.says for due in fresh if due.case is None)
            for says, count in several.items():
                told = Phrase(id=says, values={"count": count})
                made.append(outbox.announce(self.database, told, Urgency.LOW, now))
        return tuple(made)


def alter(
    database: sqlite3.Connection,
    case: int,
    change: Change,
    until: datetime | None,
    now: datetime,
) -> bool:
    """Close a case, put it aside or open it again; False where there is none of that number.

    UserError where a newer case of the same debt is open.
    """
    row = database.execute("SELECT status, key FROM cases WHERE id = ?", (case,)).fetchone()
    if row is None:
        return False
    status, alert = _STANDING[change]
    newer = database.execute(
        "SELECT 1 FROM cases WHERE key = ? AND id <> ? AND status <> 'done'", (row[1], case)
    ).fetchone()
    if newer is not None and status is not CaseStatus.DONE:
        raise UserError("store.already_open", {"case": case})
    database.execute(
        "UPDATE cases SET status = ?, snoozed_until = ? WHERE id = ?",
        (status, None if until is None else to_ms(until), case),
    )
    if alert is not None:
        database.execute(
            "UPDATE alerts SET state = ?, topic = 'case' WHERE case_id = ?", (alert, case)
        )
    if change is Change.SNOOZED or row[0] != status:
        note(database, case, change, now)
    return True


def note(  # noqa: PLR0913  what there is to know of a change
    database: sqlite3.Connection,
    case: int,
    change: Change,
    now: datetime,
    *,
    letter: tuple[str, date, datetime | None] | None = None,
    answer_due: bool = False,
) -> Stage:
    """Keep a change of a case that exists, and return where the case stands after it."""
    stages = tuple(one.stage for one in _changes(database, case))
    stage = follow(stages, change, answer_due=answer_due)
    name, on, objects_from = letter or (None, None, None)
    database.execute(
        "INSERT INTO case_changes (case_id, changed_at, change, stage, letter, sent_on,"
        " objects_from) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            case,
            to_ms(now),
            change,
            stage,
            codec.whole(name),
            None if on is None else on.isoformat(),
            None if objects_from is None else to_ms(objects_from),
        ),
    )
    if change in (Change.CLOSED, Change.ANSWERED):
        _withdraw(database, case)
    return stage


def heard(database: sqlite3.Connection, case: int, message: int, now: datetime) -> None:
    """Raise a case where a message of it came in spite of a letter about the same debt.

    The case that is raised is the one about which the letter was sent, as long as it is open.
    """
    objections = database.execute(
        "SELECT objects_from, one.id, one.status FROM case_changes JOIN cases AS one"  # noqa: S608  fixed
        f" ON one.id = case_id JOIN cases AS other ON {_SAME_DEBT}"
        " WHERE objects_from IS NOT NULL AND other.id = ? ORDER BY objects_from",
        (case,),
    ).fetchall()
    if not objections:
        return
    came = database.execute(
        "SELECT verdict, received_at FROM messages WHERE id = ?", (message,)
    ).fetchone()
    if came[0] in _QUIET or came[1] < objections[0][0]:
        return
    (count,) = database.execute(
        "SELECT count(DISTINCT message) FROM cases AS one"  # noqa: S608  fixed
        f" JOIN cases AS other ON {_SAME_DEBT} JOIN case_messages ON case_id = one.id"
        " JOIN messages ON messages.id = message WHERE other.id = ? AND received_at >= ?"
        " AND messages.verdict NOT IN ('fraudulent', 'expected')",
        (case, objections[0][0]),
    ).fetchone()
    still_open = [number for _, number, status in objections if status != "done"]
    raised = still_open[-1] if still_open else case
    note(database, raised, Change.AGAIN, now)
    _withdraw(database, raised, AGAIN)
    told = Phrase(id=AGAIN, values={"case": raised, "count": count})
    outbox.announce(database, told, Urgency.NORMAL, now)


def _changes(database: sqlite3.Connection, case: int) -> tuple[CaseChange, ...]:
    rows = database.execute(
        "SELECT changed_at, change, stage, letter, sent_on FROM case_changes"
        " WHERE case_id = ? ORDER BY id",
        (case,),
    )
    return tuple(
        CaseChange(
            at=from_ms(at),
            change=Change(change),
            stage=Stage(stage),
            letter=letter,
            sent_on=None if on is None else date.fromisoformat(on),
        )
        for at, change, stage, letter, on in rows
    )


def _since(database: sqlite3.Connection, now: datetime) -> date:
    """Return the day on which dates were first looked at here."""
    query = "SELECT value FROM settings WHERE name = 'dates_since'"
    if (row := database.execute(query).fetchone()) is not None:
        return date.fromisoformat(bytes(row[0]).decode())
    today = now.date()
    database.execute(
        "INSERT INTO settings (name, value) VALUES ('dates_since', ?)",
        (today.isoformat().encode(),),
    )
    return today


def _is_first(database: sqlite3.Connection, due: Due, now: datetime) -> bool:
    inserted = database.execute(
        "INSERT OR IGNORE INTO told_dates (name, day, told_at) VALUES (?, ?, ?)",
        (codec.whole(due.name), due.day.isoformat(), to_ms(now)),
    )
    return inserted.rowcount > 0


def _withdraw(database: sqlite3.Connection, case: int, says: str | None = None) -> None:
    """Take back what was announced of a case and is over."""
    database.execute(
        "UPDATE alerts SET state = 'acked' WHERE topic = 'program'"
        " AND state IN ('pending', 'shown') AND json_extract(summary, '$.values.case') = ?"
        " AND (? IS NULL OR json_extract(summary, '$.id') = ?)",
        (case, says, says),
    )
