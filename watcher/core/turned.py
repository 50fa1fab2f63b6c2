"""Text that is written backwards and turned round again by a bidirectional override.

A reader sees "征信修复" where the characters stand as 复修信征. Such a message is judged both
ways, as it is stored and as it is seen.
"""

import re

Segment = tuple[int, int]

_OVERRIDDEN = re.compile("[\u202e\u2067]([^\u202c\u2069\n]{1,4000})")


def as_seen(text: str) -> tuple[str, tuple[Segment, ...]]:
    """Turn overridden stretches round; same length, with the stretches that were turned."""
    segments = tuple(match.span(1) for match in _OVERRIDDEN.finditer(text))
    if not segments:
        return text, ()
    seen = text
    for start, end in segments:
        seen = seen[:start] + seen[start:end][::-1] + seen[end:]
    return seen, segments


def as_stored(start: int, end: int, segments: tuple[Segment, ...]) -> tuple[int, int]:
    """Map a span of the text as seen to the shortest span of the stored text that holds it."""
    for first, last in segments:
        if first <= start and end <= last:
            return first + last - end, first + last - start
        if start < last and first < end:
            start, end = min(start, first), max(end, last)
    return start, end
