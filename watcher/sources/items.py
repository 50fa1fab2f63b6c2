"""What a source gives, item by item, whatever its format.

A reader takes a `Document` and yields items. It never raises for what stands in the
document: damage inside a record is a `Message` with `unreadable` set, damage of the whole
document is a `Damage`. Every reader ends with one `Finished`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from watcher.core.model import NO_VALUES, Channel, Message, PhraseValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXT_LIMIT = 1024 * 1024
"""Characters of one text that are kept; a longer one is cut and marked."""

SHORT_LIMIT = 20_000
"""The same for a sender and a subject, which are no place for a text."""

EARLIEST = 788_918_400_000  # 1995-01-01, before the first SMS anyone has kept
LATEST = 4_102_444_800_000  # 2100-01-01
_FIRST = EPOCH + timedelta(milliseconds=EARLIEST)
_BEYOND = EPOCH + timedelta(milliseconds=LATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An opened file; `written_at` dates what has no date of its own, `start` is a byte offset.

    Without `images` none is looked at: an earlier try at this file ended in one. `own` are the
    user's addresses, by which a mail is known that the user's phone sent.
    """

    file: BinaryIO = field(repr=False)
    name: str
    size: int
    written_at: datetime
    start: int = 0
    images: bool = True
    own: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many bytes of how many were read."""

    read: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A remark on a whole file: `reason` is a phrase id, `values` fill its blanks."""

    source: str
    reason: str
    values: Mapping[str, PhraseValue] = field(default_factory=lambda: NO_VALUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What the user should know of a file that was read; `reason` and `values` as in `Damage`."""

    source: str
    reason: str
    values: Mapping[str, PhraseValue] = field(default_factory=lambda: NO_VALUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A file was read to its end: all records, those received, and how many it announced.

    `end` is the byte behind the last whole record, from which what is appended can be read;
    None where the format cannot be read from anywhere but its begin.
    """

    source: str
    records: int
    incoming: int
    announced: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Said before a dangerous record: should the child die of it, go on at byte `resume`."""

    resume: int | None
    channel: Channel


Item = Message | Progress | Damage | Remark | Finished


def moment(milliseconds: int) -> datetime | None:
    """Return the UTC time for a count since 1970; seconds and microseconds are repaired."""
    for candidate in (milliseconds, milliseconds * 1000, milliseconds // 1000):
        if EARLIEST <= candidate < LATEST:
            return datetime.fromtimestamp(candidate / 1000, UTC)
    return None


def to_milliseconds(when: datetime) -> int:
    """Return a time as a count since 1970."""
    return (when - EPOCH) // timedelta(milliseconds=1)


def plausible(when: datetime) -> bool:
    """Tell whether a time can be that of a message at all."""
    return _FIRST <= when < _BEYOND
