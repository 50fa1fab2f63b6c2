"""JSON Lines: one message a line, in the form of the batch contract.

The checks are written by hand: they run for every line of a batch, and a schema library
costs more than all judging.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import NoReturn

from watcher.core.model import Channel, Message
from watcher.sources.images import read_codes, take_images
from watcher.sources.items import (
    TEXT_LIMIT,
    Damage,
    Document,
    Finished,
    Item,
    Progress,
    plausible,
)

_SURROGATE = re.compile("[\ud800-\udfff]")
_CHANNELS = {"sms": Channel.SMS, "email": Channel.EMAIL}
_LINE_LIMIT = 16 * 1024 * 1024
_PROGRESS_EVERY = 1024 * 1024
_HEADERS_LIMIT = 500
_ID_LIMIT = 1000
_KNOWN = re.compile(rb'^\s*\{(?=[^\n]*"(?:received_at|channel)"\s*:)')


def sniff(head: bytes) -> bool:
    """Tell whether the first line is an object of the batch contract."""
    return _KNOWN.match(head) is not None


def parse_line(line: bytes | str) -> object:
    """Parse one line of JSON; a `ValueError` carries a phrase id."""
    try:
        if isinstance(line, bytes):
            known = line.startswith(b'{"')
            line = line.decode("utf-8" if known else json.detect_encoding(line), "surrogatepass")
        return _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("source.bad_json") from error


def message_from_json(  # noqa: C901, PLR0912  one flat list of checks, run for every line
    given: object,
    source: str | None = None,
    codes_in: Callable[[list[bytes]], tuple[str, ...]] = read_codes,
) -> Message:
    """Build the message that an input object of the batch contract describes.

    `codes_in` reads the codes in the images that stand in its HTML.

    Raises:
        ValueError: the object is not of that form; the first argument is a phrase id.
    """
    if type(given) is not dict:
        raise ValueError("source.not_an_object")
    take = given.get
    identity = take("id")
    if type(identity) is not str:
        # bool is an int to isinstance, but no id to a person.
        if type(identity) is not int:
            raise ValueError("source.bad_id")
        identity = str(identity)
    if len(identity) > _ID_LIMIT:
        raise ValueError("source.bad_id")
    channel = take("channel")
    if type(channel) is not str or channel not in _CHANNELS:
        raise ValueError("source.bad_channel")
    stamp = take("received_at")
    if type(stamp) is not str:
        raise ValueError("source.no_date")
    try:
        received_at = datetime.fromisoformat(stamp)
        aware = received_at.utcoffset() is not None
    except ValueError:
        raise ValueError("source.bad_date") from None
    if not aware:
        raise ValueError("source.date_without_offset")
    if not plausible(received_at):
        raise ValueError("source.bad_date")
    text, html, subject, sender = take("text"), take("html"), take("subject"), take("sender")
    unreadable = None
    codes: tuple[str, ...] = ()
    if text is not None:
        text = _checked(text)
        if len(text) > TEXT_LIMIT:
            text, unreadable = text[:TEXT_LIMIT], "source.text_cut"
    if html is not None:
        html, images = take_images(_checked(html))
        if images:
            codes = codes_in(images)
        if len(html) > TEXT_LIMIT:
            html, unreadable = html[:TEXT_LIMIT], "source.text_cut"
    headers = take("headers")
    return Message(
        id=_mended(identity),
        channel=_CHANNELS[channel],
        received_at=received_at,
        sender=None if sender is None else _checked(sender),
        subject=None if subject is None else _checked(subject),
        text=text,
        html=html,
        headers=_headers(headers) if headers else (),
        unreadable=unreadable,
        codes=codes,
        source=source,
    )


def read(document: Document) -> Iterator[Item]:
    """Read every line; one that cannot be read is an unreadable message."""
    records = incoming = 0
    reported = document.start
    position = end = document.start + _rest_of_line(document)
    codes_in = read_codes if document.images else _no_codes
    while line := document.file.readline(_LINE_LIMIT):
        position += len(line)
        if position - reported >= _PROGRESS_EVERY:
            reported = position
            yield Progress(read=position, total=document.size)
        if len(line) == _LINE_LIMIT and not line.endswith(b"\n"):
            position += _skip_line(document)
            records += 1
            yield _unreadable(document, line, position, "source.line_too_long")
            continue
        if not line.endswith(b"\n") and not line.rstrip().endswith(b"}"):
            yield Damage(
                source=document.name,
                reason="source.ends_early_uncounted",
                values={"read": records, "announced": None},
            )
            break
        if line.endswith(b"\n"):
            end = position
        if not line.strip():
            continue
        records += 1
        try:
            message = message_from_json(parse_line(line), document.name, codes_in)
        except ValueError as error:
            yield _unreadable(document, line, position, str(error.args[0]))
            continue
        incoming += 1
        yield message
    yield Finished(source=document.name, records=records, incoming=incoming, end=end)


def _no_codes(_images: list[bytes]) -> tuple[str, ...]:
    return ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _mended(text: str) -> str:
    """Replace halves of characters, which neither SQLite nor a log can take."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return _SURROGATE.sub("�", text)


def _checked(value: object) -> str:
    if type(value) is not str:
        raise ValueError("source.not_a_text")
    return value if value.isascii() else _mended(value)


def _headers(given: object) -> tuple[tuple[str, str], ...]:
    if type(given) is not dict:
        raise ValueError("source.bad_headers")
    headers: list[tuple[str, str]] = []
    for name, value in given.items():
        if type(value) is list:
            headers += [(_mended(name), _checked(one)) for one in value]
        else:
            headers.append((_mended(name), _checked(value)))
    if len(headers) > _HEADERS_LIMIT:
        raise ValueError("source.bad_headers")
    return tuple(headers)


def _rest_of_line(document: Document) -> int:
    """Go behind the line in which reading is to begin, if it is not its begin."""
    if not document.start:
        return 0
    document.file.seek(document.start - 1)
    return 0 if document.file.read(1) == b"\n" else _skip_line(document)


def _skip_line(document: Document) -> int:
    skipped = 0
    while rest := document.file.readline(_LINE_LIMIT):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _unreadable(document: Document, line: bytes, position: int, reason: str) -> Message:
    digest = sha256(line + str(position).encode()).hexdigest()[:16]
    return Message(
        id=digest,
        channel=Channel.SMS,
        received_at=document.written_at,
        unreadable=reason,
        source=document.name,
    )
