"""How a loan stands by what was said of it: paid out, paid back, settled, or open again.

A confirmation that is followed by a returned or short payment settles nothing until that is
made good; so is a last instalment. A payout after a settlement begins anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from watcher.core.model import Evidence, Kind, Verdict

TELLING = frozenset({Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT})
"""Kinds that tell what was done with a loan."""

OPENING_MARKS = frozenset({"returned", "residual", "short", "write_off"})
"""Marks by which a notice of any kind opens what was settled, or closes it."""

PAID_ON_DAYS = 7
"""A payment booked so many days after a settlement shows that it was another loan's."""


class Basis(StrEnum):
    """What a settlement rests on."""

    CONFIRMED = "confirmed"
    LAST = "last"
    MADE_GOOD = "made_good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the evidence on one loan comes to; `settled_on` is None where it is not settled.

    `payouts` are the distinct ones, each with its day and sum; `receipts` are those of
    payments that stood.
    """

    settled_on: date | None
    basis: Basis | None
    payouts: tuple[tuple[date, Decimal | None], ...]
    receipts: tuple[Evidence, ...]
    settling: tuple[str, ...]
    """Ids of the messages that the settlement rests on."""
    doubted: bool
    """Whether a confirmation left open which of several payouts it is about."""


def tells(one: Evidence) -> bool:
    """Whether a message tells of something done that nobody need doubt."""
    known = one.kind in TELLING and one.verdict in (None, Verdict.EXPECTED)
    return known and not opens(one, confirmed=True)


def opens(one: Evidence, *, confirmed: bool) -> bool:
    """Whether a message shows that a payment did not stand, or was not enough.

    After the lender's own confirmation a failed debit is old data (docs/judgement.md, rule 6).
    """
    if one.verdict is Verdict.FRAUDULENT or "third_party" in one.marks:
        return False
    if "returned" in one.marks:
        return True
    if one.kind is Kind.OVERDUE and "residual" in one.marks:
        return True
    if "short" in one.marks and one.kind is not Kind.STATEMENT:
        return True
    return one.kind is Kind.DEBIT_FAILED and not confirmed


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of a moment for the holder."""
    return moment.astimezone(zone).date()


def stand(
    evidence: Iterable[Evidence], zone: ZoneInfo, tails: frozenset[str] = frozenset()
) -> Standing:
    """Go through what was said of one loan, oldest first.

    Of several payouts a confirmation settles only one: it settles the loan where it names
    one of the loan's own `tails`.
    """
    walk = Walk(zone, tails)
    for one in evidence:
        walk.take(one)
    return walk.standing


class Walk:
    """The way through the evidence on one loan, message by message, oldest first."""

    def __init__(self, zone: ZoneInfo, tails: frozenset[str] = frozenset()) -> None:
        self._zone = zone
        self._tails = tails
        self._settled_on: date | None = None
        self._basis: Basis | None = None
        self._payouts: dict[tuple[date, Decimal | None], None] = {}
        self._receipts: list[Evidence] = []
        self._settling: list[str] = []
        self._doubted = False
        self._open: list[Decimal | None] = []

    @property
    def settled_on(self) -> date | None:
        """The day since which nothing is owed; None where something may be."""
        return None if self._open else self._settled_on

    @property
    def standing(self) -> Standing:
        """What it has come to so far."""
        return Standing(
            settled_on=self.settled_on,
            basis=None if self._open else self._basis,
            payouts=tuple(self._payouts),
            receipts=tuple(self._receipts),
            settling=tuple(self._settling),
            doubted=self._doubted,
        )

    def take(self, one: Evidence) -> None:
        """Go on to the next message."""
        confirmed = self._basis is not None and self._basis is not Basis.LAST
        if opens(one, confirmed=confirmed):
            self._open.append(one.amount)
            return
        if "write_off" in one.marks:
            self._open.clear()
        if not tells(one):
            return
        if one.kind is Kind.DISBURSEMENT:
            self._pay_out(one)
        elif one.kind is Kind.SETTLEMENT_RECEIPT:
            self._confirm(one)
        else:
            self._pay(one)

    def _pay_out(self, one: Evidence) -> None:
        day = day_of(one.received_at, self._zone)
        if self._settled_on is not None and day > self._settled_on:
            self._unsettle()
            self._payouts.clear()
        self._payouts[day, one.amount] = None

    def _confirm(self, one: Evidence) -> None:
        was_open = bool(self._open)
        self._open.clear()
        named = not self._tails.isdisjoint(one.account_tails)
        if len(self._payouts) > 1 and not named:
            self._doubted = True
            return
        day = day_of(one.received_at, self._zone)
        if self._basis is Basis.CONFIRMED and not was_open:
            self._settling.append(one.message_id)  # a certificate that follows settles nothing anew
            return
        self._settled_on, self._basis = day, Basis.CONFIRMED
        self._settling = [one.message_id]

    def _pay(self, one: Evidence) -> None:
        self._receipts.append(one)
        was_open = bool(self._open)
        self._open = [
            sum_
            for sum_ in self._open
            if sum_ is not None and one.amount is not None and one.amount < sum_
        ]
        day = day_of(one.received_at, self._zone)
        if "final" in one.marks and len(self._payouts) <= 1 and self._basis is None:
            self._settled_on, self._basis = day, Basis.LAST
            self._settling = [one.message_id]
        elif self._settled_on is None or self._open:
            return
        elif was_open:
            self._settled_on, self._basis = day, Basis.MADE_GOOD
            self._settling.append(one.message_id)
        elif (day - self._settled_on).days > PAID_ON_DAYS:
            self._unsettle()

    def _unsettle(self) -> None:
        self._settled_on = self._basis = None
        self._settling = []
