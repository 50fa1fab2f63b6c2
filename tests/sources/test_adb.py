import random
import tempfile
import zlib
from pathlib import Path

import pytest

from tests.sources.exports import Reading, read
from tests.sources.phones import (
    ANDROID,
    FIRST_DATE,
    adb_backup,
    android_sms,
    chunk,
    chunk_sms,
    database,
)
from tests.sources.prefixes import cuts
from watcher.core.model import Message
from watcher.phrases import Phrases
from watcher.sources.files import read_path
from watcher.sources.items import Progress
from watcher.sources.wire import encode

DUE = "【示例金融】您的借款今日应还500.00元，请及时还款。"
MMS = {
    "self_phone": "+8613700005678",
    "date": str(FIRST_DATE // 1000),
    "msg_box": "1",
    "m_type": "132",
    "sub": "账单".encode().decode("latin-1"),
    "sub_cs": "106",
    "mms_addresses": [{"type": 137, "address": "10690000456789", "charset": 106}],
    "mms_body": "彩信里的话",
    "mms_charset": 106,
}
MIUI = b"MIUI BACKUP\n2\ncom.android.mms \xe7\x9f\xad\xe4\xbf\xa1\n-1\n0\n"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("before", [b"", MIUI])
def test_the_packed_json_of_a_backup_is_read(
    tmp_path: Path, before: bytes, *, packed: bool
) -> None:
    sms = chunk([chunk_sms(0, DUE), chunk_sms(1, "好的", type="2"), chunk_sms(2, "再见")])
    files = [("_manifest", b"1\ncom.android.providers.telephony\n")]
    files += [("d_f/000000_sms_backup", sms), ("d_f/000001_mms_backup", chunk([MMS]))]

    reading = read(tmp_path, adb_backup(files, packed=packed, before=before))

    assert reading.texts == [DUE, "再见", "彩信里的话"]
    mms = reading.messages[2]
    assert (mms.sender, mms.subject) == ("10690000456789", "账单")
    assert mms.received_at == reading.messages[0].received_at
    assert reading.damage == []
    assert (reading.finished[0].records, reading.finished[0].incoming) == (4, 3)
    assert len(reading.finished) == 1


def test_one_packed_json_file_by_itself_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, chunk([chunk_sms(0, DUE)]))

    assert reading.texts == [DUE]
    assert reading.finished[0].records == 1
    assert read(tmp_path, chunk([])).damage == []


def test_the_database_in_a_backup_is_read(tmp_path: Path) -> None:
    content = database(tmp_path / "db", ANDROID, android_sms(0, DUE), android_sms(1, "a", type=2))
    files = [("db/mmssms.db", content.read_bytes()), ("db/mmssms.db-wal", b"")]

    reading = read(tmp_path, adb_backup(files))

    assert reading.texts == [DUE]
    assert reading.damage == []
    assert (reading.finished[0].records, reading.finished[0].incoming) == (2, 1)


def test_a_log_that_is_not_read_is_said(tmp_path: Path) -> None:
    content = database(tmp_path / "db", ANDROID, android_sms(0, DUE))
    files = [("db/mmssms.db", content.read_bytes()), ("db/mmssms.db-wal", b"x" * 9000)]

    reading = read(tmp_path, adb_backup(files))

    assert reading.texts == [DUE]
    assert reading.reasons == ["source.log_apart"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"ANDROID BACKUP\n5\n1\nAES-256\nA1\nB2\n10000\nC3\nD4\n\0\1",
            "source.is_encrypted_backup",
        ),
        (MIUI + b"ANDROID BACKUP\n5\n1\nAES-256\nA1\n", "source.is_encrypted_backup"),
        (adb_backup([]), "source.backup_without_sms"),
        (adb_backup([("_manifest", b"1\n")]), "source.backup_without_sms"),
        (adb_backup([("f/sms.bin", b"\1\2")], before=MIUI), "source.is_miui_backup"),
        (b"ANDROID BACKUP\n5\n1\nnone\n", "source.ends_early_uncounted"),
        (b"ANDROID BACKUP\n5\n1\nno", "source.ends_early_uncounted"),
        (b"ANDROID BACKUP\n5\n1\nnone\nnot packed at all", "source.backup_damaged"),
        (b"ANDROID BACKUP\n5\n0\nnone\n" + b"x" * 2000, "source.backup_damaged"),
    ],
)
def test_a_backup_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    reading = read(tmp_path, content)

    assert reading.reasons == [reason]
    assert reading.messages == []
    assert len(reading.finished) == 1


