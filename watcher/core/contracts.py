"""Loans as messages alone describe them: lender, last digits, sums, days, how each stands.

For lenders that the ledger does not hold. Each field is read only where the messages agree.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from watcher.core.ledger import LenderNames
from watcher.core.lenders import Directory, Lender
from watcher.core.model import Evidence, Kind
from watcher.core.standing import Standing, Walk, day_of, stand, tells

SUPPORTING = frozenset({Kind.DUE_REMINDER, Kind.STATEMENT, Kind.DEBIT_FAILED})
"""Kinds that may say on which day and by which sum a loan is paid."""

ANCHORS = frozenset({Kind.DISBURSEMENT, Kind.SETTLEMENT_RECEIPT})
"""Kinds of which one alone shows that there was a loan."""

OFTEN = 2
"""In so many months a sum or day must be said to count as the loan's own."""

SHORTEST_TAIL, LONGEST_TAIL = 3, 8
"""How many last digits a ledger holds."""

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One loan as the messages describe it; a field is None where they do not agree."""

    lender: str
    product: str | None
    account_tail: str | None = field(repr=False)
    opened_on: date | None
    principal: Decimal | None = field(repr=False)
    due_day: int | None
    monthly_amount: Decimal | None = field(repr=False)
    standing: Standing
    last_told: date
    evidence: tuple[Evidence, ...]


class Keys:
    """Which lender each message speaks for, and the names that say so."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._names = LenderNames.of(directory)
        self._signers: dict[str, bool] = {}

    def of(self, one: Evidence) -> str | None:
        """Return the lender that a message speaks for; None where that is not certain.

        It is a row of the directory, else the name with which a firm unknown to the
        directory signs: a bank that it names then only holds the account that was paid.
        """
        signature = one.signature
        if signature and not self._is_known(signature):
            known = (self.directory.by_id.get(each) for each in one.lenders)
            named = any(row is not None and _signs_for(signature, row) for row in known)
            if not one.lenders or (one.kind in ANCHORS and not named):
                return signature
        return one.lenders[0] if len(one.lenders) == 1 else None

    def _is_known(self, signature: str) -> bool:
        if signature not in self._signers:
            self._signers[signature] = bool(self._names.resolve(signature))
        return self._signers[signature]


def _signs_for(signature: str, row: Lender) -> bool:
    """Whether a signature that is none of a lender's names holds one of them."""
    return any(name in signature for name in (row.name, *row.aliases, *row.products))


def contracts(evidence: Sequence[Evidence], keys: Keys, zone: ZoneInfo) -> Iterator[Contract]:
    """Yield the loans that evidence, oldest first, describes."""
    by_lender: dict[str, list[Evidence]] = {}
    for one in evidence:
        key = keys.of(one)
        if key is not None:
            by_lender.setdefault(key, []).append(one)
    for lender, told in by_lender.items():
        known = lender in keys.directory.by_id
        if not any(tells(one) and (known or one.kind in ANCHORS) for one in told):
            continue
        for tails, group in _by_tail(told):
            for episode in _episodes(group, zone, tails):
                if any(tells(one) for one in episode):
                    yield _contract(lender, tails, episode, keys.directory, zone)


def _by_tail(told: Sequence[Evidence]) -> Iterator[tuple[frozenset[str], list[Evidence]]]:
    """Part the evidence at one lender by last digits.

    Where only one contract shows any, the messages without belong to it; where several do,
    to none.
    """
    groups = _components([one.account_tails for one in told if tells(one) and one.account_tails])
    if len(groups) <= 1:
        tails = groups[0] if groups else frozenset()
        fitting = [one for one in told if not one.account_tails or tails & {*one.account_tails}]
        yield tails, fitting
        return
    for tails in groups:
        yield tails, [one for one in told if tails & {*one.account_tails}]


def _components(tails: Iterable[Sequence[str]]) -> list[frozenset[str]]:
    """Put last digits together that stand in one message, or of which one ends the other."""
    groups: list[frozenset[str]] = []
    for one in tails:
        joined = frozenset(one)
        apart = []
        for group in groups:
            if any(a.endswith(b) or b.endswith(a) for a in group for b in joined):
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return groups


