"""Calendar days in folded text; relative ones are reckoned from the day of receipt."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from watcher.core.extract.numerals import NUMERALS, read_numeral

MOST = 50
LOOK_BACK = 14
MONTH_DAYS, YEAR_DAYS = 30, 365
FIRST_YEAR, LAST_YEAR = 1990, 2099


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A calendar day that a text names. Offsets are of the text searched."""

    day: date
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueDays:
    """For how many days a debt is said to be late; a month counts 30."""

    days: int
    start: int
    end: int


_N = r"[0-9]{1,2}"
_H = "[一二三四五六七八九十廿卅]{1,3}"
_GUARD = re.compile(
    r"[0-9] ?[年月日号]|[0-9][-/.][0-9]|20[0-9]{6}"
    r"|[今明昨当][日天晚早]|[后前]天|[十一二三四五六七八九][日月号]"
)
_WITH_YEAR = re.compile(
    rf"[0-9](?<![0-9][0-9])[0-9]{{1,3}} ?年 ?(?P<month>{_N}) ?月 ?(?P<day>{_N})(?![0-9]) ?[日号]?"
)
_SIGNED = re.compile(
    rf"20[0-9]{{2}}(?<![0-9.]20..)(?P<sign>[-/.])(?P<month>{_N})(?P=sign)(?P<day>{_N})(?![0-9])"
)
_COMPACT = re.compile(
    r"20[0-9]{2}(?<![0-9*]20..)(?P<month>[01][0-9])(?P<day>[0-3][0-9])(?![0-9元*])"
)
_MONTH_DAY = re.compile(
    rf"[0-9](?<![0-9.][0-9])[0-9]? ?月 ?(?P<day>{_N})(?![0-9])"
    r" ?(?:[日号]|(?=[前止到至,.。;:)\s]|\Z))"
)
_SHORT = re.compile(
    r"[0-9]{2}(?<![0-9./*-]..)(?<![0-9]:..)[-/](?P<day>[0-9]{2})(?![0-9/*-]|[.:][0-9]|[%元期])"
)
_OF_MONTH = re.compile(rf"(?P<which>[本当下次上])(?:个?)月 ?(?P<day>{_N}|{_H})(?![0-9]) ?[日号]")
_IN_HAN = re.compile(
    rf"(?:(?P<year>[〇零一二三四五六七八九]{{4}})年)?(?P<month>{_H})月(?P<day>{_H})[日号]"
)
_DAY_ONLY = re.compile(
    r"(?:[0-9](?<![0-9.][0-9])[0-9]?"
    rf"|[一二三四五六七八九十廿卅](?<![〇零百千一二三四五六七八九十廿卅].){_H}?)"
    r" ?[日号](?![线楼店码内常用])"
)
_RELATIVE: Mapping[str, int] = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1,
    "今日": 0, "今天": 0, "今晚": 0, "今早": 0, "当日": 0, "当天": 0,
    "明日": 1, "明天": 1, "明早": 1, "明晚": 1, "大后天": 3, "后天": 2,
}  # fmt: skip
_WORD = re.compile("[今明昨当后前大](?:[天日晚早]|[后前]天)")
_NO_DAY = re.compile("聪明天|今日头条|[今之以随]后天|后天天|[目之以当提]前天")
_WHICH: Mapping[str, int] = {"本": 0, "当": 0, "下": 1, "次": 1, "上": -1}
_DAY_CONTEXT = re.compile(
    r"[日期限](?:期|为|是|:|还款)|还款日|到期|账单日|扣款|截止|每月|于|至|还款"
)
_DAY_FOLLOWS = re.compile(r" ?(?:[前止之]|[0-9]{2}:[0-9]{2}|到期|扣款|还款)")
_OVERDUE = re.compile(
    r"(?:逾期|拖欠|超期|过期)(?:天数|时间|已|了|长?达到?|超过?|有|满|将?近"
    r"|[总累]计|共计?|为|约|欠款|[ :]){0,4}"
    rf"(?P<count>[0-9]{{1,5}}(?![0-9])|[{NUMERALS}]{{1,6}}) ?(?P<unit>天|日(?!前)|个月|年(?!费))?"
)


def find_days(plain: str, received_on: date) -> tuple[Day, ...]:
    """Find at most 50 days, in the order of the text.

    A month and day without a year is taken in the year that brings it nearest to
    `received_on`. A day that no calendar has is left out.
    """
    if _GUARD.search(plain) is None:
        return ()
    found: list[Day] = []
    for finder in _FINDERS:
        for _, day in zip(range(MOST), finder(plain, received_on), strict=False):
            found.append(day)
    apart: list[Day] = []
    for day in sorted(found, key=lambda one: (one.start, -one.end)):
        if not apart or day.start >= apart[-1].end:
            apart.append(day)
    return tuple(apart[:MOST])


