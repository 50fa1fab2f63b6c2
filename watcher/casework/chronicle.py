"""The time line of an evidence pack: what the ledger says, what messages said, what was done.

Pure. The day of an entry is the holder's; entries that were left out are counted, not hidden.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from watcher.casework.evidence import Material, Record, records
from watcher.core.life import Change
from watcher.core.model import Evidence, Kind

FIRST, LAST = 40, 400
"""How many entries of a long story are told at its beginning and at its end."""

Who = Literal["ledger", "receipt", "notice", "holder"]
_RECEIPTS: Final = frozenset({Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One happening: `says` is a phrase id, `words` what the user did; `stem` names its files."""

    at: datetime | None
    day: date
    who: Who
    says: str
    amount: Decimal | None = field(default=None, repr=False)
    words: str = ""
    stem: str | None = None
    of_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicle:
    """The entries in order of time; `left_out` of them stand between `first` and `last`."""

    first: tuple[Entry, ...]
    left_out: int = 0
    last: tuple[Entry, ...] = ()


def chronicle(material: Material) -> Chronicle:
    """Tell the story of a case and of its loan."""
    entries = sorted(_entries(material), key=_place)
    if len(entries) <= FIRST + LAST:
        return Chronicle(first=tuple(entries))
    return Chronicle(
        first=tuple(entries[:FIRST]),
        left_out=len(entries) - FIRST - LAST,
        last=tuple(entries[-LAST:]),
    )


def _place(entry: Entry) -> tuple[date, int, float]:
    """Order by day; what the ledger says has no hour: a loan begins and ends its day."""
    if entry.at is not None:
        return entry.day, 1, entry.at.timestamp()
    return entry.day, 0 if entry.says == "evidence.line.opened" else 2, 0.0


def _entries(material: Material) -> Iterator[Entry]:
    zone, loan = material.zone, material.loan
    if loan is not None and loan.opened_on:
        yield _fact(loan.opened_on, "evidence.line.opened", loan.principal)
    if loan is not None and loan.settled_on:
        yield _fact(loan.settled_on, "evidence.line.settled", None)
    packed = {_key_of(record): record for record in records(material.papers)}
    for happening in material.happenings:
        known = packed.pop((happening.evidence.message_id, happening.evidence.received_at), None)
        yield _heard(happening.evidence, zone, known)
    for record in packed.values():
        yield _received(record, zone)
    for tick, words in material.ticks:
        if tick.done_at is not None:
            at = tick.done_at.astimezone(zone)
            yield Entry(at=at, day=at.date(), who="holder", says="evidence.line.done", words=words)
    yield from _correspondence(material)


def _correspondence(material: Material) -> Iterator[Entry]:
    """Yield what was sent and answered; what else was done about the case is nobody's business."""
    for one in material.changes:
        at = one.at.astimezone(material.zone)
        if one.change is Change.SENT:
            day, words = one.sent_on or at.date(), one.letter or ""
            yield Entry(at=None, day=day, who="holder", says="evidence.line.sent", words=words)
        elif one.change is Change.ANSWERED:
            yield Entry(at=at, day=at.date(), who="holder", says="evidence.line.answered")


def _fact(day: date, says: str, amount: Decimal | None) -> Entry:
    return Entry(at=None, day=day, who="ledger", says=says, amount=amount)


def _key_of(record: Record) -> tuple[str, datetime]:
    message = record.paper.case.message
    return message.id, message.received_at


def _heard(evidence: Evidence, zone: ZoneInfo, record: Record | None) -> Entry:
    at = evidence.received_at.astimezone(zone)
    return Entry(
        at=at,
        day=at.date(),
        who="receipt" if evidence.kind in _RECEIPTS else "notice",
        says=f"kind.{evidence.kind.value}",
        amount=evidence.amount,
        stem=record.stem if record else None,
        of_case=record is not None and record.stem.startswith("messages/"),
    )


def _received(record: Record, zone: ZoneInfo) -> Entry:
    case = record.paper.case
    at = case.message.received_at.astimezone(zone)
    return Entry(
        at=at,
        day=at.date(),
        who="receipt" if case.notice.kind in _RECEIPTS else "notice",
        says=f"kind.{case.notice.kind.value}",
        amount=case.notice.amount,
        stem=record.stem,
        of_case=record.stem.startswith("messages/"),
    )
