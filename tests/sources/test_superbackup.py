from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import FIRST_DATE, read
from tests.sources.prefixes import assert_prefixes_are_sound
from watcher.sources import superbackup
from watcher.sources.items import Finished

DUE = '【示例金融】您的"白条"本期应还298.60元，还款日3月10日&如已还请忽略'


def record(body: str, *, number: int = 0, kind: str = "1", name: str = "") -> str:
    """Write one record as 超级备份 does: the body is put in as it stands."""
    return (
        f'\t<sms address="10690000123456" time="2026-3-5 10:15:30"'
        f' date="{FIRST_DATE + number * 60_000}" type="{kind}" body="{body}" read="1"'
        f' service_center="+8613800100500" name="{name}" />\n'
    )


def allsms(*records: str, count: int | None = None) -> str:
    """Write a whole export."""
    announced = len(records) if count is None else count
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<allsms count="{announced}">\n{"".join(records)}</allsms>\n'
    )


def test_an_export_gives_its_received_messages_though_it_is_no_xml(tmp_path: Path) -> None:
    reading = read(
        tmp_path, allsms(record(DUE), record("好的", number=1, kind="2"), record("再见"))
    )

    first = reading.messages[0]
    assert reading.texts == [DUE, "再见"]
    assert first.sender == "10690000123456"
    assert first.received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
    assert reading.damage == []
    assert reading.finished == [
        Finished(source=str(tmp_path / "file"), records=3, incoming=2, announced=3),
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("第一行\n第二行 <1/2>", "第一行\n第二行 <1/2>"),
        ('他说 " read="完了', '他说 " read="完了'),
        ('a="b" /> c', 'a="b" /> c'),
        ("</allsms>", "</allsms>"),
        ("见 <sms 一节", "见 <sms 一节"),
        ("AT&amp;T&#10;&#55357;&#56832;", "AT&T\n😀"),
        ("", ""),
        ("null", "null"),
    ],
)
def test_a_body_is_read_whatever_stands_in_it(tmp_path: Path, body: str, text: str) -> None:
    reading = read(tmp_path, allsms(record("前"), record(body, number=1), record("后", number=2)))

    assert reading.texts == ["前", text, "后"]
    assert [message.unreadable for message in reading.messages] == [None] * 3
    assert reading.damage == []


def test_a_name_with_quotes_costs_nothing(tmp_path: Path) -> None:
    reading = read(tmp_path, allsms(record("前", name='老王"二手车"'), record("后", number=1)))

    assert reading.texts == ["前", "后"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_in_any_utf_is_read(tmp_path: Path, codec: str) -> None:
    assert read(tmp_path, allsms(record(DUE)).encode(codec)).texts == [DUE]


def test_a_file_of_gbk_is_read_as_it_declares(tmp_path: Path) -> None:
    content = allsms(record("还款")).replace("UTF-8", "GBK").encode("gbk")

    assert read(tmp_path, content).texts == ["还款"]


def test_attributes_in_another_order_are_read_as_xml(tmp_path: Path) -> None:
    other = f'\t<sms date="{FIRST_DATE}" type="1" address="95555" body="还款&quot;" read="1" />\n'

    [message] = read(tmp_path, allsms(other)).messages

    assert (message.text, message.sender, message.unreadable) == ('还款"', "95555", None)


def test_a_damaged_record_is_shown_as_such_and_its_neighbours_are_read(tmp_path: Path) -> None:
    cut = record("还款", number=1).replace(
        ' read="1" service_center="+8613800100500" name="" />', ""
    )

    reading = read(tmp_path, allsms(record("前"), cut, record("后", number=2)))

    assert reading.texts[::2] == ["前", "后"]
    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.damaged_record",
        None,
    ]


def test_many_damaged_records_are_counted_and_not_each_shown(tmp_path: Path) -> None:
    reading = read(tmp_path, allsms(*['\t<sms date="x" y\n'] * 500, record("后", number=1)))

    assert len(reading.messages) == 101
    assert reading.texts[-1] == "后"
    assert reading.damage[0].values == {"count": 400}


def test_a_truncated_export_keeps_what_is_whole(tmp_path: Path) -> None:
    content = allsms(record("一"), record("二", number=1), record("三", number=2))

    reading = read(tmp_path, content[: content.index("三")])

    assert reading.texts == ["一", "二"]
    assert reading.reasons == ["source.ends_early"]
    assert reading.damage[0].values == {"read": 2, "announced": 3}


def test_a_wrong_count_is_only_remarked(tmp_path: Path) -> None:
    assert read(tmp_path, allsms(record("一"), count=9)).reasons == ["source.count_differs"]


def test_an_empty_export_is_whole(tmp_path: Path) -> None:
    for content in ('<allsms count="0"></allsms>', '<allsms count="0" />'):
        reading = read(tmp_path, content)

        assert (reading.messages, reading.damage) == ([], [])


def test_two_exports_in_one_file_are_both_read(tmp_path: Path) -> None:
    reading = read(tmp_path, allsms(record("一")) + allsms(record("二", number=1)))

    assert reading.texts == ["一", "二"]
    assert reading.damage == []


def test_a_doctype_is_refused(tmp_path: Path) -> None:
    content = allsms(record("x")).replace("<allsms", "<!DOCTYPE allsms []><allsms", 1)

    reading = read(tmp_path, content)

    assert (reading.messages, reading.reasons) == ([], ["source.has_doctype"])


def test_records_on_the_edges_of_the_window_are_read_once(tmp_path: Path) -> None:
    count = 9000
    reading = read(tmp_path, allsms(*(record(f"{DUE}{n}", number=n) for n in range(count))))

    assert reading.texts == [f"{DUE}{n}" for n in range(count)]
    assert reading.damage == []


def test_a_body_of_many_megabytes_is_cut_and_marked(tmp_path: Path) -> None:
    long = record("还" * 2_000_000, number=1)

    reading = read(tmp_path, allsms(record("前"), long, record("后", number=2)))

    assert [message.unreadable for message in reading.messages] == [None, "source.text_cut", None]
    assert reading.texts[::2] == ["前", "后"]


def test_every_prefix_of_an_export_gives_no_wrong_record() -> None:
    records = [record(f'{DUE * 8}\n"{n}" <{n}/>', number=n, name='老"王') for n in range(250)]

    assert_prefixes_are_sound(allsms(*records).encode(), superbackup.read)
