"""Tables of a database that a stranger may have written, read row by row.

Rules for this file: nothing that the database defines is ever run. A table counts only if
it is a real one; a view, a virtual table or a computed column is passed over or refused.
Each page of rows has a deadline, each value a longest length, and damage ends one page.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from time import process_time
from types import MappingProxyType
from typing import Any

Row = tuple[Any, ...]
"""The row's number, a phrase id where it is damaged, then the values asked for."""

_LENGTH_LIMIT = 10_000_000
_SECONDS = 10.0
_OPERATIONS = 200_000
_PAGE = 500
_PAGE_BYTES = 4 * 1024 * 1024
_NAMES_LIMIT = 20_000
_GAPS_LIMIT = 100
_FIRST, _LAST = -(2**63), 2**63 - 1
_REAL = re.compile(rb"CREATE TABLE\b")
_PRAGMAS = frozenset({"table_xinfo", "writable_schema"})
_SCHEMA = frozenset({"sqlite_master", "sqlite_schema"})


class Refused(Exception):  # noqa: N818  internal: a reader turns it into a remark
    """The database, or a table of it, is not read; the argument is a phrase id."""


class Database:
    """One opened database; `damaged` and `slow` tell afterwards what it was like."""

    def __init__(self, connection: sqlite3.Connection, tables: frozenset[str]) -> None:
        """Take an untouched connection; only `tables` can be read, whatever is asked."""
        self._connection = connection
        self._allowed = tables | _SCHEMA
        self._deadline = 0.0
        self._looking = _SECONDS
        self.damaged = False
        self.slow = False
        connection.text_factory = bytes  # a text that is no UTF-8 must not end the reading
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LENGTH_LIMIT)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        for pragma in (
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "mmap_size=0",
            "temp_store=MEMORY",
            "query_only=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.set_authorizer(self._authorize)
        connection.set_progress_handler(self._is_over, _OPERATIONS)
        self._names = self._read_names()

    def close(self) -> None:
        """Close the files; what the child may not write stays unwritten."""
        self._connection.close()

    def has(self, *names: str) -> bool:
        """Tell whether the database says that it has these tables, of whatever kind."""
        return self._names.keys() >= set(names)

    def columns(self, table: str) -> frozenset[str]:
        """Return the names, in lower case, of the columns that hold what was stored in them.

        Raises:
            Refused: the table is none, or not one of numbered rows.
        """
        if not self._names.get(table):
            raise Refused("source.database_disguised")
        try:
            self._begin()
            # Computed columns are hidden ones: reading them would run what the file says.
            given = self._connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
            found = frozenset(bytes(row[1]).decode("utf-8", "replace").lower() for row in given)
            if "_rowid_" in found:
                raise Refused("source.database_disguised")
            self._connection.execute(f"SELECT _rowid_ FROM {table} LIMIT 0")  # noqa: S608  our own name
        except sqlite3.Error as error:
            self._note(error)
            raise Refused("source.database_disguised") from error
        return frozenset(
            bytes(row[1]).decode("utf-8", "replace").lower() for row in given if row[6] == 0
        )

    def pages(self, table: str, wanted: Sequence[str]) -> Iterator[tuple[list[Row], float]]:
        """Yield the rows of a table in the order of their numbers, and how much is behind.

        A column that the table lacks is None in every row. What cannot be read is left out
        or comes as a damaged row.

        Raises:
            Refused: the table is no real one.
        """
        there = self.columns(table)
        columns = [f'"{name}"' if name.lower() in there else "NULL" for name in wanted]
        last = self._last(table)
        page: list[Row] = []
        heavy = 0
        for row in self._rows(table, columns):
            page.append(row)
            heavy += sum(len(value) for value in row if type(value) is bytes)
            if len(page) >= _PAGE or heavy >= _PAGE_BYTES:
                yield page, min(1.0, max(row[0], 0) / last)
                page, heavy = [], 0
        yield page, 1.0

    def look_up(self, sql: str, values: Sequence[int]) -> Iterator[Row]:
        """Yield the rows of a query of ours; all such queries of a file share one deadline."""
        if self._looking <= 0:
            self.slow = True
            return
        begun = process_time()
        self._begin(self._looking)
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.Error as error:
            self._note(error)
        finally:
            self._looking -= process_time() - begun

    def _read_names(self) -> Mapping[str, bool]:
        """Return the tables, and for each whether it is a real one."""
        try:
            return self._list_names()
        except sqlite3.Error as error:
            if _code(error) != sqlite3.SQLITE_CORRUPT:
                self.close()
                raise Refused("source.is_database") from error
        # SQLite opens no file that is shorter than its header says, save in this mode, which
        # is meant for repairing; there it reads the pages that are there.
        self.damaged = True
        try:
            self._connection.execute("PRAGMA writable_schema=ON")
            return self._list_names()
        except sqlite3.Error as error:
            self.close()
            raise Refused("source.database_damaged") from error

    def _list_names(self) -> Mapping[str, bool]:
        self._begin()
        names: dict[str, bool] = {}
        listing = self._connection.execute("SELECT name, type, rootpage, sql FROM sqlite_master")
        for (name, kind, root, sql), _ in zip(listing, range(_NAMES_LIMIT), strict=False):
            if isinstance(name, bytes) and kind not in {b"index", b"trigger"}:
                real = kind == b"table" and type(root) is int and root > 0
                written = isinstance(sql, bytes) and _REAL.match(sql) is not None
                told = name.decode("utf-8", "replace").lower()
                # A name that stands there twice is real only if both are.
                names[told] = real and written and names.get(told, True)
        return MappingProxyType(names)

    def _last(self, table: str) -> int:
        try:
            self._begin()
            found = self._connection.execute(
                f"SELECT _rowid_ FROM {table} NOT INDEXED ORDER BY _rowid_ DESC LIMIT 1"  # noqa: S608  our own name
            ).fetchone()
        except sqlite3.Error as error:
            self._note(error)
            return _LAST
        return max(found[0], 1) if found and type(found[0]) is int else 1

    def _rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        last = _FIRST
        gaps = 0
        # NOT INDEXED: an index of a damaged file may disagree with its table.
        query = (
            f"SELECT _rowid_, NULL, {', '.join(columns)} FROM {table} NOT INDEXED"  # noqa: S608  our own names
            f" WHERE _rowid_ > ? ORDER BY _rowid_ LIMIT {_PAGE}"
        )
        while not self.slow and gaps <= _GAPS_LIMIT:
            count = 0
            try:
                self._begin()
                for row in self._connection.execute(query, (last,)):
                    if row[0] <= last:
                        # A tree whose branches lead back into itself.
                        raise sqlite3.DatabaseError
                    last = row[0]
                    count += 1
                    yield row
            except sqlite3.Error as error:
                if self._note(error):
                    return
                found = self._next(table, last)
                if found is None:
                    return
                last, exists = found
                if exists:
                    yield self._piecewise(table, columns, last)
                else:
                    gaps += 1
            else:
                if count < _PAGE:
                    return

    def _piecewise(self, table: str, columns: Sequence[str], number: int) -> Row:
        """Read one row by itself, value by value; it is whole if all of them can be read.

        (sqlite3 steps ahead: the row before one that cannot be read is lost with it.)
        """
        values: list[object] = []
        flaw = None
        for column in columns:
            value = None
            try:
                self._begin()
                query = f"SELECT {column} FROM {table} NOT INDEXED WHERE _rowid_ = ?"  # noqa: S608  our own names
                value = (self._connection.execute(query, (number,)).fetchone() or (None,))[0]
            except sqlite3.Error as error:
                self._note(error)
                too_big = _code(error) == sqlite3.SQLITE_TOOBIG
                flaw = "source.text_cut" if too_big else "source.damaged_record"
            values.append(value)
        return (number, flaw, *values)

    def _next(self, table: str, behind: int) -> tuple[int, bool] | None:
        """Return the next number to go on behind, and whether that row itself is there.

        Where a page of the file is gone so are the numbers on it: the first one behind it is
        sought in steps that double, then between the last two of these.
        """
        found = self._number_after(table, behind)
        if type(found) is int:
            return found, True
        if found is None:
            return None
        low, step = behind, 1
        while True:
            high = min(low + step, _LAST - 1)
            if self._number_after(table, high) is not _LOST:
                break
            if high == _LAST - 1 or self.slow:
                return None
            low, step = high, step * 2
        while high - low > 1 and not self.slow:
            middle = (low + high) // 2
            if self._number_after(table, middle) is _LOST:
                low = middle
            else:
                high = middle
        return high, False

    def _number_after(self, table: str, behind: int) -> object:
        """Return the next row's number, None behind the last row, `_LOST` where it is gone."""
        try:
            self._begin()
            query = f"SELECT _rowid_ FROM {table} NOT INDEXED WHERE _rowid_ > ? LIMIT 1"  # noqa: S608  our own name
            found = self._connection.execute(query, (behind,)).fetchone()
        except sqlite3.Error as error:
            self._note(error)
            return _LOST
        if found is None:
            return None
        return found[0] if type(found[0]) is int and found[0] > behind else _LOST

    def _begin(self, seconds: float | None = None) -> None:
        self._deadline = process_time() + (_SECONDS if seconds is None else seconds)

    def _is_over(self) -> bool:
        return process_time() > self._deadline

    def _note(self, error: sqlite3.Error) -> bool:
        """Remember what went wrong; True where reading on would take too long."""
        if _code(error) == sqlite3.SQLITE_INTERRUPT:
            self.slow = True
        elif _code(error) != sqlite3.SQLITE_TOOBIG:
            self.damaged = True
        return self.slow

    def _authorize(
        self, action: int, first: str | None, second: str | None, _: str | None, source: str | None
    ) -> int:
        """Allow what this module asks for, and nothing that a view or a trigger does."""
        del second
        if source is None and (
            action == sqlite3.SQLITE_SELECT
            or (action == sqlite3.SQLITE_READ and first is not None and self._may_read(first))
            or (action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS)
        ):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _may_read(self, table: str) -> bool:
        return table.lower() in self._allowed


_LOST = object()


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary code; 0 for an error of our own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
