"""The database file: private, durable, checked, and its failures in words."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from watcher.errors import SourceUnavailable, UserError
from watcher.store.schema import is_whole, refuse_unreadable

FILE = "state.db"
UNFINISHED = ".unfinished"
DAMAGED = "store.damaged"
"""What is said of a file that is no database, or not a sound one."""

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

_STATEMENTS = 32
"""Statements that stay prepared: a batch has fewer, and each takes some 10 KB."""

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

_SAYS = {sqlite3.SQLITE_FULL: "store.full", sqlite3.SQLITE_READONLY: "store.read_only"}
_SAYS_OF_DISK = {
    errno.ENOSPC: "store.full",
    errno.EDQUOT: "store.full",
    errno.EROFS: "store.read_only",
}


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open a database for writing, made for the user alone where there is none."""
    database = connect(path)
    try:
        for pragma in _PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
    except BaseException:
        database.close()
        raise
    return database


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
        return _makes_sense(database)


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
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise SourceUnavailable(DAMAGED) from None
        if code in _NOT_DAMAGE:
            says, reason = _SAYS.get(code, "store.cannot_save"), error.sqlite_errorname
            raise SourceUnavailable(says, {"reason": reason}) from None
        raise
    except OSError as error:
        raise refused(error) from None


def refused(error: OSError) -> SourceUnavailable:
    """Return what is said where the disk refuses to keep a file."""
    says = _SAYS_OF_DISK.get(error.errno or 0, "store.cannot_save")
    return SourceUnavailable(says, {"reason": error.strerror})


@contextmanager
def reading() -> Iterator[None]:
    """Turn what cannot be read, or makes no value any more, into SourceUnavailable."""
    try:
        with failures():
            yield
    except (ValueError, OverflowError):
        raise SourceUnavailable(DAMAGED) from None


def connect(path: Path) -> sqlite3.Connection:
    """Open a file as it is, made for the user alone where there is none."""
    # SQLite gives the -wal and -shm files the mode of the database, and would create it 0644.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    database = sqlite3.connect(path, isolation_level=None, cached_statements=_STATEMENTS)
    database.text_factory = _text
    return database


def _text(raw: bytes) -> str:
    # One flipped bit in one text must not make the table unreadable.
    return raw.decode("utf-8", "replace")


def is_damaged(path: Path) -> bool:
    """Return whether the file is no database or not a sound one."""
    if not path.exists() or not path.stat().st_size:
        return False
    with closing(connect(path)) as database:
        return not _makes_sense(database)


def _makes_sense(database: sqlite3.Connection) -> bool:
    """Read everything, and return whether it is sound; what the disk refuses is raised."""
    try:
        (answer,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        return bool(answer == "ok" and is_whole(database))
    except UnicodeDecodeError:
        return False  # SQLite's own message named a column by bytes that are no name
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _NOT_DAMAGE:
            raise
        return False


def write_copy(database: sqlite3.Connection, target: Path) -> None:
    """Write a whole copy of the database, or leave the one that was there.

    SourceUnavailable where the copy is no sound database: then the database is none.
    """
    unfinished = target.with_name(target.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    try:
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        database.execute("VACUUM INTO ?", (str(unfinished),))
        if is_damaged(unfinished):
            raise SourceUnavailable(DAMAGED)  # noqa: TRY301  the copy goes
        to_disk(unfinished)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.rename(target)
    to_disk(target.parent)


def private_folder(folder: Path) -> None:
    """Make a folder for the user alone, or one that was made by hand before."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
