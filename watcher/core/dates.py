"""Dates that follow from something: as data what is known of them, and how days are counted.

A letter, a settlement, a due day or the year begins a date; what is sent later, or an answer,
ends it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from watcher.core.life import CaseChange, Change
from watcher.core.rules import Text

SETTLED: Final = "settled"
LAGGING: Final = "lagging"
INSTALMENT: Final = "due"
YEAR: Final = "year"
BEGINNINGS: Final = (SETTLED, LAGGING, INSTALMENT, YEAR)
"""What a date may follow besides something that the user sends."""

IMPOSTOR: Final = "impostor"
"""Whoever sent a fraud, as a kind of lender: nobody has to answer for those who use their name."""

Workday = Callable[[date], bool | None]
"""Whether there is work on a day; None where that is not known yet."""

_SATURDAY: Final = 5


class DateKind(StrEnum):
    """What a date is for."""

    LOOK = "look"
    """Look again whether it has settled by itself."""
    ANSWER = "answer"
    """An answer is due by then; after it the next step is open."""
    ERRAND = "errand"
    """Something to be done after a settlement."""
    PAYMENT = "payment"
    """An instalment of a loan that is still owed is due soon."""
    REPORT = "report"
    """Time to read one's credit report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that the user sends or is told, with its day.

    `objects`: notices that still come count as coming in spite of it. `ends` are other
    letters whose dates are over with it.
    """

    id: str
    title: Text
    objects: bool = False
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRule:
    """When something is due: so many `working` days, then so many `days`, after a beginning.

    Or so many days `before` what is due every month. `after` are letters' ids or some of
    `BEGINNINGS`. `lenders` are the kinds of lender that it is for, `but` those that it is not
    for; none is all. `each_year` are month and day.
    """

    id: str
    kind: DateKind
    after: tuple[str, ...]
    title: Text
    text: Text
    days: int = 0
    working: int = 0
    before: int = 0
    lenders: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()
    each_year: tuple[tuple[int, int], ...] = ()
    sources: tuple[str, ...] = ()

    def is_for(self, lenders: Iterable[str]) -> bool:
        """Whether it is for a lender that is of one of these kinds, as far as is known."""
        kinds = frozenset(lenders)
        if self.but and kinds and kinds <= self.but:
            return False
        return not self.lenders or (bool(kinds) and kinds <= self.lenders)

    def due(self, begun: date, workday: Workday) -> tuple[date, bool]:
        """Return the day, and whether it may still move: some workdays are not known yet."""
        day, moves = after_workdays(begun, self.working, workday)
        return day + timedelta(days=self.days), moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """All that is known of dates."""

    letters: Mapping[str, Letter] = field(default_factory=dict)
    rules: tuple[DateRule, ...] = ()

    @classmethod
    def of(cls, letters: Iterable[Letter], rules: Iterable[DateRule]) -> Self:
        """Index letters by id."""
        return cls(letters=MappingProxyType({one.id: one for one in letters}), rules=tuple(rules))

    def after(self, beginning: str) -> tuple[DateRule, ...]:
        """Return the rules of one beginning."""
        return tuple(rule for rule in self.rules if beginning in rule.after)

    def awaits_answer(self, letter: str, lenders: Iterable[str] = ()) -> bool:
        """Whether an answer to a letter has its day, for a lender of these kinds."""
        kinds = frozenset(lenders)
        rules = self.after(letter)
        return any(rule.kind is DateKind.ANSWER and rule.is_for(kinds) for rule in rules)

    def running(self, changes: Iterable[CaseChange]) -> Mapping[str, date]:
        """Return the letters whose dates still count, each with the day it was sent.

        An answer ends what was sent before it; of one letter sent twice the last counts.
        """
        sent: dict[str, date] = {}
        for one in changes:
            if one.change is Change.ANSWERED:
                sent.clear()
            if one.letter is None or one.sent_on is None:
                continue
            letter = self.letters.get(one.letter)
            for ended in letter.ends if letter else ():
                sent.pop(ended, None)
            sent[one.letter] = one.sent_on
        return sent


def after_workdays(begun: date, count: int, workday: Workday) -> tuple[date, bool]:
    """Return the day that is so many workdays after another, which itself does not count.

    Where the holidays of a year are not known yet, Monday to Friday count, and the second
    value says that the day may still move.
    """
    day, moves = begun, False
    while count:
        day += timedelta(days=1)
        known = workday(day)
        moves = moves or known is None
        count -= day.weekday() < _SATURDAY if known is None else known
    return day, moves
