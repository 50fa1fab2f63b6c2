"""Turns what people type on a command line or in a spreadsheet into values of loans.toml.

Nothing is refused here: what cannot be understood stays a text, and reading the ledger says
what was expected instead.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from watcher.errors import Problem
from watcher.userfiles.loans import LOAN_KEYS, MAX_BYTES
from watcher.userfiles.problems import nearest
from watcher.userfiles.toml import Document

if TYPE_CHECKING:
    from watcher.userfiles.positions import Key

Value = str | int | date | list[str]
Row = dict[str, Value]

_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_BETWEEN_TAILS = re.compile(r"[\s;；、，,/|]+")
_DAYS: Final = ("opened_on", "settled_on")
_AMOUNTS: Final = ("principal", "monthly_amount")


def typed(key: str, text: str) -> Value:
    """Return the value that `text` means under a key of a loan."""
    text = text.strip()
    if key in _DAYS and (day := _DAY.fullmatch(text)):
        try:
            return date(int(day[1]), int(day[2]), int(day[3]))
        except ValueError:
            return text
    if key in _AMOUNTS and _THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    if key == "due_day" and text.isascii() and text.isdigit():
        return int(text[:9])
    if key == "account_tail":
        tails = [tail for tail in _BETWEEN_TAILS.split(text) if tail]
        return tails[0] if len(tails) == 1 else tails
    return text


def new_id(row: Mapping[str, Value], year: int, taken: set[str]) -> str:
    """Make an id of the lender and a year, the loan's own where it is known."""
    days = [row[key] for key in _DAYS if isinstance(row.get(key), date)]
    first = days[0] if days else None
    stem = (
        f"{''.join(str(row['lender']).split())}-{first.year if isinstance(first, date) else year}"
    )
    number = 1
    while (id_ := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return id_


def as_document(
    rows: Sequence[Mapping[str, Value]], file: str, lines: Sequence[int] = ()
) -> Document:
    """Return rows as if they stood in a loans.toml called `file`, each on its line."""
    places: dict[Key, int] = {("loans", place): line for place, line in enumerate(lines)}
    return Document(file=file, data={"loans": [dict(row) for row in rows]}, text="", _lines=places)


def read_csv(path: Path) -> tuple[list[Row], list[int], tuple[Problem, ...]]:
    """Read a spreadsheet saved as CSV whose first row names keys of a loan.

    UTF-8 (with or without mark) and GBK are understood, as are commas, semicolons and tabs.
    Returns the rows, the line each begins on, and every mistake in the form of the file.
    """
    name = path.name
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError:
        return [], [], (Problem(file=name, says="problem.unreadable"),)
    text = _decoded(content)
    if len(content) > MAX_BYTES:
        values = {"limit": MAX_BYTES // 1024}
        return [], [], (Problem(file=name, says="problem.too-big", values=values),)
    if text is None:
        return [], [], (Problem(file=name, says="loan.csv-encoding"),)
    try:
        table = list(_records(text))
    except csv.Error:
        return [], [], (Problem(file=name, says="loan.csv-broken"),)
    if not table:
        return [], [], (Problem(file=name, says="loan.csv-empty"),)
    (line, header), *records = table
    keys = [key.strip() for key in header]
    problems = list(_header_problems(keys, name, line))
    rows, lines = [], []
    for line, record in records:
        if len(record) > len(keys):
            problems.append(Problem(file=name, line=line, says="loan.csv-too-wide"))
        cells = zip(keys, record, strict=False)
        rows.append({key: typed(key, cell) for key, cell in cells if cell.strip()})
        lines.append(line)
    return rows, lines, tuple(problems)


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with the line it begins on."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for record in reader:
        if any(cell.strip() for cell in record):
            yield begins, record
        begins = reader.line_num + 1


def _header_problems(keys: Sequence[str], file: str, line: int) -> Iterator[Problem]:
    for place, key in enumerate(keys):
        if key not in LOAN_KEYS:
            values = {"name": key, "nearest": nearest(key, LOAN_KEYS)}
            yield Problem(file=file, line=line, says="loan.csv-column", values=values)
        elif key in keys[:place]:
            yield Problem(file=file, line=line, key=key, says="loan.csv-column-twice")
    if "lender" not in keys:
        values = {"name": "lender"}
        yield Problem(file=file, line=line, says="problem.key-missing", values=values)
