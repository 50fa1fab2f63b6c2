from datetime import UTC, datetime

import pytest

from watcher.sources.dates import Order, is_time_of_day, open_order, read_date

MOMENT = datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "1772676930000",
        "1772676930",
        "1772676930.0",
        "1772676930000000",
        "1772676930000000000",
        "794369730",
        "794369730000000000",
        "20260305101530",
        "20260305T021530Z",
        "20260305 101530",
        "20260305 10:15:30",
        "2026-03-05 10:15:30",
        "2026-3-5 10:15:30",
        "2026/3/5 10:15:30",
        "2026.03.05 10:15:30",
        "2026-03-05T10:15:30",
        "2026-03-05T02:15:30Z",
        "2026-03-05T02:15:30.000Z",
        "2026-03-05T10:15:30+08:00",
        "2026-03-05 10:15:30 +0800",
        "2026-03-05 02:15:30 UTC",
        "2026-03-05 10:15:30 GMT+08:00",
        "2026-03-05 10:15:30 GMT+8",
        "2026年3月5日 10:15:30",
        "2026年03月05日 星期四 10:15:30",
        "2026年3月5日上午10:15:30",
        "2026年3月5日 10时15分30秒",
        "２０２６-０３-０５　１０：１５：３０",
        "05.03.2026 10:15:30",
        "Mar 5, 2026 10:15:30 AM",
        "Mar 5, 2026 at 10:15:30 AM",
        "5 Mar 2026 10:15:30",
        "05-Mar-2026 10:15:30",
        "Thu, 5 Mar 2026 10:15:30 +0800",
        "Thu Mar 05 10:15:30 CST 2026",
        "Thursday, March 5, 2026 10:15:30 am",
        "'2026-03-05 10:15:30",
        "46086.42743055556",
    ],
)
def test_a_moment_is_read_however_it_is_written(text: str) -> None:
    assert read_date(text) == MOMENT


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026/3/5 10:15", 10, 15),
        ("2026/3/5 下午3:05", 15, 5),
        ("2026/3/5 中午12:05", 12, 5),
        ("2026/3/5 中午 1:05", 13, 5),
        ("2026/3/5 凌晨12:05", 0, 5),
        ("2026/3/5 晚上8点05分", 20, 5),
        ("2026/3/5 3:05 PM", 15, 5),
        ("2026/3/5 12:05 a.m.", 0, 5),
        ("2026/3/5 24:05", 0, 5),
        ("2026/3/5", 0, 0),
        ("20260305", 0, 0),
    ],
)
def test_the_time_of_day_is_that_of_china(text: str, hour: int, minute: int) -> None:
    when = read_date(text)

    assert when is not None
    assert when.timestamp() == datetime(2026, 3, 5, hour, minute, tzinfo=UTC).timestamp() - 8 * 3600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "0",
        "-1",
        "10690000123456",
        "13800001111",
        "95555",
        "1.77268E+12",
        "26/3/5 10:15",
        "2026-13-05 10:15",
        "2026-02-30 10:15",
        "2026-03-05 25:15",
        "1970-01-01 08:00:00",
        "2026-03-05 10:15:30 +99:00",
        "您的借款请于2026-03-05 10:15还款",
        "10:15:30",
        "Mar 2026",
        "9" * 400,
        "2026-03-05 " + "10:15:30 " * 400,
    ],
)
def test_what_is_no_single_moment_is_none(text: str) -> None:
    assert read_date(text) is None


def test_day_and_month_before_the_year_are_told_by_whoever_asks() -> None:
    text = "03/05/2026 10:15:30"

    assert read_date(text) is None
    assert read_date(text, Order.MONTH_FIRST) == MOMENT
    assert read_date("05/03/2026 10:15:30", Order.DAY_FIRST) == MOMENT
    assert read_date("03/03/2026 10:15") == datetime(2026, 3, 3, 2, 15, tzinfo=UTC)
    assert open_order(text) == (3, 5)
    assert open_order("05.03.2026") is None
    assert open_order("2026-03-05") is None


def test_a_time_alone_is_told_from_a_date() -> None:
    assert is_time_of_day("10:15:30")
    assert is_time_of_day("下午 3:05")
    assert not is_time_of_day("2026-03-05 10:15")
    assert not is_time_of_day("3")
