"""What history says about the loan a notice is matched with (design §3, rules 5, 6 and 10)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from watcher.core.history import History
from watcher.core.model import Evidence, Kind, Loan, LoanStatus, Match, Message, Notice

RECEIPTS = frozenset({Kind.PAYMENT_RECEIPT, Kind.SETTLEMENT_RECEIPT})

SETTLING_DAYS = 2
"""A debit that failed within so many days of the settlement was the settling payment."""

_REMAINDERS = frozenset({"residual", "short"})

PERIOD_DAYS = 15
"""A receipt pays the instalment that falls due within so many days of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Facts from history, and the day of the latest confirmation or write-off."""

    facts: frozenset[str] = frozenset()
    settled_on: date | None = None


NO_PAST = Past()


def look_back(
    message: Message,
    notice: Notice,
    match: Match,
    history: History,
    *,
    zone: ZoneInfo,
    lag_days: int,
) -> Past:
    """Ask history about the loan of a notice."""
    loan = match.loan
    if loan is None or not (notice.demands or notice.kind is Kind.DEBT_TRANSFER):
        return NO_PAST
    earlier = list(history.of_loan(loan.id, message.received_at))
    facts: set[str] = set()
    today = message.received_at.astimezone(zone).date()
    confirmed = _latest_day(earlier, zone, Kind.SETTLEMENT_RECEIPT)
    written_off = _latest_day_marked(earlier, zone, "write_off")
    if confirmed is not None:
        facts.add("history.confirmed")
    if any(one.sender == message.sender and message.sender for one in earlier):
        facts.add("history.sender_seen")
    if any(one.kind in (Kind.OVERDUE, Kind.COLLECTION) for one in earlier):
        facts.add("history.earlier_overdue")
    settled = loan.status is LoanStatus.SETTLED
    if settled and _before(loan, today):
        settled = False
    if settled:
        facts |= _open_evidence(loan, notice, earlier, today, confirmed=confirmed is not None)
    else:
        facts |= _paid_instalment(loan, notice, earlier, today, zone, lag_days)
    days = [day for day in (confirmed, written_off) if day is not None]
    return Past(facts=frozenset(facts), settled_on=max(days, default=None))


def _before(loan: Loan, today: date) -> bool:
    return loan.settled_on is not None and today < loan.settled_on


def _latest_day(earlier: list[Evidence], zone: ZoneInfo, kind: Kind) -> date | None:
    return next(
        (one.received_at.astimezone(zone).date() for one in earlier if one.kind is kind),
        None,
    )


def _latest_day_marked(earlier: list[Evidence], zone: ZoneInfo, mark: str) -> date | None:
    return next(
        (one.received_at.astimezone(zone).date() for one in earlier if mark in one.marks),
        None,
    )


def _open_evidence(
    loan: Loan,
    notice: Notice,
    earlier: list[Evidence],
    today: date,
    *,
    confirmed: bool,
) -> set[str]:
    """Find a failed, returned or short payment that nothing later closed.

    `earlier` is the latest first. A receipt closes evidence on the same sum (or on any,
    where one of the two names none); a confirmation or write-off closes all.
    """
    facts: set[str] = set()
    paid: list[Decimal | None] = []
    for one in earlier:
        if one.kind is Kind.SETTLEMENT_RECEIPT or "write_off" in one.marks:
            break
        opened = _opens(one, loan, one.received_at.date(), confirmed=confirmed)
        if opened is not None and not _closed(one.amount, paid):
            facts |= {opened, "open_evidence"}
        if one.kind is Kind.PAYMENT_RECEIPT and opened is None:
            paid.append(one.amount)
    itself = _opens(notice, loan, today, confirmed=confirmed)
    if itself is not None and "third_party" not in notice.marks and not _was_closed(earlier):
        facts |= {itself, "open_evidence"}
    return facts


def _was_closed(earlier: list[Evidence]) -> bool:
    """Whether a remainder was open before and a confirmation or write-off closed it since."""
    closed = False
    for one in earlier:
        closed = closed or one.kind is Kind.SETTLEMENT_RECEIPT or "write_off" in one.marks
        if closed and not _REMAINDERS.isdisjoint(one.marks):
            return True
    return False


def _opens(one: Evidence | Notice, loan: Loan, on: date, *, confirmed: bool) -> str | None:
    """Say what a message shows to be open.

    A failed debit counts where it is the settling payment or an earlier instalment; one of
    a later instalment, or after the lender's confirmation, is old data.
    """
    if "returned" in one.marks:
        return "history.returned"
    if "residual" in one.marks and one.kind is Kind.OVERDUE and "third_party" not in one.marks:
        return "history.short"
    if "short" in one.marks and one.kind is not Kind.STATEMENT:
        return "history.short"
    if one.kind is not Kind.DEBIT_FAILED or confirmed or loan.settled_on is None:
        return None
    due = one.due_on or on
    return "history.failed" if due <= loan.settled_on + timedelta(days=SETTLING_DAYS) else None


def _closed(amount: Decimal | None, paid: list[Decimal | None]) -> bool:
    return any(sum_ is None or amount is None or sum_ >= amount for sum_ in paid)


def _paid_instalment(  # noqa: PLR0913  the facts of one instalment
    loan: Loan,
    notice: Notice,
    earlier: list[Evidence],
    today: date,
    zone: ZoneInfo,
    lag_days: int,
) -> set[str]:
    """Find the receipt of the very instalment that a notice on an open loan speaks of."""
    due = notice.due_on or _late_since(notice, today) or _last_due(loan, today)
    for one in earlier:
        if _rescheduled(one, notice, due):
            age = (today - one.received_at.astimezone(zone).date()).days
            return {"history.receipted" if age <= lag_days else "history.receipted_long_ago"}
        if one.kind not in RECEIPTS or "returned" in one.marks or "short" in one.marks:
            continue
        paid_on = one.received_at.astimezone(zone).date()
        if notice.amount is not None and one.amount is not None and notice.amount > one.amount:
            continue
        if due is not None and not _pays(paid_on, due):
            continue
        if due is None and (today - paid_on).days > PERIOD_DAYS * 2:
            continue
        age = (today - paid_on).days
        return {"history.receipted" if age <= lag_days else "history.receipted_long_ago"}
    return set()


def _rescheduled(one: Evidence, notice: Notice, due: date | None) -> bool:
    """Whether an earlier notice put the instalment off to a day after the one now claimed."""
    return (
        "obligation_change" in one.marks
        and one.due_on is not None
        and due is not None
        and due < one.due_on
        and (one.amount is None or notice.amount is None or one.amount == notice.amount)
    )


def _late_since(notice: Notice, today: date) -> date | None:
    return today - timedelta(days=notice.overdue_days) if notice.overdue_days else None


def _pays(paid_on: date, due: date) -> bool:
    return due - timedelta(days=PERIOD_DAYS) <= paid_on <= due + timedelta(days=PERIOD_DAYS)


def _last_due(loan: Loan, today: date) -> date | None:
    """Return the due day nearest to today, past or soon to come."""
    if loan.due_day is None:
        return None
    days = []
    for months in (-1, 0, 1):
        month = today.month - 1 + months
        year = today.year + month // 12
        month = month % 12 + 1
        day = min(loan.due_day, _days_in(year, month))
        days.append(date(year, month, day))
    return min(days, key=lambda day: abs((day - today).days))


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
