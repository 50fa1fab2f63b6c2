"""The messages in an Android phone's database (`mmssms.db`): SMS, then MMS with their parts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from watcher.core.model import Message
from watcher.sources.cells import number_of, text_of
from watcher.sources.items import Document, Progress
from watcher.sources.sms import INCOMING, mms_subject, present, received
from watcher.sources.tables import Database, Row

TABLES = frozenset({"sms", "pdu", "part", "addr"})

_SMS = ("address", "date", "date_sent", "type", "body", "subject")
_MMS = ("date", "date_sent", "msg_box", "sub", "sub_cs")
_PARTS = "SELECT mid, seq, ct, text, {data} FROM part WHERE mid BETWEEN ? AND ?"
_ADDRESSES = "SELECT msg_id, address FROM addr WHERE msg_id BETWEEN ? AND ? AND type = 137"
_MYSELF = "insert-address-token"
_PARTS_LIMIT = 200
_PAGE_TEXT = 32 * 1024 * 1024
_IN_SECONDS = 10**11
"""A count above it is of milliseconds already: of seconds it would be the year 5138."""


def read_tables(database: Database, document: Document) -> Iterator[Message | Progress | None]:
    """Read every message; a None stands for one that was not received.

    Raises:
        Refused: a table is no real one.
    """
    has_mms = database.has("pdu")
    for page, share in database.pages("sms", _SMS):
        for row in page:
            yield _sms(row, document)
        done = share * (0.9 if has_mms else 1.0)
        yield Progress(read=int(document.size * done), total=document.size)
    if has_mms:
        contents = _Contents(database)
        for page, share in database.pages("pdu", _MMS):
            contents.prepare(page)
            for row in page:
                yield _mms(row, contents, document)
            done = int(document.size * (0.9 + share / 10))
            yield Progress(read=done, total=document.size)


def _sms(row: Row, document: Document) -> Message | None:
    _, flaw, address, date, date_sent, kind, body, subject = row
    if not _incoming(kind):
        return None
    return received(
        document,
        address=present(text_of(address)),
        milliseconds=number_of(date),
        sent_milliseconds=number_of(date_sent),
        body=text_of(body) or "",
        subject=present(text_of(subject)),
        unreadable=flaw,
    )


def _incoming(kind: object) -> bool:
    # Without a type nobody can say that it was sent: better shown than lost.
    return (text_of(kind) or INCOMING) == INCOMING


@dataclass(slots=True)
class _Content:
    parts: list[tuple[int, str]] = field(default_factory=list)
    sender: str | None = None
    cut: bool = False
    elsewhere: bool = False


class _Contents:
    """What the other tables hold of the MMS of one page."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._of: defaultdict[int, _Content] = defaultdict(_Content)
        self._parts = self._addresses = ""
        if database.has("part"):
            columns = database.columns("part")
            if {"mid", "seq", "ct", "text"} <= columns:
                self._parts = _PARTS.format(data="_data" if "_data" in columns else "NULL")
        if database.has("addr") and {"msg_id", "address", "type"} <= database.columns("addr"):
            self._addresses = _ADDRESSES

    def prepare(self, page: Sequence[Row]) -> None:
        """Look up the parts and addresses of the received ones among these rows."""
        self._of.clear()
        wanted = [row[0] for row in page if _incoming(row[4])]
        if not wanted:
            return
        between = (min(wanted), max(wanted))
        known = frozenset(wanted)
        room = _PAGE_TEXT
        if self._parts:
            for mms, order, kind, text, data in self._database.look_up(self._parts, between):
                told = (text_of(kind) or "").lower().startswith("text/plain")
                if told and (mms := number_of(mms)) in known:
                    room -= len(text) if isinstance(text, bytes) else 0
                    _add(self._of[mms], number_of(order), text_of(text), room, data)
        if self._addresses:
            for mms, address in self._database.look_up(self._addresses, between):
                if number_of(mms) in known and text_of(address) != _MYSELF:
                    self._of[number_of(mms)].sender = present(text_of(address))

    def __getitem__(self, number: int) -> _Content:
        return self._of[number]


def _add(content: _Content, order: int, text: str | None, room: int, data: object) -> None:
    if text is None:
        content.elsewhere = content.elsewhere or data is not None
    elif len(content.parts) >= _PARTS_LIMIT or room < 0:
        content.cut = True
    else:
        content.parts.append((order, text))


def _mms(row: Row, contents: _Contents, document: Document) -> Message | None:
    number, flaw, date, date_sent, box, subject, charset = row
    if not _incoming(box):
        return None
    content = contents[number]
    if content.cut:
        flaw = flaw or "source.text_cut"
    elif content.elsewhere:
        flaw = flaw or "source.text_elsewhere"
    return received(
        document,
        address=content.sender,
        milliseconds=_milliseconds(number_of(date)),
        sent_milliseconds=_milliseconds(number_of(date_sent)),
        body="\n".join(text for _, text in sorted(content.parts, key=lambda part: part[0])),
        subject=mms_subject(present(text_of(subject)), number_of(charset)),
        unreadable=flaw,
    )


def _milliseconds(date: int) -> int:
    return date if date > _IN_SECONDS else date * 1000
