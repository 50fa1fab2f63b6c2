"""What a server answered, made into values or into one of our failures.

Rules for this file: nothing a server sends raises anything but what is named here, and no
text of a server gets further than `clean` lets it.
"""

import imaplib
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from imapclient.imap_utf7 import decode
from imapclient.response_parser import parse_fetch_response, parse_response

from watcher.sources.imap.connection import CUT, Fate

Group = list[Any]
"""One untagged response as imaplib keeps it: pairs of a line and its literal, then a line."""

LONGEST_REPLY = 200
_UNSEEN = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\uf900-\ufffc]+")
_LATER = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|THROTTLED|OVERQUOTA)\b|too many|try (?:again )?later",
    re.IGNORECASE,
)
_BAD_SIGN_IN = re.compile(
    r"\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED)\]", re.IGNORECASE
)
_GONE = re.compile(r"\[EXPUNGEISSUED\]", re.IGNORECASE)
_UNSAFE = re.compile(r"unsafe login", re.IGNORECASE)

UNPARSABLE = (
    imaplib.IMAP4.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
)
"""What imaplib and imapclient raise on answers that make no sense."""

FAILURES = (OSError, *UNPARSABLE)
"""All that a command can end with; ssl.SSLError and TimeoutError are kinds of OSError."""


def reason(failure: BaseException, fate: Fate) -> str:
    """Return the phrase id of what ended a connection."""
    if fate.fault is not None:
        return fate.fault
    if isinstance(failure, ssl.SSLCertVerificationError):
        return "imap.certificate"
    if isinstance(failure, ssl.SSLError) and not isinstance(failure, ssl.SSLEOFError):
        return "imap.tls"
    if isinstance(failure, OSError):
        return "imap.lost" if fate.connected else "imap.unreachable"
    return "imap.nonsense"


def clean(reply: object, hidden: Iterable[str] = ()) -> str:
    """Return a server's line as it may be shown: short, printable, without what we told it."""
    data = reply[-1] if isinstance(reply, list) and reply else reply
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
    for one in sorted(hidden, key=len, reverse=True):
        if one:
            text = text.replace(one, "…")
    return _UNSEEN.sub(" ", text).strip()[:LONGEST_REPLY]


def is_for_later(reply: str) -> bool:
    """Tell whether a refusal is said to be about the server's load and not about the account."""
    return _LATER.search(reply) is not None


def is_bad_sign_in(reply: str) -> bool:
    """Tell whether a farewell is said to be for a wrong password."""
    return _BAD_SIGN_IN.search(reply) is not None


def is_unsafe(reply: str) -> bool:
    """Tell whether a provider refuses the program itself, as 163 does with folders."""
    return _UNSAFE.search(reply) is not None


def is_expunged(reply: str) -> bool:
    """Tell whether a NO only says that some of the mails are gone."""
    return _GONE.search(reply) is not None


def farewell(failure: BaseException) -> bytes | None:
    """Return what a server said that greeted with a farewell."""
    said = failure.args[0] if failure.args else None
    return said[6:] if isinstance(said, bytes) and said.upper().startswith(b"* BYE ") else None


def folder_name(wire: bytes) -> str:
    """Return a folder's name as people read it; one that is written wrong stays as it is."""
    try:
        name: str = decode(wire)
        name.encode()
    except UNPARSABLE:
        return wire.decode("utf-8", "replace")
    return name


def flag_names(flags: Iterable[object]) -> frozenset[str]:
    """Return the flags of a folder as text."""
    return frozenset(flag.decode("ascii", "replace") for flag in flags if isinstance(flag, bytes))


def grouped(data: Iterable[Any]) -> Iterator[Group]:
    """Part what imaplib collected into one group for each untagged response."""
    group: Group = []
    for piece in data:
        if piece is None:
            continue
        group.append(piece)
        if isinstance(piece, bytes):
            yield group
            group = []


def fetched(group: Group) -> tuple[int, Mapping[bytes, Any]] | None:
    """Return a FETCH response as (sequence number, items), None where it cannot be read."""
    try:
        if any(CUT in (piece if isinstance(piece, bytes) else piece[0]) for piece in group):
            return None
        # One group at a time: what cannot be read of one mail takes no other with it.
        answers = parse_fetch_response(group, normalise_times=False, uid_is_key=False)
    except UNPARSABLE:
        return None
    for sequence, items in answers.items():
        return int(sequence), items
    return None


def listed(group: Group) -> tuple[Any, ...]:
    """Return the values of a LIST or STATUS response, none where it cannot be read."""
    try:
        if any(CUT in (piece if isinstance(piece, bytes) else piece[0]) for piece in group):
            return ()
        return tuple(parse_response(group))
    except UNPARSABLE:
        return ()


def section(items: Mapping[bytes, Any], name: str) -> bytes | None:
    """Return the content of a section of a mail; None where the server gave none."""
    wanted = b"BODY[" + name.encode("ascii") + b"]"
    for key, value in items.items():
        if key == wanted or key.startswith(wanted + b"<"):
            if isinstance(value, bytes):
                return value
            if isinstance(value, int):  # an unquoted number is still the text of a mail
                return str(value).encode("ascii")
    return None
