"""SyncTech "SMS Backup & Restore" XML, and what Silence and old Signal write in its form.

Read by a scanner of our own: these files hold references that no XML parser accepts,
attributes of hundreds of megabytes, and end in the middle. What is whole is read.
"""

import base64
import binascii
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from watcher.core.model import Message
from watcher.sources.charset import decode_part
from watcher.sources.items import Damage, Document, Finished, Item, Progress
from watcher.sources.references import attribute_text
from watcher.sources.roots import declared_encoding, first_element
from watcher.sources.sms import (
    CHARSETS,
    INCOMING,
    mms_subject,
    present,
    received,
    whole_number,
)
from watcher.sources.syncruns import Runs
from watcher.sources.usual import UsualRun, one_by_one
from watcher.sources.window import ATTRIBUTE_LIMIT, LOW, AsUtf8, Tag, Window

_KEPT = {
    b"smses": frozenset({b"count"}),
    b"sms": frozenset({b"address", b"date", b"type", b"subject", b"body", b"date_sent"}),
    b"mms": frozenset({b"address", b"date", b"msg_box", b"sub", b"sub_cs", b"date_sent"}),
    b"part": frozenset({b"seq", b"ct", b"text", b"chset"}),
    b"addr": frozenset({b"address", b"type"}),
}
_FROM = "137"
_MYSELF = "insert-address-token"
_USUAL = "utf-8"
_PARTS_LIMIT = 200
_DAMAGED_LIMIT = 100
"""Damaged records shown one by one; more of them only flood."""


def sniff(head: bytes) -> bool:
    """Tell whether the first element is that of this format; `head` is UTF-8."""
    return first_element(head) in {b"smses", b"sms", b"mms"}


def is_call_log(head: bytes) -> bool:
    """Tell whether this is the same app's export of telephone calls."""
    return first_element(head) == b"calls"


@dataclass(slots=True)
class _Counts:
    records: int = 0
    incoming: int = 0
    announced: int | None = None
    damaged: int = 0
    ended: bool = False


@dataclass(slots=True)
class _Mms:
    attributes: dict[bytes, bytes]
    cut: bool
    parts: list[tuple[int, str]] = field(default_factory=list)
    sender: str | None = None


def read(document: Document) -> Iterator[Item]:
    """Read every record; yield the received ones."""
    return one_by_one(read_runs(document), document.name)


def read_runs(document: Document) -> Iterator[Item | UsualRun]:
    """Do the same, with the usual ones in runs."""
    return _Reader(document).items()


