import io
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import Reading, here, read
from tests.sources.phones import (
    ANDROID,
    APPLE_DATE,
    FIRST_DATE,
    IOS,
    android_sms,
    database,
    insert,
    ios_message,
    typedstream,
)
from watcher.core.model import Message
from watcher.sources.databases import read as read_database
from watcher.sources.files import read_path
from watcher.sources.items import Document

pytestmark = pytest.mark.usefixtures("copies")

DUE = "【示例金融】您的借款今日应还500.00元，请及时还款。"
LONG = DUE * 5
FIRST = datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
SHARED = Path(os.environ.get("WATCHER_SHARED", "../shared"))


def test_the_received_messages_of_an_iphone_are_read(tmp_path: Path) -> None:
    path = database(
        tmp_path / "3d0d7e5fb2ce288813306e4d4636395e047a3d28",
        IOS,
        ios_message(1, DUE),
        ios_message(2, "已经还了", handle_id=2, is_from_me=1),
        ios_message(3, "明天见￼", handle_id=2, service="iMessage", subject="约"),
        ios_message(4, None, item_type=1),
        ios_message(5, "赞了“明天见”", associated_message_type=2001),
    )

    reading = here(path)

    assert reading.texts == [DUE, "明天见"]
    first, second = reading.messages
    assert (first.sender, first.received_at, first.subject) == (
        "10690000123456",
        FIRST.replace(minute=16),
        None,
    )
    assert (second.sender, second.subject) == ("+8613900001234", "约")
    assert [message.unreadable for message in reading.messages] == [None, None]
    assert reading.damage == []
    assert (reading.finished[0].records, reading.finished[0].incoming) == (5, 2)


def test_a_message_of_no_handle_comes_from_its_chat(tmp_path: Path) -> None:
    path = database(
        tmp_path / "sms.db",
        IOS,
        ios_message(1, DUE, handle_id=0),
        ios_message(2, DUE, handle_id=0),
        insert("chat_message_join", chat_id=2, message_id=1),
    )

    assert [message.sender for message in here(path).messages] == ["95555", None]


@pytest.mark.parametrize("text", ["还", DUE, LONG, "😀" * 20, "长" * 30_000])
@pytest.mark.parametrize("mutable", [False, True])
def test_a_text_that_stands_only_with_its_attributes_is_read(
    tmp_path: Path, text: str, *, mutable: bool
) -> None:
    blob = typedstream(text, mutable=mutable)
    path = database(tmp_path / "sms.db", IOS, ios_message(0, None, attributedBody=blob))

    [message] = here(path).messages

    assert (message.text, message.unreadable) == (text, None)


def test_a_text_that_cannot_be_told_is_said_to_be_unreadable(tmp_path: Path) -> None:
    path = database(tmp_path / "sms.db", IOS, ios_message(0, None, attributedBody=b"\4\x0bx"))

    [message] = here(path).messages

    assert (message.text, message.unreadable) == ("", "source.text_sealed")
    assert message.sender == "10690000123456"


