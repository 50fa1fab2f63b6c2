"""What a message says is done: a payment that came in, a debt that is gone.

Receipts name what they settle ("the overdue 500.00 are now paid", "next due on the 5th"), in
the very words of a demand. So clauses that say something is done are left aside where a
demand is looked for. How they are worded is data: the patterns `settled.*` of the rules.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from watcher.core.expressions import Find, compiled
from watcher.core.literals import LiteralTable
from watcher.core.spans import Span
from watcher.core.view import View

_CLAUSE = re.compile(r"(?:[^,;。!?【】\n]|(?<=\d),(?=\d{3}(?!\d)))+")
_DUE = re.compile(r"应[还扣付缴收][^\d请]{0,8}(\d+(?:\.\d+)?)元?$")
_SUM = re.compile(r"\d+(?:\.\d+)?")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

_NAMES = (
    *("done", "success", "next", "all", "echo", "closed", "denied", "asks", "press"),
    *("granted", "schedule"),
)


class Says(Enum):
    """What a clause says that asks for nothing."""

    DONE = auto()
    WITHDRAWN = auto()
    GRANTED = auto()
    BY_THE_WAY = auto()


MANY = 64
"""Clauses; of more, those that are alike are looked at once."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern, and what each way to match it needs, as bits (`needs.Candidates`)."""

    find: Find
    ways: tuple[int, ...]

    def may_stand(self, lacking: int) -> bool:
        """Whether a text that lacks so much can have a match."""
        return any(not way & lacking for way in self.ways)


@dataclass(frozen=True, slots=True)
class Settled:
    """The wording of what is done, and of what is said of the next payment by the way (`next`).

    `done` says so, unless the clause denies it (`denied`). What `success` says may as well have
    been put behind a demand, so it counts only in a clause that does not also ask (`asks`). An
    `echo` is a clause that says no more than "done": it is told of the clause before it. Where a
    case is `closed` and nothing is said that may `press`, all else only says what it was about.
    Where money was just lent (`granted`), the `schedule` of paying it back is said by the way.
    """

    done: Wording
    success: Wording
    next: Wording
    all: Wording
    echo: Wording
    closed: Wording
    denied: Wording
    asks: Wording
    press: Wording
    granted: Wording
    schedule: Wording

    @classmethod
    def of(cls, patterns: Mapping[str, str], literals: LiteralTable) -> "Settled | None":
        """Compile the patterns; None where the rules say nothing of it."""
        if not all(f"settled.{name}" in patterns for name in _NAMES):
            return None
        said = {
            name: Wording(compiled(one), literals.bits_of_ways(one))
            for name in _NAMES
            for one in (patterns[f"settled.{name}"],)
        }
        return cls(**said)

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the clauses of the dense text that say something is done."""
        return tuple(clause for clause, _ in self.clauses(view))

    def clauses(self, view: View) -> Iterator[tuple[Span, Says]]:
        """Yield the clauses of the dense text that ask for nothing, and what each of them says."""
        done, success, following, all_, echo, closed, granted = (
            one.find if one.may_stand(view.lacking) else _nowhere
            for one in (
                *(self.done, self.success, self.next, self.all, self.echo, self.closed),
                self.granted,
            )
        )
        if done is success is following is all_ is echo is closed is granted:
            return
        denied, asks, press = self.denied.find, self.asks.find, self.press.find
        clauses = [
            (found.span(), _GROUPED.sub("", found[0]))
            for found in _CLAUSE.finditer(view.reading.dense)
        ]
        if len(clauses) > MANY:
            done, success, following, echo, closed, denied, asks, press = map(
                _remembering, (done, success, following, echo, closed, denied, asks, press)
            )
        gone = _said(all_, clauses, denied)
        schedule = self.schedule.find if any(granted(said) for _, said in clauses) else _nowhere
        withdrawn = any(closed(said) for _, said in clauses) and all(
            closed(said) or (done(said) and not denied(said)) or not press(said)
            for _, said in clauses
        )
        for (clause, said), (_, after) in pairwise((*clauses, ((0, 0), ""))):
            echoed = echo(after) and view.reading.dense[clause[1]] == ","
            even = _same_sum(said, after) and done(after) and not denied(after)
            if (done(said) or echoed or even) and not denied(said):
                yield clause, Says.DONE
                continue
            if granted(said):
                yield clause, Says.GRANTED
                continue
            if withdrawn and closed(said):
                yield clause, Says.WITHDRAWN
                continue
            by_the_way = (gone or success(said)) and not asks(said)
            if by_the_way or withdrawn or echo(said) or following(said) or schedule(said):
                yield clause, Says.BY_THE_WAY


def _same_sum(said: str, after: str) -> bool:
    """Whether a clause that ends with what was due is followed by the same sum."""
    due = _DUE.search(said)
    return due is not None and due[1] in _SUM.findall(after)


def _said(find: Find, clauses: Iterable[tuple[Span, str]], denied: Find) -> bool:
    """Whether a clause says so and does not deny it."""
    return find is not _nowhere and any(find(said) and not denied(said) for _, said in clauses)


def _remembering(find: Find) -> Find:
    """Look at each text once: long texts say the same over and over."""
    known: dict[str, Span | None] = {}

    def find_once(text: str) -> Span | None:
        if text not in known:
            known[text] = find(text)
        return known[text]

    return find_once


def _nowhere(_text: str) -> Span | None:
    return None
