"""Tables of messages: which column is what, told by its header, by its content, or not at all."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.sources.exports import Reading, read
from tests.sources.tables import DUE, HEADER, MOMENT, RECEIVED, SENT, table
from watcher.phrases import Phrases


def _said(reading: Reading) -> str:
    [remark] = reading.remarks
    return Phrases("zh").say(remark.reason, remark.values)


def test_a_table_gives_its_received_messages_and_says_what_was_taken_for_what(
    tmp_path: Path,
) -> None:
    reading = read(tmp_path, table(HEADER, RECEIVED, SENT))

    [message] = reading.messages
    assert (message.text, message.sender, message.received_at) == (DUE, "10690000123456", MOMENT)
    assert message.unreadable is None
    assert reading.damage == []
    assert (reading.finished[0].records, reading.finished[0].incoming) == (2, 1)
    said = _said(reading)
    assert all(f"“{name}”" in said for name in HEADER[1:])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_any_charset_and_separator_are_told(tmp_path: Path, codec: str, separator: str) -> None:
    rows = [
        HEADER,
        *[RECEIVED] * 5,
        ("", "95555", "接收", "2026-03-05 10:15:30", "请还款,a;b|c\td"),
    ]

    reading = read(tmp_path, table(*rows, separator=separator).encode(codec))

    assert reading.texts == [*[DUE] * 5, "请还款,a;b|c\td"]
    assert reading.damage == []


def test_a_separator_that_the_first_line_names_is_taken(tmp_path: Path) -> None:
    assert read(tmp_path, "sep=;\r\n" + table(HEADER, RECEIVED, separator=";")).texts == [DUE]


def test_chinese_that_begins_late_is_decoded_too(tmp_path: Path) -> None:
    header = ("number", "type", "date", "body")
    plain = ("95555", "received", "2026-03-05 10:15:30", "plain text " * 20)
    late = ("95555", "received", "2026-03-05 10:15:30", DUE)

    content = table(header, *[plain] * 3000, late).encode("gbk")

    assert read(tmp_path, content).texts[-1] == DUE


@pytest.mark.parametrize(
    "header",
    [
        ("姓名", "手机号码", "收发类型", "收发时间", "短信内容"),
        ("Name", "Phone Number", "Direction", "Date", "Message"),
        ("name", "address", "type", "date", "body"),
        ("Contact", "Sender ID", "Type", "Message Date", "Text"),
        ("contact_name", "Number", "folder", "timestamp", "content"),
        ("收件人", "发件人", "方向", "发送时间", "信息内容"),
        ("备注", "对方号码(本机除外)", "信箱", "日期时间", "消息正文"),
    ],
)
def test_headers_in_both_languages_are_understood(tmp_path: Path, header: tuple[str, ...]) -> None:
    rows = [("", "10690000123456", word, "2026-03-05 10:15:30", DUE) for word in ("收到", "发件箱")]

    reading = read(tmp_path, table(header, *rows))

    [message] = reading.messages
    assert (message.text, message.sender, message.received_at) == (DUE, "10690000123456", MOMENT)


@pytest.mark.parametrize(
    "words",
    [
        ("接收", "发送"),
        ("收件箱", "发件箱"),
        ("Incoming", "Outgoing"),
        ("RECEIVED", "SEND"),
        ("inbox", "draft"),
        ("DELIVER", "SUBMIT"),
        ("1", "2"),
    ],
)
def test_the_words_of_both_directions_are_known(tmp_path: Path, words: tuple[str, str]) -> None:
    rows = [("", "95555", word, "2026-03-05 10:15:30", f"{word} 短信") for word in words]

    assert read(tmp_path, table(HEADER, *rows)).texts == [f"{words[0]} 短信"]


def test_a_state_in_numbers_is_no_direction(tmp_path: Path) -> None:
    header = ("号码", "状态", "时间", "内容")

    reading = read(tmp_path, table(header, ("95555", "2", "2026-03-05 10:15:30", DUE)))

    assert reading.texts == [DUE]
    assert reading.remarks[0].reason == "source.csv_columns_all_received"


@pytest.mark.parametrize(
    "rows",
    [
        [
            ("10690000123456", "1", "2026-03-05 10:15:30", DUE),
            ("13900001234", "2", "2026-03-05 10:16:30", "我昨天就还了呀，你看看"),
        ],
        [
            ("1024", "10690000123456", "RECEIVED", "2026-03-05T02:15:30.000Z", DUE, "y", "-1"),
            (
                "1025",
                "13900001234",
                "SEND",
                "2026-03-05T02:16:30.000Z",
                "我昨天就还了呀",
                "y",
                "-1",
            ),
        ],
    ],
)
def test_a_table_without_header_is_told_by_its_content(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    reading = read(tmp_path, table(*rows))

    [message] = reading.messages
    assert (message.text, message.sender, message.received_at) == (DUE, "10690000123456", MOMENT)
    assert f"#{rows[0].index(DUE) + 1}" in _said(reading)


def test_date_and_time_may_stand_in_two_columns(tmp_path: Path) -> None:
    header = ("号码", "日期", "时间", "内容")

    [message] = read(tmp_path, table(header, ("95555", "2026/3/5", "10:15:30", DUE))).messages

    assert message.received_at == MOMENT


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["05/03/2026 10:15:30", "25/03/2026 10:15:30"], MOMENT),
        (["03/05/2026 10:15:30", "03/25/2026 10:15:30"], MOMENT),
    ],
)
def test_day_and_month_are_told_by_the_whole_column(
    tmp_path: Path, dates: list[str], first: datetime
) -> None:
    rows = [("95555", "接收", date, DUE) for date in [dates[0]] * 700 + [dates[1]]]

    reading = read(tmp_path, table(HEADER[1:], *rows))

    assert reading.messages[0].received_at == first
    assert len(reading.messages) == 701


@pytest.mark.parametrize("dates", [["05/03/2026 10:15:30"], ["05/13/2026 1:15", "13/05/2026 1:15"]])
def test_dates_that_nothing_settles_are_refused(tmp_path: Path, dates: list[str]) -> None:
    rows = [("95555", "接收", date, DUE) for date in dates]

    reading = read(tmp_path, table(HEADER[1:], *rows))

    assert (reading.messages, reading.reasons) == ([], ["source.csv_unclear_dates"])
    assert dates[0] in Phrases("zh").say(reading.damage[0].reason, reading.damage[0].values)


@pytest.mark.parametrize(
    ("cell", "sender"),
    [
        ("'10690000123456", "10690000123456"),
        ("\t10690000123456", "10690000123456"),
        ('="10690000123456"', "10690000123456"),
        ("10690000123456.0", "10690000123456"),
        ("+8613900001234", "+8613900001234"),
        ("招商银行", "招商银行"),
        ("", None),
        ("null", None),
    ],
)
def test_what_protects_a_number_from_spreadsheets_is_taken_off(
    tmp_path: Path, cell: str, sender: str | None
) -> None:
    rows = [
        ("95555", "接收", "2026-03-05 10:15:30", "x"),
        (cell, "接收", "2026-03-05 10:15:30", DUE),
    ]

    assert read(tmp_path, table(HEADER[1:], *rows)).messages[1].sender == sender


def test_digits_that_a_spreadsheet_lost_are_never_made_up(tmp_path: Path) -> None:
    rows = [("1.0690E+13", "接收", "2026/3/5 10:15", DUE)]

    reading = read(tmp_path, table(HEADER[1:], *rows))

    assert reading.messages[0].sender is None
    assert reading.messages[0].unreadable is None
    assert reading.remarks[-1].reason == "source.csv_numbers_lost"


def test_formulas_are_text(tmp_path: Path) -> None:
    bodies = ['=HYPERLINK("http://a.example","还款")', "+1", "-1", "@SUM(1)", "\tx"]
    rows = [("", "95555", "接收", "2026-03-05 10:15:30", body) for body in bodies]

    assert read(tmp_path, table(HEADER, *rows)).texts == bodies


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (table(("号码", "姓名", "时长"), ("13800001111", "王", "35秒")), "source.csv_no_columns"),
        (table(("姓名", "内容"), ("王", DUE)), "source.csv_no_columns"),
        (table(("号码", "内容", "内容"), ("95555", DUE, DUE)), "source.csv_unclear_columns"),
        (
            table(
                ("13800001111", "13800002222", "2026-03-05 10:15:30", DUE),
                ("13800003333", "13800004444", "2026-03-06 10:15:30", DUE),
            ),
            "source.csv_unclear_columns",
        ),
    ],
)
def test_a_table_that_is_not_clear_is_refused_in_one_sentence(
    tmp_path: Path, content: str, reason: str
) -> None:
    reading = read(tmp_path, content)

    assert (reading.messages, reading.reasons) == ([], [reason])
    assert Phrases("zh").say(reason, reading.damage[0].values)


@pytest.mark.parametrize(
    "content",
    [
        "今天天气不错，我们去公园。\n明天下雨，在家。\n",
        "a,b,c\n1,2,3\n4,5,6\n",
        "<table><tr><td>号码,时间,内容</td></tr></table>",
        '[{"号码": 1, "内容": 2, "时间": 3}]',
    ],
)
def test_what_is_no_table_of_messages_is_not_taken_for_one(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content).reasons == ["source.unknown_format"]
