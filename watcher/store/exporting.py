"""Everything the database holds, table by table, as values that JSON knows."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from watcher.store.records import from_fen, from_ms

_SECRET: Final = frozenset({"settings"})
"""Holds the key of the fingerprints, which is of no use to anyone but a forger."""

_JSON: Final = frozenset({"finding", "evidence", "headers", "summary", "position"})
_MOMENTS: Final = ("_at", "_until", "objects_from")

Row = Mapping[str, Any]


def tables(database: sqlite3.Connection) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield each table with its rows; moments as ISO 8601, amounts as exact text."""
    names = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name"
    ).fetchall()
    for (name,) in names:
        if name not in _SECRET:
            yield name, _rows(database, name)


def _rows(database: sqlite3.Connection, table: str) -> Iterator[Row]:
    found = database.execute(f"SELECT * FROM {table}")  # noqa: S608  a name of the schema's
    columns = [column for column, *_ in found.description]
    for row in found:
        yield dict(_said(*cell) for cell in zip(columns, row, strict=True))


def _said(column: str, value: Any) -> tuple[str, Any]:
    if column == "amount_fen":
        return "amount", None if value is None else str(from_fen(value))
    with suppress(ValueError, OverflowError):  # a flipped bit is exported as it is
        if column.endswith(_MOMENTS) and isinstance(value, int):
            return column, from_ms(value).isoformat()
        if column in _JSON and value is not None:
            return column, json.loads(value)
    return column, value
