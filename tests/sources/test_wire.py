import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from watcher.core.model import Channel, Message
from watcher.sources.items import SHORT_LIMIT, TEXT_LIMIT
from watcher.sources.usual import usual_sms
from watcher.sources.wire import Forged, decode, encode, to_row

AT = datetime(2026, 3, 5, 2, 15, 30, 1000, tzinfo=UTC)
USUAL = Message(
    id="0123456789abcdef",
    channel=Channel.SMS,
    received_at=AT,
    sender="10690000123456",
    text="【示例金融】您的借款今日应还500.00元😀",
    source="file",
)


def test_a_usual_sms_made_the_quick_way_is_equal_in_every_field() -> None:
    quick = usual_sms(USUAL.id, AT, USUAL.sender, USUAL.text, "file")

    assert quick == USUAL
    for field in fields(Message):
        assert getattr(quick, field.name) == getattr(USUAL, field.name)
    with pytest.raises(AttributeError):
        quick.text = "别的"  # type: ignore[misc]


@pytest.mark.parametrize("text", ["今日应还", "", "a\nb", "x\x0b", "\\u0041", "'\"/>", None])
def test_an_sms_comes_through_as_it_was(text: str | None) -> None:
    sent = usual_sms(USUAL.id, AT, None if text == "" else "1069", text, "file")

    assert list(decode(encode([to_row(sent)]), "file")) == [sent]


@pytest.mark.parametrize(
    "row",
    [
        ["s"],
        ["s", "1", 1, "2", "3", "4"],
        ["s", 1, 1, "2", "3"],
        ["s", "1", "1", "2", "3"],
        ["s", "1", True, "2", "3"],
        ["s", "1", 1, 2, "3"],
        ["s", "1", 1, "2", ["3"]],
        ["s", "1", 10**30, "2", "3"],
        ["s", "x" * (SHORT_LIMIT + 1), 1_772_676_930_000, "2", "3"],
        ["s", "1", 1_772_676_930_000, "x" * (SHORT_LIMIT + 1), "3"],
        ["s", "1", 1_772_676_930_000, "2", "x" * (TEXT_LIMIT + 1)],
    ],
)
def test_an_sms_that_our_code_cannot_have_written_is_refused(row: list[object]) -> None:
    with pytest.raises(Forged):
        list(decode(json.dumps([row]).encode() + b"\n", "file"))


@pytest.mark.parametrize("half", [b"\xed\xa0\xbd", b"\\ud83d"])
def test_half_a_character_does_not_come_through(half: bytes) -> None:
    with pytest.raises(Forged):
        list(decode(b'[["s","1",1772676930000,"1069","a%s"]]\n' % half, "file"))
