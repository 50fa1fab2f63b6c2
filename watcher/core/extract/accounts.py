"""Numbers of bank accounts: long rows of digits, however they are spaced or written."""

import re

MOST = 50
_DIGIT = "0-9零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺"
_ROW = re.compile(
    rf"(?<![{_DIGIT}a-zA-Z])[{_DIGIT}](?:[ \-\n]{{0,3}}[{_DIGIT}]){{14,22}}(?![{_DIGIT}a-zA-Z])"
)
_PERSON_ID = re.compile(
    r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\Z"
)
_BULK = "106"


def find_accounts(text: str) -> tuple[tuple[int, int], ...]:
    """Find the spans of at most 50 rows of 15 to 23 digits; identity and 106… numbers are none."""
    found: list[tuple[int, int]] = []
    for match in _ROW.finditer(text):
        digits = re.sub(r"[ \-\n]", "", match[0])
        if _PERSON_ID.match(digits) is None and not digits.startswith(_BULK):
            found.append(match.span())
        if len(found) == MOST:
            break
    return tuple(found)
