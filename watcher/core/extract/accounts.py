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
_OTHER_NUMBER = re.compile(
    r"(?:[单票]|编|流水|凭证|合同|交易|批次|序列|原因|会员卡?|[您你]的卡)(?:[号码]|编号|单号)*"
    r"[是为]?[:\[( -]*\Z"
)
_LOOK_BACK = 10


def may_hold_account(text: str) -> bool:
    """Whether there is a row of digits as long as an account's."""
    return _ROW.search(text) is not None


def find_accounts(text: str) -> tuple[tuple[int, int], ...]:
    """Find the spans of at most 50 rows of 15 to 23 digits that may be an account.

    None are identity numbers, 106… numbers, those of an order, a policy or a contract, and the
    reader's own.
    """
    found: list[tuple[int, int]] = []
    for match in _ROW.finditer(text):
        digits = re.sub(r"[ \-\n]", "", match[0])
        start = match.start()
        if (
            _PERSON_ID.match(digits) is None
            and not digits.startswith(_BULK)
            and _OTHER_NUMBER.search(text[max(0, start - _LOOK_BACK) : start]) is None
        ):
            found.append(match.span())
        if len(found) == MOST:
            break
    return tuple(found)
