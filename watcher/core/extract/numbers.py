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


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonId:
    """An 18-digit identity number, masked or not."""

    digits: str = field(repr=False)
    masked: bool
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
    elif digits.startswith("86") and len(digits) >= 13:  # noqa: PLR2004  86 and 11 digits
        digits = digits.removeprefix("86")
    digits = _DIALLED_PREFIX.sub("", digits)
    for form, pattern in _FORMS:
        if pattern.fullmatch(digits):
            return digits, form
    if digits.startswith("0") is False and pattern_without_zero(digits):
        return "0" + digits, NumberForm.LANDLINE
    return digits, NumberForm.OTHER


def pattern_without_zero(digits: str) -> bool:
    """Whether an area code lost its 0, as it does after +86."""
    return re.fullmatch(r"(?:10|2[0-9])[0-9]{8}", digits) is not None


def find_phones(plain: str) -> tuple[Phone, ...]:
    """Find at most 50 telephone numbers and numbers of chat accounts."""
    return tuple(_phones(plain))[:MOST]


def _phones(plain: str) -> Iterator[Phone]:
    yield from ()


def find_person_ids(plain: str) -> tuple[PersonId, ...]:
    """Find at most 50 identity numbers."""
    return ()
