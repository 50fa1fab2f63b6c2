"""Last digits of cards, contracts and accounts, as notices give them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The last digits of an account: 3 to 8 of them. Offsets are of the digits alone."""

    digits: str = field(repr=False)
    start: int
    end: int


_GUARD = re.compile(
    r"尾[号数]|末[四六4-6][位码]|后[四六4-6][位码]|末位|卡|银行|户|\*\*|x[xX]{2}|X[xX]{2}|ending"
    r"|合同|借据|合约|协议|借款|贷款"
)
"""Each way begins with one certain character: so they are all looked for at once."""
_CONTRACT = re.compile(
    r"(?:合同|借据|合约)(?:编?号|尾号)?[:为]?(?P<digits>[0-9]{3,8})(?![0-9年月.,元期天%])"
    r"|(?:账户|帐户|卡[ :])(?P<account>[0-9]{4})(?! ?[0-9]|[年月.,元期天%万*/:-])"
    r"|卡(?P<card>[0-9]{4})(?=[:,;。的于在]| [^0-9]|\Z)"
)
_NUMBERED = re.compile(
    r"(?<![0-9.,*/:-])(?!(?:19|20)[0-9]{2}(?!号))[0-9]{4,6}"
    r"(?=号?(?:的?(?:借款|贷款)?(?:合同|借据|合约|协议)|账户|帐户|号(?:借款|贷款)|贷款(?!额|余)))"
)
_NAMED = re.compile(
    r"(?:(?:卡|账|账户|卡号)?尾[号数](?:码|后[四4]位)?|(?:[末后][四六4-6]位|末位)(?:数字?|号码?)?"
    r"|末尾号|ending(?: (?:in|with))?)"
    r"(?:号?[为是]|[ :*(\[【「\"'#xX·.])*?(?<![0-9])(?P<digits>[0-9]{3,8})(?![0-9])(?!的?手机)"
)
_CARD = re.compile(
    r"[0-9](?<![0-9.*][0-9])[0-9]{3}"
    r"(?= ?(?:的?(?:信用|借记|储蓄|贷记|银行|联名|工资))?卡(?![片券包盟路套]))"
)
_BRACKETED = re.compile(
    r"(?:银行|[卡户]号?|账号)(?:[ :]|尾号)?\((?:尾号)?[*xX]{0,6}(?P<digits>[0-9]{3,6})\)"
    r"|(?:信用|借记|储蓄|银行|贷记)卡[ :]?(?P<bare>[0-9]{4})(?![0-9]|[年元.,月]|\*)"
)
_MASKED = re.compile(
    r"(?:\*(?<![*]\*)\*{1,24}|[xX](?<![A-Za-z][xX])[xX]{2,24}) ?(?P<digits>[0-9]{3,8})(?![0-9*])"
)
_MOBILE_AHEAD = re.compile(r"(?<![0-9])1[3-9][0-9]\*{4}\Z")
_GOES_ON = re.compile(r"[ -][0-9]{3}")
_NOT_AN_ACCOUNT = ("手机", "手机号", "手机号码", "电话", "号码", "身份证", "身份证号", "身份证号码")
LOOK_BACK = 10
MOBILE_STARS = 8


def may_hold_tail(plain: str) -> bool:
    """Whether a text has a word beside which last digits are given, or what masks a number."""
    return _GUARD.search(plain) is not None


def find_tails(plain: str) -> tuple[Tail, ...]:
    """Find at most 50 tails of accounts, in the order of the text, each once.

    Digits that go on behind a space begin a whole account number and are no tail.
    """
    if not may_hold_tail(plain):
        return ()
    found: dict[int, Tail] = {}
    for start, end in _spans(plain):
        if _GOES_ON.match(plain, end) is not None:
            continue
        found.setdefault(start, Tail(digits=plain[start:end], start=start, end=end))
        if len(found) >= MOST:
            break
    return tuple(found[start] for start in sorted(found))


def _spans(plain: str) -> Iterator[tuple[int, int]]:
    for match in _NAMED.finditer(plain):
        if not plain[max(0, match.start() - LOOK_BACK) : match.start()].endswith(_NOT_AN_ACCOUNT):
            yield match.span("digits")
    for match in _CARD.finditer(plain):
        yield match.span()
    for match in _CONTRACT.finditer(plain):
        yield match.span(match.lastgroup or "digits")
    for match in _NUMBERED.finditer(plain):
        yield match.span()
    for match in _BRACKETED.finditer(plain):
        yield match.span("digits" if match["digits"] else "bare")
    if "**" in plain or "xxx" in plain or "XXX" in plain:
        for match in _MASKED.finditer(plain):
            if _is_account(plain, match):
                yield match.span("digits")


def _is_account(plain: str, match: re.Match[str]) -> bool:
    """Whether a mask hides an account and not a mobile or an identity number."""
    start = match.start()
    upto = plain[max(0, start - MOBILE_STARS) : match.start("digits")].rstrip()
    if _MOBILE_AHEAD.search(upto) and len(match["digits"]) == 4:  # noqa: PLR2004  1xx****xxxx
        return False
    before = plain[max(0, start - LOOK_BACK) : start].rstrip("0123456789 :").rstrip("为是")
    return not before.endswith(_NOT_AN_ACCOUNT)
