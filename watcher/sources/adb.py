"""`adb backup` archives, Xiaomi's local backups in the same form, and the SMS files in them.

An archive is a few lines, then a tar, packed or not. Android's own backup keeps messages in
it as packed JSON; some tools keep the phone's database instead.
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

from watcher.core.model import Message
from watcher.sources import jsonsms
from watcher.sources.databases import MEMORY_LIMIT, Counts, open_in_memory
from watcher.sources.inflated import Inflated
from watcher.sources.items import Damage, Document, Finished, Item, Progress

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ANDROID, _MIUI = b"ANDROID BACKUP", b"MIUI BACKUP"
_CHUNK_NAME = re.compile(rb"(?:^|/)\d{6}_[sm]ms_backup$")
_DATABASE_NAME = re.compile(rb"(?:^|/)mmssms\.db$")
_LOG_NAME = re.compile(rb"(?:^|/)mmssms\.db-wal$")
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_BLOCK = 512
_SKIPPED = 4 * 1024 * 1024
_BUFFER = 256 * 1024
_LINE_LIMIT = 256
_LINES_LIMIT = 16
_NUMBERS = ((124, 136), (148, 156))
"""Where the size and the sum stand in a header."""
_PLAIN_FILE = (b"0", b"\0")
_DAMAGED_LIMIT = 100
_MEMBERS_LIMIT = 200_000


def sniff(head: bytes) -> bool:
    """Tell whether the file begins with the line of such an archive."""
    return head.startswith((_ANDROID + b"\n", _MIUI + b"\n"))


def sniff_chunk(head: bytes) -> bool:
    """Tell whether this is one of the packed JSON files, taken out of its archive."""
    if not head.startswith(_ZLIB):
        return False
    try:
        text = zlib.decompressobj().decompress(head, 4096)
    except zlib.error:
        return False
    return (text.lstrip().startswith(b"[") and b'"self_phone"' in text) or text.strip() == b"[]"


def read(document: Document) -> Iterator[Item]:
    """Read every message in the archive; yield the received ones."""
    return _Reader(document).items()


def read_chunk(document: Document) -> Iterator[Item]:
    """Read every message in one packed JSON file."""
    reader = _Reader(document)
    yield from reader.chunk(document.file)
    yield from reader.finish()


class _Broken(Exception):  # noqa: N818  internal: never leaves this module
    """The tar makes no sense from here on; the argument is a phrase id."""


class _Reader:
    """One pass over one archive."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._counts = Counts(document)
        self._records = self._incoming = self._flood = 0
        self._said: set[str] = set()

    def items(self) -> Iterator[Item]:
        document = self._document
        packed, encrypted, is_miui = _header(document.file)
        if encrypted:
            yield self._damage("source.is_encrypted_backup")
            yield from self.finish()
            return
        stream = Inflated(document.file) if packed else None
        tar = document.file if stream is None else _buffered(stream)
        found = False
        try:
            for name, member in _members(tar):
                if _CHUNK_NAME.search(name):
                    found = True
                    yield from self.chunk(_buffered(member))
                elif _DATABASE_NAME.search(name):
                    found = True
                    yield from self._database(member)
                elif _LOG_NAME.search(name) and member.left:
                    yield from self._say("source.log_apart")
                while member.skip(_SKIPPED):
                    yield self._progress()
        except _Broken as broken:
            flaw = stream.flaw if stream is not None else None
            yield from self._say(flaw or broken.args[0])
            found = True
        if not found:
            yield self._damage("source.is_miui_backup" if is_miui else "source.backup_without_sms")
        yield from self.finish()

    def chunk(self, packed: BinaryIO) -> Iterator[Item]:
        """Read one packed JSON file; of its remarks each is passed on once."""
        stream = Inflated(packed)
        remarks: list[str] = []
        for item in jsonsms.read(replace(self._document, file=_buffered(stream))):
            if isinstance(item, Progress):
                yield self._progress()
            elif isinstance(item, Finished):
                self._records += item.records
                self._incoming += item.incoming
            elif isinstance(item, Damage):
                remarks.append(item.reason)
            elif not isinstance(item, Message) or not self._is_flood(item):
                yield item
        yield self._progress()
        # Where the packing is broken, what the JSON lacks is only the consequence.
        for reason in [stream.flaw] if stream.flaw else remarks:
            if reason != "source.more_damaged":
                yield from self._say(reason)

    def finish(self) -> Iterator[Item]:
        """Yield what is to be said in the end."""
        if self._flood > _DAMAGED_LIMIT:
            values = {"count": self._flood - _DAMAGED_LIMIT}
            yield Damage(source=self._document.name, reason="source.more_damaged", values=values)
        for item in self._counts.finish():
            if isinstance(item, Finished):
                yield replace(
                    item,
                    records=item.records + self._records,
                    incoming=item.incoming + self._incoming,
                )
            else:
                yield item

    def _database(self, member: "_Member") -> Iterator[Item]:
        if member.left > MEMORY_LIMIT:
            yield from self._say("source.database_too_big")
            return
        data = bytearray(member.read(member.left) or b"")
        for item in self._counts.of(lambda: open_in_memory(data)):
            yield self._progress() if isinstance(item, Progress) else item

    def _is_flood(self, message: Message) -> bool:
        self._flood += message.unreadable == "source.damaged_record"
        return self._flood > _DAMAGED_LIMIT and message.unreadable == "source.damaged_record"

    def _say(self, reason: str) -> Iterator[Damage]:
        if reason not in self._said:
            self._said.add(reason)
            yield self._damage(reason)

    def _damage(self, reason: str) -> Damage:
        values = {"read": self._records}
        return Damage(source=self._document.name, reason=reason, values=values)

    def _progress(self) -> Progress:
        document = self._document
        return Progress(read=min(document.file.tell(), document.size), total=document.size)


