"""What is asked for in FETCH, and what the answers say; pure.

Rules for this file: a server may leave out what was asked for and send what was not. What
counts is what names a mail that was asked about and carries all its items.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from watcher.sources.budget import BLOCK_LIMIT
from watcher.sources.imap.replies import Group, fetched, section
from watcher.sources.imap.structure import Part, parts_worth_fetching

MOST_UIDS = 200
LONGEST_SET = 250
"""Mails, and characters for their numbers, in one command; some servers refuse long lists."""
PIECE = 1024 * 1024
"""Bytes asked for in one command, so that a slow line stays within its deadline."""
HIGHEST_UID = 2**32 - 1
HEADERS_OF_PART = 16 * 1024
_HEADERS_EXPECTED = 256

ENTRY_ITEMS = ("UID", "RFC822.SIZE", "INTERNALDATE")
HEADER_ITEM = f"BODY.PEEK[HEADER]<0.{BLOCK_LIMIT}>"
OUTLINE_ITEMS = (*ENTRY_ITEMS, "BODYSTRUCTURE", HEADER_ITEM)
PLAIN_OUTLINE_ITEMS = (*ENTRY_ITEMS, HEADER_ITEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mail seen from outside: where it is, its bytes, when the server received it."""

    uid: int
    sequence: int
    size: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A mail's headers and what to fetch of the rest; `parts` None: the whole mail is needed."""

    uid: int
    size: int
    received_at: datetime
    header: bytes = field(repr=False)
    parts: tuple[Part, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one command asks for: the same parts of some mails."""

    uids: tuple[int, ...]
    parts: tuple[Part, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """The FETCH items; one byte more than may be, to see that there is more."""
        return (
            "UID",
            *(f"BODY.PEEK[{part.section}]<0.{part.limit + 1}>" for part in self.parts),
            *(
                f"BODY.PEEK[{part.headers}]<0.{HEADERS_OF_PART}>"
                for part in self.parts
                if part.headers
            ),
        )

    @property
    def largest(self) -> int:
        """The bytes of the largest item that is asked for."""
        return max(HEADERS_OF_PART, *(part.limit + 1 for part in self.parts))


def uid_set(uids: Iterable[int]) -> str:
    """Return UIDs as IMAP writes them: ascending, runs as ranges."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def in_batches(uids: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield UIDs by as many as one command may name."""
    batch: list[int] = []
    written = in_run = 0
    for uid in sorted(set(uids)):
        in_run = in_run + 1 if batch and uid == batch[-1] + 1 else 0
        # Of a run only its two ends are written.
        cost = len(str(uid)) + 1 if in_run < 2 else 0  # noqa: PLR2004
        if batch and (len(batch) == MOST_UIDS or written + cost > LONGEST_SET):
            yield tuple(batch)
            batch, written, in_run, cost = [], 0, 0, len(str(uid)) + 1
        batch.append(uid)
        written += cost
    if batch:
        yield tuple(batch)


def batches(wanted: Mapping[int, Sequence[Part]]) -> Iterator[Batch]:
    """Yield commands for parts of mails: those alike together, at most about `PIECE` bytes each."""
    alike: dict[tuple[tuple[str, str, int], ...], list[int]] = {}
    for uid, parts in wanted.items():
        if sum(_expected(part) for part in parts) > PIECE:
            yield from (Batch(uids=(uid,), parts=(part,)) for part in parts)
        elif parts:
            key = tuple((part.section, part.headers, part.limit) for part in parts)
            alike.setdefault(key, []).append(uid)
    for alike_uids in alike.values():
        for uids in in_batches(alike_uids):
            yield from _by_size(uids, wanted)


def _by_size(uids: Iterable[int], wanted: Mapping[int, Sequence[Part]]) -> Iterator[Batch]:
    together: list[int] = []
    expected = 0
    for uid in uids:
        size = sum(_expected(part) for part in wanted[uid])
        if together and expected + size > PIECE:
            yield Batch(uids=tuple(together), parts=tuple(wanted[together[0]]))
            together, expected = [], 0
        together.append(uid)
        expected += size
    yield Batch(uids=tuple(together), parts=tuple(wanted[together[0]]))


def _expected(part: Part) -> int:
    return min(part.size, part.limit) + _HEADERS_EXPECTED


def by_uid(
    groups: Iterable[Group], asked: Iterable[int]
) -> tuple[dict[int, dict[bytes, Any]], int]:
    """Return the items of each mail that was asked about, and how many answers were unreadable."""
    wanted = frozenset(asked)
    mails: dict[int, dict[bytes, Any]] = {}
    unreadable = 0
    for group in groups:
        answer = fetched(group)
        if answer is None:
            unreadable += 1
            continue
        uid = answer[1].get(b"UID")
        if uid in wanted:
            mails.setdefault(uid, {}).update(answer[1])
    return mails, unreadable


def entry(sequence: int, items: Mapping[bytes, Any], now: datetime) -> Entry | None:
    """Return a mail seen from outside, None where the answer does not carry it."""
    uid, size = items.get(b"UID"), items.get(b"RFC822.SIZE")
    if not isinstance(uid, int) or not isinstance(size, int) or not 0 < uid <= HIGHEST_UID:
        return None
    return Entry(
        uid=uid, sequence=sequence, size=size, received_at=_moment(items.get(b"INTERNALDATE"), now)
    )


def outline(items: Mapping[bytes, Any], now: datetime) -> Outline | None:
    """Return a mail's outline, None where the server gave no headers: it is gone."""
    seen = entry(0, items, now)
    header = section(items, "HEADER")
    if seen is None or header is None:
        return None
    parts = None
    # Headers that were cut would let the body begin in their middle.
    if len(header) < BLOCK_LIMIT:
        parts = parts_worth_fetching(items.get(b"BODYSTRUCTURE"), seen.size)
    return Outline(
        uid=seen.uid, size=seen.size, received_at=seen.received_at, header=header, parts=parts
    )


def sections(items: Mapping[bytes, Any], parts: Iterable[Part]) -> dict[str, bytes]:
    """Return the sections of parts that the server gave."""
    found: dict[str, bytes] = {}
    for part in parts:
        for name in filter(None, (part.section, part.headers)):
            content = section(items, name)
            if content is not None:
                found[name] = content
    return found


def _moment(given: object, now: datetime) -> datetime:
    """Return INTERNALDATE in UTC; a mail without one counts as new, not as too old to read."""
    if not isinstance(given, datetime):
        return now
    try:
        return given.astimezone(UTC)
    except (OverflowError, ValueError):
        return now
