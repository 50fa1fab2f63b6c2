"""A mail to a `Message`: mail-parser for the structure, our own layer for the characters."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message as Part
from functools import cache
from hashlib import sha256
from typing import Any

from watcher.core.model import Channel, Message
from watcher.sources.budget import MAIL_LIMIT, header_block, over_budget, unix_lines
from watcher.sources.charset import decode_part, mend, meta_charset, teach_aliases
from watcher.sources.forwarded import as_sms
from watcher.sources.headers import (
    RawHeaders,
    address_in,
    decode_base64,
    decode_header,
    received_at,
    split_headers,
    values,
)
from watcher.sources.images import LARGEST, MOST_IMAGES, is_image, read_codes, take_images
from watcher.sources.items import TEXT_LIMIT, Document, Finished, Item, Mark, moment

_SNIFFED = frozenset(
    {
        "from",
        "date",
        "received",
        "subject",
        "message-id",
        "return-path",
        "mime-version",
        "delivered-to",
        "reply-to",
        "to",
        "content-type",
        "x-smssync-datatype",
    },
)
_KEPT = {
    name.lower(): name
    for name in (
        "From",
        "Reply-To",
        "Return-Path",
        "Sender",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Authentication-Results",
        "List-Unsubscribe",
    )
}
_FIRST_ONLY = "authentication-results"
_KEPT_LIMIT = 100
_LINES_SNIFFED = 200
_HEADER_NAME = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_NO_PROSE = frozenset({"text/calendar", "text/css", "text/csv", "text/vcard", "text/x-vcard"})
_ANY_BYTES = "application/octet-stream"
_SEALED = frozenset(
    {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"},
)


@dataclass(slots=True)
class _Body:
    """What the parts of a mail say; `inner` is what stands in a mail or file attached to it."""

    text: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    inner_text: list[str] = field(default_factory=list)
    inner_html: list[str] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    charset: str | None = None
    sealed: bool = False


def sniff(head: bytes) -> bool:
    """Tell whether the first lines are headers of a mail."""
    for line in head.split(b"\n", _LINES_SNIFFED)[:_LINES_SNIFFED]:
        if line.startswith((b" ", b"\t")):
            continue
        header = _HEADER_NAME.match(line)
        if header is None:
            return False
        if header[1].decode("ascii").lower() in _SNIFFED:
            return True
    return False


def read(document: Document) -> Iterator[Item | Mark]:
    """Read a file that is one mail."""
    yield Mark(resume=None, channel=Channel.EMAIL)
    raw = document.file.read(MAIL_LIMIT + 1)
    yield read_mail(
        raw, document.name, document.written_at, images=document.images, own=document.own
    )
    yield Finished(source=document.name, records=1, incoming=1)


def read_each(document: Document, mails: Sequence[tuple[int, int | None]]) -> Iterator[Item | Mark]:
    """Read a file that is mails, one behind the other: the length and the time of each are given.

    A `start` and a mark's `resume` count mails here.
    """
    lengths = [length for length, _ in mails]
    document.file.seek(sum(lengths[: document.start]))
    for at in range(document.start, len(mails)):
        yield Mark(resume=at + 1, channel=Channel.EMAIL)
        length, milliseconds = mails[at]
        yield read_mail(
            document.file.read(length),
            document.name,
            document.written_at,
            delivered_at=None if milliseconds is None else moment(milliseconds),
            images=document.images,
            own=document.own,
        )
    yield Finished(source=document.name, records=len(mails), incoming=len(mails))


def read_mail(  # noqa: PLR0913  what is known besides the bytes
    raw: bytes,
    source: str,
    written_at: datetime,
    *,
    delivered_at: datetime | None = None,
    images: bool = True,
    own: frozenset[str] = frozenset(),
) -> Message:
    """Return the message of one mail, marked unreadable where it is.

    A mail that names no time is of `delivered_at`; where no server told that, it is unreadable
    and of `written_at`. Without `images` no code is looked for in them. A mail that the
    user's phone sent, from one of the addresses `own`, gives the SMS that it forwards.
    """
    mail = unix_lines(raw)
    headers = split_headers(header_block(mail))
    # Counted as it came: a mail is cut one byte behind the limit, and its line ends get shorter.
    reason = "source.mail_too_big" if len(raw) > MAIL_LIMIT else over_budget(mail)
    body = _Body()
    if reason is None:
        try:
            body = _body(mail)
        except _parser_failures():
            reason = "source.mail_broken"
    text, cut_text = _joined(body.text, [_quoted(inner) for inner in body.inner_text], "\n\n")
    html, cut_html = _joined(body.html, [_enclosed(inner) for inner in body.inner_html], "\n")
    if reason is None and (cut_text or cut_html):
        reason = "source.text_cut"
    if reason is None and body.sealed and not text and not html:
        reason = "source.mail_sealed"
    when = received_at(headers) or delivered_at
    if when is None:
        when = written_at
        reason = reason or "source.no_date"
    unread = raw if reason and not text and not html else b""
    codes = read_codes(body.images) if images else ()
    message = _message(headers, body, text, html, codes, when, reason, source, unread)
    return (
        message
        if body.images or body.inner_text or body.inner_html
        else as_sms(message, headers, own)
    )


def _message(  # noqa: PLR0913, PLR0917  what was found out, put together
    headers: RawHeaders,
    body: _Body,
    text: str | None,
    html: str | None,
    codes: tuple[str, ...],
    when: datetime,
    reason: str | None,
    source: str,
    unread: bytes,
) -> Message:
    kept = tuple(_kept_headers(headers, body.charset))
    shown: dict[str, str] = {}
    for name, value in kept:
        shown.setdefault(name, value)
    subject = shown.get("Subject")
    sender = _sender(headers, body.charset)
    said = "\0".join(
        (shown.get("Message-ID", ""), sender or "", subject or "", text or "", html or "", *codes)
    )
    # Of two mails that say nothing that could be read, only their bytes tell whether they are one.
    return Message(
        id=sha256(said.encode() + unread).hexdigest()[:16],
        channel=Channel.EMAIL,
        received_at=when,
        sender=sender,
        subject=subject,
        text=text,
        html=html,
        headers=kept,
        unreadable=reason,
        codes=codes,
        source=source,
    )


def _sender(headers: RawHeaders, charset: str | None) -> str | None:
    for value in values(headers, "From"):
        # The address is looked for before encoded words are opened: a name may hold one.
        return address_in(mend(decode_part(value[:_HEADER_SHOWN], charset, None)[0]))
    return None


_HEADER_SHOWN = 4096


def _kept_headers(headers: RawHeaders, charset: str | None) -> Iterator[tuple[str, str]]:
    kept = 0
    results_seen = False
    for given, value in headers:
        name = given.lower()
        if name not in _KEPT or kept >= _KEPT_LIMIT:
            continue
        if name == _FIRST_ONLY:
            # Only the topmost was written by the receiving server; the rest anyone may write.
            if results_seen:
                continue
            results_seen = True
        kept += 1
        yield _KEPT[name], decode_header(value[:_HEADER_SHOWN], charset)


@cache
def _mailparser() -> Any:
    # Imported late: it costs more than reading a small SMS export.
    import mailparser.exceptions  # noqa: PLC0415

    teach_aliases()
    return mailparser


@cache
def _structure() -> Any:
    """Return mail-parser's reader, without its own view of addresses, dates and characters.

    Nobody asks for that here, and it takes longer than all the rest.
    """

    class Structure(_mailparser().MailParser):  # type: ignore[misc]  # mail-parser names no types
        def parse(self) -> "Structure":
            return self

    return Structure


def _parser_failures() -> tuple[type[Exception], ...]:
    """Return what mail-parser and the email package raise on mails that they cannot take."""
    return (
        _mailparser().exceptions.MailParserError,
        RecursionError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        AssertionError,
    )


def _body(mail: bytes) -> _Body:
    body = _Body()
    waiting: list[tuple[Part, bool]] = [(_structure().from_bytes(mail).message, False)]
    while waiting:
        part, inner = waiting.pop()
        kind = part.get_content_type()
        body.sealed = body.sealed or kind in _SEALED
        inner = (
            inner or kind.startswith("message/") or part.get_content_disposition() == "attachment"
        )
        if part.is_multipart():
            waiting += [(child, inner) for child in reversed(_children(part))]
        elif kind.startswith(("text/", "multipart/")) and kind not in _NO_PROSE:
            # A multipart without parts is a text whose boundary was lost.
            _add_text(body, part, kind, inner=inner)
        elif kind.startswith("image/") or kind == _ANY_BYTES:
            _add_image(body, part)
    return body


def _children(part: Part) -> list[Part]:
    children = part.get_payload()
    return (
        [child for child in children if isinstance(child, Part)]
        if isinstance(children, list)
        else []
    )


def _add_text(body: _Body, part: Part, kind: str, *, inner: bool) -> None:
    payload = _payload(part)
    if not isinstance(payload, bytes) or not payload:
        return
    html = kind == "text/html"
    declared = part.get_content_charset()
    text, used = decode_part(payload, declared, meta_charset(payload) if html else None)
    body.charset = body.charset or used
    text = mend(text.replace("\r\n", "\n"))
    if html:
        text, images = take_images(text)
        body.images += images
        (body.inner_html if inner else body.html).append(text)
    else:
        (body.inner_text if inner else body.text).append(text)


def _add_image(body: _Body, part: Part) -> None:
    written = part.get_payload()
    if len(body.images) < MOST_IMAGES and isinstance(written, str) and len(written) <= 2 * LARGEST:
        payload = _payload(part)
        if isinstance(payload, bytes) and is_image(payload):
            body.images.append(payload)


def _payload(part: Part) -> object:
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":
        # The library gives up on base64 that mail programs show.
        letters = part.get_payload()
        if isinstance(letters, str):
            return decode_base64(letters.encode("ascii", "replace"))
    return part.get_payload(decode=True)


def _joined(own: list[str], inner: list[str], between: str) -> tuple[str | None, bool]:
    if not own and not inner:
        return None, False
    text = between.join((*own, *inner))
    return text[:TEXT_LIMIT], len(text) > TEXT_LIMIT


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _enclosed(html: str) -> str:
    return f"<blockquote>{html}</blockquote>"
