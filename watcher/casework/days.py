"""What is due when: of the cases, of the ledger and of the year.

Pure; what is known of dates comes from rules/dates.toml.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from watcher.casework.workdays import is_workday
from watcher.core.dates import (
    IMPOSTOR,
    INSTALMENT,
    LAGGING,
    SETTLED,
    YEAR,
    DateKind,
    DateRule,
    Dates,
)
from watcher.core.ledger import Ledger, LenderNames
from watcher.core.lenders import Directory
from watcher.core.model import Loan, LoanStatus
from watcher.core.rules import Text
from watcher.phrases import Language
from watcher.store import DatedCase, Due, Store

KEPT: Final = timedelta(days=30)
"""How long a day that has passed is still listed, and told of where it was not."""

DECEMBER: Final = 12

MORNING: Final = time(8)
"""From when on a day's dates are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A date, and the case or loan that it is of; `moves`: not all holidays are known yet."""

    rule: DateRule
    day: date
    moves: bool = False
    case: int | None = None
    loan: str | None = field(default=None, repr=False)
    lender: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What stays the same when the day moves."""
        if self.case is not None:
            return f"{self.rule.id}/case/{self.case}"
        of = self.day.isoformat() if self.loan is None else f"loan/{self.loan}"
        return f"{self.rule.id}/{of}"


def entries(
    cases: Iterable[DatedCase],
    ledger: Ledger,
    directory: Directory,
    dates: Dates,
    today: date,
) -> tuple[Entry, ...]:
    """Return what is due, the earliest first, from `KEPT` ago on."""
    kinds = _Kinds(directory, ledger)
    found = [entry for case in cases for entry in _of_case(case, dates, kinds)]
    found.extend(entry for loan in ledger.loans for entry in _of_loan(loan, dates, today))
    if ledger.loans:
        found.extend(_of_year(dates, today))
    kept = [entry for entry in found if entry.day >= today - KEPT]
    return tuple(sorted(kept, key=lambda entry: (entry.day, entry.case or 0, entry.name)))


def said(text: Text, language: Language) -> str:
    """Return a sentence of the rules in one language."""
    return text.zh if language == "zh" else text.en


def today_of(ledger: Ledger, now: datetime) -> date:
    """Return the day it is for the holder of a ledger."""
    return now.astimezone(ZoneInfo(ledger.holder.timezone)).date()


def tell(
    store: Store, ledger: Ledger, directory: Directory, dates: Dates, now: datetime
) -> tuple[int, ...]:
    """Queue an alert, once, for each date that has come; return the alerts' numbers.

    A day begins in the morning of the holder's time zone. SourceUnavailable where the disk
    refuses.
    """
    local = now.astimezone(ZoneInfo(ledger.holder.timezone))
    today = local.date() if local.time() >= MORNING else local.date() - timedelta(days=1)
    known = entries(store.life.dated(), ledger, directory, dates, today)
    dues = [_due(entry) for entry in known if entry.day <= today]
    return store.life.tell(dues, now)


def _due(entry: Entry) -> Due:
    return Due(
        name=entry.name,
        day=entry.day,
        says=f"calendar.due_{entry.rule.kind}",
        case=entry.case,
        overdue=entry.rule.kind is DateKind.ANSWER,
        news=entry.rule.kind is DateKind.REPORT,
    )


class _Kinds:
    """What kinds of lender a case may be about."""

    def __init__(self, directory: Directory, ledger: Ledger) -> None:
        self._directory = directory
        self._ledger = ledger
        self._names = LenderNames.of(directory)

    def of(self, case: DatedCase) -> frozenset[str]:
        if case.fraud:
            return frozenset({IMPOSTOR})
        keys: Sequence[str] = ()
        if case.loan is not None:
            keys = self._ledger.lenders.get(case.loan, ())
        if not keys and case.lender is not None:
            keys = self._names.resolve(case.lender)
        rows = (self._directory.by_id.get(key) for key in keys)
        return frozenset(row.kind for row in rows if row is not None)


def _of_case(case: DatedCase, dates: Dates, kinds: _Kinds) -> Iterator[Entry]:
    if case.recheck_on is not None:
        for rule in dates.after(LAGGING):
            yield Entry(rule=rule, day=case.recheck_on, case=case.id, lender=case.lender)
    letters = dates.running(case.changes)
    if not letters:
        return
    of_lender = kinds.of(case)
    for letter, sent_on in letters.items():
        for rule in dates.after(letter):
            if rule.is_for(of_lender):
                day, moves = rule.due(sent_on, is_workday)
                yield Entry(rule=rule, day=day, moves=moves, case=case.id, lender=case.lender)


def _of_loan(loan: Loan, dates: Dates, today: date) -> Iterator[Entry]:
    if loan.status is LoanStatus.SETTLED and loan.settled_on is not None:
        for rule in dates.after(SETTLED):
            day, moves = rule.due(loan.settled_on, is_workday)
            yield Entry(rule=rule, day=day, moves=moves, loan=loan.id, lender=loan.lender)
    elif loan.status is LoanStatus.ACTIVE and loan.due_day is not None:
        for rule in dates.after(INSTALMENT):
            day = _next_due(loan.due_day, today) - timedelta(days=rule.before)
            yield Entry(rule=rule, day=day, loan=loan.id, lender=loan.lender)


def _next_due(due_day: int, today: date) -> date:
    """Return the first due day from today on; the last of the month where it has no such day."""
    year, month = today.year, today.month
    while True:
        day = date(year, month, min(due_day, monthrange(year, month)[1]))
        if day >= today:
            return day
        year, month = (year, month + 1) if month < DECEMBER else (year + 1, 1)


def _of_year(dates: Dates, today: date) -> Iterator[Entry]:
    for rule in dates.after(YEAR):
        days = sorted(
            date(year, month, day)
            for year in range(today.year - 1, today.year + 2)
            for month, day in rule.each_year
        )
        yield from (
            Entry(rule=rule, day=day)
            for day in days
            if today - KEPT <= day <= today + timedelta(days=365)
        )
