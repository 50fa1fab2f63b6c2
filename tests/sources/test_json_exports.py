import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import Reading, read, smses
from tests.sources.exports import mms as synctech_mms
from tests.sources.exports import part as synctech_part
from tests.sources.exports import sms as synctech_sms
from tests.sources.jsonexports import (
    DUE,
    changed,
    fossify,
    fossify_mms,
    fossify_sms,
    lines,
    quik,
    quik_sms,
    simple_sms,
    smsie_array,
    smsie_mms,
    smsie_sms,
    smsie_zip,
)
from tests.sources.prefixes import cuts
from watcher.core.model import Message
from watcher.sources.files import read_path
from watcher.sources.formats import read_document
from watcher.sources.items import Damage, Document, Finished

SAMPLES: dict[str, bytes] = {
    "lines": lines(
        smsie_sms(DUE),
        smsie_sms("好的", number=1, kind="2"),
        smsie_sms("再见😀", number=2),
        smsie_mms("彩信一", "彩信二"),
    ).encode(),
    "array": smsie_array(
        smsie_sms(DUE),
        smsie_sms("好的", number=1, kind="2"),
        smsie_sms("再见😀", number=2),
        smsie_mms("彩信一", "彩信二"),
    ).encode(),
    "zip": smsie_zip(
        smsie_sms(DUE),
        smsie_sms("好的", number=1, kind="2"),
        smsie_sms("再见😀", number=2),
        smsie_mms("彩信一", "彩信二"),
    ),
    "fossify": fossify(
        fossify_sms(DUE),
        fossify_sms("好的", number=1, kind=2),
        fossify_sms("再见😀", number=2),
        fossify_mms("彩信一", "彩信二"),
    ).encode(),
    "conversations": simple_sms(
        [fossify_sms(DUE), fossify_sms("好的", number=1, kind=2)],
        [fossify_sms("再见😀", number=2), fossify_mms("彩信一", "彩信二")],
    ).encode(),
}
NOT_ZIPPED = sorted(SAMPLES.keys() - {"zip"})


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_export_gives_its_received_messages_as_synctech_would(tmp_path: Path, name: str) -> None:
    sender = '<addr address="10690000456789" type="137" />'
    expected = read(
        tmp_path,
        smses(
            synctech_sms(DUE),
            synctech_sms("好的", number=1, kind="2"),
            synctech_sms("再见😀", number=2),
            synctech_mms(synctech_part("彩信一") + synctech_part("彩信二", seq=1), rest=sender),
        ),
    ).messages

    reading = read(tmp_path, SAMPLES[name])

    assert [message.id for message in reading.messages] == [each.id for each in expected]
    assert reading.texts == [DUE, "再见😀", "彩信一\n彩信二"]
    assert [(each.sender, each.received_at) for each in reading.messages] == [
        (each.sender, each.received_at) for each in expected
    ]
    assert all(message.unreadable is None for message in reading.messages)
    assert reading.damage == []
    assert reading.finished == [
        Finished(source=str(tmp_path / "file"), records=4, incoming=3, announced=None),
    ]


def test_a_backup_of_quik_gives_its_received_messages(tmp_path: Path) -> None:
    reading = read(tmp_path, quik(quik_sms(DUE), quik_sms("好的", number=1, kind=2)))

    assert reading.texts == [DUE]
    assert reading.messages[0].received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
    assert reading.damage == []
    assert reading.finished[0].announced == reading.finished[0].records == 2


def test_two_backups_appended_to_one_file_are_both_read(tmp_path: Path) -> None:
    reading = read(tmp_path, quik(quik_sms("一")) + quik(quik_sms("二", number=1)))

    assert reading.texts == ["一", "二"]
    assert reading.damage == []
    assert reading.finished[0].announced == 2


def test_a_count_that_is_wrong_is_only_remarked(tmp_path: Path) -> None:
    reading = read(tmp_path, quik(quik_sms("一"), count=9))

    assert reading.texts == ["一"]
    assert reading.reasons == ["source.count_differs"]


