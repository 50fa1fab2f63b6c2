"""The objects of a JSON file of any length, one after the other.

Rules for this file: memory stays constant whatever stands in the file, every character is
looked at a bounded number of times, and damage costs the record in which it stands. What
is around the objects is passed over: an array, a wrapper with arrays in it, line ends,
or nothing at all between one object and the next.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from watcher.sources.items import TEXT_LIMIT

CHUNK = 1024 * 1024
LOW = 64 * 1024
DEPTH_LIMIT = 32
REPEATED = "\0repeated"
"""The field under which an object's repeated names are kept, should it have any."""

_STRUCTURE = re.compile(r'["{}\[\]]')
_OBJECT = re.compile(r'\{\s*+"')
# What holds records and is none: a conversation of Simple SMS Messenger, a QKSMS backup.
_WRAPPER = re.compile(
    r'\{\s*+"(?:sms|mms|messages|messageCount|version)"\s*+:\s*+(?:\[|"?\d)',
)
_ANNOUNCED = re.compile(r'"messageCount"\s*+:\s*+"?(\d{1,9})')
_RECORD = re.compile(
    r'\{\s*+"(?:_id|thread_id|address|body|type|date|subscriptionId|sub_id|creator|self_phone'
    r'|sms|mms)"\s*+:|\n[ \t]*+\{\s*+"',
)
_LONGEST_START = 256
_STALE = 16 * 1024
_RUN = re.compile(r'(?:[^"\\]++|\\u[0-9A-Fa-f]{4}|\\[^u])*+')
_LONGEST_ESCAPE = 6
_LONGEST_GAP = 4096
_GAP = re.compile(r"[ \t\r\n,:0-9A-Za-z+.\-]{0,4096}+")
_WORDS = {"body": TEXT_LIMIT + 1, "text": TEXT_LIMIT + 1}
_OTHER_WORDS = 64 * 1024
_ALL_WORDS = 4 * 1024 * 1024
_ALL_BONES = 1024 * 1024
_CLOSING = {"{": "}", "[": "]"}
_COLUMN = re.compile(
    r'"(address|body|date|date_?[sS]ent|type|msg_box|messageBox)"\s*+:\s*+'
    r'("(?:[^"\\]++|\\.)*+"|\d{1,19})',
)


class Event(Enum):
    """What a pass over a file meets besides records."""

    TICK = "more of the file was read"
    TOO_DEEP = "brackets in brackets, deeper than any message: the pass ends"


@dataclass(slots=True)
class Record:
    """One object: `cut` where a text in it was too long to keep, `damaged` where it is no JSON."""

    fields: dict[str, Any]
    cut: bool = False
    damaged: bool = False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        fields[REPEATED] = {
            name for name, count in Counter(n for n, _ in pairs).items() if count > 1
        }
    return fields


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=lambda _: None,  # NaN and the infinities say as much as null
    strict=False,
)


