"""What goes into the store and comes out of it, besides the values of the core."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from watcher.core.model import Case, Phrase, Urgency, Verdict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CaseStatus(StrEnum):
    """What the user did with a case."""

    OPEN = "open"
    DONE = "done"
    SNOOZED = "snoozed"


class AlertState(StrEnum):
    """How far an alert got; `digest` is told of by a summary and never shown alone."""

    PENDING = "pending"
    SHOWN = "shown"
    ACKED = "acked"
    DIGEST = "digest"


class Topic(StrEnum):
    """What an alert tells of: one case, many old ones, an empty ledger, the program itself."""

    CASE = "case"
    DIGEST = "digest"
    LEDGER = "ledger"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a source stands; `position` is JSON that only the source understands."""

    source: str
    position: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What one call of `record` changed.

    `new_alerts` are ids of alerts now waiting to be shown one by one, `digested` counts
    those left to a summary, `opened` new cases, `merged` messages added to open cases,
    `known` messages recorded before.
    """

    new_alerts: tuple[int, ...] = ()
    digested: int = 0
    opened: int = 0
    merged: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAlert:
    """An alert of the outbox; `server_id` is what `server` called it when last shown.

    `court`, `loan` and `pair` are of its case: whether it speaks of a court or the police, the
    loan it is about, and whether it is the first with this lender and amount. `restored_at` is
    when its pop-up was last lost with its server.
    """

    id: int
    case_id: int | None
    topic: Topic
    state: AlertState
    verdict: Verdict | None
    urgency: Urgency
    count: int
    lender: str | None
    summary: Phrase
    created_at: datetime
    shown_at: datetime | None
    server_id: int | None
    attempts: int
    server: str | None = None
    first_shown_at: datetime | None = None
    restored_at: datetime | None = None
    court: bool = False
    loan: str | None = None
    pair: bool = False

    @property
    def about(self) -> int | None:
        """The case that this is about: its own, or one that the program speaks of."""
        named = self.summary.values.get("case")
        return named if self.case_id is None and type(named) is int else self.case_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PopUpSeen:
    """A pop-up on the screen of a notification server, which alone knows its number."""

    alert_id: int
    server: str
    server_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of the list of cases; `messages` counts how often it was heard of."""

    id: int
    key: str
    verdict: Verdict
    urgency: Urgency | None
    lender: str | None
    loan: str | None
    amount: Decimal | None = field(repr=False)
    due_on: date | None
    summary: Phrase
    status: CaseStatus
    snoozed_until: datetime | None
    opened_at: datetime
    received_at: datetime
    messages: int
    alert: AlertState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What became of a whole mail: `path` is None where its source has it no more."""

    path: Path | None
    size: int | None
    sha256: str | None
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case with every message that belongs to it, as it was judged; `leading` decided.

    `originals` are of those messages whose whole mail was asked for, the leading one's first.
    """

    row: CaseRow
    leading: Case
    cases: tuple[Case, ...]
    sources: tuple[str, ...]
    originals: tuple[Original, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A step of a checklist that was ticked off at `done_at`, or only noted where it is None."""

    checklist: str
    step: str
    done_at: datetime | None
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What the user says is wrong about a case."""

    text: str = field(repr=False)
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework:
    """What the user did with a case; `chosen` are checklists asked for besides its own."""

    ticks: tuple[Tick, ...] = ()
    chosen: tuple[str, ...] = ()
    objection: Objection | None = None


def to_ms(moment: datetime) -> int:
    """Return a moment as the store keeps it: whole milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """Return a moment of the store, in UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def to_fen(amount: Decimal | None) -> int | None:
    """Return an amount in whole 分; None where it is unknown or beyond what a column holds."""
    if amount is None or not abs(amount) < Decimal(10) ** 16:
        return None
    return int((amount * 100).to_integral_value())


def from_fen(fen: int | None) -> Decimal | None:
    """Return an amount in yuan."""
    return None if fen is None else Decimal(fen).scaleb(-2)
