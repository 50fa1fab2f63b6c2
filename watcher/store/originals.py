"""Whole mails, as bytes: what a case that alerts keeps beside the database as evidence.

A file is written under another name, put on the disk and renamed before its row says that it
is there. A kill in between leaves a mail that is asked for once more and written over.
"""

import os
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from watcher.store.connection import failures, private_folder, to_disk, transaction
from watcher.store.records import Original, from_ms, to_ms

FOLDER = "evidence"
_UNFINISHED = ".unfinished"


def wanted(database: sqlite3.Connection, source: str) -> tuple[tuple[int, str], ...]:
    """Return number and place of messages of a source whose whole mail is to be kept."""
    rows = database.execute(
        "SELECT messages.id, place FROM sightings JOIN messages ON messages.id = message"
        " WHERE source = ? AND place IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM originals WHERE originals.message = messages.id)"
        " AND EXISTS (SELECT 1 FROM case_messages JOIN cases ON cases.id = case_id"
        " WHERE case_messages.message = messages.id AND status <> 'done'"
        " AND urgency IS NOT NULL)"
        " ORDER BY received_at DESC, messages.id DESC",
        (source,),
    )
    return tuple(rows)


def keep(  # noqa: PLR0913, PLR0917  one deed
    database: sqlite3.Connection,
    folder: Path,
    message: int,
    mail: bytes | None,
    now: datetime,
    source: str | None,
) -> None:
    """Keep a mail, or note that it is gone, in a source or everywhere; twice is as once."""
    if not _is_known(database, message):
        return  # forgotten while its mail was fetched
    if mail is None:
        _miss(database, message, now, source)
        return
    name = f"mail-{message}.eml"
    with failures():
        _write(folder / FOLDER, name, mail)
    with transaction(database):
        database.execute(
            "INSERT OR REPLACE INTO originals (message, file, bytes, sha256, kept_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (message, name, len(mail), sha256(mail).hexdigest(), to_ms(now)),
        )


def of_case(database: sqlite3.Connection, case: int, folder: Path) -> tuple[Original, ...]:
    """Return what became of the mails of a case, the leading message's first."""
    rows = database.execute(
        "SELECT file, bytes, sha256, kept_at FROM originals JOIN case_messages USING (message)"
        " JOIN cases ON cases.id = case_id WHERE case_id = ? ORDER BY message <> lead, message",
        (case,),
    )
    return tuple(_original(row, folder) for row in rows)


def of_message(database: sqlite3.Connection, message: int, folder: Path) -> Original | None:
    """Return what became of the mail of a message; None where it was never asked for."""
    row = database.execute(
        "SELECT file, bytes, sha256, kept_at FROM originals WHERE message = ?", (message,)
    ).fetchone()
    return None if row is None else _original(row, folder)


def delete(database: sqlite3.Connection, folder: Path, condition: str, limit: int) -> None:
    """Delete the files of the messages for which a condition with one blank holds."""
    rows = database.execute(
        "SELECT file FROM originals JOIN messages ON messages.id = message"  # noqa: S608  fixed
        f" WHERE file IS NOT NULL AND {condition}",
        (limit,),
    )
    for (name,) in rows.fetchall():
        (folder / FOLDER / name).unlink(missing_ok=True)


def delete_of(database: sqlite3.Connection, folder: Path, messages: Iterable[int]) -> int:
    """Delete the files of messages; return how many there were."""
    count = 0
    for message in messages:
        row = database.execute("SELECT file FROM originals WHERE message = ?", (message,))
        for (name,) in row.fetchall():
            if name is not None:
                (folder / FOLDER / name).unlink(missing_ok=True)
                count += 1
    return count


def delete_unclaimed(database: sqlite3.Connection, folder: Path, before: datetime | None) -> None:
    """Delete mails written before a moment, or ever, of which no row tells, as after a kill."""
    claimed = {name for (name,) in database.execute("SELECT file FROM originals")}
    for file in (folder / FOLDER).glob("mail-*.eml*"):
        old = before is None or file.stat().st_mtime < before.timestamp()
        if file.name not in claimed and old:
            file.unlink()


def _original(row: tuple[Any, ...], folder: Path) -> Original:
    name, size, digest, kept_at = row
    return Original(
        path=None if name is None else folder / FOLDER / name,
        size=size,
        sha256=digest,
        kept_at=from_ms(kept_at),
    )


def _is_known(database: sqlite3.Connection, message: int) -> bool:
    with failures():
        row = database.execute("SELECT 1 FROM messages WHERE id = ?", (message,)).fetchone()
    return row is not None


def _miss(database: sqlite3.Connection, message: int, now: datetime, source: str | None) -> None:
    with transaction(database):
        if source is not None:
            database.execute(
                "UPDATE sightings SET place = NULL WHERE message = ? AND source = ?",
                (message, source),
            )
            elsewhere = database.execute(
                "SELECT 1 FROM sightings WHERE message = ? AND place IS NOT NULL", (message,)
            )
            if elsewhere.fetchone() is not None:
                return
        database.execute(
            "INSERT OR IGNORE INTO originals (message, kept_at) VALUES (?, ?)",
            (message, to_ms(now)),
        )


def _write(folder: Path, name: str, mail: bytes) -> None:
    private_folder(folder)
    unfinished = folder / (name + _UNFINISHED)
    unfinished.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
        file.write(mail)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / name)
    to_disk(folder)
