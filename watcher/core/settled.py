"""What a message says is done: a payment that came in, a debt that is gone, and nothing asked.

Receipts name what they settle ("the overdue 500.00 are now paid", "next due on the 5th"), in
the very words of a demand. So a message is looked at clause by clause: one that says something
is done asks for nothing, and where no other clause asks, the message does not.
How both are worded is data: the patterns `settled.*` of the rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from watcher.core.spans import Span
from watcher.core.view import View

_CLAUSE = re.compile(r"[^,;。!?\n]+")


@dataclass(frozen=True, slots=True)
class Settled:
    """The wording of what is done, and of what is still asked."""

    done: re.Pattern[str]
    asks: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Settled | None":
        """Compile the patterns; None where the rules say nothing of it."""
        if "settled.done" not in patterns or "settled.asks" not in patterns:
            return None
        return cls(re.compile(patterns["settled.done"]), re.compile(patterns["settled.asks"]))

    def find(self, view: View) -> Span | None:
        """Find what is done in a message that asks for nothing more; None where it asks."""
        dense = view.reading.dense
        first: Span | None = None
        for clause in _CLAUSE.finditer(dense):
            done = self.done.search(dense, *clause.span())
            if done is not None:
                first = first or done.span()
            elif self.asks.search(dense, *clause.span()) is not None:
                return None
        return first