def find_overdue_days(plain: str) -> tuple[OverdueDays, ...]:
    """Find for how long a debt is said to be late, at most 50 times."""
    if "期" not in plain and "拖欠" not in plain:
        return ()
    found: list[OverdueDays] = []
    for match in _OVERDUE.finditer(plain):
        count = read_numeral(match["count"])
        unit = match["unit"]
        if count is None or (unit is None and "天数" not in match[0]):
            continue
        days = int(count) * {"个月": MONTH_DAYS, "年": YEAR_DAYS}.get(unit or "", 1)
        found.append(OverdueDays(days=days, start=match.start(), end=match.end()))
        if len(found) == MOST:
            break
    return tuple(found)


def _full(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, received_on: date) -> date | None:
    years = (received_on.year - 1, received_on.year, received_on.year + 1)
    days = [made for year in years if (made := _full(year, month, day)) is not None]
    return min(days, key=lambda one: (abs(one - received_on), one < received_on), default=None)


def _in_month(received_on: date, months: int, day: int) -> date | None:
    month = received_on.month - 1 + months
    return _full(received_on.year + month // 12, month % 12 + 1, day)


def _shifted(received_on: date, days: int) -> date | None:
    try:
        return received_on + timedelta(days=days)
    except OverflowError:
        return None


def _number(text: str) -> int:
    value = read_numeral(text)
    return int(value) if value is not None else 0


def _made(made: date | None, match: re.Match[str]) -> Iterator[Day]:
    if made is not None:
        yield Day(day=made, start=match.start(), end=match.end())


def _dates(plain: str, _received_on: date) -> Iterator[Day]:
    patterns = (_WITH_YEAR, _SIGNED, _COMPACT) if "20" in plain else (_WITH_YEAR,)
    for pattern in patterns if "年" in plain else patterns[1:]:
        for match in pattern.finditer(plain):
            year = int(re.match(r"[0-9]{4}|[0-9]{1,3}", match[0])[0])  # type: ignore[index]
            year += 2000 if year < 100 else 0  # noqa: PLR2004  two digits mean this century
            yield from _made(_full(year, int(match["month"]), int(match["day"])), match)


def _months_and_days(plain: str, received_on: date) -> Iterator[Day]:
    if "月" in plain:
        for match in _MONTH_DAY.finditer(plain):
            month = int(match[0].partition("月")[0])
            yield from _made(_nearest(month, int(match["day"]), received_on), match)
        for match in _IN_HAN.finditer(plain):
            month, day = _number(match["month"]), _number(match["day"])
            made = (
                _full(_number(match["year"]), month, day)
                if match["year"]
                else _nearest(month, day, received_on)
            )
            yield from _made(made, match)
        for match in _OF_MONTH.finditer(plain):
            made = _in_month(received_on, _WHICH[match["which"]], _number(match["day"]))
            yield from _made(made, match)


def _in_context(plain: str, match: re.Match[str]) -> bool:
    return (
        _DAY_CONTEXT.search(plain, max(0, match.start() - LOOK_BACK), match.start()) is not None
        or _DAY_FOLLOWS.match(plain, match.end()) is not None
    )


def _short_dates(plain: str, received_on: date) -> Iterator[Day]:
    for match in _SHORT.finditer(plain) if "-" in plain or "/" in plain else ():
        if _in_context(plain, match):
            yield from _made(_nearest(int(match[0][:2]), int(match["day"]), received_on), match)


def _days_alone(plain: str, received_on: date) -> Iterator[Day]:
    for match in _DAY_ONLY.finditer(plain) if "日" in plain or "号" in plain else ():
        if plain[match.start() - 1 : match.start()] == "月" or not _in_context(plain, match):
            continue
        number = _number(match[0].rstrip("日号 "))
        near = (_in_month(received_on, months, number) for months in (-1, 0, 1))
        days = [day for day in near if day is not None]
        made = min(days, key=lambda one: (abs(one - received_on), one < received_on), default=None)
        yield from _made(made, match)


def _relative(plain: str, received_on: date) -> Iterator[Day]:
    for match in _WORD.finditer(plain):
        shift = _RELATIVE.get(match[0])
        start, end = match.span()
        if shift is not None and _NO_DAY.search(plain, max(0, start - 1), end + 2) is None:
            yield from _made(_shifted(received_on, shift), match)


_FINDERS: tuple[Callable[[str, date], Iterator[Day]], ...] = (
    _dates,
    _months_and_days,
    _short_dates,
    _days_alone,
    _relative,
)
