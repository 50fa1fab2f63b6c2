"""Exports of gigabytes that are made while they are read, and what reading them takes."""

import io
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from tests.sources.prefixes import document_of
from watcher.core.model import Message
from watcher.sources.items import Document, Item, Mark


class _Endless(io.RawIOBase):
    """An export with one text of gigabytes, made while it is read."""

    def __init__(self, start: bytes, size: int, end: bytes) -> None:
        self._start, self._left, self._end = start, size, end

    def read(self, size: int = -1, /) -> bytes:
        if self._start:
            start, self._start = self._start[:size], self._start[size:]
            return start
        if self._left > 0:
            self._left -= size
            return b"A" * size
        end, self._end = self._end, b""
        return end

    def tell(self) -> int:
        return 0


def read_endless(
    read: Callable[[Document], Iterator[Item | Mark]], start: bytes, size: int, end: bytes
) -> tuple[list[Message], int]:
    """Read an export with so many letters between its ends; the most memory it took, in bytes."""
    document = replace(document_of(b""), file=cast("BinaryIO", _Endless(start, size, end)))
    tracemalloc.start()
    messages = [item for item in read(document) if isinstance(item, Message)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return messages, peak
