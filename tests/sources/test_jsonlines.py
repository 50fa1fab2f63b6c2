import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports import read
from watcher.core.model import Channel
from watcher.sources.jsonlines import message_from_json, parse_line

GIVEN: dict[str, Any] = {
    "id": "a",
    "channel": "sms",
    "sender": "95555",
    "received_at": "2026-03-05T10:15:30+08:00",
    "text": "您的借款今日应还500元",
}


def test_an_object_of_the_contract_becomes_a_message() -> None:
    message = message_from_json(
        GIVEN | {"channel": "email", "headers": {"To": ["a", "b"], "X": "c"}, "html": "<p>"},
    )

    assert message.id == "a"
    assert message.channel is Channel.EMAIL
    assert message.received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
    assert message.headers == (("To", "a"), ("To", "b"), ("X", "c"))
    assert (message.text, message.html, message.subject) == (GIVEN["text"], "<p>", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel": "fax"}, "source.bad_channel"),
        ({"channel": None}, "source.bad_channel"),
        ({"channel": ["sms"]}, "source.bad_channel"),
        ({"received_at": None}, "source.no_date"),
        ({"received_at": 1772676930}, "source.no_date"),
        ({"received_at": "5 March"}, "source.bad_date"),
        ({"received_at": "2026-03-05T10:15:30"}, "source.date_without_offset"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "source.bad_date"),
        ({"received_at": "1994-12-31T23:59:59.999999+00:00"}, "source.bad_date"),
        ({"received_at": "2100-01-01T08:00:00+08:00"}, "source.bad_date"),
        ({"received_at": "9999-12-31T23:59:59-14:00"}, "source.bad_date"),
        ({"text": 5}, "source.not_a_text"),
        ({"subject": ["x"]}, "source.not_a_text"),
        ({"html": {}}, "source.not_a_text"),
        ({"sender": False}, "source.not_a_text"),
        ({"headers": ["x"]}, "source.bad_headers"),
        ({"headers": {"X": 1}}, "source.not_a_text"),
        ({"id": None}, "source.bad_id"),
        ({"id": True}, "source.bad_id"),
        ({"id": "x" * 2000}, "source.bad_id"),
    ],
)
def test_an_object_of_another_form_is_refused_with_the_reason(
    change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        message_from_json(GIVEN | change)


@pytest.mark.parametrize("given", [None, [], "x", 5, [GIVEN]])
def test_what_is_no_object_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"^source.not_an_object$"):
        message_from_json(given)


@pytest.mark.parametrize(
    "line", ["", "{", "{'a':1}", '{"a":NaN}', "[" * 200_000, b"\xff", "1" * 9999]
)
def test_a_line_that_is_no_json_is_refused(line: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^source.bad_json$"):
        parse_line(line)


def test_half_characters_are_replaced_and_nothing_else_is() -> None:
    line = json.dumps(GIVEN | {"text": "a\ud800b\0\ud83d\ude00", "id": "\udfff"})

    message = message_from_json(parse_line(line))

    assert (message.text, message.id) == ("a�b\0😀", "�")


def test_a_bad_line_stops_no_other(tmp_path: Path) -> None:
    good = json.dumps(GIVEN, ensure_ascii=False)
    lines = [good, "{broken", "", "[1]", good.replace("sms", "fax"), good]

    reading = read(tmp_path, "\n".join(lines) + "\n")

    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.bad_json",
        "source.not_an_object",
        "source.bad_channel",
        None,
    ]
    assert (reading.finished[0].records, reading.finished[0].incoming) == (5, 2)


def test_a_last_line_that_was_cut_is_remarked_and_not_judged(tmp_path: Path) -> None:
    good = json.dumps(GIVEN)

    reading = read(tmp_path, f"{good}\n{good[:40]}")

    assert len(reading.messages) == 1
    assert reading.reasons == ["source.ends_early_uncounted"]


def test_a_line_without_end_is_said_and_passed_over(tmp_path: Path) -> None:
    good = json.dumps(GIVEN)
    endless = json.dumps(GIVEN | {"text": "x" * 40_000_000})

    reading = read(tmp_path, f"{good}\n{endless}\n{good}\n")

    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.line_too_long",
        None,
    ]
