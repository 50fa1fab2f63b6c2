"""Forgetting: what is older than the user wants to keep leaves the disk, copies included."""

import sqlite3
from datetime import datetime
from pathlib import Path

from watcher.store import originals
from watcher.store.connection import BACKUP, FILE, back_up, failures, transaction
from watcher.store.records import to_ms

_FORGOTTEN = (
    "received_at < ? AND NOT EXISTS (SELECT 1 FROM case_messages WHERE message = messages.id)"
)


def forget(database: sqlite3.Connection, folder: Path, before: datetime) -> int:
    """Delete messages received before a moment, and closed cases of those; return how many.

    Cases that are open or snoozed keep all their evidence. The eight bytes by which a
    message is known stay, so that no old backup brings it back as news.
    """
    limit = to_ms(before)
    with transaction(database):
        database.execute(
            "DELETE FROM cases WHERE status = 'done' AND NOT EXISTS (SELECT 1 FROM case_messages"
            " JOIN messages ON messages.id = message"
            " WHERE case_id = cases.id AND received_at >= ?)",
            (limit,),
        )
        # Before their rows: killed in between, the next time finds them again.
        originals.delete(database, folder, _FORGOTTEN, limit)
        deleted = database.execute(f"DELETE FROM messages WHERE {_FORGOTTEN}", (limit,))  # noqa: S608  fixed
    with failures():
        originals.delete_unclaimed(database, folder, before)
        # secure_delete has wiped the pages; the log still holds them as they were.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        for copy in (*folder.glob(f"{FILE}.v*"), *folder.glob(f"{FILE}*.damaged-*")):
            if copy.stat().st_mtime < before.timestamp():
                copy.unlink()
        if deleted.rowcount and (folder / BACKUP).exists():
            back_up(database, folder)
    return deleted.rowcount
