"""What crosses from the child process to the parent: lines of JSON, checked by hand.

Rules for this file: the child may be in the hands of whoever wrote the file it parses.
Nothing it says is believed before its type and size were checked, and nothing but text,
numbers and phrase ids of this program can cross.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from watcher.core.model import Channel, Message, PhraseValue
from watcher.sources.images import LONGEST_CODE, MOST_CODES
from watcher.sources.items import (
    EARLIEST,
    EPOCH,
    LATEST,
    SHORT_LIMIT,
    TEXT_LIMIT,
    Damage,
    Finished,
    Item,
    Mark,
    Progress,
    Remark,
)
from watcher.sources.usual import Read, UsualRun

BATCH_LIMIT = 256 * 1024
"""Bytes of text after which a batch is sent; one message may be longer than that."""
OUT_OF_MEMORY = 3
"""The exit code of a child that ran into its memory limit."""
LINE_LIMIT = 32 * 1024 * 1024
_HEADERS_LIMIT = 500
_MILLISECOND = timedelta(milliseconds=1)
_CHANNELS = {"sms": Channel.SMS, "email": Channel.EMAIL}

Row = list[Any]


class Forged(Exception):  # noqa: N818  internal: what the child said cannot have come from our code
    """A line from the child is not of the form that our code writes."""


class Batch:
    """Items that are sent together; usual SMS, nearly all of all big files, as columns."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.weight = 0
        """About how many bytes they are."""
        self._run: UsualRun | None = None

    def add(self, item: Read) -> None:
        """Take one more."""
        if type(item) is Message:
            self.weight += _weight(item.text, item.html)
            received = (item.received_at - EPOCH) // _MILLISECOND
            if _is_usual(item) and EARLIEST <= received < LATEST:
                self._add_usual(item, received)
                return
        self._run = None
        if isinstance(item, UsualRun):
            self.weight += sum(map(_weight, item.texts))
            self.rows.append(["u", *item.columns])
        else:
            self.rows.append(_to_row(item))

    def _add_usual(self, item: Message, received: int) -> None:
        if self._run is None:
            self._run = UsualRun([], [], [], [])
            self.rows.append(["u", *self._run.columns])
        self._run.add(item.id, received, item.sender, item.text)


def _is_usual(item: Message) -> bool:
    unusual = item.subject, item.html, item.unreadable, item.headers or None, item.codes or None
    return item.channel is Channel.SMS and not any(one is not None for one in unusual)


def _to_row(item: Item | Mark) -> Row:
    """Return an item as what JSON can carry; the file's name stays with the parent."""
    match item:
        case Message():
            received = (item.received_at - EPOCH) // _MILLISECOND
            headers = item.headers and [list(header) for header in item.headers]
            codes = list(item.codes)
            return [
                "m",
                item.id,
                item.channel.value,
                received,
                item.sender,
                item.subject,
                item.text,
                item.html,
                headers,
                item.unreadable,
                codes,
            ]
        case Progress():
            return ["p", item.read, item.total]
        case Damage() | Remark():
            return ["d" if type(item) is Damage else "r", item.reason, dict(item.values)]
        case Finished():
            return ["f", item.records, item.incoming, item.announced, item.end]
        case Mark():
            return ["k", item.resume, item.channel.value]


def _weight(text: str | None, html: str | None = None) -> int:
    """Return about how many bytes a message adds to a batch; Chinese takes three a character."""
    return 300 + 3 * (len(text or "") + len(html or ""))


def encode(items: Iterable[Read]) -> bytes:
    """Return items as one line."""
    batch = Batch()
    for item in items:
        batch.add(item)
    return line_of(batch.rows)


