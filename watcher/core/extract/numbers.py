"""Telephone numbers in texts and as senders, by the form that the numbering plan gives them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import islice

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


_FORM = re.compile(
    r"(?P<mobile>1[3-9][0-9]{9})"
    r"|(?P<hotline>95[0-9]{3,6}|96[0-9]{3,4}|[48]00[0-9]{7}|100[0-9]{2}|123[0-9]{2})"
    r"|(?P<landline>0(?:10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8})"
    r"|(?P<bulk>106[0-9]{5,18})"
)
_SEPARATED = str.maketrans("", "", " -()._·~—")
_DOTTED = re.compile(r"[0-9]{3}\.[0-9]{4}\.[0-9]{4}|[48]00\.[0-9]{3}\.[0-9]{4}")
_DIALLED_PREFIX = re.compile(r"(?:17951|12593|17909)(?=1[3-9][0-9]{9}\Z)")
_SENDER = re.compile(r"\+?[0-9]+")
_AREA_WITHOUT_ZERO = re.compile(r"(?:10|2[0-9])[0-9]{8}")
_LONG_HOTLINE = re.compile(r"9[56][0-9]{3,10}")
"""A sender may be a hotline with digits appended; in a text such digits are any number."""

_HAN_DIGITS = "".join(DIGITS)
_GUARD = re.compile(f"[0-9][0-9 .*_-]{{0,2}}[0-9][0-9 .*_-]{{0,2}}[0-9]|[{_HAN_DIGITS}]{{3}}")
_RUN = re.compile(rf"[+(]?[0-9{_HAN_DIGITS}](?:[ \-().·_~—]{{0,3}}\+?[0-9{_HAN_DIGITS}]){{2,60}}")
_PIECE = re.compile(rf"[+(]?[0-9{_HAN_DIGITS}][0-9{_HAN_DIGITS}\-().·_~—]*")
_NOT_AFTER = re.compile(
    rf"[0-9{_HAN_DIGITS}]|\.[0-9A-Za-z]|,[0-9]{{3}}(?![0-9-])"
    r"| ?(?:[元块圆万%‰期笔年月日天秒亿次]|号(?!码)|点(?![击开我此选])|分(?!机)|人(?!工))|\*"
)
_NOT_BEFORE = ("¥", "￥", "$", "*", "尾号", "验证码")
_INSIDE_NUMBER = re.compile(rf"[0-9{_HAN_DIGITS}]\Z|[0-9A-Za-z/]\.\Z")
_LATIN_END = re.compile(r"[A-Za-z]\Z")
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
MOST_TRIES = 10_000
"""A text with more numbers than this is a table; the rest of it is not searched."""

JOINED_LEAST, JOINED_MOST = 9, 40
"""Characters that a number written in several pieces can take."""

LOOK_BACK = 12
LONGEST_SHORT = 7
HOTLINE_USUAL = 5
SHORTEST_FOREIGN = 7


def number_form(sender: str) -> NumberForm:
    """Say what a sender's number is; letters in it make it `alpha`."""
    return _known_form(sender) if len(sender) <= JOINED_MOST else _form(sender)


def _form(sender: str) -> NumberForm:
    if not sender.isascii():
        shown = unicodedata.normalize("NFKC", sender)
        sender = "".join(char for char in shown if unicodedata.category(char) not in ("Cf", "Cc"))
    digits = sender.strip().translate(AS_DIGITS).translate(_SEPARATED)
    if any(char.isalpha() for char in digits):
        return NumberForm.ALPHA
    if not _SENDER.fullmatch(digits):
        return NumberForm.OTHER
    bare, form = _classify(digits)
    if form is NumberForm.OTHER and 3 <= len(bare) <= LONGEST_SHORT:  # noqa: PLR2004  110 is the least
        return NumberForm.SHORT
    if form is NumberForm.OTHER and _LONG_HOTLINE.fullmatch(bare):
        return NumberForm.HOTLINE
    return form


# The messages of a phone come from some hundreds of senders.
_known_form = lru_cache(maxsize=4096)(_form)