def test_an_export_without_messages_is_no_mistake(tmp_path: Path) -> None:
    for content in ("[]", "[ \n ]\n", quik(), simple_sms([])):
        reading = read(tmp_path, content)

        assert (reading.messages, reading.damage) == ([], [])
        assert reading.finished[0].records == 0


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("name", NOT_ZIPPED)
def test_an_export_in_any_encoding_is_read(tmp_path: Path, name: str, codec: str) -> None:
    content = SAMPLES[name].decode()

    assert read(tmp_path, content.encode(codec)).texts == [DUE, "再见😀", "彩信一\n彩信二"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[{"_id":"1","number":"95555","date":"5","duration":"7"}]', "source.is_other_data"),
        ('[{"_id":"1","raw_contacts":[{"contacts_data":[]}]}]', "source.is_other_data"),
        ('{"name":"x","version":1}', "source.unknown_format"),
        ("[1,2,3]", "source.unknown_format"),
        ("{}", "source.unknown_format"),
    ],
)
def test_json_of_another_kind_is_named_and_left(tmp_path: Path, content: str, reason: str) -> None:
    assert read(tmp_path, content).reasons == [reason]


def test_a_line_of_the_batch_contract_is_still_one(tmp_path: Path) -> None:
    line = {"id": "a", "channel": "sms", "received_at": "2026-03-05T10:15:30+08:00"}

    [message] = read(
        tmp_path, json.dumps(line | {"text": DUE, "date": "5", "address": "x", "body": "y"}) + "\n"
    ).messages

    assert (message.id, message.text) == ("a", DUE)


def test_a_column_named_as_in_the_batch_contract_does_not_make_it_one(tmp_path: Path) -> None:
    assert read(tmp_path, changed(body='"channel": "sms"', x_channel="5")).texts == [
        '"channel": "sms"'
    ]


def _messages(content: bytes) -> tuple[list[Message], bool]:
    document = Document(
        file=io.BytesIO(content),
        name="file",
        size=len(content),
        written_at=datetime(2026, 3, 9, tzinfo=UTC),
    )
    items = list(read_document(document))
    assert len([item for item in items if isinstance(item, Finished)]) == 1
    messages = [item for item in items if isinstance(item, Message)]
    return messages, any(isinstance(item, Damage) for item in items)


def _big(name: str) -> bytes:
    """Return a sample of about 200 KB; its texts do not pack well."""
    import random  # noqa: PLC0415  only the samples need it

    dice = random.Random(name)  # noqa: S311  the same sample on every run
    texts = ["".join(chr(dice.randrange(0x4E00, 0x9FA5)) for _ in range(3000)) for _ in range(20)]
    if name == "fossify":
        rows = [fossify_sms(text, number=number) for number, text in enumerate(texts)]
        return fossify(*rows, fossify_mms("彩信一", "彩信二")).encode()
    if name == "quik":
        return quik(*(quik_sms(text, number=n) for n, text in enumerate(texts))).encode()
    rows = [smsie_sms(text, number=number) for number, text in enumerate(texts)]
    rows.append(smsie_mms("彩信一", "彩信二"))
    if name == "zip":
        return smsie_zip(*rows)
    return (lines if name == "lines" else smsie_array)(*rows).encode()


@pytest.mark.parametrize("name", ["array", "fossify", "lines", "quik", "zip"])
def test_every_prefix_of_an_export_gives_only_whole_records(name: str) -> None:
    content = _big(name)
    whole, damaged = _messages(content)
    assert len(whole) >= 20
    assert not damaged

    for end in cuts(len(content)):
        messages, remarked = _messages(content[:end])

        assert messages == whole[: len(messages)]
        assert remarked or len(messages) == len(whole) or name == "lines"


def test_an_export_that_begins_with_a_large_picture_is_known(tmp_path: Path) -> None:
    picture = "QUJD" * 200_000
    for written, row in ((fossify, fossify_mms("一")), (smsie_array, smsie_mms("一"))):
        parts = row.get("parts") or row["__parts"]
        parts[0]["data"] = parts[1]["binary_data"] = picture

        assert read(tmp_path, written(row)).texts == ["一"]

    assert read(tmp_path, simple_sms([fossify_mms("一" * 90_000)])).texts == ["一" * 90_000]


def test_behind_walls_it_is_as_without(tmp_path: Path) -> None:
    for name, content in SAMPLES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "deep").write_bytes(b'{"a":' * 200_000)
    (tmp_path / "wide").write_text(lines(smsie_sms("一") | {"z": "x" * 9_000_000}), "utf-8")

    inside, outside = Reading(read_path(tmp_path)), Reading(read_path(tmp_path, sandbox=False))

    assert inside.messages == outside.messages
    assert inside.damage == outside.damage
    assert inside.finished == outside.finished
    assert len(inside.messages) == 3 * len(SAMPLES) + 1
