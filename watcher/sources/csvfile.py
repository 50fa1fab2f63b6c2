"""CSV and other tables in text: exports of PC assistants and apps, and the user's own sheets."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from watcher.sources.charset import decode_part, mend
from watcher.sources.csvcolumns import (
    Columns,
    Unclear,
    guess_columns,
    is_received,
    sender_in,
    settle_order,
)
from watcher.sources.csvrows import SEPARATORS, Row, Rows, read_text
from watcher.sources.dates import Order, open_order, read_date
from watcher.sources.items import (
    Damage,
    Document,
    Finished,
    Item,
    Progress,
    Remark,
    to_milliseconds,
)
from watcher.sources.sms import received

_SAMPLE = 64 * 1024
_SAMPLE_ROWS = 50
_LEAST_ALIKE = 0.6
_NO_TABLE = ("<", "{", "[", "BEGIN:")
_SHEET_CELL = 32_767
"""Characters at which Excel cuts a cell."""
_DAMAGED_LIMIT = 100
"""Damaged rows shown one by one; more of them only flood."""
_PROGRESS_EVERY = 1000


def sniff(head: bytes) -> bool:
    """Tell whether the first rows are those of a table of messages, read or refused."""
    return b"\0" not in head and _look(decode_part(head[:_SAMPLE], None, None)[0]) is not None


def read(document: Document) -> Iterator[Item]:
    """Read every row; yield the received messages, after a remark on what was guessed."""
    return _Reader(document).items()


@dataclass(frozen=True, slots=True)
class _Table:
    separator: str
    columns: Columns | Unclear


def _look(sample: str) -> _Table | None:
    """Return the separator under which the sample makes most sense, and its columns."""
    if sample.lstrip().startswith(_NO_TABLE):
        return None
    best: _Table | None = None
    for separator in SEPARATORS:
        rows = [row.cells for row in islice(Rows(iter([sample]), separator), _SAMPLE_ROWS)]
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if not rows or len(rows[0]) == 1:
            continue
        if sum(len(row) >= len(rows[0]) for row in rows) < _LEAST_ALIKE * len(rows):
            continue
        columns = guess_columns(rows)
        if isinstance(columns, Columns):
            return _Table(separator, columns)
        if columns is not None and best is None:
            best = _Table(separator, columns)
    return best


class _Reader:
    """One pass over one file, or two where its dates are not clear from the first rows."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._order: Order | None = None
        self._records = self._incoming = self._damaged = self._lost = 0

    def items(self) -> Iterator[Item]:
        name = self._document.name
        table = _look(next(read_text(self._document.file), "")[:_SAMPLE])
        if table is None:
            yield Damage(source=name, reason="source.csv_no_columns", values={"header": ""})
        else:
            columns = table.columns
            if isinstance(columns, Columns):
                columns = self._with_order(table.separator, columns)
            if isinstance(columns, Unclear):
                yield Damage(source=name, reason=columns.reason, values=columns.values)
            else:
                yield self._guessed(columns)
                yield from self._messages(table.separator, columns)
        yield Finished(source=name, records=self._records, incoming=self._incoming)

    def _with_order(self, separator: str, columns: Columns) -> Columns | Unclear:
        """Settle which of day and month comes first, by the whole column where it is needed."""
        place = columns.time
        if place is None or not columns.order_open:
            return columns
        dates = (row.cells[place] for row in self._rows(separator) if len(row.cells) > place)
        open_ones = (cell for cell in dates if open_order(cell) is not None)
        example = next(open_ones, "")
        try:
            self._order = settle_order(chain([example], open_ones))
        except ValueError:
            self._order = None
        if self._order is None:
            return Unclear("source.csv_unclear_dates", {"example": example.strip()[:40]})
        return columns

    def _rows(self, separator: str) -> Rows:
        return Rows(read_text(self._document.file), separator)

    def _guessed(self, columns: Columns) -> Remark:
        roles = ("text", "number", "time", "direction")
        return Remark(
            source=self._document.name,
            reason="source.csv_columns"
            if columns.direction is not None
            else "source.csv_columns_all_received",
            values={role: columns.name(getattr(columns, role)) for role in roles},
        )

    def _messages(self, separator: str, columns: Columns) -> Iterator[Item]:
        document = self._document
        rows = self._rows(separator)
        header = bool(columns.header)
        for count, row in enumerate(rows):
            if count % _PROGRESS_EVERY == _PROGRESS_EVERY - 1:
                yield Progress(read=min(document.file.tell(), document.size), total=document.size)
            if any(cell.strip() for cell in row.cells) or row.damaged:
                if header:
                    header = False
                    continue
                yield from self._message(row, columns, separator)
        name = document.name
        if self._damaged > _DAMAGED_LIMIT:
            more = {"count": self._damaged - _DAMAGED_LIMIT}
            yield Damage(source=name, reason="source.more_damaged", values=more)
        if rows.cut:
            values = {"read": self._records, "announced": None}
            yield Damage(source=name, reason="source.ends_early_uncounted", values=values)
        if self._lost:
            lost = {"count": self._lost}
            yield Remark(source=name, reason="source.csv_numbers_lost", values=lost)

    def _message(self, row: Row, columns: Columns, separator: str) -> Iterator[Item]:
        self._records += 1
        cells, fits = _fitted(row.cells, columns, separator)
        last = max(place for place in columns.places if place is not None)
        # Nobody can tell a last cell that nothing ends from one that was cut.
        damaged = row.damaged or not fits or (not row.ended and len(cells) <= last + 1)
        if damaged:
            self._damaged += 1
            if self._damaged > _DAMAGED_LIMIT:
                return

        def cell(place: int | None) -> str:
            return "" if place is None or place >= len(cells) else cells[place]

        # Without a word that it was sent, it is better shown than lost.
        if is_received(cell(columns.direction)) is False:
            return
        self._incoming += 1
        sender, lost = sender_in(mend(cell(columns.number)))
        self._lost += lost
        text = mend(cell(columns.text))
        written = f"{cell(columns.time)} {cell(columns.clock)}".strip()
        when = read_date(written, self._order)
        flaw = "source.text_cut" if len(text) >= _SHEET_CELL else None
        yield received(
            self._document,
            address=sender,
            milliseconds=to_milliseconds(when) if when else 0,
            body=text,
            unreadable="source.damaged_record" if damaged else flaw,
        )


def _fitted(cells: list[str], columns: Columns, separator: str) -> tuple[list[str], bool]:
    """Return the cells by their columns; separators that stand bare in a text are put back."""
    surplus = len(cells) - columns.width
    while surplus > 0 and not cells[-1].strip():
        cells = cells[:-1]
        surplus -= 1
    if surplus > 0:
        text = columns.text
        whole = separator.join(cells[text : text + surplus + 1])
        cells = [*cells[:text], whole, *cells[text + surplus + 1 :]]
        time = columns.time
        return cells, time is None or read_date(cells[time], Order.DAY_FIRST) is not None
    needed = max(place for place in columns.places if place is not None)
    return cells, len(cells) > needed