def test_a_broken_file_in_a_backup_costs_only_itself(tmp_path: Path) -> None:
    whole = chunk([chunk_sms(number, f"{DUE}{number}") for number in range(50)])
    files = [
        ("d_f/000000_sms_backup", chunk([chunk_sms(90, "前")])),
        ("d_f/000001_sms_backup", whole[: len(whole) // 2]),
        ("d_f/000002_sms_backup", b"no zlib"),
        ("d_f/000003_sms_backup", chunk([chunk_sms(91, "后")])),
    ]

    reading = read(tmp_path, adb_backup(files))

    assert reading.texts[0] == "前"
    assert reading.texts[-1] == "后"
    assert sorted(reading.reasons) == ["source.backup_damaged", "source.ends_early_uncounted"]


def test_a_bomb_is_left_in_one_line(tmp_path: Path) -> None:
    bomb = zlib.compress(b"[" + b" " * 100_000_000 + b"]", 9)
    files = [("d_f/000000_sms_backup", bomb), ("d_f/000001_sms_backup", chunk([chunk_sms(0, DUE)]))]

    assert read(tmp_path, adb_backup(files)).reasons == ["source.inflates_too_much"]
    zeros = adb_backup([("f/x", b"\0" * 100_000_000)])
    assert read(tmp_path, zeros).reasons == ["source.inflates_too_much"]


def test_every_prefix_of_a_backup_gives_only_whole_records(tmp_path: Path) -> None:
    dice = random.Random(3)  # noqa: S311  texts that hardly pack
    rows = [chunk_sms(number, f"{DUE}{dice.randbytes(30).hex()}") for number in range(600)]
    files = [
        (f"d_f/{n:06}_sms_backup", chunk(rows[n * 100 : n * 100 + 100]))
        for n in range(len(rows) // 100)
    ]
    content = adb_backup(files)
    whole = {message.id: message for message in read(tmp_path, content).messages}
    assert len(whole) == 600

    most = 0
    for end in filter(range(16, len(content) - 1).__contains__, cuts(len(content))):
        reading = read(tmp_path, content[:end])
        for message in reading.messages:
            assert message.unreadable or message == whole[message.id]
        # What stands behind the last record is padding.
        complete = reading.messages == [*whole.values()]
        assert reading.reasons == ["source.ends_early_uncounted"] or complete
        assert len(reading.finished) == 1
        most = max(most, len(reading.messages))
    assert most > 590


def test_damage_anywhere_in_a_backup_never_stops_a_batch(tmp_path: Path) -> None:
    dice = random.Random(6)  # noqa: S311  the same damage on every run
    phrases = Phrases("zh")
    held = database(tmp_path / "db", ANDROID, android_sms(0, DUE)).read_bytes()
    files = [("d_f/000000_sms_backup", chunk([chunk_sms(0, DUE), MMS])), ("db/mmssms.db", held)]
    for packed in (True, False):
        content = adb_backup(files, packed=packed)
        for _ in range(200):
            data = bytearray(content)
            for _ in range(dice.randrange(1, 6)):
                at = dice.randrange(dice.choice((2000, len(data))))
                data[at : at + dice.randrange(1, 60)] = dice.randbytes(dice.randrange(1, 60))

            reading = read(tmp_path, bytes(data))

            encode(reading.items)
            assert len(reading.finished) == 1
            for message in reading.messages:
                assert message.unreadable is None or message.unreadable in phrases
            for damage in reading.damage:
                assert phrases.say(damage.reason, damage.values)


def test_a_backup_read_behind_walls_gives_what_it_gives_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held = database(tmp_path / "db", ANDROID, android_sms(0, DUE)).read_bytes()
    rows = [chunk_sms(number, DUE) for number in range(1000)]
    path = tmp_path / "backup.ab"
    path.write_bytes(adb_backup([("d_f/000000_sms_backup", chunk(rows)), ("db/mmssms.db", held)]))

    inside = [item for item in read_path(path) if not isinstance(item, Progress)]

    assert len([item for item in inside if isinstance(item, Message)]) == 1001
    assert inside == [
        item
        for item in Reading(read_path(path, sandbox=False)).items
        if not isinstance(item, Progress)
    ]
