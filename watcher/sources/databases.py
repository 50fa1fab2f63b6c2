"""The message databases of phones: which one a SQLite file is, and the reading common to all."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import UnsupportedOperation
from pathlib import Path

from watcher.core.model import Message
from watcher.sources import ios, mmssms
from watcher.sources.copies import LOG, MAGIC, path_of_copy, whole_pages
from watcher.sources.items import Damage, Document, Finished, Item, Progress
from watcher.sources.tables import Database, Refused

_Reader = Callable[[Database, Document], Iterator[Message | Progress | None]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One phone's database: tables and columns by which it is known, and how it is read."""

    tables: tuple[str, ...]
    columns: frozenset[str]
    read: _Reader


_KINDS = (
    _Kind(("message", "handle"), frozenset({"is_from_me"}), ios.read_tables),
    _Kind(("sms",), frozenset({"address", "body"}), mmssms.read_tables),
)
MEMORY_LIMIT = 96 * 1024 * 1024
"""Bytes of a database that has no file of its own, as inside an archive."""
_HUAWEI = "sms_tb"
_TABLES = ios.TABLES | mmssms.TABLES
_DAMAGED_LIMIT = 100
"""Damaged records shown one by one; more of them only flood."""


def sniff(head: bytes) -> bool:
    """Tell whether this is any SQLite database at all; whose it is only its tables tell."""
    return head.startswith(MAGIC)


def read(document: Document) -> Iterator[Item]:
    """Read every message of the database; yield the received ones."""
    counts = Counts(document)
    yield from counts.of(lambda: _opened(document))
    yield from counts.finish()


class Counts:
    """What was read out of the databases of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._records = 0
        self._incoming = 0
        self._flood = 0

    def of(self, opened: Callable[[], Database]) -> Iterator[Item]:
        """Yield what a database gives, and a remark where it is refused or not whole."""
        begun = self._records
        try:
            with closing(opened()) as database:
                yield from self._messages(database)
        except Refused as refused:
            reason = refused.args[0]
        else:
            if not database.slow and not database.damaged:
                return
            reason = "source.database_too_slow" if database.slow else "source.database_damaged"
        values = {"read": self._records - begun}
        yield Damage(source=self._document.name, reason=reason, values=values)

    def _messages(self, database: Database) -> Iterator[Item]:
        for item in _reader(database)(database, self._document):
            if isinstance(item, Progress):
                yield item
                continue
            self._records += 1
            if item is None:
                continue
            self._incoming += 1
            if item.unreadable == "source.damaged_record":
                self._flood += 1
                if self._flood > _DAMAGED_LIMIT:
                    continue
            yield item

    def finish(self) -> Iterator[Item]:
        """Yield what is to be said in the end."""
        name = self._document.name
        if self._flood > _DAMAGED_LIMIT:
            values = {"count": self._flood - _DAMAGED_LIMIT}
            yield Damage(source=name, reason="source.more_damaged", values=values)
        yield Finished(source=name, records=self._records, incoming=self._incoming)


def open_in_memory(data: bytearray) -> Database:
    """Open a database that has no file of its own; what is given is changed.

    Raises:
        Refused: it is none.
    """
    del data[whole_pages(bytes(data[:18]), len(data)) :]
    # Without this mark SQLite would look for a write-ahead log, which memory cannot have.
    data[18:20] = b"\1\1"
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(data)
        return Database(connection, _TABLES)
    except sqlite3.Error as error:
        connection.close()
        raise Refused("source.is_database") from error


def _opened(document: Document) -> Database:
    path = _path(document)
    if path is not None:
        return _open_copy(path)
    document.file.seek(0)
    data = bytearray(document.file.read(MEMORY_LIMIT + 1))
    if len(data) > MEMORY_LIMIT:
        raise Refused("source.database_too_big")
    return open_in_memory(data)


def _open_copy(path: Path) -> Database:
    """Open a private copy, with its write-ahead log if there is one.

    A database opened as immutable ignores its log: the newest messages would be missing.
    Opened read-only it would need a third file in shared memory, which the child cannot make;
    opened for writing with an exclusive lock, the log's index is kept in memory instead.
    (Measured with SQLite 3.40 and RLIMIT_FSIZE 0: the first gives 1,000 of 1,500 rows, the
    second SQLITE_IOERR, the third all rows; closing cannot write the log back, and is silent.)

    Raises:
        Refused: it cannot be opened at all.
    """
    logged = path.with_name(LOG).is_file()
    address = path.as_uri() + ("?mode=rw" if logged else "?mode=ro&immutable=1")
    try:
        connection = sqlite3.connect(address, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise Refused("source.is_database") from error
    try:
        if logged:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        return Database(connection, _TABLES)
    except sqlite3.Error as error:
        connection.close()
        raise Refused("source.is_database") from error


def _path(document: Document) -> Path | None:
    try:
        return path_of_copy(document.file.fileno())
    except UnsupportedOperation:
        return None


def _reader(database: Database) -> _Reader:
    for kind in _KINDS:
        # What is disguised has no columns to be known by; columns() says so by itself.
        if database.has(*kind.tables) and kind.columns <= database.columns(kind.tables[0]):
            return kind.read
    if database.has(_HUAWEI):
        raise Refused("source.is_huawei")
    raise Refused("source.database_damaged" if database.damaged else "source.is_database")
