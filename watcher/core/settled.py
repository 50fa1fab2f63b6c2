"""What a message says is done: a payment that came in, a debt that is gone.

Receipts name what they settle ("the overdue 500.00 are now paid", "next due on the 5th"), in
the very words of a demand. So clauses that say something is done are left aside where a
demand is looked for. How they are worded is data: the patterns `settled.*` of the rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watcher.core.spans import Span
from watcher.core.view import View

_CLAUSE = re.compile(r"[^,;。!?【】\n]+")


@dataclass(frozen=True, slots=True)
class Settled:
    """The wording of what is done, and of what is said of the next payment by the way (`next`).

    `done` says so, unless the clause denies it (`denied`). What `success` says may as well have
    been put behind a demand, so it counts only in a clause that does not also ask (`asks`).
    """

    done: re.Pattern[str]
    denied: re.Pattern[str]
    success: re.Pattern[str]
    asks: re.Pattern[str]
    next: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Settled | None":
        """Compile the patterns; None where the rules say nothing of it."""
        names = [f"settled.{name}" for name in ("done", "denied", "success", "asks", "next")]
        if not all(name in patterns for name in names):
            return None
        return cls(*(re.compile(patterns[name]) for name in names))

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the clauses of the dense text that say something is done."""
        return tuple(clause for clause, _ in self._found(view.reading.dense))

    def plain(self, view: View) -> Span | None:
        """Find the first clause that says so of itself."""
        return next((clause for clause, sure in self._found(view.reading.dense) if sure), None)

    def _found(self, dense: str) -> Iterator[tuple[Span, bool]]:
        for found in _CLAUSE.finditer(dense):
            clause = found.span()
            if self.done.search(dense, *clause) and not self.denied.search(dense, *clause):
                yield clause, True
                continue
            success = self.success.search(dense, *clause)
            if (success and not self.asks.search(dense, *clause)) or self.next.search(found[0]):
                yield clause, False
