"""What a message says is done: a payment that came in, a debt that is gone.

Receipts name what they settle ("the overdue 500.00 are now paid", "next due on the 5th"), in
the very words of a demand. So clauses that say something is done are left aside where a
demand is looked for. How they are worded is data: the patterns `settled.*` of the rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watcher.core.expressions import Find, compiled
from watcher.core.spans import Span
from watcher.core.view import View

_CLAUSE = re.compile(r"[^,;。!?【】\n]+")


@dataclass(frozen=True, slots=True)
class Settled:
    """The wording of what is done, and of what is said of the next payment by the way (`next`).

    `done` says so, unless the clause denies it (`denied`). What `success` says may as well have
    been put behind a demand, so it counts only in a clause that does not also ask (`asks`).
    """

    done: Find
    denied: Find
    success: Find
    asks: Find
    next: Find
    all: Find

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Settled | None":
        """Compile the patterns; None where the rules say nothing of it."""
        names = [f"settled.{name}" for name in ("done", "denied", "success", "asks", "next", "all")]
        if not all(name in patterns for name in names):
            return None
        return cls(*(compiled(patterns[name]).find for name in names))

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the clauses of the dense text that say something is done."""
        return tuple(clause for clause, _ in self._found(view.reading.dense))

    def plain(self, view: View) -> Span | None:
        """Find the first clause that says so of itself."""
        return next((clause for clause, sure in self._found(view.reading.dense) if sure), None)

    def _found(self, dense: str) -> Iterator[tuple[Span, bool]]:
        clauses = [(found.span(), found[0]) for found in _CLAUSE.finditer(dense)]
        gone = any(self.all(said) and not self.denied(said) for _, said in clauses)
        for clause, said in clauses:
            if self.done(said) and not self.denied(said):
                yield clause, True
                continue
            by_the_way = (gone or self.success(said)) and not self.asks(said)
            if by_the_way or self.next(said):
                yield clause, False
