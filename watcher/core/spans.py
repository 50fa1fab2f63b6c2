"""Stretches of a text and their neighbours; lists of spans are in the order of their starts."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]

LONGEST = 24
"""No phrase of the rules is longer (characters): how far before a point a span may begin."""

SENTENCE_ENDS = "。!?;\n"
_SENTENCE_END = re.compile(f"[{SENTENCE_ENDS}]")


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
    """Return where each sentence of a text ends."""
    return [*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]


def sentences_with(spans: Iterable[Span], ends: Sequence[int]) -> Iterator[Span]:
    """Yield the sentences in which `spans` begin, in the order of the text."""
    for behind in sorted({bisect_right(ends, at) for at, _ in spans}):
        yield ends[behind - 1] if behind else 0, ends[behind]