class _Reader:
    """One pass over one file: the counts, and the MMS that is open."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._bytes = AsUtf8(document.file)
        self._window = Window(self._bytes, mend=False)
        self._counts = _Counts()
        self._declared: str | None = None
        self._mms: _Mms | None = None
        self._runs = Runs(None)
        self._end_of_last: int | None = document.start

    def items(self) -> Iterator[Item | UsualRun]:
        window, document = self._window, self._document
        window.fill()
        self._declared = declared_encoding(window.buffer)
        self._runs = Runs(self._declared)
        if self._bytes.wide or (self._declared or _USUAL).lower() != _USUAL:
            # Its bytes are not those of the window, or its begin has to be known.
            self._end_of_last = None
        while True:
            if len(window.buffer) - window.at < LOW and window.fill():
                yield Progress(read=min(document.file.tell(), document.size), total=document.size)
            if self._mms is None:
                yield from self._usual()
            if not window.skip_past(b"<"):
                break
            window.at -= 1
            refused = yield from self._unusual()
            if refused:
                yield self._finished()
                return
        yield from self._end()

    def _usual(self) -> Iterator[UsualRun]:
        """Take the SMS ahead that are written as the app writes them."""
        window = self._window
        # The rest of the window waits for what follows it: a record may stand on its edge.
        edge = len(window.buffer) if window.ended else len(window.buffer) - LOW
        going = True
        while going and window.at < edge:
            taken = self._runs.take(window.buffer, window.at, edge)
            window.at, going = taken.end, taken.goes_on
            if taken.records:
                self._whole()
            self._counts.records += taken.records
            self._counts.incoming += len(taken.run.texts)
            if taken.run.texts:
                yield taken.run

    def _end(self) -> Iterator[Item]:
        counts, name = self._counts, self._document.name
        values = {"read": counts.records, "announced": counts.announced}
        if counts.damaged > _DAMAGED_LIMIT:
            more = {"count": counts.damaged - _DAMAGED_LIMIT}
            yield Damage(source=name, reason="source.more_damaged", values=more)
        if not counts.ended:
            reason = "source.ends_early"
            if counts.announced is None:
                reason = "source.ends_early_uncounted"
            yield Damage(source=name, reason=reason, values=values)
        elif counts.announced not in {None, counts.records}:
            yield Damage(source=name, reason="source.count_differs", values=values)
        yield self._finished()

    def _finished(self) -> Finished:
        return Finished(
            source=self._document.name,
            records=self._counts.records,
            incoming=self._counts.incoming,
            announced=self._counts.announced,
            end=self._end_of_last,
        )

    def _whole(self) -> None:
        """Note that the record before this place is whole, and all before it."""
        if self._end_of_last is not None and self._mms is None:
            window = self._window
            unread = len(window.buffer) - window.at
            self._end_of_last = self._document.start + self._bytes.taken - unread

    def _unusual(self) -> Generator[Item, None, bool]:
        """Take what stands at `<`, whatever it is; return true where the file is refused."""
        window = self._window
        window.has(16)
        ahead = window.buffer[window.at : window.at + 10]
        if ahead.startswith(b"<!--"):
            window.skip_past(b"-->")
        elif ahead.startswith(b"<![CDATA["):
            window.skip_past(b"]]>")
        elif ahead.startswith(b"<?"):
            window.skip_past(b"?>")
        elif ahead[:9].upper() == b"<!DOCTYPE":
            yield Damage(source=self._document.name, reason="source.has_doctype")
            return True
        elif ahead.startswith(b"</"):
            yield from self._closing()
        else:
            yield from self._opening()
        return False

    def _closing(self) -> Iterator[Item]:
        tag = self._window.take_past(b">", 64)
        name = b"" if tag is None else tag[0][2:].strip()
        if name == b"mms":
            yield from self._close_mms()
            self._whole()
        elif name == b"smses":
            self._counts.ended = True

    def _opening(self) -> Iterator[Item]:
        tag = self._window.read_tag(_wanted)
        if tag is None:
            return
        if tag.name in {b"sms", b"mms", b"smses"} and self._mms is not None:
            # The MMS before was never closed: what is known of it is shown, as damaged.
            yield from self._close_mms(damaged=True)
        if tag.name == b"smses":
            self._counts.ended = tag.closed
            announced = whole_number(_value(tag.attributes, b"count"))
            if b"count" in tag.attributes:
                self._counts.announced = (self._counts.announced or 0) + announced
        elif tag.name == b"sms":
            yield from self._sms(tag)
            if not tag.broken:
                self._whole()
        elif tag.name == b"mms":
            self._mms = _Mms(tag.attributes, tag.cut or tag.broken)
            if tag.closed or tag.broken:
                yield from self._close_mms(damaged=tag.broken)
        elif self._mms is not None and tag.name == b"part":
            self._part(self._mms, tag)
        elif self._mms is not None and tag.name == b"addr":
            address = _value(tag.attributes, b"address")
            if _value(tag.attributes, b"type") == _FROM and address != _MYSELF:
                self._mms.sender = present(address)

    def _sms(self, tag: Tag) -> Iterator[Message]:
        self._counts.records += 1
        columns = tag.attributes
        if tag.broken and self._is_flood():
            return
        # Without a type nobody can say that it was sent: better shown than lost.
        if (present(_value(columns, b"type")) or INCOMING) != INCOMING:
            return
        self._counts.incoming += 1
        yield received(
            self._document,
            address=present(self._text(columns, b"address")),
            milliseconds=whole_number(_value(columns, b"date")),
            sent_milliseconds=whole_number(_value(columns, b"date_sent")),
            body=self._text(columns, b"body"),
            subject=present(self._text(columns, b"subject")),
            unreadable=_flaw(damaged=tag.broken, cut=tag.cut),
        )

    def _is_flood(self) -> bool:
        self._counts.damaged += 1
        return self._counts.damaged > _DAMAGED_LIMIT

    def _part(self, mms: _Mms, tag: Tag) -> None:
        columns = tag.attributes
        mms.cut = mms.cut or tag.cut or tag.broken
        if not columns.get(b"ct", b"").lower().startswith(b"text/plain"):
            return
        if len(mms.parts) >= _PARTS_LIMIT:
            mms.cut = True
            return
        text = present(self._text(columns, b"text"))
        if text is None and b"data" in columns:
            text = _decoded(columns[b"data"], whole_number(_value(columns, b"chset")))
        if text is not None:
            mms.parts.append((whole_number(_value(columns, b"seq")), text))

    def _close_mms(self, *, damaged: bool = False) -> Iterator[Message]:
        mms, self._mms = self._mms, None
        if mms is None:
            return
        self._counts.records += 1
        if damaged and self._is_flood():
            return
        columns = mms.attributes
        if (present(_value(columns, b"msg_box")) or INCOMING) != INCOMING:
            return
        self._counts.incoming += 1
        parts = [text for _, text in sorted(mms.parts, key=lambda part: part[0])]
        yield received(
            self._document,
            address=mms.sender or present(self._text(columns, b"address")),
            milliseconds=whole_number(_value(columns, b"date")),
            sent_milliseconds=whole_number(_value(columns, b"date_sent")),
            body="\n".join(parts),
            subject=mms_subject(
                present(self._text(columns, b"sub")), whole_number(_value(columns, b"sub_cs"))
            ),
            unreadable=_flaw(damaged=damaged, cut=mms.cut),
        )

    def _text(self, columns: dict[bytes, bytes], name: bytes) -> str:
        return attribute_text(columns.get(name, b""), self._declared)


def _wanted(element: bytes, attribute: bytes, before: dict[bytes, bytes]) -> int:
    if attribute in _KEPT.get(element, ()):
        return ATTRIBUTE_LIMIT
    if attribute == b"data" and element == b"part":
        # Some phones keep even a text outside the message table; it comes as base64.
        is_text = before.get(b"ct", b"").startswith(b"text/plain")
        return ATTRIBUTE_LIMIT if is_text and before.get(b"text") in {None, b"", b"null"} else 0
    return 0


def _value(columns: dict[bytes, bytes], name: bytes) -> str | None:
    value = columns.get(name)
    return None if value is None else value.decode("ascii", "replace").strip()


def _flaw(*, damaged: bool, cut: bool) -> str | None:
    if damaged:
        return "source.damaged_record"
    return "source.text_cut" if cut else None


def _decoded(data: bytes, charset: int) -> str | None:
    try:
        raw = base64.b64decode(data[: len(data) // 4 * 4])
    except binascii.Error:
        return None
    return decode_part(raw, CHARSETS.get(charset), None)[0]
