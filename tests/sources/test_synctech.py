import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.endless import read_endless
from tests.sources.exports import FIRST_DATE, HEAD, Reading, mms, part, read, sms, smses
from tests.sources.prefixes import cuts, document_of
from watcher.core.model import Message
from watcher.sources import synctech
from watcher.sources.files import read_path
from watcher.sources.items import Finished
from watcher.sources.window import CHUNK

DUE = "【示例金融】您的借款今日应还500.00元，请及时还款。"
SHARED = Path(os.environ.get("WATCHER_SHARED", "../shared"))


def test_an_ordinary_export_gives_its_received_messages(tmp_path: Path) -> None:
    content = smses(sms(DUE), sms("好的", number=1, kind="2"), sms("再见", number=2))
    reading = read(tmp_path, content)

    first = reading.messages[0]
    assert reading.texts == [DUE, "再见"]
    assert first.sender == "10690000123456"
    assert first.received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
    assert first.received_at.tzinfo is UTC
    assert first.subject is None
    assert first.unreadable is None
    assert first.source == str(tmp_path / "file")
    assert reading.damage == []
    assert reading.finished == [
        Finished(
            source=str(tmp_path / "file"),
            records=3,
            incoming=2,
            announced=3,
            end=len(content.removesuffix("\n</smses>\n").encode()),
        ),
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("逾期&#55357;&#56832;请还", "逾期😀请还"),
        ("&#xD83D;&#xDE00;", "😀"),
        ("a&#55357;b", "a�b"),
        ("&#56832;&#55357;", "��"),
        ("a&#0;b&#11;c", "a�b�c"),
        ("a\x01b", "a�b"),
        ("a\x00b", "a�b"),
        ("本期应还298.60元&如已还请忽略", "本期应还298.60元&如已还请忽略"),
        ("AT&amp;T &lt;1/2&gt; &quot;x&quot; &apos;", 'AT&T <1/2> "x" \''),
        ("&amp;#10;", "&#10;"),
        ("第一行&#10;第二行\n第三行", "第一行\n第二行\n第三行"),
        ("""'说 "还款" data="x"/> 完'""", '说 "还款" data="x"/> 完'),
        ("a /> <sms b", "a /> <sms b"),
        ("&#9999999;&#1114112;&unknown;&bomb;", "��&unknown;&bomb;"),
        ("😀", "😀"),
    ],
)
def test_a_damaged_text_is_repaired_and_its_neighbours_are_read(
    tmp_path: Path, body: str, text: str
) -> None:
    reading = read(tmp_path, smses(sms("前"), sms(body, number=1), sms("后", number=2)))

    assert reading.texts == ["前", text, "后"]
    assert reading.finished[0].records == 3


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xe8\xaf\xb7\xff\xe5\x8f\x8a\xe6\x97\xb6\xe8\xbf\x98\xe6\xac\xbe", "请�及时还款"),
        (b"\xed\xa0\xbd\xed\xb8\x80 ok", "😀 ok"),
        (b"\xed\xa0\xbd ok", "� ok"),
        ("您的借款已逾期，请及时还款".encode("gbk"), "您的借款已逾期，请及时还款"),
    ],
)
def test_bytes_that_are_no_utf8_cost_at_most_themselves(
    tmp_path: Path, raw: bytes, text: str
) -> None:
    content = smses(sms("前"), sms("BODY", number=1), sms("后", number=2)).encode()

    reading = read(tmp_path, content.replace(b"BODY", raw))

    assert reading.texts == ["前", text, "后"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_any_utf_is_read(tmp_path: Path, codec: str) -> None:
    reading = read(tmp_path, smses(sms(DUE), sms("😀", number=1)).encode(codec))

    assert reading.texts == [DUE, "😀"]
    assert reading.finished[0].announced == 2


def test_a_file_of_gbk_is_read_as_it_declares(tmp_path: Path) -> None:
    content = smses(sms(DUE)).replace("UTF-8", "GBK").encode("gbk")

    assert read(tmp_path, content).texts == [DUE]


def test_comments_and_cdata_hold_no_messages(tmp_path: Path) -> None:
    hidden = f"<!-- {sms('隐')} --><![CDATA[ {sms('藏')} ]]>"

    assert read(tmp_path, smses(sms("前"), hidden, sms("后", number=1), count=2)).texts == [
        "前",
        "后",
    ]


def test_a_doctype_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    content = smses(sms("&bomb;")).replace(
        "<smses",
        '<!DOCTYPE smses [<!ENTITY a "aaaaaaaa"><!ENTITY bomb "&a;&a;&a;&a;">]><smses',
        1,
    )

    reading = read(tmp_path, content)

    assert reading.messages == []
    assert reading.reasons == ["source.has_doctype"]
    assert len(reading.finished) == 1


def test_a_truncated_export_keeps_what_is_whole(tmp_path: Path) -> None:
    content = smses(sms("一"), sms("二", number=1), sms("三", number=2))

    reading = read(tmp_path, content[: content.index("三")])

    assert reading.texts == ["一", "二"]
    assert reading.reasons == ["source.ends_early"]
    assert reading.damage[0].values == {"read": 2, "announced": 3}


def test_a_wrong_count_is_only_remarked(tmp_path: Path) -> None:
    reading = read(tmp_path, smses(sms("一"), count=9999))

    assert reading.texts == ["一"]
    assert reading.reasons == ["source.count_differs"]
    assert reading.finished[0].announced == 9999


def test_every_prefix_of_an_export_gives_only_whole_records() -> None:
    records = [
        *(sms(f"{DUE * 40}&#10;&#55357;&#56832;{number}", number=number) for number in range(22)),
        mms(part("彩信一") + part("彩信二", seq=1)),
        sms("'引号 \" />'", number=40),
    ]
    content = smses(*records * 3).encode()
    whole = _read_bytes(content)
    assert len(whole) == 72
    assert len(content) > 200_000

    for end in cuts(len(content), 1):
        prefix = _read_bytes(content[:end])
        assert prefix == whole[: len(prefix)]


def _read_bytes(content: bytes) -> list[Message]:
    return [item for item in synctech.read(document_of(content)) if isinstance(item, Message)]


def test_the_order_of_attributes_and_unknown_ones_do_not_matter(tmp_path: Path) -> None:
    record = (
        f"<sms marker='1' body='{DUE}' type = \"1\"\n date='{FIRST_DATE}'  address=\"95555\"></sms>"
    )

    [message] = read(tmp_path, smses(record)).messages

    assert (message.text, message.sender) == (DUE, "95555")


def test_missing_attributes_do_not_stop_the_reading(tmp_path: Path) -> None:
    [message] = read(tmp_path, smses(f'<sms body="{DUE}" />')).messages

    assert message.text == DUE
    assert message.sender is None
    assert message.unreadable == "source.no_date"
    assert message.received_at.year > 2000


@pytest.mark.parametrize(("date", "sent"), [("0", FIRST_DATE), ("null", FIRST_DATE // 1000)])
def test_a_bad_date_is_taken_from_the_service_centre(tmp_path: Path, date: str, sent: int) -> None:
    record = f'<sms address="95555" type="1" body="x" date="{date}" date_sent="{sent}" />'

    [message] = read(tmp_path, smses(record)).messages

    assert message.received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
    assert message.unreadable is None


def test_a_record_that_is_no_xml_is_shown_as_damaged(tmp_path: Path) -> None:
    broken = sms('您的"白条"本期应还298.60元', number=1)

    reading = read(tmp_path, smses(sms("前"), broken, sms("后", number=2)))

    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.damaged_record",
        None,
    ]
    assert reading.texts[::2] == ["前", "后"]


def test_the_text_parts_of_an_mms_are_joined_in_their_order(tmp_path: Path) -> None:
    parts = (
        part("&lt;smil/&gt;", seq=-1, kind="application/smil")
        + part("第二", seq=2)
        + part("第一", seq=1)
        + part("null", seq=3, kind="image/png", more=' data="iVBORw0KGgo="')
    )
    addresses = (
        '<addrs><addr address="95555" type="137" charset="106" />'
        '<addr address="insert-address-token" type="151" charset="106" /></addrs>'
    )
    subject = (
        "账单提醒".encode()
        .decode("latin-1")
        .translate({0x80 + i: f"&#{0x80 + i};" for i in range(32)})
    )

    [message] = read(tmp_path, smses(mms(parts, sub=subject, rest=addresses))).messages

    assert message.text == "第一\n第二"
    assert message.subject == "账单提醒"
    assert message.sender == "95555"
    assert message.received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)


def test_a_text_part_kept_as_base64_is_read(tmp_path: Path) -> None:
    data = ' data="6YC+5pyf"'

    [message] = read(tmp_path, smses(mms(part("null", more=data)))).messages

    assert message.text == "逾期"


def test_an_mms_that_never_closes_is_shown_as_damaged(tmp_path: Path) -> None:
    unclosed = mms(part("彩信")).replace("  </mms>\n", "")

    reading = read(tmp_path, smses(unclosed, sms("后", number=2)))

    assert [message.unreadable for message in reading.messages] == ["source.damaged_record", None]


def test_sent_messages_are_counted_and_not_given(tmp_path: Path) -> None:
    reading = read(tmp_path, smses(mms(part("彩信"), kind="2"), sms("短信", kind="2")))

    assert reading.messages == []
    assert (reading.finished[0].records, reading.finished[0].incoming) == (2, 0)


def test_an_attribute_over_a_megabyte_is_cut_and_marked(tmp_path: Path) -> None:
    reading = read(tmp_path, smses(sms("前"), sms("还" * 2_000_000, number=1), sms("后", number=2)))

    assert [message.unreadable for message in reading.messages] == [None, "source.text_cut", None]
    assert len(reading.messages[1].text or "") <= 1024 * 1024


def test_equal_messages_have_one_identity_however_they_are_written(tmp_path: Path) -> None:
    one = read(tmp_path, smses(sms("应还&#10;500元", address="+86 138-0000-1111"))).messages[0]
    two = read(tmp_path, smses(sms("应还 500元 ", address="13800001111"))).messages[0]
    later = read(tmp_path, smses(sms("应还 500元", address="13800001111", number=1))).messages[0]

    assert one.id == two.id
    assert later.id != one.id
    assert len(one.id) == 16


def test_a_gigabyte_of_base64_is_passed_over_in_constant_memory() -> None:
    content = smses(sms("前"), mms(part("null", kind="video/mp4", more=' data="X"')))
    start, end = content.encode().split(b"X")

    messages, peak = read_endless(synctech.read, start, 1024**3, end)

    assert [message.text for message in messages] == ["前", ""]
    assert peak < 16 * CHUNK


def test_records_on_the_edges_of_the_window_are_read_once(tmp_path: Path) -> None:
    count = 6000
    reading = read(tmp_path, smses(*(sms(f"{DUE}{n}", number=n) for n in range(count))))

    assert reading.texts == [f"{DUE}{n}" for n in range(count)]


def test_an_export_without_its_head_or_in_one_line_is_read(tmp_path: Path) -> None:
    content = smses(sms(DUE), sms("后", number=1)).removeprefix(HEAD).replace("\n", "")

    assert read(tmp_path, content).texts == [DUE, "后"]


def test_two_exports_in_one_file_are_both_read(tmp_path: Path) -> None:
    reading = read(tmp_path, smses(sms("一")) + smses(sms("二", number=1)))

    assert reading.texts == ["一", "二"]
    assert reading.damage == []


def test_the_real_sample_is_read_whole() -> None:
    sample = SHARED / "formats" / "synctech.xml"
    if not sample.exists():
        pytest.skip("the sample lies outside the project")

    reading = Reading(read_path(sample))

    assert reading.damage == []
    assert (reading.finished[0].records, reading.finished[0].announced) == (15, 15)
    assert len(reading.messages) == reading.finished[0].incoming
    assert all(message.unreadable is None for message in reading.messages)
