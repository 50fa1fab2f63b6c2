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
_SCHEME: Final = re.compile(r"(?i)(?<![a-z])h(tt)ps?(?=\s*[:：])")
_IP_ADDRESS: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_DOT: Final = re.compile(
    r"(?<=\w)[.．｡](?=[^\W\d])|(?<=[^\W\d])[.．｡](?=\w)|(?<=[0-9A-Za-z])。(?=[A-Za-z])"
)
_LONG_NUMBER: Final = re.compile(r"(?<![\d.])\d(?:[ -]?\d){6,22}(?![\d]|\.\d)")
_DAY: Final = re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}(?: \d{1,2})?")
_KEPT_DIGITS: Final = 3
"""Digits of a long number that stay readable at either end."""


def printable(text: str) -> str:
    """Return text for one line of a screen: control and invisible characters removed."""
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(_plain(character) for character in text)


def defanged(text: str) -> str:
    """Return text in which no address can be followed and no number dialled."""
    return "".join(defanged_characters(text))


def defanged_characters(text: str) -> list[str]:
    """Return how each character is shown as evidence, so that offsets into `text` still hold.

    `http` becomes `hxxp`, dots inside addresses stand in brackets, the middle digits of a
    number of seven digits or more are masked, and invisible characters are named.
    """
    shown = list(text)
    for scheme in _SCHEME.finditer(text):
        for at in range(*scheme.span(1)):
            shown[at] = "x"
    for address in _IP_ADDRESS.finditer(text):
        for at in range(*address.span()):
            if text[at] == ".":
                shown[at] = "[.]"
    for dot in _DOT.finditer(text):
        shown[dot.start()] = "[.]"
    for number in _LONG_NUMBER.finditer(text):
        if not _DAY.fullmatch(number.group()):
            for at in range(number.start() + _KEPT_DIGITS, number.end() - _KEPT_DIGITS):
                shown[at] = "*" if text[at].isdigit() else text[at]
    return [one if len(one) > 1 else _revealed(one) for one in shown]


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
