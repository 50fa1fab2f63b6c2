"""What a message says is done: a payment that came in, a debt that is gone.

Receipts name what they settle ("the overdue 500.00 are now paid", "next due on the 5th"), in
the very words of a demand. So clauses that say something is done are left aside where a
demand is looked for. How they are worded is data: the patterns `settled.*` of the rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watcher.core.expressions import Find, compiled
from watcher.core.literals import LiteralTable
from watcher.core.spans import Span
from watcher.core.view import View

_CLAUSE = re.compile(r"[^,;。!?【】\n]+")


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
    been put behind a demand, so it counts only in a clause that does not also ask (`asks`).
    """

    done: Wording
    success: Wording
    next: Wording
    all: Wording
    denied: Find
    asks: Find

    @classmethod
    def of(cls, patterns: Mapping[str, str], literals: LiteralTable) -> "Settled | None":
        """Compile the patterns; None where the rules say nothing of it."""
        names = [f"settled.{name}" for name in ("done", "success", "next", "all", "denied", "asks")]
        if not all(name in patterns for name in names):
            return None
        done, success, following, all_, denied, asks = (
            Wording(compiled(one).find, literals.bits_of_ways(one))
            for one in map(patterns.__getitem__, names)
        )
        return cls(done, success, following, all_, denied.find, asks.find)

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the clauses of the dense text that say something is done."""
        return tuple(clause for clause, _ in self._found(view))

    def plain(self, view: View) -> Span | None:
        """Find the first clause that says so of itself."""
        return next((clause for clause, sure in self._found(view) if sure), None)

    def _found(self, view: View) -> Iterator[tuple[Span, bool]]:
        done, success, following, all_ = (
            one.find if one.may_stand(view.lacking) else _nowhere
            for one in (self.done, self.success, self.next, self.all)
        )
        if done is success is following is all_:
            return
        clauses = [(found.span(), found[0]) for found in _CLAUSE.finditer(view.reading.dense)]
        gone = all_ is not _nowhere and any(
            all_(said) and not self.denied(said) for _, said in clauses
        )
        for clause, said in clauses:
            if done(said) and not self.denied(said):
                yield clause, True
                continue
            by_the_way = (gone or success(said)) and not self.asks(said)
            if by_the_way or following(said):
                yield clause, False


def _nowhere(_text: str) -> Span | None:
    return None
