"""Chinese numerals: 一千二百, 壹仟贰佰, 1万2千, 二〇二六, 十五."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

DIGITS: Mapping[str, int] = {
    **{char: value for value, char in enumerate("〇一二三四五六七八九")},
    **{char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "两": 2,
    "参": 3,
    "幺": 1,
    "弍": 2,
}
UNITS: Mapping[str, int] = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
TENS: Mapping[str, int] = {"廿": 20, "卅": 30}
MYRIADS: Mapping[str, int] = {"万": 10_000, "亿": 100_000_000}

NUMERALS = "".join((*DIGITS, *UNITS, *TENS, *MYRIADS))
"""Every character that a Chinese numeral can hold, for use in a character class."""

LONGEST = 32
AS_DIGITS = str.maketrans({char: str(value) for char, value in DIGITS.items()})
"""Table for `str.translate` that writes Chinese digits as ASCII ones."""


def read_numeral(text: str) -> Decimal | None:
    """Return the value of a numeral with Chinese units, ASCII digits or both; None if it is none.

    A digit right after the last unit counts in the next lower one, as in speech: 1万2 is
    12,000. Digits without any unit are read one by one: 二〇二六 is 2026.
    """
    if not text or len(text) > LONGEST:
        return None
    spelt = text.translate(AS_DIGITS)
    if all(char.isdecimal() or char == "." for char in spelt):
        return _plain_number(spelt)
    return _with_units(spelt)


def _plain_number(digits: str) -> Decimal | None:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None


def _with_units(spelt: str) -> Decimal | None:
    total = section = Decimal(0)
    pending = ""
    last_unit, myriad = 1, 0
    for char in spelt:
        if char.isdecimal() or char == ".":
            pending += char
            continue
        number = _plain_number(pending) if pending else None
        if pending and number is None:
            return None
        if char in UNITS:
            section += (Decimal(1) if number is None else number) * UNITS[char]
            last_unit = UNITS[char]
        elif char in TENS:
            section += TENS[char]
            last_unit = 10
        elif char in MYRIADS:
            value = section + (number or 0)
            if not value and not total:
                return None
            factor = MYRIADS[char]
            total = (total + value) * factor if factor > myriad > 0 else total + value * factor
            section = Decimal(0)
            last_unit = myriad = factor
        else:
            return None
        pending = ""
    return total + section + _last_digit(pending, last_unit)


def _last_digit(pending: str, last_unit: int) -> Decimal:
    """Value of what stands after the last unit: 1万2 means 12,000, 一百零五 means 105."""
    number = _plain_number(pending) if pending else None
    if number is None:
        return Decimal(0)
    spoken = len(pending) == 1 and last_unit >= 100  # noqa: PLR2004  hundred is the least such unit
    return number * (last_unit // 10) if spoken else number