def _only_tail(tails: frozenset[str]) -> str | None:
    """Return the longest of last digits that all end it."""
    longest = max(tails, key=lambda one: (len(one), one), default="")
    fits = SHORTEST_TAIL <= len(longest) <= LONGEST_TAIL
    return longest if fits and all(longest.endswith(tail) for tail in tails) else None


def _episodes(
    group: Sequence[Evidence], zone: ZoneInfo, tails: frozenset[str]
) -> Iterator[tuple[Evidence, ...]]:
    """Part what was said into one loan after another: a payout after a settlement begins anew."""
    walk, begin = Walk(zone, tails), 0
    for at, one in enumerate(group):
        if one.kind is Kind.DISBURSEMENT and tells(one):
            settled_on = walk.settled_on
            if settled_on is not None and settled_on < day_of(one.received_at, zone):
                yield tuple(group[begin:at])
                walk, begin = Walk(zone, tails), at
        walk.take(one)
    yield tuple(group[begin:])


def _contract(
    lender: str,
    tails: frozenset[str],
    episode: tuple[Evidence, ...],
    directory: Directory,
    zone: ZoneInfo,
) -> Contract:
    standing = stand(episode, zone, tails)
    told = tuple(one for one in episode if tells(one))
    until = standing.settled_on or day_of(told[-1].received_at, zone)
    asked = [
        one
        for one in episode
        if one.kind in SUPPORTING
        and not one.marks & {"third_party", "returned", "short"}
        and day_of(one.received_at, zone) <= until
    ]
    monthly = _monthly([*standing.receipts, *asked], zone)
    # A payment before the payout was of an earlier loan, of which no settlement is known.
    begins = told[0].kind is Kind.DISBURSEMENT
    opened_on, given = standing.payouts[0] if begins else (None, None)
    principal = given if len(standing.payouts) == 1 and given else None
    if principal is not None and monthly is not None and principal < monthly:
        principal = None
    return Contract(
        lender=lender,
        product=_product(directory.by_id.get(lender), told),
        account_tail=_only_tail(tails),
        opened_on=opened_on,
        principal=principal,
        due_day=_due_day(asked, standing, tails),
        monthly_amount=monthly,
        standing=standing,
        last_told=day_of(told[-1].received_at, zone),
        evidence=told,
    )


def _monthly(evidence: Iterable[Evidence], zone: ZoneInfo) -> Decimal | None:
    """Return the one sum that comes again month after month."""

    def month(one: Evidence) -> tuple[int, int]:
        day = one.due_on or day_of(one.received_at, zone)
        return day.year, day.month

    sums = [one for one in evidence if one.amount]
    return _only_repeated(sums, lambda one: one.amount, month)


def _due_day(asked: Sequence[Evidence], standing: Standing, tails: frozenset[str]) -> int | None:
    """Return the day of the month that all reminders name, where they are surely of this loan."""
    days = {one.due_on.day for one in asked if one.due_on is not None}
    if len(days) != 1:
        return None
    paid = {one.amount for one in standing.receipts if one.amount is not None}
    named = [one for one in asked if one.due_on is not None]
    months = {(one.due_on.year, one.due_on.month) for one in named if one.due_on is not None}
    sure = any(one.amount in paid or tails & {*one.account_tails} for one in named)
    return days.pop() if sure or len(months) >= OFTEN else None


def _only_repeated(
    evidence: Iterable[Evidence],
    value: Callable[[Evidence], Value | None],
    month: Callable[[Evidence], Hashable],
) -> Value | None:
    """Return the only value said in several months."""
    months: dict[Value, set[Hashable]] = {}
    for one in evidence:
        said = value(one)
        if said is not None:
            months.setdefault(said, set()).add(month(one))
    repeated = [said for said, when in months.items() if len(when) >= OFTEN]
    return repeated[0] if len(repeated) == 1 else None


def _product(row: Lender | None, told: Iterable[Evidence]) -> str | None:
    """Return the product with whose name the lender signs, where it is one."""
    if row is None:
        return None
    signed = {one.signature for one in told if one.signature in row.products}
    return signed.pop() if len(signed) == 1 else None
