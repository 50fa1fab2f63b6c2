"""Telling new messages from known ones, and copies of one message from two messages.

A backup holds everything that the one before it held, a forwarded SMS is a mail too, and a
mail lies in two folders. Exact copies have one identity. Copies of an SMS in two kinds of
source are dated differently: they pair, one to one, when sender and text are equal and the
times are near. Two equal texts in one source are always two messages.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from watcher.core.model import Channel, Message
from watcher.store import codec
from watcher.store.identity import PAIRING_MS, Fingerprints
from watcher.store.records import to_ms


@dataclass(frozen=True, slots=True)
class Sifted:
    """Messages that are new, and copies of those: to be sifted again once they are stored."""

    fresh: tuple[Message, ...]
    copies: tuple[Message, ...] = ()


def sift(
    database: sqlite3.Connection,
    prints: Fingerprints,
    messages: Sequence[Message],
    source: str,
    waiting: AbstractSet[int] = frozenset(),
) -> Sifted:
    """Leave out the messages that are known, and note of those in which sources they are.

    Call it inside a transaction. `source` is for messages that name none themselves.
    `waiting` are hashes that are not noted yet, and known all the same.
    """
    hashed = [(prints.of(message), message) for message in messages]
    known = _among(database, "SELECT hash FROM seen WHERE hash IN {}", {one for one, _ in hashed})
    known |= waiting & {one for one, _ in hashed}
    kept = _among(database, "SELECT hash FROM messages WHERE hash IN {}", known)
    named = _among(database, "SELECT hash FROM aliases WHERE hash IN {}", known - kept)
    stored = kept | named
    found = [(source_of(m, source), m.place, one) for one, m in hashed if one in stored]
    sighted(database, found)
    candidates: dict[int, list[Message]] = {}
    for one, message in hashed:
        if one not in known:
            candidates.setdefault(one, []).append(message)
    words_of = {one: prints.content(same[0]) for one, same in candidates.items()}
    contents = Counter(words_of.values())
    elsewhere = _among(database, "SELECT content FROM messages WHERE content IN {}", contents)
    if not elsewhere and len(contents) == len(candidates) == len(hashed):
        return Sifted(fresh=tuple(messages))
    fresh: list[Message] = []
    copies: list[Message] = []
    batch: dict[int, list[_Sighted]] = {}
    for one, (message, *again) in candidates.items():
        words = words_of[one]
        where = {source_of(copy, source) for copy in (message, *again)}
        sms = message.channel is Channel.SMS
        if sms and words in elsewhere and _pair(database, message, (one, words), source):
            continue
        near = batch.setdefault(words, [])
        if sms and contents[words] > 1 and _pair_within(near, message, where):
            copies.append(message)
        else:
            near.append(_Sighted(to_ms(message.received_at), where))
            fresh.append(message)
        copies += again
    return Sifted(fresh=tuple(fresh), copies=tuple(copies))


def source_of(message: Message, source: str) -> str:
    """Return where a message stands, in the name that the database has for it."""
    return codec.place(message.source or source)


@dataclass(slots=True)
class _Sighted:
    """When a new message was received and in which sources it stands."""

    received_at: int
    sources: set[str]


def _pair_within(near: list[_Sighted], message: Message, sources: set[str]) -> bool:
    """Take a message for another source's copy of a new one of the same batch."""
    received_at = to_ms(message.received_at)
    for other in near:
        if abs(other.received_at - received_at) <= PAIRING_MS and not sources & other.sources:
            other.sources |= sources
            return True
    return False


def _among(database: sqlite3.Connection, query: str, numbers: Iterable[int]) -> set[int]:
    """Return those numbers that a query with one `IN {}` finds; one statement for all."""
    wanted = json.dumps(sorted(numbers))
    rows = database.execute(query.format("(SELECT value FROM json_each(?))"), (wanted,))
    return {number for (number,) in rows}


def sighted(database: sqlite3.Connection, where: Sequence[tuple[str, str | None, int]]) -> None:
    """Note sources, and places in them, where stored messages stand, given by their hashes."""
    database.executemany(
        "INSERT INTO sightings (message, source, seen_at, place)"
        " SELECT id, ?1, received_at, ?2 FROM messages"
        " WHERE hash = ?3 OR id = (SELECT message FROM aliases WHERE hash = ?3)"
        " ON CONFLICT (message, source) DO UPDATE SET place = excluded.place"
        " WHERE excluded.place IS NOT NULL AND excluded.place IS NOT place",
        where,
    )


def _pair(
    database: sqlite3.Connection,
    message: Message,
    hashes: tuple[int, int],
    source: str,
) -> bool:
    """Take a message for another source's copy of a stored one that has none here yet."""
    hashed, same = hashes
    received_at = to_ms(message.received_at)
    source = source_of(message, source)
    row = database.execute(
        "SELECT id FROM messages WHERE content = ? AND channel = 'sms'"
        " AND received_at BETWEEN ? AND ? AND NOT EXISTS"
        " (SELECT 1 FROM sightings WHERE message = messages.id AND source = ?)"
        " ORDER BY abs(received_at - ?) LIMIT 1",
        (same, received_at - PAIRING_MS, received_at + PAIRING_MS, source, received_at),
    ).fetchone()
    if row is None:
        return False
    database.execute(
        "INSERT INTO sightings (message, source, seen_at, place) VALUES (?, ?, ?, ?)",
        (row[0], source, received_at, message.place),
    )
    database.execute("INSERT INTO seen (hash) VALUES (?)", (hashed,))
    database.execute("INSERT INTO aliases (hash, message) VALUES (?, ?)", (hashed, row[0]))
    return True