def test_dates_in_seconds_and_in_nanoseconds_are_one_time(tmp_path: Path) -> None:
    path = database(
        tmp_path / "sms.db",
        IOS,
        ios_message(0, "旧", date=APPLE_DATE // 10**9),
        ios_message(1, "新", date=APPLE_DATE),
        ios_message(2, "无", date=0),
    )

    messages = here(path).messages

    assert [message.received_at for message in messages[:2]] == [FIRST, FIRST]
    assert [message.unreadable for message in messages] == [None, None, "source.no_date"]


def test_an_iphone_message_has_the_identity_that_it_has_in_other_exports(tmp_path: Path) -> None:
    path = database(tmp_path / "sms.db", IOS, ios_message(0, DUE))
    other = database(tmp_path / "mmssms.db", ANDROID, android_sms(0, DUE))

    assert here(path).messages[0].id == here(other).messages[0].id


def test_an_old_database_without_most_tables_and_columns_is_read(tmp_path: Path) -> None:
    path = database(
        tmp_path / "sms.db",
        "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, date INTEGER, text TEXT,"
        " is_from_me INTEGER, handle_id INTEGER); CREATE TABLE handle (ROWID INTEGER PRIMARY KEY);",
        insert("message", date=APPLE_DATE // 10**9, text=DUE, handle_id=1),
    )

    [message] = here(path).messages

    assert (message.text, message.sender, message.received_at) == (DUE, None, FIRST)


def test_the_messages_of_an_android_phone_are_read(tmp_path: Path) -> None:
    subject = "账单提醒".encode().decode("latin-1")
    path = database(
        tmp_path / "mmssms.db",
        ANDROID,
        android_sms(0, DUE),
        android_sms(1, "好的", type=2),
        android_sms(2, "没有类型", type=None),
        android_sms(3, "已删除", deleted=1, address=None),
        insert("pdu", _id=7, date=FIRST_DATE // 1000, msg_box=1, sub=subject, sub_cs=106),
        insert("pdu", _id=8, date=FIRST_DATE // 1000, msg_box=2),
        insert("pdu", _id=9, date=FIRST_DATE // 1000, msg_box=1),
        insert("part", mid=7, seq=-1, ct="application/smil", text="<smil/>"),
        insert("part", mid=7, seq=2, ct="text/plain", chset=106, text="第二"),
        insert("part", mid=7, seq=1, ct="text/plain", chset=106, text="第一"),
        insert("part", mid=8, seq=0, ct="text/plain", text="发出的"),
        insert("part", mid=9, seq=0, ct="text/plain", _data="/data/x.txt"),
        insert("addr", msg_id=7, address="insert-address-token", type=151),
        insert("addr", msg_id=7, address="10690000456789", type=137),
    )

    reading = here(path)

    assert reading.texts == [DUE, "没有类型", "已删除", "第一\n第二", ""]
    mms, elsewhere = reading.messages[3:]
    assert (mms.sender, mms.subject, mms.received_at) == ("10690000456789", "账单提醒", FIRST)
    assert elsewhere.unreadable == "source.text_elsewhere"
    assert (reading.finished[0].records, reading.finished[0].incoming) == (7, 5)
    assert reading.damage == []


def test_a_database_of_utf16_and_texts_of_any_bytes_are_read(tmp_path: Path) -> None:
    wide = database(
        tmp_path / "wide.db", "PRAGMA encoding='UTF-16le';", ANDROID, android_sms(0, DUE)
    )
    raw = database(tmp_path / "raw.db", ANDROID, android_sms(0, "x"), android_sms(1, "x"))
    with sqlite3.connect(raw) as connection:
        values = [(DUE.encode("gbk"), 1), (b"a\0b\xed\xa0\x80c", 2)]
        connection.executemany("UPDATE sms SET body = CAST(? AS TEXT) WHERE _id = ?", values)
    connection.close()

    assert here(wide).texts == [DUE]
    assert here(raw).texts == [DUE, "a�b�c"]


@pytest.mark.parametrize("sandbox", [False, True])
def test_rows_that_are_only_in_the_log_are_read(
    tmp_path: Path, copies: Path, *, sandbox: bool
) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    rows = "".join(ios_message(number, f"第{number}条") for number in range(1, 1500))
    path = database(folder / "sms.db", IOS + ios_message(0, "旧"), rows, logged=True)
    (folder / "sms.db-shm").write_bytes(b"\0" * 32768)
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}

    reading = Reading(read_path(folder, sandbox=sandbox))

    assert reading.texts == ["旧", *(f"第{number}条" for number in range(1, 1500))]
    assert reading.damage == []
    assert {reading.finished[0].source} == {str(path)}
    assert before == {
        file: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()
    }
    assert list(copies.iterdir()) == []


def test_without_its_log_a_database_gives_what_is_in_itself(tmp_path: Path) -> None:
    path = database(
        tmp_path / "sms.db", IOS + ios_message(0, "旧"), ios_message(1, "新"), logged=True
    )
    path.with_name("sms.db-wal").unlink()

    reading = here(path)

    assert reading.texts == ["旧"]
    assert reading.damage == []


def test_a_log_that_grew_is_read_with_its_database(tmp_path: Path) -> None:
    database(tmp_path / "sms.db", IOS + ios_message(0, "旧"), ios_message(1, "新"), logged=True)

    reading = here(tmp_path / "sms.db-wal")

    assert reading.texts == ["旧", "新"]
    assert reading.finished[0].source == str(tmp_path / "sms.db")


def test_a_log_that_is_a_link_is_said_and_not_followed(tmp_path: Path) -> None:
    path = database(
        tmp_path / "sms.db", IOS + ios_message(0, "旧"), ios_message(1, "新"), logged=True
    )
    path.with_name("sms.db-wal").rename(tmp_path / "elsewhere")
    path.with_name("sms.db-wal").symlink_to(tmp_path / "elsewhere")

    reading = here(path)

    assert reading.texts == ["旧"]
    assert reading.reasons == ["source.is_link"]
    assert reading.damage[0].source == str(tmp_path / "sms.db-wal")


def test_the_copy_is_private_and_nameless_as_soon_as_it_is_open(
    tmp_path: Path, copies: Path
) -> None:
    rows = "".join(ios_message(number, DUE) for number in range(1200))
    path = database(tmp_path / "sms.db", IOS, rows)
    reading = read_path(path, sandbox=False)

    next(reading)
    [folder] = copies.iterdir()

    assert folder.stat().st_mode & 0o777 == 0o700
    next(reading)
    assert list(folder.iterdir()) == []
    reading.close()
    assert list(copies.iterdir()) == []


def test_a_database_that_is_no_file_of_its_own_is_read_from_memory(tmp_path: Path) -> None:
    content = database(tmp_path / "a", IOS, ios_message(0, DUE), logged=True).read_bytes()
    whole = database(tmp_path / "b", IOS, ios_message(0, DUE)).read_bytes()

    assert content[18:20] == b"\2\2"
    assert _from_memory(content) == []
    assert [message.text for message in _from_memory(whole)] == [DUE]


def _from_memory(content: bytes) -> list[Message]:
    document = Document(file=io.BytesIO(content), name="file", size=len(content), written_at=FIRST)
    return [item for item in read_database(document) if isinstance(item, Message)]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("CREATE TABLE places (id INTEGER PRIMARY KEY, url TEXT)", "source.is_database"),
        ("CREATE TABLE sms_tb (date INTEGER, address TEXT, body TEXT)", "source.is_huawei"),
        ("CREATE TABLE logs (_id INTEGER PRIMARY KEY, m_content TEXT)", "source.is_database"),
        ("CREATE TABLE message (id INTEGER, is_from_me INTEGER)", "source.is_database"),
    ],
)
def test_a_database_of_something_else_is_named_and_left(
    tmp_path: Path, script: str, reason: str
) -> None:
    reading = here(database(tmp_path / "x.db", script + ";"))

    assert reading.reasons == [reason]
    assert len(reading.finished) == 1


def test_a_file_of_holes_is_not_copied(tmp_path: Path, copies: Path) -> None:
    path = database(tmp_path / "sms.db", IOS)
    os.truncate(path, 4 * 1024**4)

    reading = here(path)

    assert reading.reasons == ["source.database_too_big"]
    assert list(copies.iterdir()) == []


def test_a_database_for_which_there_is_no_room_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = database(tmp_path / "sms.db", IOS, ios_message(0, DUE))
    monkeypatch.setattr("watcher.sources.copies._LEFT_FREE", 1024**6)

    assert here(path).reasons == ["source.no_room_to_copy"]


def test_a_real_database_of_an_iphone_is_read() -> None:
    sample = SHARED / "formats" / "ios_sms.db"
    if not sample.exists():
        pytest.skip("the sample is not beside this checkout")

    [message] = Reading(read_path(sample)).messages

    assert message.received_at.date().isoformat() == "2019-08-29"
    assert (message.sender, message.unreadable) == ("apple", None)


def test_a_file_that_only_begins_like_a_database_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, b"SQLite format 3\0" + os.urandom(5000)).messages == []
    assert read(tmp_path, b"SQLite format 3\0").reasons == ["source.is_database"]
