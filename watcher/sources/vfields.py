"""The fields of one vMessage: who sent it, which way it went, when, and what it says."""

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from watcher.sources.charset import decode_part, mend
from watcher.sources.dates import read_date
from watcher.sources.items import to_milliseconds
from watcher.sources.sms import present

_BODY_BEGINS, _BODY_ENDS = b"BEGIN:VBODY", b"END:VBODY"
_FIELD = re.compile(rb"([A-Za-z][A-Za-z-]{0,40})((?:;[^:]{0,200})?)[ \t]*:[ \t]*(.*)", re.DOTALL)
_BARE_DATE = re.compile(rb"(Date)()[ \t]+(\d.*)", re.IGNORECASE)
_IN_BODY = re.compile(
    rb"date|dateorigin|subject"
    rb"|x-(?:box|read|locked|type|simid|slot|ma-type|nok-dt|(?:message|irm[cs])-[a-z]{1,20})",
)
_DIRECTIONS = frozenset({b"x-message-type", b"x-irmc-box", b"x-box"})
_INCOMING = frozenset({b"DELIVER", b"INBOX"})
_DATES = (b"dateorigin", b"x-nok-dt", b"date")
"""In the order in which they are believed."""
_CLAIMED_ZONE = re.compile(r"\s*(?:GMT|UTC)$", re.IGNORECASE)
_ENCODING = re.compile(rb";(?:ENCODING=)?(QUOTED-PRINTABLE|BASE64|Q|B)(?=;|$)", re.IGNORECASE)
_CHARSET = re.compile(rb"CHARSET=\"?([A-Za-z0-9_.-]{1,40})", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[ \t]*[A-Za-z0-9+/]+={0,2}[ \t]*")
_ADDRESS_LIMIT = 200


@dataclass(slots=True, kw_only=True)
class Fields:
    """What a message says of itself; `zone_claimed` where its time says GMT and may be local."""

    address: str | None = None
    incoming: bool = True
    milliseconds: int = 0
    zone_claimed: bool = False
    body: str = ""


@dataclass(slots=True)
class _Found:
    directions: list[bytes] = field(default_factory=list)
    dates: dict[bytes, str] = field(default_factory=dict)
    outer: str | None = None
    inner: str | None = None
    cards: int = 0

    def take(self, name: bytes, value: bytes) -> None:
        if name in _DIRECTIONS:
            self.directions.append(value.strip().upper())
        elif name in _DATES:
            self.dates.setdefault(name, value.strip().decode("ascii", "replace"))


def read_fields(lines: Sequence[bytes]) -> Fields:
    """Read what stands between the begin and the end of one message."""
    said = [line.strip().upper() for line in lines]
    begin = said.index(_BODY_BEGINS) if _BODY_BEGINS in said else len(lines)
    end = len(said) - 1 - said[::-1].index(_BODY_ENDS) if _BODY_ENDS in said[begin:] else len(said)
    found = _Found()
    _read_envelope([*lines[:begin], *lines[end:]], found)
    fields = Fields(body=_read_body(lines[begin + 1 : end], found))
    fields.address = found.outer if found.outer or found.cards else found.inner
    # A lie about the direction must not hide a message: one field that says received is enough.
    directions = set(found.directions) - {b""}
    fields.incoming = not directions or bool(directions & _INCOMING)
    for name in _DATES:
        written = found.dates.get(name, "")
        local = _CLAIMED_ZONE.sub("", written)
        if when := read_date(local):
            fields.milliseconds = to_milliseconds(when)
            fields.zone_claimed = local != written
            break
    return fields


def _read_envelope(lines: Iterable[bytes], found: _Found) -> None:
    depth = 0
    waiting = b""
    for line in lines:
        given = _FIELD.match(line)
        if given is None:
            # The value of a field may stand alone on the next line.
            found.take(waiting, line)
            waiting = b""
            continue
        name, parameters, value = given[1].lower(), given[2], given[3].strip()
        waiting = b"" if value else name
        if name == b"begin":
            depth += value.upper() == b"VENV"
            found.cards += value.upper() == b"VCARD" and depth == 0
        elif name == b"end":
            depth -= value.upper() == b"VENV"
        elif name == b"tel":
            number = present(_text(value, parameters).strip()[:_ADDRESS_LIMIT])
            if depth > 0:
                found.inner = found.inner or number
            else:
                found.outer = found.outer or number
        elif value:
            found.take(name, value)


def _read_body(lines: Sequence[bytes], found: _Found) -> str:
    """Take the fields at the begin of a body, and what they leave as its text."""
    texts: list[str] = []
    seen: set[bytes] = set()
    at = 0
    while at < len(lines):
        given = _FIELD.match(lines[at]) or _BARE_DATE.match(lines[at])
        name = given[1].lower() if given else b""
        if given is None or name in seen or not _IN_BODY.fullmatch(name):
            if not lines[at] and (texts or not found.dates):
                at += 1
                continue
            texts.append(_raw(lines[at:]))
            break
        at += 1
        seen.add(name)
        if name != b"subject":
            found.take(name, given[3])
            continue
        encoding = _ENCODING.search(given[2])
        if encoding is None:
            texts.append(_raw([given[3], *lines[at:]]))
            break
        encoded = [given[3]]
        while at < len(lines) and _goes_on(encoded[-1], lines[at], encoding[1].upper()):
            encoded.append(lines[at])
            at += 1
        texts.append(_text(b"\n".join(encoded), given[2]))
    return "\n".join(texts).strip("\n")


def _goes_on(line: bytes, following: bytes, encoding: bytes) -> bool:
    if encoding.startswith(b"Q"):
        return line.rstrip().endswith(b"=")
    return _BASE64_LINE.fullmatch(following) is not None


def _raw(lines: Sequence[bytes]) -> str:
    return mend(decode_part(b"\n".join(lines), None, None)[0])


def _text(value: bytes, parameters: bytes) -> str:
    encoding, charset = _ENCODING.search(parameters), _CHARSET.search(parameters)
    if encoding and encoding[1].upper().startswith(b"Q"):
        value = quopri.decodestring(value)
    elif encoding:
        joined = b"".join(value.split())
        try:
            value = base64.b64decode(joined[: len(joined) // 4 * 4])
        except binascii.Error:
            return mend(decode_part(value, None, None)[0])
    declared = charset[1].decode("ascii") if charset else None
    return mend(decode_part(value, declared, None)[0])
