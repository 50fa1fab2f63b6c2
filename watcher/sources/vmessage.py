"""vMessage (`.vmg`, `.vmsg`), as Nokia, ColorOS, Meizu and PC assistants write it.

Nobody fixed the details, so that fields are taken wherever they stand. A body is raw lines or
quoted-printable; a line of a raw one that looks like an end cannot be told from the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from watcher.sources.items import Damage, Document, Finished, Item, Progress, Remark
from watcher.sources.sms import received
from watcher.sources.vfields import read_fields
from watcher.sources.window import LOW, AsUtf8, Window

_BEGINS, _ENDS = b"BEGIN:VMSG", b"END:VMSG"
_LINE_LIMIT = 1024 * 1024
_RECORD_LIMIT = 2 * 1024 * 1024
_DAMAGED_LIMIT = 100
"""Damaged records shown one by one; more of them only flood."""


def sniff(head: bytes) -> bool:
    """Tell whether the first line begins a message of this format; `head` is UTF-8."""
    return _marks(head.lstrip()[: len(_BEGINS)], _BEGINS)


def read(document: Document) -> Iterator[Item]:
    """Read every message; yield the received ones."""
    return _Reader(document).items()


@dataclass(slots=True)
class _Record:
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    cut: bool = False

    def add(self, line: bytes, *, cut: bool) -> None:
        self.size += len(line) + 1
        if self.size <= _RECORD_LIMIT:
            self.lines.append(line)
        self.cut = self.cut or cut or self.size > _RECORD_LIMIT


class _Reader:
    """One pass over one file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._window = Window(AsUtf8(document.file))
        self._records = self._incoming = self._damaged = 0
        self._zone_claimed = False

    def items(self) -> Iterator[Item]:
        record: _Record | None = None
        for read_on in self._lines():
            if isinstance(read_on, Progress):
                yield read_on
                continue
            line, cut = read_on
            if _marks(line, _BEGINS):
                if record is not None:
                    # The one before was never ended: what is known of it is shown, as damaged.
                    yield from self._given(record, damaged=True)
                record = _Record()
            elif record is not None and _marks(line, _ENDS):
                yield from self._given(record)
                record = None
            elif record is not None:
                record.add(line, cut=cut)
        yield from self._said(ends_early=record is not None)
        yield Finished(source=self._document.name, records=self._records, incoming=self._incoming)

    def _lines(self) -> Iterator[tuple[bytes, bool] | Progress]:
        """Yield lines without their ends, and if they were cut; none that has no end."""
        window, document = self._window, self._document
        while True:
            if len(window.buffer) - window.at < LOW and window.fill():
                yield Progress(read=min(document.file.tell(), document.size), total=document.size)
            if window.ended and window.buffer.find(b"\n", window.at) < 0:
                # The end of the last message needs no line break behind it.
                rest = window.buffer[window.at :]
                if _marks(rest, _ENDS):
                    yield rest, False
                return
            taken = window.take_past(b"\n", _LINE_LIMIT)
            if taken is None:
                return
            line, cut = taken
            yield line.rstrip(b"\r"), cut

    def _given(self, record: _Record, *, damaged: bool = False) -> Iterator[Item]:
        self._records += 1
        if damaged:
            self._damaged += 1
            if self._damaged > _DAMAGED_LIMIT:
                return
        fields = read_fields(record.lines)
        if not fields.incoming:
            return
        self._incoming += 1
        self._zone_claimed = self._zone_claimed or fields.zone_claimed
        flaw = "source.text_cut" if record.cut else None
        yield received(
            self._document,
            address=fields.address,
            milliseconds=fields.milliseconds,
            body=fields.body,
            unreadable="source.damaged_record" if damaged else flaw,
        )

    def _said(self, *, ends_early: bool) -> Iterator[Damage | Remark]:
        name = self._document.name
        if self._damaged > _DAMAGED_LIMIT:
            more = {"count": self._damaged - _DAMAGED_LIMIT}
            yield Damage(source=name, reason="source.more_damaged", values=more)
        if ends_early:
            values = {"read": self._records, "announced": None}
            yield Damage(source=name, reason="source.ends_early_uncounted", values=values)
        if self._zone_claimed:
            yield Remark(source=name, reason="source.zone_unsure")


def _marks(line: bytes, mark: bytes) -> bool:
    return len(line) < 2 * len(mark) and line.strip().upper() == mark
