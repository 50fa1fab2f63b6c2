from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports import FIRST_DATE, read
from tests.sources.jsonexports import DUE, changed, lines, smsie_array, smsie_mms, smsie_sms


def test_a_body_of_gbk_with_bytes_that_look_like_json_is_read(tmp_path: Path) -> None:
    # The second bytes of these characters are those of \ [ ] { | } in ASCII.
    body = "誠乗昜沎歿|" * 5 + DUE

    assert read(tmp_path, lines(smsie_sms(body)).encode("gb18030")).texts == [body]


@pytest.mark.parametrize(
    ("row", "text", "unreadable"),
    [
        (changed(body=...), "", None),
        (changed(body=None), "", None),
        (changed(body="null"), "null", None),
        (changed(body=5), "", "source.damaged_record"),
        (changed(body=["x"]), "", "source.damaged_record"),
        (changed(body="a\ud800b\ud83d\ude00c\0d\x1be"), "a�b😀c�d�e", None),
        (changed(date=FIRST_DATE), DUE, None),
        (changed(date=float(FIRST_DATE)), DUE, None),
        (changed(date=str(FIRST_DATE // 1000)), DUE, None),
        (changed(date=..., date_sent=FIRST_DATE // 1000), DUE, None),
        (changed(date=0, date_sent="0"), DUE, "source.no_date"),
        (changed(date=-5, date_sent=...), DUE, "source.no_date"),
        (changed(date="x" * 99, date_sent=None), DUE, "source.no_date"),
        (changed(date=10**300, date_sent=10**4000), DUE, "source.no_date"),
        (changed(date=True, date_sent={}), DUE, "source.no_date"),
        (changed(date=float("nan"), date_sent=float("inf")), DUE, "source.no_date"),
        (changed(type=...), DUE, None),
        (changed(type=1), DUE, None),
        (changed(marker={"x": [1, [2]]}, time_body="y", deleted="1"), DUE, None),
        (changed(body="x" * 3_000_000), "x" * 1024 * 1024, "source.text_cut"),
    ],
)
def test_a_row_of_an_odd_phone_is_read_as_far_as_it_goes(
    tmp_path: Path, row: str, text: str, unreadable: str | None
) -> None:
    reading = read(tmp_path, lines(smsie_sms("前")) + row + lines(smsie_sms("后", number=2)))

    assert reading.texts == ["前", text, "后"]
    assert [message.unreadable for message in reading.messages] == [None, unreadable, None]
    assert reading.messages[1].received_at.year >= 2026
    assert reading.damage == []


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("招联金融", "招联金融"),
        (95555, "95555"),
        (None, None),
        ("", None),
        ("null", None),
        ("ʼUNKNOWN_SENDER!ʼ", None),
        ({"x": 1}, None),
        ("1" * 50_000, "1" * 1000),
        ("a\ud800", "a�"),
    ],
)
def test_a_sender_is_what_can_be_one(tmp_path: Path, address: Any, sender: str | None) -> None:
    assert read(tmp_path, changed(address=address)).messages[0].sender == sender


@pytest.mark.parametrize("kind", ["2", "0", "6", 3, 10**2000, "x"])
def test_what_was_not_received_is_counted_and_not_given(tmp_path: Path, kind: Any) -> None:
    reading = read(tmp_path, lines(smsie_sms("前")) + changed(type=kind))

    assert reading.texts == ["前"]
    assert (reading.finished[0].records, reading.finished[0].incoming) == (2, 1)


@pytest.mark.parametrize("name", ["body", "type", "date", "address"])
def test_a_row_that_says_one_thing_twice_is_marked(tmp_path: Path, name: str) -> None:
    row = lines(smsie_sms(DUE)).replace("{", f'{{"{name}":"1",', 1)

    reading = read(tmp_path, lines(smsie_sms("前")) + row)

    assert reading.messages[1].unreadable == "source.damaged_record"
    assert read(tmp_path, row.replace(name, "marker", 1)).messages[0].unreadable is None


@pytest.mark.parametrize(
    "harm",
    [
        lambda row: row.replace("今日", '"今日"'),
        lambda row: row.replace('"body":', '"body":x'),
        lambda row: row.replace('"seen":"1"', '"seen":'),
        lambda row: row.replace('"seen":"1",', '"seen":"1"'),
        lambda row: row.replace('"seen":', "seen:"),
        lambda row: row.replace("今日", "\\今日"),
        lambda row: row.replace("今日", "\\u12今日"),
        lambda row: row.replace('"17"', "1" * 5000),
        lambda row: row.replace('"17"', "[1}"),
        lambda row: row.replace('"17"', "[[[[]]]"),
    ],
)
def test_a_row_that_is_no_json_is_shown_and_its_neighbours_are_read(
    tmp_path: Path, harm: Callable[[str], str]
) -> None:
    before, after = lines(smsie_sms("前")), lines(smsie_mms("后"))
    row = harm(lines(smsie_sms(DUE, number=1)))

    for content in (before + row + after, f"[{before},{row},{after}]", f"[{before},\n{row}]"):
        reading = read(tmp_path, content)

        assert reading.messages[0].text == "前"
        assert reading.messages[1].unreadable == "source.damaged_record"
        assert reading.texts[2:] == (["后"] if after in content else [])
        assert reading.damage == []


def test_of_a_broken_row_what_can_be_told_is_told(tmp_path: Path) -> None:
    broken = lines(smsie_sms(DUE, number=1)).replace('"seen":', "seen:")
    sent = lines(smsie_sms(DUE, number=1, kind="2")).replace('"seen":', "seen:")

    [_, message] = read(tmp_path, lines(smsie_sms("前")) + broken + sent).messages

    assert (message.text, message.sender) == (DUE, "10690000123456")
    assert message.received_at == datetime(2026, 3, 5, 2, 16, 30, tzinfo=UTC)


def test_many_broken_rows_are_counted_and_not_each_shown(tmp_path: Path) -> None:
    broken = '{"_id":"1","thread_id":"2","date":x}\n'

    reading = read(tmp_path, lines(smsie_sms("前")) + broken * 500 + lines(smsie_sms("后")))

    assert len(reading.messages) == 102
    assert len({message.id for message in reading.messages}) == 102
    assert reading.texts[-1] == "后"
    assert reading.damage[0].values == {"count": 400}


def test_what_stands_inside_a_body_is_no_row(tmp_path: Path) -> None:
    row = lines(smsie_sms("伪"))

    for body in (row, f"\n{row}\n", f'"}}\n{row}', f"],[{row}"):
        broken = lines(smsie_sms(body, number=1)).replace('"seen":', "seen:")
        whole = lines(smsie_sms(body, number=1))
        reading = read(tmp_path, lines(smsie_sms("前")) + broken + whole)

        assert [each.unreadable is None for each in reading.messages] == [True, False, True]
        assert reading.messages[2].text == body


def test_a_text_that_an_mms_keeps_as_bytes_is_read(tmp_path: Path) -> None:
    row = smsie_mms("x")
    row["__parts"][-1] = {"ct": "text/plain", "chset": "113", "binary_data": "0+LG2g=="}

    assert read(tmp_path, smsie_array(row)).texts == ["逾期"]


def test_an_mms_whose_text_stands_elsewhere_is_marked(tmp_path: Path) -> None:
    row = smsie_mms("x")
    row["__parts"][-1] = {"ct": "text/plain", "chset": "106", "_data": "/data/PART_9"}

    [message] = read(tmp_path, lines(row)).messages

    assert (message.text, message.unreadable) == ("", "source.damaged_record")


@pytest.mark.parametrize(
    "parts", [None, 5, "x", {}, [1], [[]], [{"ct": 5}], [{"ct": "text/plain", "text": {}}]]
)
def test_parts_that_are_none_leave_the_mms(tmp_path: Path, parts: Any) -> None:
    rows = (smsie_mms("x") | {"__parts": parts, "__sender_address": parts}, smsie_sms("后"))

    assert read(tmp_path, lines(*rows)).texts == ["", "后"]
