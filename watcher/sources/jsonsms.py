"""From the columns that the JSON of several export apps has to messages.

The apps dump the same tables of Android under a few spellings, which also change from one
version of an app to the next. So each column is taken under any of its names.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from watcher.core.model import Message
from watcher.sources.charset import decode_part, mend
from watcher.sources.items import Damage, Document, Finished, Item, Progress
from watcher.sources.jsonrecords import REPEATED, Event, Record, Records
from watcher.sources.plaintext import read_text
from watcher.sources.sms import (
    CHARSETS,
    INCOMING,
    mms_subject,
    present,
    received,
    whole_number,
)

_BOX = ("msg_box", "messageBox")
_SENT = ("date_sent", "dateSent")
_SENDER = ("__sender_address", "sender_address")
_ADDRESSES = ("addresses", "mms_addresses")
_PARTS = ("__parts", "parts")
_MMS = frozenset({*_BOX, *_SENDER, *_PARTS, "mms_body", "mms_addresses"})
_TOLD_ONCE = frozenset({"address", "body", "date", "type", *_BOX, *_PARTS, *_SENDER, *_ADDRESSES})
_FROM = 137
_MYSELF = "insert-address-token"
_UNKNOWN_SENDER = "ʼUNKNOWN_SENDER!ʼ"  # as Android's own backup writes it
_PARTS_LIMIT = 200
_ADDRESS_LIMIT = 1000
_SUBJECT_LIMIT = 10_000
_DAMAGED_LIMIT = 100
_SECONDS_BELOW = 100_000_000_000


def read(document: Document) -> Iterator[Item]:
    """Read every record; yield the received ones."""
    return _Reader(document).items()


class _Reader:
    """One pass over one file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._records = Records(read_text(document.file))
        self._count = self._incoming = self._damaged = 0
        self._lost = False

    def items(self) -> Iterator[Item]:
        document = self._document
        for met in self._records:
            if met is Event.TICK:
                yield Progress(read=min(document.file.tell(), document.size), total=document.size)
            elif met is Event.TOO_DEEP:
                yield Damage(source=document.name, reason="source.json_too_deep")
            elif isinstance(met, Record):
                message = self._message(met)
                if message is not None:
                    self._incoming += 1
                    yield message
        yield from self._end()

    def _end(self) -> Iterator[Item]:
        name, announced = self._document.name, self._records.announced
        values = {"read": self._count, "announced": announced}
        if self._damaged > _DAMAGED_LIMIT:
            more = {"count": self._damaged - _DAMAGED_LIMIT}
            yield Damage(source=name, reason="source.more_damaged", values=more)
        if self._records.cut_off:
            reason = "source.ends_early" if announced else "source.ends_early_uncounted"
            yield Damage(source=name, reason=reason, values=values)
        elif announced not in {None, self._count}:
            yield Damage(source=name, reason="source.count_differs", values=values)
        yield Finished(
            source=name,
            records=self._count,
            incoming=self._incoming,
            announced=announced,
        )

    def _message(self, record: Record) -> Message | None:
        fields = record.fields
        is_mms = not _MMS.isdisjoint(fields)
        damaged = record.damaged
        if not (is_mms or "body" in fields or "date" in fields or damaged):
            if self._lost:
                # Behind a broken record stand its own parts, until the next begins.
                return None
            damaged = True
        self._lost = record.damaged
        self._count += 1
        if REPEATED in fields and not _TOLD_ONCE.isdisjoint(fields[REPEATED]):
            damaged = True
        self._damaged += damaged
        if damaged and self._damaged > _DAMAGED_LIMIT:
            return None
        message = self._mms(fields) if is_mms else self._sms(fields)
        if message is None:
            return None
        if damaged:
            message = replace(message, unreadable="source.damaged_record")
            if not message.text:
                # Several of which nothing is known are still several.
                said = f"{self._count}\0{message.id}"
                message = replace(message, id=sha256(said.encode()).hexdigest()[:16])
        elif record.cut:
            message = replace(message, unreadable=message.unreadable or "source.text_cut")
        return message

    def _sms(self, fields: dict[str, Any]) -> Message | None:
        # Without a type nobody can say that it was sent: better shown than lost.
        if (_word(fields.get("type")) or INCOMING) != INCOMING:
            return None
        body = fields.get("body")
        return received(
            self._document,
            address=_address(fields.get("address")),
            milliseconds=_milliseconds(fields.get("date")),
            sent_milliseconds=_number(_first(fields, _SENT)),
            body=mend(body) if type(body) is str else "",
            subject=_subject(fields),
            unreadable=None if body is None or type(body) is str else "source.damaged_record",
        )

    def _mms(self, fields: dict[str, Any]) -> Message | None:
        if (_word(_first(fields, _BOX)) or INCOMING) != INCOMING:
            return None
        text, whole = _text_of(fields)
        return received(
            self._document,
            address=_sender(fields),
            milliseconds=_milliseconds(fields.get("date")),
            sent_milliseconds=_number(_first(fields, _SENT)),
            body=text,
            subject=_subject(fields),
            unreadable=None if whole else "source.damaged_record",
        )


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        if (value := fields.get(name)) is not None:
            return value
    return None


