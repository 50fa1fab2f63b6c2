"""What history says about the loan a notice is matched with: open evidence, paid instalments."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from watcher.core.extract.numerals import read_numeral
from watcher.core.history import History
from watcher.core.model import Evidence, Kind, Loan, LoanStatus, Match, Notice
from watcher.core.view import View

RECEIPTS = frozenset({Kind.PAYMENT_RECEIPT, Kind.SETTLEMENT_RECEIPT})

LATE = frozenset({Kind.OVERDUE, Kind.COLLECTION, Kind.LEGAL_THREAT, Kind.DEBIT_FAILED})
"""Kinds that claim an instalment whose day has passed."""

BILLS = frozenset({Kind.STATEMENT, Kind.DUE_REMINDER})

REVERSED = frozenset({"returned", "short"})
"""What is said of a payment that did not pay what was due."""

SETTLING_DAYS = 2
"""A debit that failed within so many days of the settlement was the settling payment."""

REMAINDERS = frozenset({"residual", "short"})

PERIOD_DAYS = 15
"""A receipt pays the instalment that falls due within so many days of it."""

MONTH_DAYS = 28
"""What is paid late is paid before the next instalment falls due, so many days later at least."""

MONTHS = 12

_MONTH = re.compile(
    r"(?<![\d一二三四五六七八九十.年])(\d{1,2}|十[一二]?|[一二三四五六七八九])月份?的?"
    r"(?:账单?|帐单?|应[还缴付]|月供|分期|[还期欠]款|那期|这期|一期|期)"
)
"""A month whose bill is spoken of (9月账单)."""

BILL_DAYS = 90
"""For so long a bill of the very sum that was paid is taken for that bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Facts from history, and the day of the latest confirmation or write-off.

    `paid_on` is when the very instalment was paid that a notice on an open loan speaks of.
    """

    facts: frozenset[str] = frozenset()
    settled_on: date | None = None
    paid_on: date | None = None


NO_PAST = Past()


def look_back(view: View, notice: Notice, match: Match, history: History, lag_days: int) -> Past:
    """Ask history about the loan of a notice that claims something."""
    loan = match.loan
    if loan is None or not (notice.demands or notice.kind is Kind.DEBT_TRANSFER):
        return NO_PAST
    return _Look(
        loan=loan,
        notice=notice,
        earlier=tuple(history.of_loan(loan.id, view.message.received_at)),
        today=view.received_on,
        zone=view.zone,
        lag_days=lag_days,
        sender=view.message.sender,
        month=_month(view) if notice.kind in LATE else None,
    ).past()


def _month(view: View) -> int | None:
    """Return the month that a text gives to a bill, where it is the only one."""
    months = {read_numeral(found[1]) or 0 for found in _MONTH.finditer(view.reading.dense)}
    month = int(months.pop()) if len(months) == 1 else 0
    return month if 1 <= month <= MONTHS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look back; `earlier` is the evidence on the loan, the latest first."""

    loan: Loan
    notice: Notice
    earlier: tuple[Evidence, ...]
    today: date
    zone: ZoneInfo
    lag_days: int
    sender: str | None = field(repr=False)
    month: int | None
    """The month whose bill the notice speaks of, where it names one and no day."""

    def past(self) -> Past:
        """Gather the facts."""
        confirmed = self._latest(one for one in self.earlier if _confirms(one))
        written_off = self._latest(one for one in self.earlier if "write_off" in one.marks)
        settled = self._is_settled()
        paid_on = None if settled else self._paid_instalment()
        facts = set(self._open_evidence() if settled else ())
        if paid_on is not None:
            fresh = (self.today - paid_on).days <= self.lag_days
            facts.add("history.receipted" if fresh else "history.receipted_long_ago")
        if confirmed is not None:
            facts.add("history.confirmed")
        if self.sender and any(one.sender == self.sender for one in self.earlier):
            facts.add("history.sender_seen")
        if any(one.kind in (Kind.OVERDUE, Kind.COLLECTION) for one in self.earlier):
            facts.add("history.earlier_overdue")
        days = [day for day in (confirmed, written_off) if day is not None]
        return Past(facts=frozenset(facts), settled_on=max(days, default=None), paid_on=paid_on)

    def _is_settled(self) -> bool:
        settled_on = self.loan.settled_on
        return self.loan.status is LoanStatus.SETTLED and not (
            settled_on is not None and self.today < settled_on
        )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _latest(self, evidence: Iterator[Evidence]) -> date | None:
        return next((self._day(one.received_at) for one in evidence), None)

    def _open_evidence(self) -> Iterator[str]:
        """Find a failed, returned or short payment that nothing later closed.

        A receipt closes evidence on the same sum (or on any, where one of the two names
        none); a confirmation or write-off closes all.
        """
        paid: list[Decimal | None] = []
        confirmed = any(_confirms(one) for one in self.earlier)
        for at, one in enumerate(self.earlier):
            if _closes_all(one):
                break
            opened = self._opens(one, self._day(one.received_at), confirmed=confirmed)
            told_anew = opened == "history.short" and _was_closed(
                old
                for old in self.earlier[at + 1 :]
                if _closes_all(old) or old.amount == one.amount
            )
            if opened is not None and not told_anew and not _closed(one.amount, paid):
                yield from (opened, "open_evidence")
            if one.kind is Kind.PAYMENT_RECEIPT and opened is None:
                paid.append(one.amount)
        itself = self._opens(self.notice, self.today, confirmed=confirmed)
        if itself is None or "third_party" in self.notice.marks or _was_closed(self.earlier):
            return
        yield from (itself, "open_evidence")

    def _opens(self, one: Evidence | Notice, on: date, *, confirmed: bool) -> str | None:
        """Say what a message shows to be open.

        A failed debit counts where it is the settling payment or an earlier instalment; one
        of a later instalment, or after the lender's confirmation, is old data. A whole
        instalment is no remainder: it was not paid short but is claimed anew.
        """
        if "returned" in one.marks:
            return "history.returned"
        if "residual" in one.marks and one.kind is Kind.OVERDUE and "third_party" not in one.marks:
            return "history.short"
        whole = one.amount is not None and one.amount == self.loan.monthly_amount
        if "short" in one.marks and one.kind is not Kind.STATEMENT and not whole:
            return "history.short"
        if one.kind is not Kind.DEBIT_FAILED or confirmed or self.loan.settled_on is None:
            return None
        last = self.loan.settled_on + timedelta(days=SETTLING_DAYS)
        return "history.failed" if (one.due_on or on) <= last else None

    def _paid_instalment(self) -> date | None:
        """Return when the very instalment was paid that a notice on an open loan speaks of."""
        due = (
            self.notice.due_on or self._late_since() or self._due_in_month() or self._nearest_due()
        )
        billed_anew = False
        for one in self.earlier:
            same_bill = not billed_anew and self._is_same_bill(one)
            if same_bill or self._rescheduled(one, due) or self._pays(one, due):
                return self._day(one.received_at)
            billed_anew = billed_anew or (one.kind in BILLS and one.amount == self.notice.amount)
        return None

    def _is_same_bill(self, one: Evidence) -> bool:
        """Whether just this bill was paid: on a line of credit no two are of one sum."""
        return (
            self.loan.monthly_amount is None
            and self.notice.kind in LATE
            and self.notice.amount is not None
            and one.amount == self.notice.amount
            and one.kind is Kind.PAYMENT_RECEIPT
            and (self.today - self._day(one.received_at)).days <= BILL_DAYS
            and REVERSED.isdisjoint(one.marks)
        )

    def _rescheduled(self, one: Evidence, due: date | None) -> bool:
        """Whether an earlier notice put the instalment off to a day after the one now claimed."""
        return (
            "obligation_change" in one.marks
            and one.due_on is not None
            and due is not None
            and due < one.due_on
            and _same_sum(one.amount, self.notice.amount)
        )

    def _pays(self, one: Evidence, due: date | None) -> bool:
        if one.kind not in RECEIPTS or not REVERSED.isdisjoint(one.marks):
            return False
        claimed = self.notice.amount
        if claimed is not None and one.amount is not None and claimed > one.amount:
            return False
        paid_on = self._day(one.received_at)
        if due is None:
            return (self.today - paid_on).days <= PERIOD_DAYS * 2
        latest = MONTH_DAYS - 1 if self.notice.kind in LATE else PERIOD_DAYS
        return -PERIOD_DAYS <= (paid_on - due).days <= latest

    def _late_since(self) -> date | None:
        late = self.notice.overdue_days
        return self.today - timedelta(days=late) if late else None

    def _due_in_month(self) -> date | None:
        """Return the due day in the month whose bill is spoken of, the latest such month."""
        if self.month is None or self.loan.due_day is None:
            return None
        year = self.today.year - (self.month > self.today.month)
        return _day_of_month(date(year, self.month, 1), self.loan.due_day)

    def _nearest_due(self) -> date | None:
        """Return the loan's due day nearest to today; what is late fell due before today."""
        due_day = self.loan.due_day
        if due_day is None:
            return None
        months = [self.today.replace(day=1) + timedelta(days=shift) for shift in (-1, 0, 31)]
        days = [_day_of_month(month, due_day) for month in months]
        if self.notice.kind in LATE:
            days = [day for day in days if day <= self.today]
        return min(days, key=lambda day: abs((day - self.today).days))


def _confirms(one: Evidence) -> bool:
    return one.kind is Kind.SETTLEMENT_RECEIPT


def _was_closed(earlier: Iterable[Evidence]) -> bool:
    """Whether a remainder was open before and was confirmed or written off since.

    Who tells of it once more works on old data, however often.
    """
    closed = False
    for one in earlier:
        closed = closed or _closes_all(one)
        if closed and not REMAINDERS.isdisjoint(one.marks):
            return True
    return False


def _closes_all(one: Evidence) -> bool:
    return _confirms(one) or "write_off" in one.marks


def _closed(amount: Decimal | None, paid: list[Decimal | None]) -> bool:
    return any(sum_ is None or amount is None or sum_ >= amount for sum_ in paid)


def _same_sum(one: Decimal | None, other: Decimal | None) -> bool:
    return one is None or other is None or one == other


def _day_of_month(month: date, day: int) -> date:
    """Return a day of a month, its last one where the month is shorter."""
    following = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
    return month.replace(day=min(day, (following - timedelta(days=1)).day))
