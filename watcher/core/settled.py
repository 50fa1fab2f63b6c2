"""What a message says is done: a payment that came in, a debt that is gone.

Receipts name what they settle ("the overdue 500.00 are now paid", "next due on the 5th"), in
the very words of a demand. So clauses that say something is done are left aside where a
demand is looked for. How they are worded is data: the patterns `settled.*` of the rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
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
    *("granted", "schedule", "pending"),
)


class Says(Enum):
    """What a clause says that asks for nothing."""

    DONE = auto()
    WITHDRAWN = auto()
    GRANTED = auto()
    PENDING = auto()
    BY_THE_WAY = auto()


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern, and what each way to match it needs, as bits (`needs.Candidates`)."""

    find: Find
    ways: tuple[int, ...]

    def may_stand(self, lacking: int) -> bool:
        """Whether a text that lacks so much can have a match."""
        for way in self.ways:  # noqa: SIM110  a generator takes twice as long
            if not way & lacking:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Settled:
    """The wording of what is done, and of what is said of the next payment by the way (`next`).

    `done` says so, unless the clause denies it (`denied`). What `success` says may as well have
    been put behind a demand, so it counts only in a clause that does not also ask (`asks`). An
    `echo` is a clause that says no more than "done": it is told of the clause before it. Where a
    case is `closed` and nothing is said that may `press`, all else only says what it was about.
    Where money was just lent (`granted`), the `schedule` of paying it back is said by the way.
    A payment that is still under way, or one too many that was given back (`pending`), asks for
    nothing either, and proves nothing.
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
    pending: Wording

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
        done, success, following, all_, echo, closed, granted, pending = (
            one.find if one.may_stand(view.lacking) else _nowhere
            for one in (
                *(self.done, self.success, self.next, self.all, self.echo, self.closed),
                *(self.granted, self.pending),
            )
        )
        if done is success is following is all_ is echo is closed is granted is pending:
            return
        denied, asks, press = self.denied.find, self.asks.find, self.press.find
        dense = view.reading.dense
        clauses = [
            (found.span(), _GROUPED.sub("", said) if "," in said else said)
            for found in _CLAUSE.finditer(dense)
            for said in (found[0],)
        ]
        # Long texts say the same over and over: each wording is looked at once.
        wordings = dict.fromkeys(said for _, said in clauses)
        gone = all_ is not _nowhere and any(all_(said) and not denied(said) for said in wordings)
        schedule = self.schedule.find if any(map(granted, wordings)) else _nowhere
        withdrawn = any(map(closed, wordings)) and all(
            closed(said) or (done(said) and not denied(said)) or not press(said)
            for said in wordings
        )

        @cache
        def says(said: str, after: str, goes_on: bool) -> Says | None:  # noqa: FBT001  a plain fact
            if pending(said):
                return Says.PENDING
            echoed = goes_on and echo(after)
            if (
                done(said)
                or echoed
                or (_same_sum(said, after) and done(after) and not denied(after))
            ) and not denied(said):
                return Says.DONE
            if granted(said):
                return Says.GRANTED
            if withdrawn and closed(said):
                return Says.WITHDRAWN
            by_the_way = (gone or success(said)) and not asks(said)
            if by_the_way or withdrawn or echo(said) or following(said) or schedule(said):
                return Says.BY_THE_WAY
            return None

        for (clause, said), (_, after) in pairwise((*clauses, ((0, 0), ""))):
            one = says(said, after, dense[clause[1] : clause[1] + 1] == ",")
            if one is not None:
                yield clause, one


def _same_sum(said: str, after: str) -> bool:
    """Whether a clause that ends with what was due is followed by the same sum."""
    due = _DUE.search(said)
    return due is not None and due[1] in _SUM.findall(after)


def _nowhere(_text: str) -> Span | None:
    return None
