"""Stretches of a text and their neighbours; lists of spans are in the order of their starts."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

Span = tuple[int, int]
Key = TypeVar("Key")

LONGEST = 24
"""No phrase of the rules is longer (characters): how far before a point a span may begin."""

ENDLESS = 1 << 40
"""Lies behind the end of every text."""

SENTENCE_ENDS = "。!?;\n"
_SENTENCE_END = re.compile(f"。+|[{SENTENCE_ENDS}]")


def around(spans: Sequence[Span], low: int, high: int) -> Sequence[Span]:
    """Return the spans that can touch the stretch from `low` to `high`."""
    if len(spans) <= LONGEST:
        return spans
    return spans[bisect_left(spans, (low - LONGEST,)) : bisect_left(spans, (high + 1,))]


def distance(one: Span, other: Span) -> int:
    """Return how many characters lie between two spans; 0 where they touch or overlap."""
    return max(one[0] - other[1], other[0] - one[1], 0)


def stands_near(spans: Sequence[Span], span: Span, within: int) -> bool:
    """Whether one of `spans` is at most `within` characters from a span, and no part of it."""
    return any(
        -within <= last - span[0] <= 0 or 0 <= first - span[1] <= within
        for first, last in around(spans, span[0] - within, span[1] + within)
    )


def touches(spans: Sequence[Span], span: Span, *, before: int = -1, after: int = -1) -> bool:
    """Whether one of `spans` ends at most `before` ahead of a span or starts `after` behind it."""
    start, end = span
    return any(
        0 <= start - last <= before or 0 <= first - end <= after
        for first, last in around(spans, start - max(before, 0), end + max(after, 0))
    )


def starts_within(spans: Sequence[Span], low: int, high: int) -> bool:
    """Whether one of `spans` begins at `low` or behind it, and before `high`."""
    at = bisect_left(spans, (low,))
    return at < len(spans) and spans[at][0] < high


def sentence_ends(text: str) -> list[int]:
    """Return where each sentence of a text ends; nothing begins inside a row of full stops."""
    ends: list[int] = []
    for found in _SENTENCE_END.finditer(text):
        start, end = found.span()
        if end - start > 1:
            ends.append(start + 1)
        ends.append(end)
    ends.append(len(text))
    return ends


def sentences_with(spans: Iterable[Span], ends: Sequence[int]) -> Iterator[Span]:
    """Yield the sentences in which `spans` begin, in the order of the text."""
    for behind in sorted({bisect_right(ends, at) for at, _ in spans}):
        yield ends[behind - 1] if behind else 0, ends[behind]


def united(spans: Iterable[Span]) -> list[Span]:
    """Return stretches in their order, those that overlap as one."""
    apart: list[Span] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    return apart


class Outside(Mapping[Key, list[Span]]):
    """Spans by some key, without those that touch stretches of the text.

    Of a long text few are ever asked for: each is worked out then. The stretches are in order,
    and do not overlap (`united`).
    """

    __slots__ = ("_begins", "_left", "_of", "_stops")

    def __init__(self, of: Mapping[Key, list[Span]], stretches: Sequence[Span]) -> None:
        self._of = of
        self._begins = [0, *(end for _, end in stretches)]
        self._stops = [*(start for start, _ in stretches), ENDLESS]
        self._left: dict[Key, list[Span]] = {}

    def __getitem__(self, key: Key) -> list[Span]:
        """Return the spans of a key that has any left."""
        left = self._left.get(key)
        if left is None:
            left = self._left[key] = self._outside(self._of.get(key, ()))
        if not left:
            raise KeyError(key)
        return left

    def __iter__(self) -> Iterator[Key]:
        """Yield the keys that have any left."""
        return (key for key in self._of if key in self)

    def __len__(self) -> int:
        """Return how many keys have any left."""
        return sum(1 for _ in self)

    def _outside(self, spans: Sequence[Span]) -> list[Span]:
        begins, stops = self._begins, self._stops
        if len(spans) < len(begins):
            return [one for one in spans if one[1] <= stops[bisect_right(begins, one[0]) - 1]]
        left: list[Span] = []
        for begin, stop in zip(begins, stops, strict=True):
            first, behind = bisect_left(spans, (begin,)), bisect_left(spans, (stop,))
            left += [one for one in spans[first:behind] if one[1] <= stop]
        return left
