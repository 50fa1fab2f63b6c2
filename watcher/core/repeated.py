"""Windows of a long text that say nothing new: repeated ones, and more rows of a table."""

import re
from collections.abc import Iterator

FARTHEST = 1 << 15
"""A window is not read where the same characters began at most so far before it."""

FEW_WINDOWS, FEW_CLAUSES = 4, 8
"""Only so many windows are remembered, each of more clauses than that."""

_CLAUSE_END = re.compile(r"[,.;:!?，。；：！？\n]\s*(?![0-9])")
_NUMBER = re.compile(
    r"[1-9](?<![0-9A-Za-z.号数位码*][1-9])(?:[0-9]{0,3}|[0-9]*\.[0-9]{2})"
    r"(?![0-9A-Za-z*]|[.-][0-9])"
)
"""Sums, counts and days, by which rows of a table differ. Not what may be a telephone number, an
address or the digits of an account, and not nought: what is said of these is another matter.
"""

Row = tuple[str, str, str, str]
"""Clauses that follow each other, their numbers left out."""


class Said:
    """What the windows say that were read, each but the last `overlap` characters of it."""

    def __init__(self, overlap: int) -> None:
        self._overlap = overlap
        self._rows: set[Row] = set()
        self._windows = 0

    def repeats(self, text: str, start: int, window: str) -> bool:
        """Whether nothing in a window of a text is new; every stretch of it was read before.

        That is a stretch that is no longer than the overlap, numbers in it aside.
        """
        if self._stands_before(text, start, window):
            return True
        if self._windows == FEW_WINDOWS and not self._has_all(window[: self._overlap]):
            return False
        rows = self._rows_of(window)
        repeated = bool(rows) and rows <= self._rows
        if self._windows < FEW_WINDOWS:
            self._windows += 1
            self._rows |= rows
        return repeated

    def _has_all(self, beginning: str) -> bool:
        """Whether the beginning of a window is known, so that the rest is worth a look."""
        return self._rows.issuperset(_rows(_clauses(beginning)))

    def _rows_of(self, window: str) -> set[Row]:
        """Return what a window says; nothing where a clause may reach beyond the overlap."""
        clauses = _clauses(window)
        if len(clauses) <= FEW_CLAUSES or max(map(len, clauses)) * 4 > self._overlap:
            return set()
        return set(_rows(clauses))

    def _stands_before(self, text: str, start: int, window: str) -> bool:
        """Whether all of a window stands a little earlier too."""
        overlap = self._overlap
        at = text.find(window[:overlap], max(start - FARTHEST, 0), start + overlap - 1)
        return at >= 0 and text.startswith(window, at)


def _clauses(text: str) -> list[str]:
    """Return the clauses of a text that are whole in it, their numbers left out."""
    return _CLAUSE_END.split(_NUMBER.sub("0", text))[1:-1]


def _rows(clauses: list[str]) -> Iterator[Row]:
    return zip(clauses, clauses[1:], clauses[2:], clauses[3:], strict=False)
