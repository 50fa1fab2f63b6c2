"""The one export inside a ZIP, inflated while it is read.

Rules for this file: nothing is written anywhere, no member but the wanted one is inflated,
sizes are counted and never believed, and a directory that contradicts itself is refused.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from watcher.sources.items import Damage, Document, Finished, Mark
from watcher.sources.usual import Read
from watcher.sources.zipdirectory import Entry, Refused, find_export

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 64 * 1024
_BUFFER = 1024 * 1024
_SIZE_LIMIT = 8 * 1024**3
_FREE = 10 * 1024 * 1024
_RATIO_LIMIT = 200


def sniff(head: bytes) -> bool:
    """Tell whether this is a ZIP."""
    return head.startswith(b"PK\x03\x04")


def read(document: Document, read_inside: Callable[[Document], Iterator[Read]]) -> Iterator[Read]:
    """Have `read_inside` read the one export in the ZIP; say what is wrong with the ZIP."""
    try:
        entry = find_export(document.file, document.size)
    except Refused as refusal:
        yield Damage(source=document.name, reason=str(refusal.args[0]))
        yield Finished(source=document.name, records=0, incoming=0)
        return
    member = _Member(document.file, entry)
    inside = replace(
        document,
        file=io.BufferedReader(member, _BUFFER),
        size=entry.size or document.size,
    )
    remarked = False
    for item in read_inside(inside):
        if isinstance(item, Damage):
            if member.flaw:
                # What the reader remarks is the consequence.
                continue
            remarked = True
        elif isinstance(item, Finished):
            flaw = member.flaw
            if not flaw and not entry.listed and not remarked:
                flaw = "source.zip_cut"
            if flaw:
                yield Damage(source=document.name, reason=flaw)
            item = replace(item, end=None)  # noqa: PLW2901  it counts the bytes of the member
        elif isinstance(item, Mark):
            item = replace(item, resume=None)  # noqa: PLW2901  so does this
        yield item


class _Member(io.RawIOBase):
    """The bytes of one member; `flaw` is a phrase id once they cannot be given."""

    def __init__(self, file: BinaryIO, entry: Entry) -> None:
        self._file = file
        self._entry = entry
        self.flaw: str | None = None
        self._rewind()

    def _rewind(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""
        self._taken = self._given = self._sum = 0
        self._done = False
        self._file.seek(self._entry.start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._given

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_CUR:
            offset += self._given
        elif whence != io.SEEK_SET:
            raise io.UnsupportedOperation
        if offset < self._given:
            self._rewind()
        while self._given < offset and self._give(min(_BUFFER, offset - self._given)):
            pass
        return self._given

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._give(len(view))
        view[: len(data)] = data
        return len(data)

    def _give(self, limit: int) -> bytes:
        """Return at most `limit` bytes, none at the end or where the rest is of no use."""
        data = b""
        while not (data or self._done or self.flaw):
            if not self._waiting:
                self._waiting = self._take()
            last = not self._waiting
            try:
                data, ended = self._unpack(limit)
            except zlib.error:
                self.flaw = "source.zip_damaged"
                return b""
            self._given += len(data)
            self._sum = zlib.crc32(data, self._sum)
            self._done = ended or (last and not data)
            self.flaw = self._found(ended=ended)
        return b"" if self.flaw == "source.zip_bomb" else data

    def _found(self, *, ended: bool) -> str | None:
        """Return what is wrong with the bytes given so far."""
        used = self._taken - len(self._waiting)
        if self._given > _SIZE_LIMIT or (self._given > _FREE and self._given > _RATIO_LIMIT * used):
            return "source.zip_bomb"
        if ended:
            return None if self._entry.sum in {None, self._sum} else "source.zip_damaged"
        # Without a directory the file was cut: what is missing is said by its reader.
        return "source.zip_damaged" if self._done and self._entry.listed else None

    def _unpack(self, limit: int) -> tuple[bytes, bool]:
        if not self._entry.deflated:
            data, self._waiting = self._waiting[:limit], self._waiting[limit:]
            return data, self._given + len(data) == self._entry.packed
        data = self._inflater.decompress(self._waiting, limit)
        self._waiting = self._inflater.unconsumed_tail
        return data, self._inflater.eof

    def _take(self) -> bytes:
        packed = self._entry.packed
        room = _CHUNK if packed is None else min(_CHUNK, packed - self._taken)
        raw = self._file.read(room)
        self._taken += len(raw)
        return raw
