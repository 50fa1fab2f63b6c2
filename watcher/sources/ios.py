"""The messages in an iPhone's or Mac's database (`sms.db`, `chat.db`).

Its columns grow with every version of the system: what a table lacks is left out. Newer
systems keep a text only with its attributes, and count time in another unit.
"""

from collections.abc import Iterator, Sequence

from watcher.core.model import Message
from watcher.sources.cells import number_of, text_of
from watcher.sources.items import Document, Progress
from watcher.sources.sms import received
from watcher.sources.tables import Database, Row
from watcher.sources.typedstream import attributed_text

TABLES = frozenset({"message", "handle", "chat", "chat_message_join"})

_COLUMNS = (
    "text",
    "attributedBody",
    "handle_id",
    "date",
    "is_from_me",
    "item_type",
    "associated_message_type",
    "subject",
)
_SINCE_2001 = 978_307_200_000
_NANOSECONDS = 10**11
"""A count above it is of nanoseconds: of seconds it would be the year 5170."""
_ATTACHMENT = "\ufffc"
_BLOB_LIMIT = 1024 * 1024
_HANDLES_KEPT = 20_000
_CHATS = (
    "SELECT j.message_id, c.chat_identifier FROM chat_message_join AS j"
    " JOIN chat AS c ON c._rowid_ = j.chat_id WHERE j.message_id BETWEEN ? AND ?"
)


def read_tables(database: Database, document: Document) -> Iterator[Message | Progress | None]:
    """Read every message; a None stands for one that was not received.

    Raises:
        Refused: a table is no real one.
    """
    senders = _Senders(database)
    for page, share in database.pages("message", _COLUMNS):
        senders.prepare(page)
        for row in page:
            yield _message(row, senders, document)
        yield Progress(read=int(document.size * share), total=document.size)


class _Senders:
    """Who sent a message: its handle, else its chat."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_handles = database.has("handle") and "id" in database.columns("handle")
        self._has_chats = (
            database.has("chat", "chat_message_join")
            and "chat_identifier" in database.columns("chat")
            and {"chat_id", "message_id"} <= database.columns("chat_message_join")
        )
        self._handles: dict[int, str | None] = {}
        self._chats: dict[int, str | None] = {}

    def prepare(self, page: Sequence[Row]) -> None:
        """Look up the chats of those messages of a page that name no handle."""
        self._chats.clear()
        alone = [row[0] for row in page if number_of(row[4]) <= 0 and not number_of(row[6])]
        if alone and self._has_chats:
            for message, chat in self._database.look_up(_CHATS, (min(alone), max(alone))):
                self._chats[number_of(message)] = text_of(chat) or None

    def of(self, message: int, handle: int) -> str | None:
        """Return the address, None where the database has none."""
        if handle <= 0:
            return self._chats.get(message)
        if handle not in self._handles and self._has_handles:
            if len(self._handles) >= _HANDLES_KEPT:
                self._handles.clear()
            query = "SELECT id FROM handle NOT INDEXED WHERE _rowid_ = ?"
            found = list(self._database.look_up(query, (handle,)))
            self._handles[handle] = text_of(found[0][0]) or None if found else None
        return self._handles.get(handle)


def _message(row: Row, senders: _Senders, document: Document) -> Message | None:
    number, flaw, text, attributed, handle, date, sent, kind, reaction, subject = row
    if number_of(sent) or number_of(kind) or number_of(reaction):
        return None
    body = text_of(text) or ""
    if not body and isinstance(attributed, bytes) and attributed:
        told = None if len(attributed) > _BLOB_LIMIT else attributed_text(attributed)
        body = text_of(None if told is None else told.encode("utf-8", "surrogatepass")) or ""
        if told is None:
            flaw = flaw or "source.text_sealed"
    return received(
        document,
        address=senders.of(number, number_of(handle)),
        milliseconds=_milliseconds(number_of(date)),
        body=body.replace(_ATTACHMENT, ""),
        subject=text_of(subject) or None,
        unreadable=flaw,
    )


def _milliseconds(date: int) -> int:
    """Return a date as milliseconds since 1970; 0 where there is none."""
    if date <= 0:
        return 0
    return _SINCE_2001 + (date // 10**6 if date > _NANOSECONDS else date * 1000)
