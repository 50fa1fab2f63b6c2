"""Small faithful writers of what phones keep: message databases and adb backups."""

import io
import json
import sqlite3
import struct
import tarfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

IOS = """
CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key));
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, country TEXT,
  service TEXT NOT NULL, uncanonicalized_id TEXT, UNIQUE (id, service));
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,
  text TEXT, service_center TEXT, handle_id INTEGER DEFAULT 0, subject TEXT,
  attributedBody BLOB, service TEXT, account TEXT, date INTEGER, date_read INTEGER,
  is_from_me INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0,
  associated_message_type INTEGER DEFAULT 0, destination_caller_id TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,
  chat_identifier TEXT, service_name TEXT, display_name TEXT, is_filtered INTEGER DEFAULT 0);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER,
  message_date INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id));
CREATE INDEX message_idx_date ON message(date);
CREATE TRIGGER after_delete_on_message AFTER DELETE ON message
  BEGIN SELECT before_delete_attachment_path(OLD.ROWID, OLD.guid); END;
INSERT INTO handle VALUES (1, '10690000123456', 'cn', 'SMS', NULL),
  (2, '+8613900001234', 'cn', 'iMessage', NULL);
INSERT INTO chat VALUES (1, 'SMS;-;10690000123456', '10690000123456', 'SMS', '', 1),
  (2, 'SMS;-;95555', '95555', 'SMS', '', 0);
"""
"""The tables of an iPhone, with a trigger of a function that only Apple's program has."""

ANDROID = """
CREATE TABLE android_metadata (locale TEXT);
CREATE TABLE threads (_id INTEGER PRIMARY KEY AUTOINCREMENT, date INTEGER DEFAULT 0);
CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, person INTEGER,
  date INTEGER, date_sent INTEGER DEFAULT 0, protocol INTEGER, read INTEGER DEFAULT 0,
  status INTEGER DEFAULT -1, type INTEGER, subject TEXT, body TEXT, service_center TEXT,
  locked INTEGER DEFAULT 0, deleted INTEGER DEFAULT 0, sync_state INTEGER DEFAULT 0);
CREATE TABLE pdu (_id INTEGER PRIMARY KEY AUTOINCREMENT, thread_id INTEGER, date INTEGER,
  date_sent INTEGER DEFAULT 0, msg_box INTEGER, m_id TEXT, sub TEXT, sub_cs INTEGER,
  ct_t TEXT, m_type INTEGER, ct_l TEXT, tr_id TEXT);
CREATE TABLE part (_id INTEGER PRIMARY KEY AUTOINCREMENT, mid INTEGER, seq INTEGER DEFAULT 0,
  ct TEXT, name TEXT, chset INTEGER, cid TEXT, _data TEXT, text TEXT);
CREATE TABLE addr (_id INTEGER PRIMARY KEY, msg_id INTEGER, contact_id INTEGER, address TEXT,
  type INTEGER, charset INTEGER);
CREATE INDEX partMidIndex ON part (mid);
CREATE VIEW sms_restricted AS SELECT * FROM sms WHERE type = 1 OR type = 2;
"""
"""The tables of an Android phone, with some columns of its maker's and a view."""

APPLE_DATE = 794_369_730_000_000_000
"""2026-03-05 10:15:30 in China, in nanoseconds since 2001."""
FIRST_DATE = 1_772_676_930_000
"""The same moment in milliseconds since 1970."""


def database(path: Path, *scripts: str, logged: bool = False) -> Path:
    """Write a database; when `logged`, the last script is in its write-ahead log only."""
    live = path.with_name("live.db")
    with sqlite3.connect(live) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        if logged:
            connection.execute("PRAGMA journal_mode=WAL")
        for number, script in enumerate(scripts):
            if logged and number == len(scripts) - 1:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.executescript(script)
        # Copied while open, as a phone's backup does: closing would empty the log.
        path.write_bytes(live.read_bytes())
        if logged:
            log = live.with_name("live.db-wal")
            path.with_name(f"{path.name}-wal").write_bytes(log.read_bytes())
    connection.close()
    live.unlink()
    return path


def insert(table: str, **columns: Any) -> str:
    """Return the statement for one row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(map(_sql, columns.values()))});\n"  # noqa: S608, E501  what a test writes


def _sql(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def ios_message(number: int, text: str | None, **columns: Any) -> str:
    """Return the statement for one message of an iPhone, received unless told otherwise."""
    usual = {
        "guid": f"6A1B0C52-3C1E-4E60-9F0A-{number:012d}",
        "text": text,
        "handle_id": 1,
        "service": "SMS",
        "date": APPLE_DATE + number * 60_000_000_000,
    }
    return insert("message", **usual | columns)


def android_sms(number: int, body: str | None, **columns: Any) -> str:
    """Return the statement for one SMS of an Android phone, received unless told otherwise."""
    usual = {
        "address": "10690000123456",
        "date": FIRST_DATE + number * 60_000,
        "type": 1,
        "body": body,
        "thread_id": 1,
    }
    return insert("sms", **usual | columns)


def typedstream(text: str, *, mutable: bool = False) -> bytes:
    """Return a text as an `attributedBody` of Apple's."""
    raw, units = text.encode(), len(text.encode("utf-16-le")) // 2
    start = "040b73747265616d747970656481e803840140848484"
    if mutable:
        start += "194e534d757461626c6541747472696275746564537472696e67008484"
        start += "124e5341747472696275746564537472696e67008484084e534f626a656374008592848484"
        start += "0f4e534d757461626c65537472696e67018484084e53537472696e6701"
    else:
        start += "124e5341747472696275746564537472696e67008484084e534f626a656374008592848484"
        start += "084e53537472696e6701"
    end = "928484840c4e5344696374696f6e617279009484016901928496961d5f5f6b494d4d657373616765"
    end += "5061727441747472696275"
    return b"".join(
        (
            bytes.fromhex(start),
            b"\x95" if mutable else b"\x94",
            b"\x84\x01+",
            _integer(len(raw)),
            raw,
            b"\x86\x84\x02iI\x01",
            _integer(units),
            bytes.fromhex(end),
        )
    )


def _integer(value: int) -> bytes:
    if value < 128:
        return bytes([value])
    if value < 65536:
        return b"\x81" + struct.pack("<H", value)
    return b"\x82" + struct.pack("<I", value)


def chunk(records: Sequence[dict[str, Any]]) -> bytes:
    """Return what Android's own backup keeps of up to a thousand messages."""
    return zlib.compress(json.dumps(records, ensure_ascii=False).encode())


def chunk_sms(number: int, body: str, **columns: Any) -> dict[str, Any]:
    """Return one SMS as Android's own backup writes it."""
    return {
        "self_phone": "+8613700005678",
        "address": "10690000123456",
        "body": body,
        "date": str(FIRST_DATE + number * 60_000),
        "date_sent": str(FIRST_DATE),
        "status": "-1",
        "type": "1",
        "recipients": ["10690000123456"],
        "read": "1",
    } | columns


def adb_backup(
    files: Iterable[tuple[str, bytes]], *, packed: bool = True, before: bytes = b""
) -> bytes:
    """Return an archive of `adb backup` with these files of the telephony provider."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(f"apps/com.android.providers.telephony/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    raw = buffer.getvalue()
    head = b"ANDROID BACKUP\n5\n%d\nnone\n" % packed
    return before + head + (zlib.compress(raw) if packed else raw)
