"""What each character is folded to, worked out when it is first seen."""

import unicodedata
from collections.abc import Mapping

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

LONGEST_EXPANSION = 4
"""A character that NFKC would spread over more than this stays as it is (U+FDFA: 18)."""

LARGEST_ENCLOSED = 50
"""Numbers up to this exist as one character (circled, in brackets, with a full stop)."""

REMEMBERED = 1 << 16
"""So many characters are remembered, then all are forgotten: a text of all Unicode shall neither
fill the memory nor make each later text slow."""

MOST_PASSES = 8
"""How often the table may lead on from one character to the next; ends circles in it."""

NEXT_LINE = "\u0085"
OVERLAID = (
    ("\u0300", "\u036f"),
    ("\u1ab0", "\u1aff"),
    ("\u20d0", "\u20ff"),
    ("\ufe00", "\ufe0f"),
    ("\U000e0100", "\U000e01ef"),
)
"""Combining marks laid over Latin, keycaps, variation selectors; other scripts keep their marks."""

_OVERLAID = (chr(code) for first, last in OVERLAID for code in range(ord(first), ord(last) + 1))

LATER_HAN = ("\U00020000", "\U0003ffff")
"""Planes in which a code without a character may be a Han character newer than Python's tables."""

FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u180b\u180c\u180d\u180f"
"""Letters and marks that show nothing but are not of category Cf."""

_UNSEEN = frozenset((*FILLERS, *_OVERLAID))

OWN_FOLDS: Mapping[str, str] = {
    "\u2044": "/",
    "\u2215": "/",
    "\u2800": " ",
    "\u301c": "~",
    "\u2010": "-",
    "\u2212": "-",
    "\uff70": "-",
    "\u2236": ":",
    "\ua789": ":",
    "\U0001f51f": "10",
}
"""Signs that NFKC leaves alone although they are read as the ASCII ones."""


class Letters(dict[int, int | str]):
    """Code point -> what it folds to; one table for all texts."""

    def __init__(self, single: Mapping[str, str]) -> None:
        super().__init__()
        known = {**OWN_FOLDS, **single}
        # Each is looked up once, when it is first seen: two texts take a tenth of a mapping.
        pairs = [pair for pair in known.items() if len(pair[1]) == 1]
        self._strange = "".join(strange for strange, _ in pairs)
        self._usual = "".join(usual for _, usual in pairs)
        self._last_strange = max(self._strange)
        self._spread = {strange: to for strange, to in known.items() if len(to) != 1}
        self.uneven: set[str] = set()
        """Characters seen so far that fold to none or to several; all of Unicode has few."""

    def __missing__(self, code: int) -> int | str:
        """Work out what a character is folded to, and keep it."""
        char = chr(code)
        folded = self._fold(char)
        if len(self) >= REMEMBERED:
            self.clear()
        if len(folded) == 1:
            self[code] = value = ord(folded)
            return value
        self.uneven.add(char)
        self[code] = folded
        return folded

    def text(self, char: str) -> str:
        """Return what one character folds to, as text."""
        value = self[ord(char)]
        return chr(value) if isinstance(value, int) else value

    def _fold(self, char: str) -> str:
        text = self._step(char)
        if text == char or len(text) > LONGEST_EXPANSION:
            return char
        for _ in range(MOST_PASSES - 1):
            step = "".join(self._step(part) for part in text)
            if step == text or len(step) > LONGEST_EXPANSION:
                break
            text = step
        return text

    def _step(self, char: str) -> str:
        if char <= self._last_strange and (at := self._strange.find(char)) >= 0:
            return self._usual[at]
        if char in self._spread:
            return self._spread[char]
        match unicodedata.category(char):
            case "Cc" | "Cf":
                step = "\n" if char == NEXT_LINE else char if char in "\n\t" else ""
            case "Zl" | "Zp":
                step = "\n"
            case "Cs" | "Co":
                step = REPLACEMENT
            case "Cn" if not (LATER_HAN[0] <= char <= LATER_HAN[1]):
                step = REPLACEMENT
            case "Mn" | "Me" | "Lo" if _shows_nothing(char):
                step = ""
            case "Nd" | "No":
                step = _number(char)
            case _:
                step = unicodedata.normalize("NFKC", char)
        return step


def _shows_nothing(char: str) -> bool:
    """Whether a mark or letter is invisible, or can be laid over Han or Latin to break a word."""
    return char in _UNSEEN


def _number(char: str) -> str:
    """Write a digit of any script, or a circled or bracketed number, in ASCII."""
    value = unicodedata.numeric(char, -1)
    if value == int(value) and 0 <= value <= LARGEST_ENCLOSED:
        return str(int(value))
    return unicodedata.normalize("NFKC", char)
