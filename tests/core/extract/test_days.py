from datetime import date

import pytest

from watcher.core.extract import find_days, find_overdue_days

RECEIVED = date(2026, 7, 17)


@pytest.mark.parametrize(
    ("text", "day", "quote"),
    [
        ("2026年7月15日", date(2026, 7, 15), "2026年7月15日"),
        ("于2026-07-15扣款", date(2026, 7, 15), "2026-07-15"),
        ("2026/7/5", date(2026, 7, 5), "2026/7/5"),
        ("日期20260715", date(2026, 7, 15), "20260715"),
        ("26年7月1日", date(2026, 7, 1), "26年7月1日"),
        ("还款日07月15日,账单", date(2026, 7, 15), "07月15日"),
        ("7月20号前", date(2026, 7, 20), "7月20号"),
        ("还款日期:07/15", date(2026, 7, 15), "07/15"),
        ("将于07-18扣款", date(2026, 7, 18), "07-18"),
        ("本月25日", date(2026, 7, 25), "本月25日"),
        ("当月5日", date(2026, 7, 5), "当月5日"),
        ("下月3日", date(2026, 8, 3), "下月3日"),
        ("次月三日", date(2026, 8, 3), "次月三日"),
        ("上个月30日", date(2026, 6, 30), "上个月30日"),
        ("还款日为15日", date(2026, 7, 15), "15日"),
        ("七月十五日", date(2026, 7, 15), "七月十五日"),
        ("二〇二六年七月十五日", date(2026, 7, 15), "二〇二六年七月十五日"),
        ("请于二十五日前存入", date(2026, 7, 25), "二十五日"),
        ("今日扣款", RECEIVED, "今日"),
        ("今晚扣款", RECEIVED, "今晚"),
        ("明天到期", date(2026, 7, 18), "明天"),
        ("后天到期", date(2026, 7, 19), "后天"),
        ("昨日失败", date(2026, 7, 16), "昨日"),
        ("前天失败", date(2026, 7, 15), "前天"),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str, day: date, quote: str) -> None:
    (found,) = find_days(text, RECEIVED)

    assert found.day == day
    assert text[found.start : found.end] == quote


@pytest.mark.parametrize(
    ("text", "received", "day"),
    [
        ("1月3日到期", date(2026, 12, 28), date(2027, 1, 3)),
        ("12月30日到期", date(2027, 1, 2), date(2026, 12, 30)),
        ("下月3日", date(2026, 12, 28), date(2027, 1, 3)),
        ("上月30日", date(2027, 1, 2), date(2026, 12, 30)),
        ("还款日2日", date(2026, 12, 28), date(2027, 1, 2)),
        ("2月29日", date(2028, 3, 1), date(2028, 2, 29)),
    ],
)
def test_a_day_without_a_year_is_the_nearest_one(text: str, received: date, day: date) -> None:
    assert [found.day for found in find_days(text, received)] == [day]


@pytest.mark.parametrize(
    "text",
    [
        "2月30日",
        "2026-02-30",
        "13月1日",
        "上月31日",
        "0月0日",
        "2026年0月5日",
        "20261340",
        "17:30",
        "第1/2条",
        "3/4",
        "95588",
        "010-1234567",
        "今日头条",
        "聪明天下",
        "目前天气好",
        "5号线",
        "余额12.15",
        "1/2",
        "138-1234-5678",
    ],
)
def test_what_is_no_day_of_any_calendar_is_left_out(text: str) -> None:
    assert find_days(text, RECEIVED) == ()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("逾期3天", 3),
        ("已逾期 31 日", 31),
        ("逾期三天", 3),
        ("逾期超过90天", 90),
        ("逾期2个月", 60),
        ("逾期天数:45", 45),
        ("已逾期共计一百二十天", 120),
        ("逾期了十天", 10),
        ("逾期1年", 365),
    ],
)
def test_how_long_a_debt_is_late_is_counted_in_days(text: str, days: int) -> None:
    assert [found.days for found in find_overdue_days(text)] == [days]


@pytest.mark.parametrize("text", ["逾期7月15日", "M3", "逾期将影响征信", "3天内还款", "逾期3期"])
def test_lateness_without_a_length_gives_no_days(text: str) -> None:
    assert find_overdue_days(text) == ()


def test_the_first_and_last_days_of_the_calendar_do_not_overflow() -> None:
    assert find_days("明天 12月31日 下月1日", date.max) == ()
    assert find_days("昨天 上月1日", date.min) == ()
