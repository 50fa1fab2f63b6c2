"""The rows of a table in a text file, whatever its charset, its separator and its damage.

Rules for this file: memory stays constant, a quote that is never closed costs its own row
only, and no byte is looked at more than a bounded number of times.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from watcher.sources.charset import decode_part
from watcher.sources.wide import SAMPLE, utf_of

SEPARATORS = (",", "\t", ";", "|", "，")
CELL_LIMIT = 40_000
"""Characters of a quoted cell; a spreadsheet keeps 32,767, and no SMS is longer."""
_ROW_LIMIT = 256 * 1024
_CHUNK = 512 * 1024
_GUESSED_FROM = 64 * 1024
_NAMED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(slots=True)
class Row:
    """The cells of one row; `ended` where a line break follows it, `damaged` where it is no CSV."""

    cells: list[str]
    ended: bool = True
    damaged: bool = False


def charset_of(file: BinaryIO) -> tuple[str, int]:
    """Return the codec of a file, by its first part that is not ASCII, and its mark's length."""
    file.seek(0)
    chunk = file.read(_CHUNK)
    wide, mark = utf_of(chunk[:SAMPLE])
    if wide is not None:
        return wide, mark
    while chunk and chunk.isascii():
        chunk = file.read(_CHUNK)
    first = next((at for at, byte in enumerate(chunk) if byte > 0x7F), 0)  # noqa: PLR2004  ASCII ends
    codec = decode_part(chunk[max(0, first - 16) :][:_GUESSED_FROM], None, None)[1]
    return ("utf_8" if codec == "ascii" else codec), mark


def read_text(file: BinaryIO) -> Iterator[str]:
    """Yield the text of a file from its begin."""
    codec, mark = charset_of(file)
    decoder = codecs.getincrementaldecoder(codec)("replace")
    file.seek(mark)
    while raw := file.read(_CHUNK):
        yield decoder.decode(raw)
    # What is cut inside a character is no text: nothing of it is added.


class Rows:
    """The rows of a text, one by one; `cut` in the end where a quote was open there."""

    def __init__(self, text: Iterator[str], separator: str) -> None:
        self._text = text
        self._separator = separator
        self._buffer = ""
        self._at = 0
        self._all_here = False
        self._no_close_before = 0
        self.cut = False
        end = re.escape(separator)
        closes = rf"[ \t]?(?:{end}|\r?\n|\Z)"
        # A quote inside that nothing ends is meant as it stands: many exporters double none.
        self._quoted = re.compile(
            rf'[ ]?"([^"]*+(?:"(?:"|(?!"|{closes}))[^"]*+)*)"[ \t]?(?={end}|\r?\n|\Z)'
        )
        self._bare = re.compile(rf"[^{end}\n]*+")

    def __iter__(self) -> Iterator[Row]:
        """Yield every row, the blank ones too."""
        self._fill()
        if named := _NAMED.match(self._buffer):
            self._at = named.end()
        while True:
            self._fill()
            if self._at >= len(self._buffer):
                return
            row = self._row()
            if row is None:
                return
            yield row

    def _fill(self) -> None:
        while not self._all_here and len(self._buffer) - self._at < _ROW_LIMIT:
            more = next(self._text, None)
            if more is None:
                self._all_here = True
                return
            self._buffer = self._buffer[self._at :] + more
            self._no_close_before -= self._at
            self._at = 0

    def _row(self) -> Row | None:
        start, buffer = self._at, self._buffer
        end = buffer.find("\n", start, start + _ROW_LIMIT)
        if end < 0 and len(buffer) - start >= _ROW_LIMIT:
            return self._skip()
        ended = end >= 0
        line = buffer[start : end if ended else len(buffer)]
        if '"' in line:
            return self._row_with_quotes()
        self._at = start + len(line) + ended
        return Row(line.rstrip("\r").split(self._separator), ended=ended)

    def _row_with_quotes(self) -> Row | None:
        buffer, at = self._buffer, self._at
        row = Row([])
        while True:
            quoted = None
            if buffer.startswith(('"', ' "'), at) and at >= self._no_close_before:
                limit = at + CELL_LIMIT
                quoted = self._quoted.match(buffer, at, limit)
                if quoted and quoted.end() == limit < len(buffer):
                    quoted = None
                if quoted is None:
                    if self._all_here and len(buffer) - at <= CELL_LIMIT:
                        self.cut = True
                        return None
                    self._no_close_before = limit
            if quoted is not None:
                row.cells.append(quoted[1].replace('""', '"').replace("\r\n", "\n"))
                at = quoted.end()
            else:
                row.damaged = row.damaged or buffer.startswith('"', at)
                bare = self._bare.match(buffer, at)
                row.cells.append(bare[0].rstrip("\r") if bare else "")
                at = bare.end() if bare else at
            if buffer.startswith(self._separator, at):
                at += 1
                continue
            at += buffer.startswith("\r", at)
            row.ended = buffer.startswith("\n", at)
            self._at = at + row.ended
            return row

    def _skip(self) -> Row:
        """Pass over a row that is longer than any can be."""
        while (end := self._buffer.find("\n", self._at)) < 0:
            self._at = len(self._buffer)
            self._fill()
            if self._at >= len(self._buffer):
                return Row([], ended=False, damaged=True)
        self._at = end + 1
        return Row([], damaged=True)
