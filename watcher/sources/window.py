"""A window sliding over a byte stream, and the tags of damaged XML seen through it.

Rules for this file: memory stays constant whatever stands in the stream, every byte is
looked at a bounded number of times, and nothing is ever expanded. XML parsers stop at
the first of the errors that phone backups are full of; this reader steps over them.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from watcher.sources.wide import SAMPLE, utf_of

CHUNK = 1024 * 1024
LOW = 64 * 1024
ATTRIBUTE_LIMIT = 1024 * 1024
_ATTRIBUTES_LIMIT = 256

_CONTROLS = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32))
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_REPLACEMENT = "�".encode()
_NAME = re.compile(rb"</?([A-Za-z_][\w.:-]{0,63})")
_ATTRIBUTE = re.compile(rb"([A-Za-z_][\w.:-]{0,63})\s{0,64}=\s{0,64}([\"'])")
_NOT_SPACE = re.compile(rb"[^ \t\r\n]")
_LONGEST_NAME = 256


class AsUtf8:
    """Gives a file from where it stands as UTF-8 without BOM, whatever UTF it is in.

    `taken` are the bytes of the file that were read; `wide` is the codec where it is a UTF-16.
    """

    __slots__ = ("_decoder", "_file", "_waiting", "taken", "wide")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(SAMPLE)
        self.taken = len(head)
        self.wide, mark = utf_of(head)
        self._waiting = head[mark:]
        self._decoder = codecs.getincrementaldecoder(self.wide or "utf-8")("replace")

    def __call__(self, size: int) -> bytes:
        """Return the next bytes, about so many; none at the end."""
        if self.wide is None:
            return self._read(size)
        while raw := self._read(size):
            if text := self._decoder.decode(raw):
                return text.encode("utf-8", "replace")
        return b""

    def _read(self, size: int) -> bytes:
        waiting, self._waiting = self._waiting, b""
        read = self._file.read(size)
        self.taken += len(read)
        return waiting + read if waiting else read


@dataclass(slots=True, kw_only=True)
class Tag:
    """An opening tag: `closed` where it ends in `/>`, `cut` where an attribute was too long."""

    name: bytes
    attributes: dict[bytes, bytes]
    closed: bool = False
    cut: bool = False
    broken: bool = False


class Window:
    """The bytes `buffer[at:]` that are in memory now, out of a stream of any length."""

    __slots__ = ("_mend", "_read", "at", "buffer", "ended")

    def __init__(self, read: Callable[[int], bytes], *, mend: bool = True) -> None:
        """Look at what `read` gives; without `mend` control characters are left in it."""
        self._read = read
        self._mend = mend
        self.buffer = b""
        self.at = 0
        self.ended = False

    def fill(self) -> bool:
        """Drop what is behind `at`, append the next chunk; false at the end of the stream."""
        chunk = b"" if self.ended else self._read(CHUNK)
        if not chunk:
            self.ended = True
            return False
        if self._mend and len(chunk.translate(None, _CONTROLS)) != len(chunk):
            chunk = _CONTROL.sub(_REPLACEMENT, chunk)
        self.buffer = self.buffer[self.at :] + chunk
        self.at = 0
        return True

    def has(self, count: int) -> bool:
        """Tell whether `count` bytes are ahead, reading on where they are not."""
        while len(self.buffer) - self.at < count:
            if not self.fill():
                return False
        return True

    def skip_space(self) -> bool:
        """Move to the next byte that is no white space; false at the end of the stream."""
        while True:
            found = _NOT_SPACE.search(self.buffer, self.at)
            if found:
                self.at = found.start()
                return True
            self.at = len(self.buffer)
            if not self.fill():
                return False

    def skip_past(self, needle: bytes) -> bool:
        """Move behind the next `needle`; false where the stream ends before it."""
        while (found := self.buffer.find(needle, self.at)) < 0:
            self.at = max(self.at, len(self.buffer) - len(needle) + 1)
            if not self.fill():
                self.at = len(self.buffer)
                return False
        self.at = found + len(needle)
        return True

    def take_past(self, quote: bytes, keep: int) -> tuple[bytes, bool] | None:
        """Return at most `keep` bytes before `quote` and if there were more; None at the end."""
        kept: list[bytes] = []
        room = keep
        while (found := self.buffer.find(quote, self.at)) < 0:
            kept.append(self.buffer[self.at : self.at + room])
            room -= len(kept[-1])
            self.at = len(self.buffer)
            if not self.fill():
                return None
        kept.append(self.buffer[self.at : min(found, self.at + room)])
        cut = found - self.at > room
        self.at = found + 1
        return b"".join(kept), cut

    def read_tag(self, keep: Callable[[bytes, bytes, dict[bytes, bytes]], int]) -> Tag | None:  # noqa: PLR0911  each way a tag can end
        """Read the tag at `at`; None where the stream ends inside it.

        `keep(element, attribute, attributes so far)` says how many bytes of a value are
        wanted; the rest is passed over without being copied. A tag that is no XML comes
        back `broken`, with `at` where sense was lost.
        """
        self.has(_LONGEST_NAME)
        named = _NAME.match(self.buffer, self.at)
        if named is None:
            self.at += 1
            return Tag(name=b"", attributes={}, broken=True)
        tag = Tag(name=named[1], attributes={})
        self.at = named.end()
        for _ in range(_ATTRIBUTES_LIMIT):
            if not self.skip_space():
                return None
            if self.buffer[self.at] == ord(">"):
                self.at += 1
                return tag
            if self.buffer[self.at] == ord("/"):
                if not self.has(2):
                    return None
                tag.closed = self.buffer[self.at + 1] == ord(">")
                tag.broken = not tag.closed
                self.at += 2
                return tag
            whole = self.has(_LONGEST_NAME)
            attribute = _ATTRIBUTE.match(self.buffer, self.at)
            if attribute is None:
                if not whole and b"<" not in self.buffer[self.at :]:
                    return None
                tag.broken = True
                return tag
            self.at = attribute.end()
            wanted = keep(tag.name, attribute[1], tag.attributes)
            taken = self.take_past(attribute[2], wanted)
            if taken is None:
                return None
            if wanted:
                tag.attributes[attribute[1]] = taken[0]
                tag.cut = tag.cut or taken[1]
        tag.broken = True
        return tag