def _number(value: object) -> int:
    """Return a whole number however it is written; what is none, or is too great, is 0."""
    if type(value) is float and math.isfinite(value):
        value = int(value)
    if type(value) is int:
        return value if 0 < value < 1 << 63 else 0
    return whole_number(value.strip()) if type(value) is str else 0


def _milliseconds(value: object) -> int:
    """Return a date, which an MMS has in seconds."""
    number = _number(value)
    return number * 1000 if number < _SECONDS_BELOW else number


def _word(value: object) -> str:
    """Return a column that holds a number or a word as one word."""
    if type(value) is int:
        return str(value) if abs(value) < 1 << 63 else "?"
    return (present(value.strip()) or "") if type(value) is str else ""


def _address(value: object) -> str | None:
    address = mend(_word(value))
    return None if address in {"", _UNKNOWN_SENDER} else address[:_ADDRESS_LIMIT]


def _subject(fields: dict[str, Any]) -> str | None:
    subject = _first(fields, ("sub", "subject"))
    if type(subject) is not str or present(subject) is None:
        return None
    charset = _number(_first(fields, ("sub_cs", "subjectCharSet")))
    return mend(mms_subject(subject, charset) or "")[:_SUBJECT_LIMIT]


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if type(each) is dict] if type(value) is list else []


def _sender(fields: dict[str, Any]) -> str | None:
    told = _first(fields, _SENDER)
    senders = [told] if type(told) is dict else _objects(_first(fields, _ADDRESSES))
    for each in senders:
        address = each.get("address")
        if _number(each.get("type")) == _FROM and address != _MYSELF:
            return _address(address)
    return _address(fields.get("address"))


def _text_of(fields: dict[str, Any]) -> tuple[str, bool]:
    """Return the text of an MMS, and whether it is all there."""
    parts = _objects(_first(fields, _PARTS))
    whole = len(parts) <= _PARTS_LIMIT
    texts: list[tuple[int, str]] = []
    for part in parts[:_PARTS_LIMIT]:
        kind = _first(part, ("ct", "contentType"))
        if type(kind) is not str or not kind.lower().startswith("text/plain"):
            continue
        text = _part_text(part)
        if text is None:
            # The phone kept this text in a file of its own.
            whole = whole and "_data" not in part
        else:
            texts.append((_number(_first(part, ("seq", "sequenceOrder"))), mend(text)))
    texts.sort(key=lambda each: each[0])
    if isinstance(body := fields.get("mms_body"), str):
        texts.append((0, mend(body)))
    return "\n".join(text for _, text in texts), whole


def _part_text(part: dict[str, Any]) -> str | None:
    text = _first(part, ("text", "data"))
    if type(text) is str and present(text):
        return text
    binary = part.get("binary_data")
    if type(binary) is not str:
        return None
    try:
        raw = base64.b64decode(binary[: len(binary) // 4 * 4])
    except (binascii.Error, ValueError):
        return None
    return decode_part(raw, CHARSETS.get(_number(_first(part, ("chset", "charset")))), None)[0]