class Records:
    """One pass over a text: iterate, then ask how it ended."""

    def __init__(self, read: Callable[[int], str]) -> None:
        """Take `read(bytes)`, which gives "" at the end."""
        self._read = read
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._depth = 0
        self._lost = False
        self.announced: int | None = None
        """How many records the file says that it holds."""
        self.cut_off = False
        """Whether the file ends before its JSON does."""

    def __iter__(self) -> Iterator[Record | Event]:
        """Yield the records in their order."""
        while True:
            while len(self._buffer) - self._at < LOW and self._fill():
                yield Event.TICK
            found = _STRUCTURE.search(self._buffer, self._at)
            if found is None:
                self._at = len(self._buffer)
                if self._ended:
                    break
                continue
            self._at = found.start()
            mark = found[0]
            if mark == "{" and self._is_record():
                yield from self._record()
                if self.cut_off:
                    return
            elif mark in "{[":
                self._at += 1
                self._depth += 1
            elif mark == '"':
                yield from self._aside()
            else:
                self._at += 1
                self._depth = max(0, self._depth - 1)
            if self._depth > DEPTH_LIMIT:
                yield Event.TOO_DEEP
                return
        self.cut_off = self._depth > 0 and not self._lost

    def _is_record(self) -> bool:
        buffer, at = self._buffer, self._at
        return bool(_OBJECT.match(buffer, at)) and not _WRAPPER.match(buffer, at)

    def _fill(self) -> bool:
        text = "" if self._ended else self._read(CHUNK)
        if not text:
            self._ended = True
            return False
        self._buffer = self._buffer[self._at :] + text
        self._at = 0
        return True

    def _record(self) -> Generator[Record | Event, None, None]:
        """Take the object at `{`; where the window ends inside it, piece by piece."""
        buffer, at = self._buffer, self._at
        room = DEPTH_LIMIT - self._depth
        try:
            fields, self._at = _DECODER.raw_decode(buffer, at)
        except RecursionError:
            self._depth = DEPTH_LIMIT + 1
        except json.JSONDecodeError as error:
            beyond = error.pos >= len(buffer) - 2 * _LONGEST_ESCAPE
            if not beyond and not error.msg.startswith("Unterminated string"):
                yield from self._damaged(behind=max(error.pos, at + 1))
            elif self._ended:
                self.cut_off = True
            else:
                yield from self._in_pieces()
        except ValueError:  # a number of thousands of digits
            yield from self._damaged(behind=at + 1)
        else:
            end = self._at
            if buffer.count("{", at, end) + buffer.count("[", at, end) > room and _is_deeper(
                fields, room
            ):
                self._depth = DEPTH_LIMIT + 1
            else:
                yield Record(fields)

    def _damaged(self, text: str = "", *, behind: int = 0) -> Generator[Record | Event, None, None]:
        """Say what can be made out of a broken record, and move to where the next may begin.

        The record begins with `text`, of which the window has let go, and goes on at `at`;
        up to `behind` it was whole.
        """
        self._lost = True
        search_at = max(behind, self._at)
        while True:
            found = _RECORD.search(self._buffer, search_at)
            end = found.start() if found else max(search_at, len(self._buffer) - _LONGEST_START)
            text += self._buffer[self._at : min(end, self._at + LOW - len(text))]
            self._at = search_at = end
            if found or not self._fill():
                break
            yield Event.TICK
            search_at = 0
        if found is None:
            self._at = len(self._buffer)
        elif self._at > _STALE:
            # What describes an error is as slow as there is text before it.
            self._buffer = self._buffer[self._at :]
            self._at = 0
        yield Record(_made_out(text), damaged=True)

    def _aside(self) -> Generator[Event, None, None]:
        """Pass over a text that stands beside the records."""
        announced = _ANNOUNCED.match(self._buffer, self._at)
        if announced:
            self.announced = (self.announced or 0) + int(announced[1])
        self._at += 1
        if (yield from self._text(0)) is None:
            self._at += 1

    def _in_pieces(self) -> Generator[Record | Event, None, None]:
        """Take an object longer than the window, with no more of its texts than are wanted."""
        pieces: list[str] = []
        open_: list[str] = []
        words, bones = _ALL_WORDS, _ALL_BONES
        name = ""
        cut = False
        while True:
            gap = yield from self._gap(bones)
            if gap is None:
                return
            mark = self._buffer[self._at : self._at + 1]
            self._at += 1
            pieces += (gap, mark)
            bones -= len(gap) + 2
            if mark == '"' and bones > 0:
                wanted = _WORDS.get(name, _OTHER_WORDS) if ":" in gap else _OTHER_WORDS
                taken = yield from self._text(min(wanted, words))
                if taken is None:
                    break
                text, trimmed = taken
                pieces += (text, '"')
                words -= len(text)
                cut = cut or (trimmed and name in _WORDS)
                name = text
            elif mark in _CLOSING and bones > 0:
                open_.append(_CLOSING[mark])
                if len(open_) + self._depth > DEPTH_LIMIT:
                    self._depth = DEPTH_LIMIT + 1
                    return
            elif bones < 0 or mark != open_.pop():
                break
            elif not open_:
                yield from self._whole("".join(pieces), cut=cut)
                return
        if not self.cut_off:
            yield from self._damaged("".join(pieces)[:LOW])

    def _gap(self, limit: int) -> Generator[Event, None, str | None]:
        """Take what stands between two marks; None where the file ends before the second."""
        gap = ""
        while len(gap) <= limit:
            found = _GAP.match(self._buffer, self._at)
            piece = found[0] if found else ""
            gap += piece
            self._at += len(piece)
            if self._at < len(self._buffer):
                if len(piece) < _LONGEST_GAP:
                    break
            elif self._fill():
                yield Event.TICK
            else:
                self.cut_off = True
                return None
        return gap

    def _whole(self, text: str, *, cut: bool) -> Generator[Record | Event, None, None]:
        try:
            yield Record(_DECODER.decode(text), cut=cut)
        except ValueError:
            yield from self._damaged(text[:LOW])

    def _text(self, room: int) -> Generator[Event, None, tuple[str, bool] | None]:
        """Take a text up to its closing quote: at most `room` of it, and if there was more.

        None where an escape is none, or where the file ends before, which `cut_off` tells.
        """
        kept: list[str] = []
        trimmed = False
        while True:
            found = _RUN.match(self._buffer, self._at)
            end = found.end() if found else self._at
            piece = self._buffer[self._at : min(end, self._at + room)]
            if end - self._at > len(piece):
                trimmed = True
                whole = _RUN.match(piece)
                piece = whole[0] if whole else ""
                room = len(piece)
            kept.append(piece)
            room -= len(piece)
            self._at = end
            if self._buffer[end : end + 1] == '"':
                self._at += 1
                return "".join(kept), trimmed
            if len(self._buffer) - end > _LONGEST_ESCAPE:
                return None
            if not self._fill():
                self.cut_off = True
                return None
            yield Event.TICK


def _is_deeper(value: object, room: int) -> bool:
    if type(value) is dict:
        return room <= 0 or any(_is_deeper(each, room - 1) for each in value.values())
    if type(value) is list:
        return room <= 0 or any(_is_deeper(each, room - 1) for each in value)
    return False


def _made_out(text: str) -> dict[str, Any]:
    """Return the columns that can still be told in a broken record."""
    fields: dict[str, Any] = {}
    for found in _COLUMN.finditer(text):
        name, value = found.groups()
        try:
            fields.setdefault(name, _DECODER.decode(value))
        except ValueError:
            continue
    return fields
