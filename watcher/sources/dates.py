"""Dates as programs and people write them into exports, with and without a zone.

A date without a zone is the phone's local time, in China. Which of day and month comes first
in 03/05/2026 no single date can tell: whoever reads a column of them decides that.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum

from watcher.sources.items import EPOCH, plausible

CHINA = timezone(timedelta(hours=8))

_LONGEST = 80
_SINCE_2001 = 978_307_200
_COUNTS = {9: (1, _SINCE_2001), 10: (1, 0), 13: (10**3, 0), 16: (10**6, 0), 19: (10**9, 0)} | {
    18: (10**9, _SINCE_2001)
}
"""From the number of digits to how many make a second, and the second that they count from."""
_COUNT = re.compile(r"\d{9,19}(?=\.\d{1,9}$|$)")
_SHEET = re.compile(r"\d{5}(?:\.\d{1,15})?")
_SHEET_EPOCH = datetime(1899, 12, 30, tzinfo=CHINA)
_SHEET_DAYS = range(32_000, 60_000)
_CLOCK = re.compile(
    r"(?P<before>上午|下午|凌晨|清晨|早上|中午|傍晚|晚上|am|pm)?\s*"
    r"(?<!\d)(?P<hour>\d{1,2})\s?[:时点]\s?(?P<minute>\d{1,2})"
    r"(?:\s?[:分]\s?(?P<second>\d{1,2})(?:[.,](?P<part>\d{1,9}))?)?\s?[分秒]?"
    r"\s*(?P<after>[ap]\.?m\.?(?![a-z]))?",
)
_RUN_TOGETHER = re.compile(r"(\d{4})(\d\d)(\d\d)[t ]?(\d\d)(\d\d)(\d\d)?(?![\d:])")
_ZONE = re.compile(r"(?:(?:gmt|utc)\s?)?([+-])(\d{1,2})(?::?(\d\d))?|z|gmt|utc|cst")
_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?日?")
_DIGITS_ONLY = re.compile(r"(\d{4})(\d\d)(\d\d)(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_NAMED = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[ -]+)?"
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
    r"(?:[ -]+(?P<day_after>\d{1,2})(?:st|nd|rd|th)?)?"
    r"[ ,-]+(?:(?:cst|gmt\+08:?00) )?(?P<year>\d{4})",
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AROUND = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?|(?:星期|周|礼拜)[一二三四五六日天]|at|[\s,'\"()t]+",
)
_AFTERNOON = frozenset({"下午", "傍晚", "晚上", "pm", "p.m", "p.m.", "pm."})
_NOON = 12
_MIDNIGHT = 24


class Order(StrEnum):
    """Which of the two numbers before a year is which."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


def read_date(text: str, order: Order | None = None) -> datetime | None:
    """Return the UTC time that a text is, and nothing but; None where it is none or unclear."""
    text = _plain(text)
    if not text or len(text) > _LONGEST or not any(map(str.isdigit, text)):
        return None
    try:
        when = _counted(text) or _written(text, order)
    except (ValueError, OverflowError):
        return None
    return when if when is not None and plausible(when) else None


def is_time_of_day(text: str) -> bool:
    """Tell whether a text is a time without a date."""
    return _CLOCK.fullmatch(_plain(text)) is not None


def open_order(text: str) -> tuple[int, int] | None:
    """Return the two numbers before the year where nothing else tells day from month."""
    found = _YEAR_LAST.search(_plain(text)[:_LONGEST])
    return None if found is None or found[2] == "." else (int(found[1]), int(found[3]))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[: 2 * _LONGEST]).strip(" \t\r\n'\"").lower()


def _counted(text: str) -> datetime | None:
    """Read a count of seconds or parts of them, or a spreadsheet's days."""
    if found := _COUNT.match(text):
        parts, start = _COUNTS.get(len(found[0]), (0, 0))
        if not parts:
            return None
        microseconds = int(found[0]) * 10**6 // parts
        return EPOCH + timedelta(seconds=start, microseconds=microseconds)
    if _SHEET.fullmatch(text) and int(float(text)) in _SHEET_DAYS:
        seconds = round(float(text) * 86_400)
        return (_SHEET_EPOCH + timedelta(seconds=seconds)).astimezone(UTC)
    return None


def _written(text: str, order: Order | None) -> datetime | None:
    day = _run_together(text) or _with_clock(text, order)
    if day is None:
        return None
    when, rest = day
    zone: tzinfo | None = CHINA
    if found := _ZONE.search(rest):
        zone = _zone(found)
        rest = rest[: found.start()] + " " + rest[found.end() :]
    # What is left must carry nothing: a sentence with a date in it is no date.
    if zone is None or _AROUND.sub("", rest):
        return None
    return when.replace(tzinfo=zone).astimezone(UTC)


def _run_together(text: str) -> tuple[datetime, str] | None:
    found = _RUN_TOGETHER.match(text)
    if found is None:
        return None
    numbers = [int(number or 0) for number in found.groups()]
    return datetime(*numbers), text[found.end() :]  # type: ignore[arg-type]  # noqa: DTZ001  its zone is read next


def _with_clock(text: str, order: Order | None) -> tuple[datetime, str] | None:
    hour = minute = second = microsecond = 0
    if clock := _CLOCK.search(text):
        hour, minute, second = (int(clock[part] or 0) for part in ("hour", "minute", "second"))
        microsecond = int((clock["part"] or "0")[:6].ljust(6, "0"))
        said = clock["before"] or clock["after"]
        if (said in _AFTERNOON and hour < _NOON) or (said == "中午" and hour < _NOON - 1):
            hour += _NOON
        elif said and said not in _AFTERNOON and said != "中午" and hour == _NOON:
            hour = 0
        # Java's `kk` writes the first hour of a day as the 24th.
        hour = 0 if hour == _MIDNIGHT else hour
        text = text[: clock.start()] + " " + text[clock.end() :]
    day = _day(text, order)
    if day is None:
        return None
    (year, month, number), rest = day
    return datetime(year, month, number, hour, minute, second, microsecond), rest  # noqa: DTZ001  its zone is read next


def _day(text: str, order: Order | None) -> tuple[tuple[int, int, int], str] | None:
    if found := _YEAR_FIRST.search(text) or _DIGITS_ONLY.match(text):
        day = (int(found[1]), int(found[2]), int(found[3]))
    elif found := _YEAR_LAST.search(text):
        first, last = int(found[1]), int(found[3])
        if found[2] == ".":
            order = Order.DAY_FIRST
        if order is None and first != last:
            return None
        day = (int(found[4]), first, last)
        if order is Order.DAY_FIRST:
            day = (int(found[4]), last, first)
    elif found := _NAMED.search(text):
        number = found["day"] or found["day_after"]
        if number is None:
            return None
        day = (int(found["year"]), _MONTHS.index(found["month"]) + 1, int(number))
    else:
        return None
    return day, text[: found.start()] + " " + text[found.end() :]


def _zone(found: re.Match[str]) -> tzinfo | None:
    if found[1] is None:
        return CHINA if found[0] == "cst" else UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset >= timedelta(hours=15):
        return None
    return timezone(offset if found[1] == "+" else -offset)