def _classify(digits: str) -> tuple[str, NumberForm]:
    """Drop what is dialled in front and tell the form."""
    if digits.startswith(("+", "00")):
        bare = digits.removeprefix("+").removeprefix("00")
        if not bare.startswith("86"):
            abroad = len(bare) >= SHORTEST_FOREIGN and bare[0] != "0"  # no country's code is 0
            return digits, NumberForm.FOREIGN if abroad else NumberForm.OTHER
        digits = bare.removeprefix("86")
        if _AREA_WITHOUT_ZERO.fullmatch(digits):
            return "0" + digits, NumberForm.LANDLINE
    elif digits.startswith("86") and len(digits) >= 13:  # noqa: PLR2004  86 and 11 digits
        digits = digits.removeprefix("86")
    if len(digits) == 16:  # noqa: PLR2004  a prefix of 5 digits before a mobile's 11
        digits = _DIALLED_PREFIX.sub("", digits)
    known = _FORM.fullmatch(digits)
    name = known.lastgroup if known is not None else None
    return digits, NumberForm(name) if name else NumberForm.OTHER


def find_phones(plain: str) -> tuple[Phone, ...]:
    """Find at most 50 telephone numbers and numbers of chat accounts, in order.

    Digits may be spaced, dashed or written in Chinese (一三八…, 壹叁捌…). A short number and
    one of no known form count only where a word such as 拨打 or QQ stands before them.
    """
    if _GUARD.search(plain) is None:
        return ()
    found = (phone for phone in islice(_tried(plain), MOST_TRIES) if phone is not None)
    return tuple(islice(found, MOST))


def _tried(plain: str) -> Iterator[Phone | None]:
    """Try each run of digits and separators: as one number, else as those it is made of."""
    for run in _RUN.finditer(plain):
        pieces = [piece.span() for piece in _PIECE.finditer(plain, *run.span())]
        at = 0
        while at < len(pieces):
            first = pieces[at][0]
            for upto in range(len(pieces) - 1, at - 1, -1):
                last = pieces[upto][1]
                if upto == at or JOINED_LEAST <= last - first <= JOINED_MOST:
                    phone = _read(plain, first, last)
                    yield phone
                    if phone is not None:
                        at = upto
                        break
            at += 1


def _read(plain: str, start: int, end: int) -> Phone | None:
    before = plain[max(0, start - LOOK_BACK) : start]
    if before.rstrip(" :为是").endswith(_NOT_BEFORE) or _NOT_AFTER.match(plain, end) is not None:
        return None
    written = plain[start:end]
    digits = written.translate(AS_DIGITS).translate(_SEPARATED)
    if not SHORTEST <= len(digits) <= LONGEST or not _SENDER.fullmatch(digits):
        return None
    bare, form = _classify(digits)
    if form is NumberForm.OTHER and len(written) != len(bare) and len(bare) > CHAT_LONGEST:
        return None
    if _INSIDE_NUMBER.search(before) is not None:
        return None
    form_in_place = _form_in_place(written, bare, form, before)
    if form_in_place is None:
        return None
    return Phone(digits=bare, form=form_in_place, start=start, end=end)


def _form_in_place(written: str, bare: str, form: NumberForm, before: str) -> NumberForm | None:
    """Weigh a form against what stands before the number; None where it is no number to call."""
    vague = form is NumberForm.OTHER or (form is NumberForm.HOTLINE and len(bare) > HOTLINE_USUAL)
    if vague and CHAT_SHORTEST <= len(bare) <= CHAT_LONGEST and _CHAT.search(before) is not None:
        return NumberForm.OTHER
    called = _CALL.search(before) is not None
    if form is NumberForm.OTHER:
        if len(written) != len(bare) or not called or _LATIN_END.search(before) is not None:
            return None
        return NumberForm.SHORT if len(bare) <= LONGEST_SHORT else NumberForm.OTHER
    split = form is NumberForm.FOREIGN and written.startswith("00 ")
    decimal = "." in written and _DOTTED.fullmatch(written) is None
    if split or decimal or (bare in _ROUND and not called):
        return None
    return form


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
