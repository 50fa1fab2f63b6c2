"""A loan's time line: what the ledger says of it and what messages said, in order of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from watcher.core.model import Kind, Loan
from watcher.store import Happening

FIRST, LAST = 6, 40
"""How many happenings of a long story are told at its beginning and at its end."""

Source = Literal["ledger", "message"]
_DONE: Final = frozenset({Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One happening: `what` is a phrase id; `heard` counts equal ones on that day."""

    day: date
    what: str
    source: Source
    weight: Literal["fact", "done", "claim"]
    amount: Decimal | None = field(default=None, repr=False)
    verdict: str | None = None
    case: int | None = None
    here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A loan and what happened to it; `left_out` moments stand between `first` and `last`."""

    loan: Loan
    first: Sequence[Moment]
    left_out: int = 0
    last: Sequence[Moment] = ()


def story_of(
    loan: Loan, happenings: Iterable[Happening], zone: ZoneInfo, case: int | None = None
) -> Story:
    """Tell a loan's story; the moments of `case` are marked as here."""
    moments = [_moment(one, zone, case) for one in happenings]
    if loan.opened_on:
        moments.append(_fact(loan.opened_on, "web.story.opened", loan.principal))
    if loan.settled_on:
        moments.append(_fact(loan.settled_on, "web.story.settled", None))
    moments.sort(key=lambda one: (one.day, one.source != "ledger" or one.what.endswith("settled")))
    if len(moments) <= FIRST + LAST:
        return Story(loan=loan, first=moments)
    return Story(
        loan=loan,
        first=moments[:FIRST],
        left_out=len(moments) - FIRST - LAST,
        last=moments[-LAST:],
    )


def _fact(day: date, what: str, amount: Decimal | None) -> Moment:
    return Moment(day=day, what=what, source="ledger", weight="fact", amount=amount)


def _moment(happening: Happening, zone: ZoneInfo, case: int | None) -> Moment:
    evidence = happening.evidence
    return Moment(
        day=evidence.received_at.astimezone(zone).date(),
        what=f"kind.{evidence.kind.value}",
        source="message",
        weight="done" if evidence.kind in _DONE else "claim",
        amount=evidence.amount,
        verdict=evidence.verdict.value if evidence.verdict else None,
        case=happening.case,
        here=case is not None and happening.case == case,
    )
