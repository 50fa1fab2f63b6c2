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

_CLAUSE = re.compile(r"[^,;。!?()【】\n]+")


@dataclass(frozen=True, slots=True)
class Settled:
    """The wording of what is done.

    `done` says so of itself; what `success` says may as well have been put behind a demand,
    so it counts only in a clause that does not also ask (`asks`).
    """

    done: re.Pattern[str]
    success: re.Pattern[str]
    asks: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Settled | None":
        """Compile the patterns; None where the rules say nothing of it."""
        names = ("settled.done", "settled.success", "settled.asks")
        if not all(name in patterns for name in names):
            return None
        return cls(*(re.compile(patterns[name]) for name in names))

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the clauses of the dense text that say something is done."""
        return tuple(self._spans(view.reading.dense))

    def _spans(self, dense: str) -> Iterator[Span]:
        for clause in _CLAUSE.finditer(dense):
            start, end = clause.span()
            if self.done.search(dense, start, end) is not None or (
                self.success.search(dense, start, end) is not None
                and self.asks.search(dense, start, end) is None
            ):
                yield start, end
