"""Telephone numbers in texts and as senders, by the form that the numbering plan gives them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from watcher.core.extract.numerals import AS_DIGITS, DIGITS

MOST = 50


class NumberForm(StrEnum):
    """What kind of line a number belongs to, as far as its form tells."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    HOTLINE = "hotline"
    BULK = "bulk"
    FOREIGN = "foreign"
    SHORT = "short"
    OTHER = "other"
    ALPHA = "alpha"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number with its digits alone (`+` kept where it is foreign), without +86.

    A QQ number or another account of a chat service has the form `other`.
    """

    digits: str = field(repr=False)
    form: NumberForm
    start: int
    end: int


_FORMS: tuple[tuple[NumberForm, re.Pattern[str]], ...] = tuple(
    (form, re.compile(pattern))
    for form, pattern in (
        (NumberForm.MOBILE, r"1[3-9][0-9]{9}"),
        (
            NumberForm.HOTLINE,
            r"95[0-9]{3,6}|96[0-9]{3,4}|[48]00[0-9]{7}|100[0-9]{2}|123[0-9]{2}|96110",
        ),
        (NumberForm.LANDLINE, r"0(?:10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8}"),
        (NumberForm.BULK, r"106[0-9]{5,18}"),
    )
)
_SEPARATED = str.maketrans("", "", " -()._·~—")
_DIALLED_PREFIX = re.compile(r"(?:17951|12593|17909)(?=1[3-9][0-9]{9}\Z)")
_SENDER = re.compile(r"\+?[0-9]+")
_AREA_WITHOUT_ZERO = re.compile(r"(?:10|2[0-9])[0-9]{8}")
_HAN_DIGITS = "".join(DIGITS)
_GUARD = re.compile(f"[0-9][0-9 .*_-]{{0,2}}[0-9][0-9 .*_-]{{0,2}}[0-9]|[{_HAN_DIGITS}]{{3}}")
_RUN = re.compile(rf"[+(]?[0-9{_HAN_DIGITS}](?:[ \-().·_~—]{{0,3}}\+?[0-9{_HAN_DIGITS}]){{2,60}}")
_PIECE = re.compile(rf"[+(]?[0-9{_HAN_DIGITS}][0-9{_HAN_DIGITS}\-().·_~—]*")
_NOT_AFTER = re.compile(
    rf"[0-9{_HAN_DIGITS}]|[.,][0-9]| ?[元块圆万%‰期笔年月日号天点分秒亿人次]|\*"
)
_NOT_BEFORE = ("¥", "￥", "$", "*", "尾号", "尾号:", "尾号为", "验证码", "验证码:", "验证码为")
_INSIDE_NUMBER = re.compile(rf"[0-9{_HAN_DIGITS}][.,]?\Z")
_CALL = re.compile(
    r"(?:电话|致电|来电|回电|拨打?|热线|联系|咨询|客服|手机|电联|回拨|报警)[^,。;!?0-9]{0,6}\Z"
)
_CHAT = re.compile(
    r"(?:[Qq]{2}|扣扣|企鹅|[Qq企]群|群号?|微信|[Vv][Xx]|[Ww]ei[Xx]in|[加+][Vv]信?)[^,。;!?0-9]{0,5}\Z"
)
_PERSON_ID = re.compile(r"[1-9](?<![0-9A-Za-z*][1-9])[0-9]{2}[0-9*]{14}[0-9Xx*](?![0-9A-Za-z*])")
_BIRTH = re.compile(r"[0-9]{6}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_ROUND = frozenset({"10000", "12300", "12345"})
"""Hotlines that are also round sums or sample digits: only after a word such as 拨打."""

SHORTEST, LONGEST = 3, 21
CHAT_SHORTEST, CHAT_LONGEST = 5, 12
MOST_PIECES = 24
LOOK_BACK = 12
LONGEST_SHORT = 7
SHORTEST_FOREIGN = 7


def number_form(sender: str) -> NumberForm:
    """Say what a sender's number is; letters in it make it `alpha`."""
    digits = sender.strip().translate(AS_DIGITS).translate(_SEPARATED)
    if any(char.isalpha() for char in digits):
        return NumberForm.ALPHA
    if not _SENDER.fullmatch(digits):
        return NumberForm.OTHER
    bare, form = _classify(digits)
    if form is NumberForm.OTHER and 3 <= len(bare) <= LONGEST_SHORT:  # noqa: PLR2004  110 is the least
        return NumberForm.SHORT
    return form


