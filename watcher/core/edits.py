"""The way back from a changed text to the one it was made from, and forth again."""

from bisect import bisect_right
from collections.abc import Iterable


class Edits:
    """Where one text was changed on the way to another, so that a span finds its way back.

    The changes are taken one by one, as far as they are asked for: a long text is mostly
    quoted from its beginning.
    """

    __slots__ = ("_coming", "_new_end", "_new_start", "_old_end", "_old_start", "_shift")

    def __init__(self, edits: Iterable[tuple[int, int, int]]) -> None:
        """Take (start, end, new length) of each changed stretch of the old text, in order."""
        self._coming = iter(edits)
        self._shift = 0
        self._old_start: list[int] = []
        self._old_end: list[int] = []
        self._new_start: list[int] = []
        self._new_end: list[int] = []

    def __bool__(self) -> bool:
        """Whether anything was changed that moves a span."""
        self._take_to(self._new_start, 0)
        return bool(self._new_start)

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the new text to the shortest span of the old text that made it."""
        if start >= end:
            position = self._old(start, last=False)
            return position, position
        return self._old(start, last=False), self._old(end - 1, last=True) + 1

    def forth(self, position: int) -> int:
        """Map a position of the old text to the new one."""
        self._take_to(self._old_start, position)
        at = bisect_right(self._old_start, position) - 1
        if at < 0:
            return position
        if position < self._old_end[at]:
            return self._new_start[at]
        return position - self._old_end[at] + self._new_end[at]

    def _old(self, position: int, *, last: bool) -> int:
        self._take_to(self._new_start, position)
        at = bisect_right(self._new_start, position) - 1
        if at < 0:
            return position
        if position < self._new_end[at]:
            return self._old_end[at] - 1 if last else self._old_start[at]
        return position - self._new_end[at] + self._old_end[at]

    def _take_to(self, starts: list[int], position: int) -> None:
        """Take changes until one of `starts` is beyond a position, or none is left."""
        if starts and starts[-1] > position:
            return
        shift = self._shift
        for start, end, length in self._coming:
            self._old_start.append(start)
            self._old_end.append(end)
            self._new_start.append(start + shift)
            self._new_end.append(start + shift + length)
            shift += length - (end - start)
            if starts[-1] > position:
                break
        self._shift = shift
