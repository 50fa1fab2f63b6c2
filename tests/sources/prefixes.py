"""What must hold of every prefix of an export: a record is absent, equal or marked unreadable."""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain

from tests.conftest import LONG
from watcher.core.model import Message
from watcher.sources.items import Document, Finished, Item, Mark

FIRST, LAST = 16_384, 512
"""Bytes within which an export is cut most often."""


def document_of(content: bytes) -> Document:
    """Return an opened file that is in memory."""
    return Document(
        file=io.BytesIO(content),
        name="file",
        size=len(content),
        written_at=datetime(2026, 3, 9, tzinfo=UTC),
    )


def cuts(size: int, stride: int = 13) -> Iterable[int]:
    """Return where a file of so many bytes is cut: often in its first records and at its end.

    What lies between is like the first, and each cut there takes longer; in a long run every
    `stride`th byte of it is one.
    """
    near, far = (1, stride) if os.environ.get(LONG) else (97, 977)
    first, last = min(size, FIRST), max(FIRST, size - LAST)
    return chain(range(0, first, near), range(first, last, far), range(last, size, near))


def assert_prefixes_are_sound(
    content: bytes, read: Callable[[Document], Iterator[Item | Mark]]
) -> None:
    """Cut an export in many places, and compare what is read with the whole."""
    whole = _messages(content, read)
    known = {message.id: message for message in whole}
    assert whole
    assert all(message.unreadable is None for message in whole)
    for end in cuts(len(content)):
        given = _messages(content[:end], read)
        readable = [message for message in given if message.unreadable is None]
        assert len(given) - len(readable) <= 1
        assert all(known.get(message.id) == message for message in readable)


def _messages(content: bytes, read: Callable[[Document], Iterator[Item | Mark]]) -> list[Message]:
    items = list(read(document_of(content)))
    assert isinstance(items[-1], Finished)
    return [item for item in items if isinstance(item, Message)]
