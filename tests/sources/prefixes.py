"""What must hold of every prefix of an export: a record is absent, equal or marked unreadable."""

import io
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from tests.conftest import LONG
from watcher.core.model import Message
from watcher.sources.items import Document, Finished, Item, Mark


def document_of(content: bytes) -> Document:
    """Return an opened file that is in memory."""
    return Document(
        file=io.BytesIO(content),
        name="file",
        size=len(content),
        written_at=datetime(2026, 3, 9, tzinfo=UTC),
    )


def assert_prefixes_are_sound(
    content: bytes, read: Callable[[Document], Iterator[Item | Mark]], step: int = 97
) -> None:
    """Read every prefix (every `step`th where time is short) and compare it with the whole."""
    whole = _messages(content, read)
    known = {message.id: message for message in whole}
    assert whole
    assert all(message.unreadable is None for message in whole)
    for end in range(0, len(content), 1 if os.environ.get(LONG) else step):
        given = _messages(content[:end], read)
        readable = [message for message in given if message.unreadable is None]
        assert len(given) - len(readable) <= 1
        assert all(known.get(message.id) == message for message in readable)


def _messages(content: bytes, read: Callable[[Document], Iterator[Item | Mark]]) -> list[Message]:
    items = list(read(document_of(content)))
    assert isinstance(items[-1], Finished)
    return [item for item in items if isinstance(item, Message)]