def _classify(digits: str) -> tuple[str, NumberForm]:
    """Drop what is dialled in front and tell the form."""
    if digits.startswith(("+", "00")):
        bare = digits.removeprefix("+").removeprefix("00")
        if not bare.startswith("86"):
            form = NumberForm.FOREIGN if len(bare) >= SHORTEST_FOREIGN else NumberForm.OTHER
            return digits, form
        digits = bare.removeprefix("86")
        if _AREA_WITHOUT_ZERO.fullmatch(digits):
            return "0" + digits, NumberForm.LANDLINE
    elif digits.startswith("86") and len(digits) >= 13:  # noqa: PLR2004  86 and 11 digits
        digits = digits.removeprefix("86")
    digits = _DIALLED_PREFIX.sub("", digits)
    for form, pattern in _FORMS:
        if pattern.fullmatch(digits):
            return digits, form
    return digits, NumberForm.OTHER


def find_phones(plain: str) -> tuple[Phone, ...]:
    """Find at most 50 telephone numbers and numbers of chat accounts, in order.

    Digits may be spaced, dashed or written in Chinese (一三八…, 壹叁捌…). A short number and
    one of no known form count only where a word such as 拨打 or QQ stands before them.
    """
    if _GUARD.search(plain) is None:
        return ()
    found: list[Phone] = []
    for run in _RUN.finditer(plain):
        found += _in_run(plain, *run.span())
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


def _in_run(plain: str, start: int, end: int) -> Iterator[Phone]:
    """Read a run of digits and separators: as one number, else as the numbers it is made of."""
    pieces = [piece.span() for piece in _PIECE.finditer(plain, start, end)][:MOST_PIECES]
    at = 0
    while at < len(pieces):
        for upto in range(len(pieces), at, -1):
            phone = _read(plain, pieces[at][0], pieces[upto - 1][1])
            if phone is not None:
                yield phone
                at = upto
                break
        else:
            at += 1


def _read(plain: str, start: int, end: int) -> Phone | None:
    written = plain[start:end]
    digits = written.translate(AS_DIGITS).translate(_SEPARATED)
    if not SHORTEST <= len(digits) <= LONGEST or _NOT_AFTER.match(plain, end):
        return None
    before = plain[max(0, start - LOOK_BACK) : start]
    if before.endswith(_NOT_BEFORE) or _INSIDE_NUMBER.search(before):
        return None
    if not _SENDER.fullmatch(digits):
        return None
    bare, form = _classify(digits)
    called = _CALL.search(before) is not None
    if form is NumberForm.OTHER:
        if _CHAT.search(before) is not None and CHAT_SHORTEST <= len(bare) <= CHAT_LONGEST:
            return Phone(digits=bare, form=form, start=start, end=end)
        if not called or len(written) != len(bare):
            return None
        form = NumberForm.SHORT if len(bare) <= LONGEST_SHORT else NumberForm.OTHER
    elif form is NumberForm.FOREIGN and written.startswith("00 "):
        return None
    elif "." in written and form is not NumberForm.MOBILE:
        return None
    elif len(bare) == len("95588") and not called and bare in _ROUND:
        return None
    return Phone(digits=bare, form=form, start=start, end=end)


def find_person_ids(plain: str) -> tuple[tuple[int, int], ...]:
    """Find the spans of at most 50 identity numbers of 18 places, masked ones included.

    The shape decides, with a likely day of birth; the check digit is not reckoned.
    """
    found: list[tuple[int, int]] = []
    for match in _PERSON_ID.finditer(plain):
        if "*" in match[0] or _BIRTH.match(match[0]) is not None:
            found.append(match.span())
        if len(found) == MOST:
            break
    return tuple(found)
