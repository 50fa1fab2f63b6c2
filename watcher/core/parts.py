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

_NUMBERED = re.compile(
    r"\s{0,4}[(（\[<【]?\s?(\d{1,2})\s?/\s?(\d{1,2})(?!\d)\s?[)）\]>】]?[:：、]?"
)
_CONTINUES = re.compile(r"\s{0,4}[(（【\[]?(?:接上条?|接前|续上?|上接)[)）】\]]?[:：,，、]?")
_TO_BE_CONTINUED = re.compile(r"[/／(（]?(?:待续|未完待续|下接|转下条)[)）]?")
_GUARD = re.compile(r"\d\s?/\s?\d|待续|接上|接前|续|上接|下接|转下")
_HEAD, _NEAR = 40, 200


def is_part(text: str) -> bool:
    """Whether a text says that it is one of several."""
    if _GUARD.search(text) is None:
        return False
    for line in text[:_NEAR].splitlines():
        number = _NUMBERED.match(line)
        if number is not None and 1 < int(number[2]) <= MOST and int(number[1]) <= int(number[2]):
            return True
        if _CONTINUES.match(line) is not None:
            return True
    return _TO_BE_CONTINUED.search(text[-_HEAD:]) is not None


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


def without_marks(text: str) -> str:
    """Take away what only says that the text is a half."""
    bare = _NUMBERED.sub("", text, count=1) if _NUMBERED.match(text) else text
    bare = _CONTINUES.sub("", bare, count=1) if _CONTINUES.match(bare) else bare
    tail = _TO_BE_CONTINUED.search(bare, max(0, len(bare) - _HEAD))
    return bare[: tail.start()] if tail is not None else bare
