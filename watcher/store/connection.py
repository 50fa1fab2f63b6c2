"""Opening the database file: private, durable, checked, and restored where it is damaged."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from watcher.errors import SourceUnavailable, UserError
from watcher.store.schema import is_whole, migrate, refuse_unreadable

FILE = "state.db"
BACKUP = "state.db.backup"
COPY_EVERY = timedelta(days=1)
"""How old the copy may grow that takes a damaged database's place."""

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # at the batches written here it costs nothing measurable over NORMAL
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "trusted_schema = OFF",
    "secure_delete = ON",
    "temp_store = MEMORY",  # a sort must not leave message text in a temporary file
    "journal_size_limit = 16777216",
)

_NOT_DAMAGE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOMEM,
    },
)


class Recovery(StrEnum):
    """What had to be done to a damaged database."""

    NONE = "none"
    RESTORED = "restored"
    STARTED_ANEW = "started_anew"


def open_database(folder: Path, now: datetime) -> tuple[sqlite3.Connection, Recovery]:
    """Open the database of a state folder for writing, and make, mend or migrate it first.

    A sound file is copied when its copy is a day old. A damaged one is moved aside and the copy
    takes its place; its cursors are older, so sources are read again rather than skipped.
    SourceUnavailable where the disk refuses.
    """
    _private(folder)
    recovery = Recovery.NONE
    with failures():
        fresh = not (folder / FILE).exists()
        if _damaged(folder / FILE):
            recovery = _replace(folder, now)
        database = _connect(folder / FILE)
    try:
        with failures():
            for pragma in _PRAGMAS:
                database.execute(f"PRAGMA {pragma}")
            migrate(database, lambda left: _copy(database, folder / f"{FILE}.v{left}"))
        if not fresh and recovery is Recovery.NONE and _copy_is_old(folder, now):
            with suppress(SourceUnavailable), failures():  # on a full disk the next start does it
                back_up(database, folder)
    except BaseException:
        database.close()
        raise
    return database, recovery


def open_to_read(folder: Path) -> sqlite3.Connection:
    """Open the database of a state folder for reading only; UserError where there is none.

    SourceUnavailable where it is damaged: mending it takes one who may write.
    """
    path = folder / FILE
    if not path.exists():
        raise UserError("store.nothing_yet")
    with failures():
        database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        try:
            database.text_factory = _text
            database.execute("PRAGMA busy_timeout = 5000")
            database.execute("PRAGMA trusted_schema = OFF")
            refuse_unreadable(database)
        except BaseException:
            database.close()
            raise
    return database


def is_sound(folder: Path) -> bool:
    """Return whether the database of a state folder is sound; nothing is mended, nobody waits.

    Raises what `open_to_read` raises.
    """
    with failures(), closing(open_to_read(folder)) as database:
        return _is_sound(database)


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Hold one write transaction: all of it or nothing; SourceUnavailable where it cannot be."""
    with failures():
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


@contextmanager
def failures() -> Iterator[None]:
    """Turn what SQLite or the disk refuses into SourceUnavailable; a wrong statement is a bug."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _NOT_DAMAGE:
            raise SourceUnavailable(
                "store.cannot_save", {"reason": error.sqlite_errorname}
            ) from None
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise SourceUnavailable("store.damaged") from None
        raise
    except OSError as error:
        raise SourceUnavailable("store.cannot_save", {"reason": error.strerror}) from None


@contextmanager
def reading() -> Iterator[None]:
    """Turn what cannot be read, or makes no value any more, into SourceUnavailable."""
    try:
        with failures():
            yield
    except (ValueError, OverflowError):
        raise SourceUnavailable("store.damaged") from None


def back_up(database: sqlite3.Connection, folder: Path) -> None:
    """Keep a copy of the database that takes its place should it be damaged."""
    _copy(database, folder / BACKUP)


def _copy_is_old(folder: Path, now: datetime) -> bool:
    try:
        made = (folder / BACKUP).stat().st_mtime
    except FileNotFoundError:
        return True
    return not made <= now.timestamp() < made + COPY_EVERY.total_seconds()


def _connect(path: Path) -> sqlite3.Connection:
    # SQLite gives the -wal and -shm files the mode of the database, and would create it 0644.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    database = sqlite3.connect(path, isolation_level=None)
    database.text_factory = _text
    return database


def _text(raw: bytes) -> str:
    # One flipped bit in one text must not make the table unreadable.
    return raw.decode("utf-8", "replace")


def _private(folder: Path) -> None:
    """Make the folder, or make sure that nobody else can look into it."""
    with failures():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (folder, folder / FILE):
            if not path.exists():
                continue
            found = path.stat()
            if found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise UserError("store.not_private", {"path": str(path)})


def _damaged(path: Path) -> bool:
    """Return whether the file is no database or not a sound one."""
    if not path.exists() or not path.stat().st_size:
        return False
    with closing(_connect(path)) as database:
        return not _is_sound(database)


def _is_sound(database: sqlite3.Connection) -> bool:
    try:
        (answer,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        return bool(answer == "ok" and is_whole(database))
    except UnicodeDecodeError:
        return False  # SQLite's own message named a column by bytes that are no name
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _NOT_DAMAGE:
            raise
        return False


def _replace(folder: Path, now: datetime) -> Recovery:
    """Move the damaged files aside and put the last sound backup in their place."""
    stamp = now.strftime("%Y%m%dT%H%M%S%fZ")
    for suffix in ("-wal", "-shm", ""):
        path = folder / (FILE + suffix)
        if path.exists():
            path.rename(folder / f"{FILE}{suffix}.damaged-{stamp}")
    backup = folder / BACKUP
    if not backup.exists() or _damaged(backup):
        return Recovery.STARTED_ANEW
    source = _connect(backup)
    try:
        _copy(source, folder / FILE)
    finally:
        source.close()
    return Recovery.RESTORED


def _copy(database: sqlite3.Connection, target: Path) -> None:
    """Write a whole copy of the database, or leave the one that was there."""
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    database.execute("VACUUM INTO ?", (str(unfinished),))
    to_disk(unfinished)
    unfinished.rename(target)
    to_disk(target.parent)


def to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
