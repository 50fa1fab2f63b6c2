import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from watcher.core.model import Channel, Message
from watcher.sources.items import EARLIEST, LATEST, SHORT_LIMIT, TEXT_LIMIT, Item, Mark, Progress
from watcher.sources.usual import Read, UsualRun, usual_sms
from watcher.sources.wire import Forged, decode, encode

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


def across(*items: Read) -> list[Item | Mark]:
    return list(decode(encode(items), "file"))


@pytest.mark.parametrize("text", ["今日应还", "", "a\nb", "x\x0b", "\\u0041", "'\"/>", None])
def test_an_sms_comes_through_as_it_was(text: str | None) -> None:
    sent = usual_sms(USUAL.id, AT, None if text == "" else "1069", text, "file")

    assert across(sent) == [sent]


def test_runs_come_through_in_their_order_among_others() -> None:
    run = UsualRun(["a", "b"], [EARLIEST, LATEST - 1], ["1069", None], ["今日应还", None])
    more = replace(USUAL, unreadable="source.no_date")
    early = replace(USUAL, received_at=datetime(1990, 1, 1, tzinfo=UTC))
    reached = Progress(read=1, total=2)

    came = across(USUAL, USUAL, run, more, USUAL, early, reached)

    one, other = run.messages("file")
    assert came == [USUAL, USUAL, one, other, more, USUAL, early, reached]
    assert (one.text, one.received_at) == ("今日应还", datetime(1995, 1, 1, tzinfo=UTC))
    assert (other.sender, other.text) == (None, None)


FORGED_RUNS = [
    [],
    [["1"], [EARLIEST], ["2"], ["3"], ["4"]],
    [["1", "1"], [EARLIEST], ["2"], ["3"]],
    [["1"], [EARLIEST], ["2"], []],
    ["1", [EARLIEST], ["2"], ["3"]],
    [["1"], {"0": EARLIEST}, ["2"], ["3"]],
    [[1], [EARLIEST], ["2"], ["3"]],
    [[None], [EARLIEST], ["2"], ["3"]],
    [["1"], [str(EARLIEST)], ["2"], ["3"]],
    [["1"], [True], ["2"], ["3"]],
    [["1"], [EARLIEST + 0.5], ["2"], ["3"]],
    [["1"], [None], ["2"], ["3"]],
    [["1"], [EARLIEST - 1], ["2"], ["3"]],
    [["1"], [LATEST], ["2"], ["3"]],
    [["1"], [10**30], ["2"], ["3"]],
    [["1"], [EARLIEST], [2], ["3"]],
    [["1"], [EARLIEST], ["2"], [["3"]]],
    [["x" * (SHORT_LIMIT + 1)], [EARLIEST], ["2"], ["3"]],
    [["1"], [EARLIEST], ["x" * (SHORT_LIMIT + 1)], ["3"]],
    [["1"], [EARLIEST], ["2"], ["x" * (TEXT_LIMIT + 1)]],
]


@pytest.mark.parametrize("columns", FORGED_RUNS)
def test_an_sms_that_our_code_cannot_have_written_is_refused(columns: list[object]) -> None:
    with pytest.raises(Forged):
        list(decode(json.dumps([["u", *columns]]).encode() + b"\n", "file"))


@pytest.mark.parametrize("half", [b"\xed\xa0\xbd", b"\\ud83d"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_half_a_character_does_not_come_through(half: bytes, at: int) -> None:
    values = [b"a%s" % half if at == one else b"b" for one in range(3)]
    line = b'[["u",["%s"],[1772676930000],["%s"],["%s"]]]\n' % tuple(values)

    with pytest.raises(Forged):
        list(decode(line, "file"))
    assert len(list(decode(line.replace(half, b""), "file"))) == 1