def line_of(rows: list[Row]) -> bytes:
    """Return one line."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes, source: str) -> Iterator[Item | Mark]:
    """Check one line of the child's and yield its items.

    Raises:
        Forged: the line is not what `line_of` writes.
    """
    try:
        # Decoded here: of bytes `json` takes halves of characters too.
        rows = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise Forged from error
    if type(rows) is not list:
        raise Forged
    # In a line without escapes there can be no half of a character.
    halves = b"\\u" in line
    for row in rows:
        if type(row) is not list or not row or type(row[0]) is not str:
            raise Forged
        if row[0] == "u":
            yield from _usual(row, source, halves=halves)
            continue
        reader = _READERS.get(row[0])
        if reader is None:
            raise Forged
        yield reader(row, source)


def _message(row: Row, source: str) -> Message:
    if len(row) != 11:  # noqa: PLR2004  as `_to_row` writes it
        raise Forged
    _, identity, channel, received, sender, subject, text, html, headers, unreadable, codes = row
    if (
        type(identity) is not str
        or len(identity) > SHORT_LIMIT
        or type(channel) is not str
        or channel not in _CHANNELS
        or type(received) is not int
    ):
        raise Forged
    _check_text(sender, SHORT_LIMIT)
    _check_text(subject, SHORT_LIMIT)
    _check_text(text, TEXT_LIMIT)
    _check_text(html, TEXT_LIMIT)
    if unreadable is not None:
        _check_reason(unreadable)
    return Message(
        id=identity,
        channel=_CHANNELS[channel],
        received_at=_moment(received),
        sender=sender,
        subject=subject,
        text=text,
        html=html,
        headers=_headers(headers) if headers else (),
        unreadable=unreadable,
        codes=_codes(codes) if codes else (),
        source=source,
    )


def _moment(milliseconds: int) -> datetime:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise Forged from error


def _check_text(value: object, limit: int) -> None:
    if value is None:
        return
    if type(value) is not str or len(value) > limit:
        raise Forged
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Forged from error


def _check_reason(value: object) -> None:
    if type(value) is not str or not value.startswith("source.") or len(value) > 60:  # noqa: PLR2004
        raise Forged


def _headers(given: object) -> tuple[tuple[str, str], ...]:
    if type(given) is not list or len(given) > _HEADERS_LIMIT:
        raise Forged
    for pair in given:
        if type(pair) is not list or [type(part) for part in pair] != [str, str]:
            raise Forged
        for part in pair:
            _check_text(part, SHORT_LIMIT)
    return tuple((name, value) for name, value in given)


def _codes(given: object) -> tuple[str, ...]:
    if type(given) is not list or len(given) > MOST_CODES:
        raise Forged
    for code in given:
        if type(code) is not str or "\n" in code:
            raise Forged
        _check_text(code, LONGEST_CODE)
    return tuple(given)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Forged
    return value


def _progress(row: Row, source: str) -> Progress:
    del source
    _check_length(row, 3)
    return Progress(read=_count(row[1]), total=_count(row[2]))


def _damage(row: Row, source: str) -> Damage:
    reason, values = _said(row)
    return Damage(source=source, reason=reason, values=values)


def _remark(row: Row, source: str) -> Remark:
    reason, values = _said(row)
    return Remark(source=source, reason=reason, values=values)


def _said(row: Row) -> tuple[str, Mapping[str, PhraseValue]]:
    _check_length(row, 3)
    _check_reason(row[1])
    if type(row[2]) is not dict:
        raise Forged
    values: dict[str, PhraseValue] = {}
    for name, value in row[2].items():
        if value is not None and type(value) is not int:
            _check_text(value, 200)
        values[name] = value
    return row[1], values


def _finished(row: Row, source: str) -> Finished:
    _check_length(row, 5)
    announced, end = (None if row[at] is None else _count(row[at]) for at in (3, 4))
    return Finished(
        source=source,
        records=_count(row[1]),
        incoming=_count(row[2]),
        announced=announced,
        end=end,
    )


def _mark(row: Row, source: str) -> Mark:
    del source
    _check_length(row, 3)
    if type(row[2]) is not str or row[2] not in _CHANNELS:
        raise Forged
    return Mark(resume=None if row[1] is None else _count(row[1]), channel=_CHANNELS[row[2]])


def _check_length(row: Row, length: int) -> None:
    if len(row) != length:
        raise Forged


def _usual(row: Row, source: str, *, halves: bool) -> Iterator[Message]:
    """Check a run of usual SMS, column by column."""
    _check_length(row, 5)
    identities, times, senders, texts = columns = row[1:]
    if any(type(column) is not list for column in columns) or len(set(map(len, columns))) != 1:
        raise Forged
    _check_column(identities, SHORT_LIMIT, _TEXT)
    _check_column(senders, SHORT_LIMIT, _TEXT_OR_NONE)
    _check_column(texts, TEXT_LIMIT, _TEXT_OR_NONE)
    if times and (
        set(map(type, times)) != _NUMBER or min(times) < EARLIEST or max(times) >= LATEST
    ):
        raise Forged
    if halves:
        for text in chain(identities, senders, texts):
            _check_text(text, TEXT_LIMIT)
    return UsualRun(identities, times, senders, texts).messages(source)


_TEXT: frozenset[type] = frozenset((str,))
_TEXT_OR_NONE = _TEXT | {type(None)}
_NUMBER: frozenset[type] = frozenset((int,))


def _check_column(column: list[Any], limit: int, kinds: frozenset[type]) -> None:
    if not kinds.issuperset(map(type, column)):
        raise Forged
    if max(map(len, filter(None, column)), default=0) > limit:
        raise Forged


_READERS: Mapping[str, Callable[[Row, str], Item | Mark]] = {
    "m": _message,
    "p": _progress,
    "d": _damage,
    "r": _remark,
    "f": _finished,
    "k": _mark,
}