def _header(file: BinaryIO) -> tuple[bool, bool, bool]:
    """Read the lines before the tar: is it packed, is it encrypted, is it Xiaomi's."""
    is_miui = False
    for _ in range(_LINES_LIMIT):
        line = file.readline(_LINE_LIMIT).rstrip()
        is_miui = is_miui or line == _MIUI
        if line == _ANDROID:
            break
    _, packed, encryption = (file.readline(_LINE_LIMIT) for _ in range(3))
    # A file that ends within this line says nothing of it.
    encrypted = encryption.endswith(b"\n") and encryption.rstrip() not in {b"none", b""}
    return packed.rstrip() == b"1", encrypted, is_miui


def _members(tar: BinaryIO) -> Iterator[tuple[bytes, "_Member"]]:
    """Yield name and content of each file; the content has to be read before the next.

    Raises:
        _Broken: the tar ends before its end mark, or is none.
    """
    for _ in range(_MEMBERS_LIMIT):
        header = tar.read(_BLOCK)
        if len(header) < _BLOCK:
            raise _Broken("source.ends_early_uncounted")
        if not header.strip(b"\0"):
            return
        try:
            size, told = (int(header[a:b].strip(b" \0") or b"0", 8) for a, b in _NUMBERS)
        except ValueError:
            raise _Broken("source.backup_damaged") from None
        # The header's own sum is formed with blanks in its place.
        if sum(header) - sum(header[148:156]) + 8 * ord(" ") != told or size < 0:
            raise _Broken("source.backup_damaged")
        member = _Member(tar, size)
        yield (_name(header) if header[156:157] in _PLAIN_FILE else b""), member
        member.finish()


def _name(header: bytes) -> bytes:
    prefix = header[345:500].rstrip(b"\0") if header[257:262] == b"ustar" else b""
    name = header[:100].partition(b"\0")[0]
    return prefix + b"/" + name if prefix else name


class _Member(io.RawIOBase):
    """The bytes of one file in a tar; where the tar is cut, they just end."""

    def __init__(self, tar: BinaryIO, size: int) -> None:
        self._tar = tar
        self._fill = -size % _BLOCK
        self._cut = False
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._take(min(len(view), self.left))
        view[: len(data)] = data
        return len(data)

    def skip(self, most: int) -> bool:
        """Pass over at most so many bytes; false when none were left."""
        return bool(self._take(min(most, self.left)))

    def finish(self) -> None:
        """Pass over what is left, and over what fills the last block.

        Raises:
            _Broken: the tar was cut within.
        """
        while self.skip(_SKIPPED):
            pass
        if not self._cut:
            self.left = self._fill
            self._take(self.left)
        if self._cut:
            raise _Broken("source.ends_early_uncounted")

    def _take(self, count: int) -> bytes:
        data = self._tar.read(count) if count else b""
        self._cut = self._cut or len(data) < count
        self.left = 0 if self._cut else self.left - len(data)
        return data


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(raw, _BUFFER))
