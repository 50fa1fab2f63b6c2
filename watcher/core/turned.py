"""Text that is written backwards and turned round again by a bidirectional override.

A reader sees "征信修复" where the characters stand as 复修信征. Such a message is judged both
ways, as it is stored and as it is seen.
"""

import re

Segment = tuple[int, int]

LONGEST = 4000
"""Characters of one stretch that are turned round."""

_OVERRIDDEN = re.compile(f"[\u202e\u2067]([^\u202c\u2069\n]{{1,{LONGEST}}})")


def as_seen(text: str) -> tuple[str, tuple[Segment, ...]]:
    """Turn overridden stretches round; same length, with the stretches that were turned."""
    segments = tuple(match.span(1) for match in _OVERRIDDEN.finditer(text))
    if not segments:
        return text, ()
    parts: list[str] = []
    done = 0
    for start, end in segments:
        parts += (text[done:start], text[start:end][::-1])
        done = end
    parts.append(text[done:])
    return "".join(parts), segments


def as_stored(start: int, end: int, segments: tuple[Segment, ...]) -> tuple[int, int]:
    """Map a span of the text as seen to the shortest span of the stored text that holds it."""
    for first, last in segments:
        if first <= start and end <= last:
            return first + last - end, first + last - start
        if start < last and first < end:
            start, end = min(start, first), max(end, last)
    return start, end
