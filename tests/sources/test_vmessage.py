from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import read
from tests.sources.prefixes import assert_prefixes_are_sound
from tests.sources.vmessages import android, meizu, minimal, nokia
from watcher.sources import vmessage

DUE = "【示例金融】您的借款本期应还298.60元，还款日3月10日，如已还请忽略。"
MOMENT = datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "sender"),
    [
        (android(DUE), "+8610690000123456"),
        (android(DUE, charset="GBK"), "+8610690000123456"),
        (meizu(DUE), "95555"),
        (nokia(DUE), "10690000123456"),
        (nokia(DUE, to="13700005678"), "10690000123456"),
        (nokia(DUE, stamp=""), "10690000123456"),
        (minimal(DUE), "95555"),
        (minimal(DUE, date="Date 1772676930000"), "95555"),
        (minimal(DUE, date="Date: 2026-03-05 10:15:30"), "95555"),
    ],
)
def test_each_dialect_gives_sender_time_and_text(tmp_path: Path, content: str, sender: str) -> None:
    reading = read(tmp_path, content)

    [message] = reading.messages
    assert (message.text, message.sender, message.received_at) == (DUE, sender, MOMENT)
    assert message.unreadable is None
    assert reading.damage == []
    assert reading.remarks == []


@pytest.mark.parametrize(
    "content",
    [
        android("好的", kind="SUBMIT"),
        meizu("好的", box="SENDBOX"),
        nokia("好的", box="SENT", kind="SUBMIT"),
        nokia("好的", box="OUTBOX", kind=""),
        nokia("好的", box="DRAFT", kind=""),
        minimal("好的", kind="SUBMIT"),
    ],
)
def test_messages_sent_are_counted_and_not_given(tmp_path: Path, content: str) -> None:
    reading = read(tmp_path, content)

    assert reading.messages == []
    assert (reading.finished[0].records, reading.finished[0].incoming) == (1, 0)


def test_a_message_that_does_not_say_its_direction_is_shown(tmp_path: Path) -> None:
    assert read(tmp_path, minimal(DUE, kind="")).texts == [DUE]


def test_a_body_cannot_say_that_its_message_was_sent(tmp_path: Path) -> None:
    body = "X-BOX:SENDBOX\r\nX-MESSAGE-TYPE:SUBMIT\r\n请还款"

    [message] = read(tmp_path, nokia(body)).messages

    assert "请还款" in (message.text or "")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_any_utf_is_read(tmp_path: Path, codec: str) -> None:
    assert read(tmp_path, nokia(f"{DUE}😀").encode(codec)).texts == [f"{DUE}😀"]


def test_a_file_in_the_phones_own_charset_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, nokia(DUE).encode("gbk")).texts == [DUE]


def test_many_messages_stand_in_one_file(tmp_path: Path) -> None:
    reading = read(tmp_path, "".join(android(f"{DUE}{n}", minute=n) for n in range(60)))

    assert reading.texts == [f"{DUE}{n}" for n in range(60)]
    assert reading.finished[0].records == 60


@pytest.mark.parametrize("write", [android, nokia, minimal])
def test_line_breaks_and_blank_lines_of_a_body_are_kept(tmp_path: Path, write: object) -> None:
    assert callable(write)
    body = "第一行\n\n第二行：2026/03/05\nDate:1\nTEL:10086\nBEGIN:VCARD"

    [message] = read(tmp_path, write(body)).messages

    assert (message.text or "").split() == body.split()
    assert message.received_at == MOMENT


def test_a_body_in_base64_is_read(tmp_path: Path) -> None:
    content = minimal("Subject;ENCODING=BASE64;CHARSET=UTF-8:6YC+5pyf\n 5Y+K5pe2")

    assert read(tmp_path, content).texts == ["逾期及时"]


def test_control_characters_of_a_quoted_body_are_replaced(tmp_path: Path) -> None:
    content = minimal("Subject;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:a=00b=1Bc")

    assert read(tmp_path, content).texts == ["a�b�c"]


def test_a_time_that_claims_to_be_gmt_is_taken_as_local_and_remarked(tmp_path: Path) -> None:
    reading = read(tmp_path, android(DUE, date="Date:2026/03/05 10:15:30 GMT") * 2)

    assert [message.received_at for message in reading.messages] == [MOMENT, MOMENT]
    assert [remark.reason for remark in reading.remarks] == ["source.zone_unsure"]


def test_a_message_without_any_time_is_shown_as_such(tmp_path: Path) -> None:
    [message] = read(tmp_path, minimal(DUE, date="Date:")).messages

    assert (message.text, message.unreadable) == (DUE, "source.no_date")


def test_a_truncated_file_keeps_what_is_whole(tmp_path: Path) -> None:
    content = android("一") + android("二", minute=16)

    reading = read(tmp_path, content[: content.rindex("END:VBODY")])

    assert reading.texts == ["一"]
    assert reading.reasons == ["source.ends_early_uncounted"]


def test_the_last_line_needs_no_line_break(tmp_path: Path) -> None:
    reading = read(tmp_path, android(DUE).rstrip())

    assert (reading.texts, reading.damage) == ([DUE], [])


def test_a_message_that_never_ends_is_shown_as_damaged(tmp_path: Path) -> None:
    unended = android("一").replace("END:VMSG\r\n", "")

    reading = read(tmp_path, unended + android("二", minute=16))

    assert reading.texts == ["一", "二"]
    assert [one.unreadable for one in reading.messages] == ["source.damaged_record", None]


def test_many_damaged_messages_are_counted_and_not_each_shown(tmp_path: Path) -> None:
    reading = read(tmp_path, "BEGIN:VMSG\nTEL:1\n" * 500 + android("后"))

    assert len(reading.messages) == 101
    assert reading.damage[0].values == {"count": 400}


def test_a_body_of_many_megabytes_is_cut_and_marked(tmp_path: Path) -> None:
    long = "还" * 2_000_000
    lines = "还款\n" * 700_000

    reading = read(tmp_path, minimal("前") + minimal(long) + minimal(lines) + minimal("后"))

    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.text_cut",
        "source.text_cut",
        None,
    ]
    assert reading.texts[::3] == ["前", "后"]


def test_every_prefix_of_a_file_gives_no_wrong_record() -> None:
    content = "".join((android if n % 3 else nokia)(f"{DUE * 13}{n}\n第二行=20") for n in range(60))

    assert_prefixes_are_sound(content.encode(), vmessage.read)
