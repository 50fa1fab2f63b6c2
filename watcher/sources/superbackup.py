"""超级备份 (Super Backup) XML: root `allsms`, with bodies that are written without any escaping.

Quotes, `&`, `<` and line breaks of a message stand in the file as they are, so that it is often
no XML at all. But the attributes come in one fixed order: a record is what stands between two
openings of `<sms`, and its body ends at the last `" read="` in there.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from watcher.sources.items import Damage, Document, Finished, Item, Progress
from watcher.sources.references import attribute_text
from watcher.sources.roots import declared_encoding, first_element
from watcher.sources.sms import INCOMING, present, received, whole_number
from watcher.sources.window import ATTRIBUTE_LIMIT, AsUtf8, Window

_ROOT = re.compile(rb"<(/?)allsms(?=[\s/>])([^<>]{0,1000})>")
_COUNT = re.compile(rb"\scount=[\"'](\d{1,9})[\"']")
_OPENING = re.compile(rb"[>\n][ \t\r]{0,64}+(<sms[ \t]+[a-z_]{1,20}=\")")
_USUAL = re.compile(
    rb'<sms[ \t]+address="([^"<>]{0,200}+)"(?:[ \t]+time="[^"]{0,200}+")?'
    rb'[ \t]+date="([^"]{0,40}+)"[ \t]+type="([^"]{0,10}+)"[ \t]+body="',
)
_BODY_ENDS = b'" read="'
_ROOT_ENDS = b"</allsms>"
_RECORD_LIMIT = 2 * ATTRIBUTE_LIMIT
_LONGEST_OPENING = 128
_DAMAGED_LIMIT = 100
"""Damaged records shown one by one; more of them only flood."""


def sniff(head: bytes) -> bool:
    """Tell whether the first element is that of this format; `head` is UTF-8."""
    return first_element(head) == b"allsms"


def read(document: Document) -> Iterator[Item]:
    """Read every record; yield the received ones."""
    return _Reader(document).items()


@dataclass(slots=True, kw_only=True)
class _Record:
    address: bytes = b""
    date: bytes = b""
    kind: bytes = b""
    body: bytes = b""
    flaw: str | None = None


class _Reader:
    """One pass over one file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._window = Window(AsUtf8(document.file))
        self._declared: str | None = None
        self._announced: int | None = None
        self._records = self._incoming = self._damaged = 0
        self._ended = False

    def items(self) -> Iterator[Item]:
        window, name = self._window, self._document.name
        window.fill()
        self._declared = declared_encoding(window.buffer)
        if b"<!doctype" in window.buffer.partition(b"<allsms")[0].lower():
            yield Damage(source=name, reason="source.has_doctype")
        else:
            yield from self._each()
            yield from self._remarks()
        yield Finished(
            source=name,
            records=self._records,
            incoming=self._incoming,
            announced=self._announced,
        )

    def _each(self) -> Iterator[Item]:
        """Cut the file where records open, and read what stands between two openings."""
        window, document = self._window, self._document
        inside = False
        seen = 0
        while True:
            while opening := _OPENING.search(window.buffer, seen):
                piece = window.buffer[window.at : opening.start(1)]
                window.at = seen = opening.start(1)
                if inside:
                    yield from self._closed(piece, last=False)
                else:
                    self._outside(piece)
                inside = True
            if inside and len(window.buffer) - window.at > _RECORD_LIMIT:
                start = window.buffer[window.at : window.at + ATTRIBUTE_LIMIT]
                yield from self._given(_read(start, flaw="source.text_cut"))
                inside = False
            if not inside:
                window.at = max(window.at, len(window.buffer) - _LONGEST_OPENING)
            seen = max(window.at, len(window.buffer) - _LONGEST_OPENING) - window.at
            if not window.fill():
                break
            yield Progress(read=min(document.file.tell(), document.size), total=document.size)
        piece = window.buffer[window.at :]
        if inside:
            yield from self._closed(piece, last=True)
        else:
            self._outside(piece)

    def _closed(self, piece: bytes, *, last: bool) -> Iterator[Item]:
        """Read the record that a piece begins with, and note what follows it."""
        record = piece.rstrip()
        if not record.endswith(b"/>"):
            end = record.rfind(_ROOT_ENDS)
            if end >= 0:
                self._outside(record[end:])
                record = record[:end].rstrip()
        if record.endswith(b"/>"):
            yield from self._given(_read(record))
        elif not last:
            yield from self._given(_read(record, flaw="source.damaged_record"))

    def _outside(self, text: bytes) -> None:
        for tag in _ROOT.finditer(text):
            self._ended = bool(tag[1]) or tag[2].endswith(b"/")
            if count := _COUNT.search(tag[2]):
                self._announced = (self._announced or 0) + int(count[1])

    def _given(self, record: _Record) -> Iterator[Item]:
        self._records += 1
        if record.flaw == "source.damaged_record":
            self._damaged += 1
            if self._damaged > _DAMAGED_LIMIT:
                return
        # Without a type nobody can say that it was sent: better shown than lost.
        if (present(self._text(record.kind).strip()) or INCOMING) != INCOMING:
            return
        self._incoming += 1
        yield received(
            self._document,
            address=present(self._text(record.address)),
            milliseconds=whole_number(self._text(record.date).strip()),
            body=self._text(record.body),
            unreadable=record.flaw,
        )

    def _text(self, value: bytes) -> str:
        return attribute_text(value, self._declared)

    def _remarks(self) -> Iterator[Damage]:
        name = self._document.name
        values = {"read": self._records, "announced": self._announced}
        if self._damaged > _DAMAGED_LIMIT:
            more = {"count": self._damaged - _DAMAGED_LIMIT}
            yield Damage(source=name, reason="source.more_damaged", values=more)
        if not self._ended:
            counted = self._announced is not None
            reason = "source.ends_early" if counted else "source.ends_early_uncounted"
            yield Damage(source=name, reason=reason, values=values)
        elif self._announced not in {None, self._records}:
            yield Damage(source=name, reason="source.count_differs", values=values)


def _read(record: bytes, flaw: str | None = None) -> _Record:
    """Take a record apart by its known order, or as XML where it has another one."""
    usual = _USUAL.match(record)
    if usual is None:
        return _read_as_xml(record, flaw)
    end = record.rfind(_BODY_ENDS, usual.end())
    if end < 0:
        end = len(record)
        flaw = flaw or "source.damaged_record"
    return _Record(
        address=usual[1], date=usual[2], kind=usual[3], body=record[usual.end() : end], flaw=flaw
    )


def _read_as_xml(record: bytes, flaw: str | None) -> _Record:
    window = Window(io.BytesIO(record).read)
    tag = window.read_tag(lambda _element, _attribute, _before: ATTRIBUTE_LIMIT)
    if tag is None:
        return _Record(flaw=flaw or "source.damaged_record")
    columns = tag.attributes
    whole = tag.closed and not tag.broken and window.at == len(record) and b"body" in columns
    return _Record(
        address=columns.get(b"address", b""),
        date=columns.get(b"date", b""),
        kind=columns.get(b"type", b""),
        body=columns.get(b"body", b""),
        flaw=flaw if whole else "source.damaged_record",
    )
