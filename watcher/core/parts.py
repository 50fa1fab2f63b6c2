"""Halves of one notice that arrived as several messages (docs/judgement.md, rule 9).

Gateways split long texts and mark the halves: (1/2), /待续, 接上:. A half is judged
together with the halves before it from the same sender within ten minutes.
"""

import re
from collections.abc import Iterable
from datetime import timedelta

from watcher.core.model import Evidence, Message

WITHIN = timedelta(minutes=10)
MOST = 10
LONGEST = 2_000
"""Characters of a half that are kept to be joined."""
LONGEST_READ = 16_384
"""Characters in which a mark is looked for."""

_NUMBER = r"(\d{1,2})\s?/\s?(\d{1,2})(?!\d)"
_NUMBERED = re.compile(rf"\s{{0,4}}[(（\[<【]?\s?{_NUMBER}\s?[)）\]>】]?[:：、]?")
_CONTINUES = re.compile(r"\s{0,4}[(（【\[]?(?:接上条?|接前|续上?|上接)[)）】\]]?[:：,，、]?")
_INSIDE = re.compile(
    rf"[(（\[<【]\s?{_NUMBER}\s?[)）\]>】]|(?<=[。！!；;】])\s{{0,4}}{_NUMBER}(?=[\s:：、])"
    r"|(?<=[。！!；;】])\s{0,4}[(（【\[]?(?:接上条?|接前|续上|上接)[)）】\]]?[:：]"
)
"""Marks that stand behind what somebody put in front of a half."""
_TO_BE_CONTINUED = re.compile(r"[/／(（]?(?:待续|未完待续|下接|转下条)[)）]?")
_GUARD = re.compile(r"\d\s?/\s?\d|待续|接上|接前|续|上接|下接|转下")
_SIGN = re.compile("[/续接转]")
"""Every mark has one of these in it."""
_HEAD = 40


def is_part(text: str) -> bool:
    """Whether a text says that it is one of several."""
    if _SIGN.search(text) is None:
        return False
    return _begin(text) is not None or _TO_BE_CONTINUED.search(text[-_HEAD:]) is not None


def _begin(text: str) -> int | None:
    """Return where the half begins in its text, which others may have written before it."""
    if _GUARD.search(text) is None:
        return None
    at = 0
    for line in text[:LONGEST_READ].splitlines(keepends=True):
        number = _NUMBERED.match(line)
        if (number is not None and _is_number(number)) or _CONTINUES.match(line) is not None:
            return at
        at += len(line)
    for mark in _INSIDE.finditer(text, 0, LONGEST_READ):
        if mark.lastindex is None or _is_number(mark):
            return mark.start()
    return None


def _is_number(mark: re.Match[str]) -> bool:
    one, all_of_them = (int(digits) for digits in mark.groups() if digits is not None)
    return 1 < all_of_them <= MOST and one <= all_of_them


def earlier_text(message: Message, earlier: Iterable[Evidence]) -> str:
    """Return the text of the halves before this one; `earlier` is the latest first."""
    if message.sender is None or message.text is None or not is_part(message.text):
        return ""
    texts: list[str] = []
    for one in earlier:
        if message.received_at - one.received_at > WITHIN or len(texts) == MOST:
            break
        if one.text is not None and one.sender == message.sender:
            texts.append(one.text)
    return "".join(without_marks(text) for text in reversed(texts))


def half_of(text: str) -> str:
    """Return a half from its mark on, without the marks."""
    return without_marks(text[_begin(text) or 0 :])


def without_marks(text: str) -> str:
    """Take away what only says that the text is a half."""
    bare = _NUMBERED.sub("", text, count=1) if _NUMBERED.match(text) else text
    bare = _CONTINUES.sub("", bare, count=1) if _CONTINUES.match(bare) else bare
    tail = _TO_BE_CONTINUED.search(bare, max(0, len(bare) - _HEAD))
    return bare[: tail.start()] if tail is not None else bare
