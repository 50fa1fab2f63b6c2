"""Stretches of a text and their neighbours; lists of spans are in the order of their starts."""

from bisect import bisect_left
from collections.abc import Sequence

Span = tuple[int, int]

LONGEST = 24
"""No phrase of the rules is longer (characters): how far before a point a span may begin."""


def around(spans: Sequence[Span], low: int, high: int) -> Sequence[Span]:
    """Return the spans that can touch the stretch from `low` to `high`."""
    if len(spans) <= LONGEST:
        return spans
    return spans[bisect_left(spans, (low - LONGEST,)) : bisect_left(spans, (high + 1,))]


def distance(one: Span, other: Span) -> int:
    """Return how many characters lie between two spans; 0 where they touch or overlap."""
    return max(one[0] - other[1], other[0] - one[1], 0)


def touches(spans: Sequence[Span], span: Span, *, before: int = -1, after: int = -1) -> bool:
    """Whether one of `spans` ends at most `before` ahead of a span or starts `after` behind it."""
    start, end = span
    return any(
        0 <= start - last <= before or 0 <= first - end <= after
        for first, last in around(spans, start - max(before, 0), end + max(after, 0))
    )
