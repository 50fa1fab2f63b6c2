import json
from itertools import count
from pathlib import Path

import pytest

from tests.sources.endless import read_endless
from tests.sources.exports import read
from tests.sources.jsonexports import (
    fossify,
    fossify_sms,
    lines,
    smsie_array,
    smsie_mms,
    smsie_sms,
    zipped,
)
from watcher.sources import smsie


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'[{"_id":"1","thread_id":"2","date":"3","body":' + b"[" * 200_000,
        lines(smsie_sms("x")).encode() + b"[" * 200_000,
        lines(smsie_sms("x") | {"marker": [[[[[[[[]]]]]]]]})
        .replace("[", "[[[[[")
        .replace("]", "]]]]]")
        .encode(),
        fossify(fossify_sms("x")).encode()[:-1] + b",{" * 200_000,
        lines(smsie_sms("x") | {"creator": "y" * 2_000_000, "z": [5]})
        .replace("[5", "[" * 200_000)
        .encode(),
    ],
    ids=count(),
)
def test_brackets_without_end_are_refused_with_one_line(tmp_path: Path, content: bytes) -> None:
    reading = read(tmp_path, content)

    assert reading.reasons == ["source.json_too_deep"]
    assert len(reading.messages) <= 1


def test_records_on_the_edges_of_the_window_are_read_once(tmp_path: Path) -> None:
    texts = [f"今日应还500.00元{number}" for number in range(6000)]
    rows = [smsie_sms(text, number=number) for number, text in enumerate(texts)]

    for content in (lines(*rows), smsie_array(*rows)):
        assert read(tmp_path, content).texts == texts


def test_records_wider_than_the_window_are_read_without_their_pictures(tmp_path: Path) -> None:
    wide = smsie_mms("一", "二") | {"preview_data__base64__": "iVBORw0K/+" * 300_000}
    broken = lines(wide).replace('"read":', "read:")
    escaped = smsie_mms('三\n\\"/\t😀' * 30_000) | {"preview": '\\"/\u2028é' * 400_000}

    reading = read(
        tmp_path,
        lines(wide, smsie_sms("中"))
        + broken
        + lines(smsie_sms("后"))
        + json.dumps(escaped)
        + lines(smsie_sms("末")),
    )

    assert reading.texts[:2] == ["一\n二", "中"]
    assert reading.messages[2].unreadable == "source.damaged_record"
    assert reading.texts[3:] == ["后", '三\n\\"/\t😀' * 30_000, "末"]


@pytest.mark.parametrize("name", ["body", "preview"])
def test_a_gigabyte_of_text_is_passed_over_in_constant_memory(name: str) -> None:
    content = lines(smsie_sms("前"), smsie_mms("中") | {name: "XX"}, smsie_sms("后"))
    start, end = content.encode().split(b"XX")
    messages, peak = read_endless(smsie.read, start, 300 * 1024**2, end)

    assert [message.text for message in messages] == ["前", "中", "后"]
    assert messages[1].unreadable == (None if name == "preview" else "source.text_cut")
    assert peak < 16 * 1024**2


@pytest.mark.parametrize(
    "content",
    [
        b'[{"_id":"1","thread_id":"2","date":"' + b'\\"' * 500_000,
        b'[{"_id":"1","thread_id":"2","date":' + b" " * 3_000_000,
        b'[{"_id":"1","thread_id":"2","date":"1"}' + b"\n" * 3_000_000,
        b'[{"_id":"1","thread_id":"2","date":x}' + b"\n" * 3_000_000,
        b'[{"_id":"1","thread_id":"2","date":x}' + b"{ " * 500_000,
        b'[{"_id":"1","thread_id":"2","date":"1"}' + b"{} " * 300_000,
        b'[{"_id":"1","thread_id":"2","date":"1"}' + b'{"a":"' * 100_000,
        b'{"_id":"1","thread_id":"2","date":"1"}' + b'"\\' * 500_000,
        b'[{"_id":"1","thread_id":"2","date":' + b"1" * 3_000_000,
        b'[{"_id":"1","thread_id":"2","date":"1",' + b'"a":1,' * 500_000,
        b'[{"_id":"1","thread_id":"2","date":"1"},' + b'{"_id":"\\x"},' * 100_000,
        b"[" + b" " * 3_000_000 + b"{",
        b"[{" + b'"' * 250_000,
        b'{"sms":[' * 30 + b'{"_id":' * 500_000,
    ],
    ids=count(),
)
def test_no_json_takes_more_time_than_its_size_explains(tmp_path: Path, content: bytes) -> None:
    import time  # noqa: PLC0415  only this test measures

    for each in (content, zipped({"messages.ndjson": content})):
        started = time.process_time()
        reading = read(tmp_path, each)

        assert time.process_time() - started < 5
        assert len(reading.finished) == 1
