"""From the columns of a phone's message table to a `Message`: identity, number, subject."""

import re
import unicodedata
from functools import lru_cache
from zlib import crc32

from watcher.core.model import Channel, Message
from watcher.sources.items import SHORT_LIMIT, TEXT_LIMIT, Document, moment

INCOMING = "1"
"""`type` of an SMS and `msg_box` of an MMS: received."""

CHARSETS = {3: "ascii", 106: "utf-8", 113: "gbk", 114: "gb18030", 2025: "gb2312", 2026: "big5"}
"""The charsets of an MMS, by the numbers that IANA gave them."""

_DROPPED_FROM_NUMBER = re.compile(r"[\s()-]+")
_COUNTRY = re.compile(r"^(?:\+86|0086|86(?=\d{11}))")
_CHEAP_CALL_PREFIX = re.compile(r"^(?:17951|12593|17909)(?=1\d{10}$)")
_NFC = unicodedata.normalize


@lru_cache(maxsize=4096)
def comparable_number(address: str) -> str:
    """Return the form of a number in which two spellings of one sender are equal."""
    number = _DROPPED_FROM_NUMBER.sub("", unicodedata.normalize("NFKC", address))
    return _CHEAP_CALL_PREFIX.sub("", _COUNTRY.sub("", number))


def sms_identity(address: str | None, milliseconds: int, body: str) -> str:
    """Return the 16 hexadecimal digits by which one received message is known in any export."""
    number = comparable_number(address) if address else ""
    return identity_of(number_code(number), milliseconds, body)


def number_code(number: str) -> int:
    """Return what of a sender goes into the identity of each of their messages."""
    return crc32(number.encode())


def identity_of(sender: int, milliseconds: int, body: str) -> str:
    """Return that identity; `sender` is the `number_code` of the number."""
    # Whether two are the same message is decided by the store, and by more than this.
    if "\ufffd" in body:
        body = body.replace("\ufffd", "")
    said = crc32(" ".join(_NFC("NFC", body).split()).encode(), sender)
    return f"{(milliseconds & 0xFFFFFFFF) << 32 | said:016x}"


def whole_number(text: str | None) -> int:
    """Read an integer column; what is none is 0, which means unknown in all of them."""
    if text and len(text) <= 19 and text.isascii() and text.isdigit():  # noqa: PLR2004  digits of an int64
        return int(text)
    return 0


def present(text: str | None) -> str | None:
    """Return a column's text, or None where the exporter wrote nothing or the word null."""
    return None if text in {None, "", "null"} else text


def mms_subject(subject: str | None, charset: int) -> str | None:
    """Undo the phone's habit of keeping a subject's bytes as if they were Latin-1."""
    if subject is None:
        return None
    try:
        return subject.encode("latin-1").decode(CHARSETS.get(charset, "utf-8"))
    except UnicodeError:
        return subject


def received(  # noqa: PLR0913  the columns of a message table
    document: Document,
    *,
    address: str | None,
    milliseconds: int,
    body: str,
    sent_milliseconds: int = 0,
    subject: str | None = None,
    unreadable: str | None = None,
) -> Message:
    """Build the `Message` of a received SMS or MMS; without any date it is unreadable."""
    received_at = moment(milliseconds) or moment(sent_milliseconds)
    if received_at is None:
        received_at = document.written_at
        unreadable = unreadable or "source.no_date"
    if len(body) > TEXT_LIMIT:
        body = body[:TEXT_LIMIT]
        unreadable = unreadable or "source.text_cut"
    if max(len(address or ""), len(subject or "")) > SHORT_LIMIT:
        address, subject = address and address[:SHORT_LIMIT], subject and subject[:SHORT_LIMIT]
        unreadable = unreadable or "source.text_cut"
    return Message(
        id=sms_identity(address, milliseconds, body),
        channel=Channel.SMS,
        received_at=received_at,
        sender=address,
        subject=subject,
        text=body,
        unreadable=unreadable,
        source=document.name,
    )
