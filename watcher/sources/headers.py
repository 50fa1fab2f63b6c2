"""The headers of a mail: split by hand, decoded whatever bytes stand in them."""

import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from watcher.sources.charset import decode_part, mend
from watcher.sources.items import plausible

_LINE = re.compile(rb"([!-9;-~]{1,76})[ \t]*:[ \t]*(.*)", re.DOTALL)
_NEXT = re.compile(rb"\n(?![ \t])")
_FOLD = re.compile(rb"\n[ \t]*")
_WORD = re.compile(rb"=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?(.*?)\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_ADDRESS = re.compile(
    r"<\s*([^<>\s]{1,320}@[^<>\s]{1,320})\s*>|([^<>\s,;:\"()]{1,320}@[^<>\s,;:\"()]{1,320})"
)

RawHeaders = list[tuple[str, bytes]]


def split_headers(block: bytes) -> RawHeaders:
    """Return name and unfolded value of each header, in their order; other lines are left out."""
    found = []
    for line in _NEXT.split(block):
        header = _LINE.match(line)
        if header:
            found.append((header[1].decode("ascii"), _FOLD.sub(b" ", header[2]).strip()))
    return found


def values(headers: RawHeaders, name: str) -> Iterator[bytes]:
    """Yield the values of all headers of that name."""
    wanted = name.lower()
    return (value for given, value in headers if given.lower() == wanted)


def decode_header(value: bytes, charset: str | None = None) -> str:
    """Return a header's text; `charset` is what raw bytes in it are most likely written in.

    Encoded words that follow each other are joined before they are decoded: some mailers
    cut them in the middle of a character.
    """
    pieces: list[tuple[str | None, bytes]] = []
    position = 0
    for word in _WORD.finditer(value):
        between = value[position : word.start()]
        label = word[1].decode("ascii").lower()
        payload = _decode_word(word[2], word[3])
        if pieces and pieces[-1][0] == label and not between.strip():
            pieces[-1] = (label, pieces[-1][1] + payload)
        else:
            if between.strip() or (between and not pieces):
                pieces.append((None, between))
            pieces.append((label, payload))
        position = word.end()
    if rest := value[position:]:
        pieces.append((None, rest))
    return mend("".join(decode_part(raw, label or charset, None)[0] for label, raw in pieces))


def address_in(value: str) -> str | None:
    """Return the address that a From header ends in, without the name before it."""
    found = _ADDRESS.findall(value)
    if not found:
        return value.strip() or None
    in_brackets = [bracketed for bracketed, _ in found if bracketed]
    return str(in_brackets[-1] if in_brackets else found[0][1])


def addresses_in(value: str) -> list[str]:
    """Return every address that a header names."""
    return [bracketed or bare for bracketed, bare in _ADDRESS.findall(value)]


def received_at(headers: RawHeaders) -> datetime | None:
    """Return when the receiving server took the mail, else the sender's own date."""
    stamps = [value.rpartition(b";")[2] for value in values(headers, "Received")][:1]
    for stamp in (*stamps, *values(headers, "Date")):
        try:
            when = parsedate_to_datetime(stamp.decode("ascii", "replace"))
            if when.tzinfo is None:
                when = when.replace(tzinfo=UTC)
            when = when.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if plausible(when):
            return when
    return None


def _decode_word(encoding: bytes, payload: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(payload.replace(b" ", b"_"), header=True)
    return decode_base64(payload)


def decode_base64(payload: bytes) -> bytes:
    """Return what base64 says, passing over all that is none, missing padding included."""
    decoded = []
    for run in payload.split(b"="):
        letters = _NOT_BASE64.sub(b"", run)
        if len(letters) % 4 == 1:
            letters = letters[:-1]
        decoded.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(decoded)
