"""Characters put again and again between Han characters, so that no word stands whole.

Blanks, dots, stars and the like between two Han characters are dropped from every text
(`core.text`). What is found here has a use in ordinary texts too (brackets, letters, digits,
commas), so it is only left out for one more reading, which can show nothing but a fraud.
"""

import re
from collections import Counter

from watcher.core.spans import Span
from watcher.core.text import HAN, SEPARATORS

PUNCTUATION = ",.;:?，。；：？！、…—“”‘’《》「」【】"
"""What divides clauses in any text; a filler only where it stands behind every word or two."""

BRACKETS = ("()", "（）", "[]", "<>", "{}")
"""Pairs that are ordinary as long as each is closed."""

FEWEST, SPARSEST = 3, 40
"""So many times, and once in so many characters, the same filler stands between two Han ones."""

MANY = 8
"""Where one of so many characters stands so, no two need be the same."""

LONGEST = 8
"""Characters of which blanks and marks between two words are one filler."""

_BROKEN_UP = re.compile(rf"[^{HAN}](?:[{HAN}]{{1,2}}[^{HAN}]{{1,{LONGEST}}}){{4}}")
"""What every run begins with: it is quickly seen that a text has none."""

_RUN = re.compile(
    rf"[^{HAN}](?:(?<=\W)(?:[{HAN}]{{1,2}}\W{{1,{LONGEST}}}){{4,}}"
    rf"|(?:[{HAN}][^{HAN}\s]{{1,2}}){{6,}})"
)
"""Five marks with a word or less between them, or seven of anything with one character between.

A date with its time is six numbers with one character between them.
"""

_BETWEEN = re.compile(rf"[^{HAN}]+")

_ODD = re.compile(
    rf"[^{HAN}\d{PUNCTUATION}{SEPARATORS}](?<=[{HAN}].)[^{HAN}\s\d]?(?=[{HAN}])", re.DOTALL
)


def fillers_in(text: str) -> list[Span]:
    """Return what hides the words of a text, in order; nothing for nearly every text."""
    found: set[Span] = set()
    if text.isascii():
        return []
    if _BROKEN_UP.search(text) is not None:
        for run in _RUN.finditer(text):
            found.update(map(re.Match.span, _BETWEEN.finditer(text, *run.span())))
    odd = _ODD.findall(text)
    if len(odd) >= FEWEST:
        often = max(FEWEST, len(text) // SPARSEST)
        if len(odd) * MANY >= len(text):
            often = 1
        fillers = {one for one, times in Counter(odd).items() if times >= often}
        fillers -= {one for one in fillers if _closed(one, text)}
        found.update(one.span() for one in _ODD.finditer(text) if one[0] in fillers)
    return sorted(found)


def _closed(filler: str, text: str) -> bool:
    return any(filler in pair and text.count(pair[0]) == text.count(pair[1]) for pair in BRACKETS)
