"""How text that others wrote is shown: nothing in it may act, hide or pretend.

The original stays in the evidence; these are only its appearances on a screen.
"""

import re
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]",
)
"""Characters that draw nothing although Unicode counts them as printable."""
_SHOWN_CODE: Final = "[U+{:04X}]"
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_SCHEME: Final = re.compile(r"(?i)(?<![a-z])(h)(tt)(ps?)(?=\s*[:：])")
_HOST_DOT: Final = re.compile(r"(?<=[0-9A-Za-z-])[.．。](?=[A-Za-z][0-9A-Za-z-]|\d{1,3}\b)")
_LONG_NUMBER: Final = re.compile(r"(?<!\d)\d(?:[\s-]?\d){6,18}(?!\d)")


def printable(text: str) -> str:
    """Return text for one line of a screen: control and invisible characters removed."""
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(_plain(character) for character in text)


def revealed(text: str) -> str:
    """Return text as evidence: line breaks kept, other invisible characters shown as `[U+202E]`."""
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(_revealed(character) for character in text.replace("\r\n", "\n"))


def defanged(text: str) -> str:
    """Return text in which no address can be followed and no number dialled.

    `http` becomes `hxxp`, dots of host names stand in brackets, and the middle digits of a
    number of seven digits or more are masked.
    """
    harmless = _SCHEME.sub(r"\1xx\3", text)
    harmless = _HOST_DOT.sub("[.]", harmless)
    return _LONG_NUMBER.sub(_masked, harmless)


def _masked(number: re.Match[str]) -> str:
    found = number.group()
    kept = 3 if len(found) > len("1234567") else 2
    middle = re.sub(r"\d", "*", found[kept:-kept])
    return found[:kept] + middle + found[-kept:]


def _plain(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    return _REPLACEMENT if "\ud800" <= character <= "\udfff" else ""


def _revealed(character: str) -> str:
    if character in "\n\t\u00a0\u3000" or (
        character.isprintable() and not _INVISIBLE.match(character)
    ):
        return character if character != "\t" else " "
    return _SHOWN_CODE.format(ord(character))
