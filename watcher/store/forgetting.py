"""Forgetting: what is older than the user wants to keep, and what the user wants gone at once.

What is too old leaves the database; backups lose it as they are replaced, and one that is
restored loses it the night after. What the user wants gone leaves every file of the state
folder: until that is done, a note beside the database keeps backups from being restored.

The eight bytes by which a message is known stay, so that no mailbox and no old export brings
it back as news.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from watcher.errors import SourceUnavailable
from watcher.store import backups, opening, originals
from watcher.store.about import About, kept_texts
from watcher.store.connection import failures, to_disk, transaction
from watcher.store.lock import FILE as LOCK
from watcher.store.records import to_ms
from watcher.store.traces import Traces

AT_MOST: Final = timedelta(days=7)
"""How far the clock is believed to have moved between two nights: a wrong one forgets nothing."""

MOVED_ASIDE: Final = timedelta(days=30)
"""How long a damaged database is kept, and the one of an older version."""

LAST_GOOD: Final = "last-good"
"""The folder in which the daemon keeps copies of the user's files; it makes them anew."""

_TOO_OLD: Final = (
    "received_at < ? AND NOT EXISTS (SELECT 1 FROM case_messages WHERE message = messages.id)"
    " AND NOT (kind IN ('settlement_receipt', 'payment_receipt') AND loan IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM cases WHERE cases.loan = messages.loan AND status <> 'done'))"
)
_LAST: Final = "forgotten_until"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was forgotten, and the files of the state folder in which some of it still stands."""

    messages: int = 0
    cases: int = 0
    originals: int = 0
    left: tuple[str, ...] = ()


def keep_for(database: sqlite3.Connection, folder: Path, days: int, now: datetime) -> int:
    """Forget what is older than so many days, once a night; return how many messages that were.

    Nothing is forgotten the first time: until there is an earlier night to compare with, a
    clock that is years ahead cannot be told from the right one.
    """
    row = database.execute("SELECT value FROM settings WHERE name = ?", (_LAST,)).fetchone()
    last, ran = (None, None) if row is None else _moments(bytes(row[0]))
    if ran is not None and backups.last_night(now) <= ran <= now:
        return 0
    believed = now if last is None else min(now, last + AT_MOST)
    with transaction(database):
        database.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_LAST, f"{believed.timestamp():.0f} {now.timestamp():.0f}".encode()),
        )
    if last is None:
        return 0
    with failures():
        for copy in opening.copies(folder):
            if copy.stat().st_mtime < (believed - MOVED_ASIDE).timestamp():
                copy.unlink()
    return forget(database, folder, believed - timedelta(days=days))


def forget(database: sqlite3.Connection, folder: Path, before: datetime) -> int:
    """Delete messages received before a moment, and closed cases of those; return how many.

    Cases that are open or snoozed keep all their evidence, and the receipts of their loans.
    """
    limit = to_ms(before)
    with transaction(database):
        database.execute(
            "DELETE FROM cases WHERE status = 'done' AND NOT EXISTS (SELECT 1 FROM case_messages"
            " JOIN messages ON messages.id = message"
            " WHERE case_id = cases.id AND received_at >= ?)",
            (limit,),
        )
        database.execute("DELETE FROM popups WHERE shown_at < ?", (limit,))
        # Before their rows: killed in between, the next time finds them again.
        originals.delete(database, folder, _TOO_OLD, limit)
        deleted = database.execute(f"DELETE FROM messages WHERE {_TOO_OLD}", (limit,))  # noqa: S608  fixed
    with failures():
        originals.delete_unclaimed(database, folder, before)
    if deleted.rowcount:
        _wipe(database)
    return deleted.rowcount


def erase(database: sqlite3.Connection, folder: Path, about: About) -> Forgotten:
    """Delete messages and cases from every file of the state folder, and look for traces.

    SourceUnavailable where the disk refuses, or where something still reads: what was deleted
    by then stays deleted, and the next one who opens the store goes on.
    """
    with failures():
        traces = Traces(about.texts(database), about.names)
    with _unfit_backups(folder):
        with transaction(database):
            files = originals.delete_of(database, folder, about.messages)
            _delete(database, about)
        finish_erasing(database, folder)
    with failures():
        traces.leave_out(kept_texts(database))
        left = traces.found_in(folder)
    return Forgotten(
        messages=len(about.messages),
        cases=len(about.cases),
        originals=files,
        left=tuple(str(path.relative_to(folder)) for path in left),
    )


def finish_erasing(database: sqlite3.Connection, folder: Path) -> None:
    """Have no file but the database hold what the user wanted gone; a kill is made up for here."""
    if not (folder / opening.FORGETTING).exists():
        return
    last = opening.unfit(folder)
    _wipe(database)
    backups.back_up(database, folder)
    with failures():
        originals.delete_unclaimed(database, folder, None)
        for copy in (*backups.newest_first(folder), *opening.copies(folder)):
            if copy.parent == folder or backups.number_of(copy) <= last:
                copy.unlink()
        if (folder / LAST_GOOD).exists():
            shutil.rmtree(folder / LAST_GOOD)
        to_disk(folder)
        (folder / opening.FORGETTING).unlink()
        to_disk(folder)


@contextmanager
def _unfit_backups(folder: Path) -> Iterator[None]:
    """Have no backup restored that was made before; `finish_erasing` takes the note away."""
    note = folder / opening.FORGETTING
    with failures():
        note.touch(mode=0o600)
        note.write_text(str(max(backups.numbers(folder), default=0)), encoding="ascii")
        to_disk(note)
        to_disk(folder)
    yield


def erase_all(folder: Path) -> None:
    """Delete every file of a state folder; whoever calls this holds its lock.

    The logs go before their databases: one that is left would be read into a new one.
    """
    with failures():
        for path in sorted(folder.rglob("*"), key=_logs_first):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            elif path.name != LOCK:
                path.unlink()
        to_disk(folder)


def _logs_first(path: Path) -> tuple[bool, bool, int]:
    """Sort logs of databases to the front, and folders behind what is in them."""
    is_folder = path.is_dir() and not path.is_symlink()
    return is_folder, not path.name.endswith(("-wal", "-shm")), -len(path.parts)


def _delete(database: sqlite3.Connection, about: About) -> None:
    def each(statement: str, numbers: Iterable[int]) -> None:
        database.executemany(statement, [(number,) for number in numbers])

    each("DELETE FROM cases WHERE id = ?", about.cases)
    each("DELETE FROM case_messages WHERE message = ?", about.messages)
    each("DELETE FROM messages WHERE id = ?", about.messages)
    each("DELETE FROM objections WHERE case_id = ?", about.objections)
    database.executemany(
        "DELETE FROM steps WHERE case_id = ? AND checklist = ? AND step = ?", about.steps
    )
    database.executemany(
        "UPDATE messages SET finding = ?, evidence = ? WHERE id = ?", about.rewritten
    )
    for name in about.names:
        database.execute("DELETE FROM told_dates WHERE instr(name, ?)", (name,))
        database.execute("DELETE FROM dismissed_proposals WHERE instr(matter, ?)", (name,))


def _moments(raw: bytes) -> tuple[datetime | None, datetime | None]:
    """Return up to when was forgotten, and when that was done; nothing where it is no such note."""
    try:
        last, ran = map(int, raw.split())
        return datetime.fromtimestamp(last, UTC), datetime.fromtimestamp(ran, UTC)
    except (ValueError, OverflowError, OSError):
        return None, None


def _wipe(database: sqlite3.Connection) -> None:
    """Leave nothing of what was deleted in the database and its log.

    `secure_delete` wipes cells, but a page that was rearranged may still hold one twice.
    """
    with failures():
        database.execute("VACUUM")
        (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise SourceUnavailable("store.still_read")
