"""How far a growing export was read, so that only what was appended to it is read again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

STRETCH = 16 * 1024
"""Bytes right before the point that have to be the same when it is gone on from there."""

SHIFT = 16
"""Bytes by which all may have moved: a count at the begin of a file gets another digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTo:
    """The byte up to which a file was read, and a digest of what stands before it."""

    end: int
    digest: str


NOTHING_READ: Mapping[Path, ReadTo] = MappingProxyType({})


def read_to(descriptor: int, end: int) -> ReadTo | None:
    """Return what to remember of an open file that was read so far; None for a mere begin."""
    length = min(end, STRETCH)
    before = os.pread(descriptor, length, end - length)
    if not length or len(before) < length:
        return None
    return ReadTo(end=end, digest=_digest(before))


def start_in(descriptor: int, known: ReadTo) -> int:
    """Return where to go on in an open file; 0 where it is not the one that was read."""
    length = min(known.end, STRETCH)
    low = max(known.end - length - SHIFT, 0)
    block = os.pread(descriptor, known.end + SHIFT - low, low)
    for shift in sorted(range(-SHIFT, SHIFT + 1), key=abs):
        at = known.end - length + shift - low
        if 0 <= at <= len(block) - length and _digest(block[at : at + length]) == known.digest:
            return known.end + shift
    return 0


def _digest(stretch: bytes) -> str:
    return sha256(stretch).hexdigest()
