"""Checks an evidence pack again: is every file still what the pack's own list says?

A pack may come from anyone, so this reads the one shape that we write and nothing else:
stored members one behind the other, no gap, no overlap, no second name, nothing before,
between or behind. Names are checked, nothing is unpacked, and memory stays small.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from struct import Struct
from typing import Final
from zlib import crc32

from watcher.casework.evidence import LONGEST_NAME, MANIFEST, is_fit
from watcher.casework.ordinary import open_ordinary
from watcher.errors import UserError

MOST_FILES: Final = 10_000
MOST_BYTES: Final = 1024**3
LARGEST_LIST: Final = 2 * 1024**2

_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END = Struct("<4s4H2IH")
_VERSION: Final = 20
_FIXED: Final = (_VERSION, 0, 0, 0, 0x21)  # no flags, stored, on the first day the format knows
_MADE_BY: Final = 3 << 8 | _VERSION
RIGHTS: Final = 0o100600 << 16
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([\x21-\x7e]+)")
_CHUNK: Final = 256 * 1024
_NAMED: Final = 3
"""How many files are named where something is wrong with many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A pack whose files all are what its list says; `sha256` is that of the whole pack."""

    files: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A member, as its line in the directory has it; `offset` is where its head begins."""

    name: str
    offset: int
    size: int
    crc: int

    @property
    def start(self) -> int:
        """Where its bytes begin."""
        return self.offset + _LOCAL.size + len(self.name)

    def head(self) -> bytes:
        """Return the head that we write before its bytes."""
        numbers = (*_FIXED, self.crc, self.size, self.size, len(self.name), 0)
        return _LOCAL.pack(b"PK\x03\x04", *numbers) + self.name.encode()

    def line(self) -> bytes:
        """Return the line that we write for it into the directory."""
        numbers = (*_FIXED, self.crc, self.size, self.size, len(self.name), 0, 0, 0, 0, RIGHTS)
        return _CENTRAL.pack(b"PK\x01\x02", _MADE_BY, *numbers, self.offset) + self.name.encode()


def verify(path: Path) -> Checked:
    """Check a pack; `UserError` says in one line what is wrong with it."""
    with open_ordinary(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            members = _members(file, size)
            _check(file, members)
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
        except OSError:
            raise UserError("cli.not_readable", {"file": str(path)}) from None
    return Checked(files=len(members), size=size, sha256=digest)


def _members(file: BufferedReader, size: int) -> tuple[_Member, ...]:
    """Return the members in the order of their bytes."""
    if size > MOST_BYTES:
        raise UserError("evidence.verify.too_big", {"limit": MOST_BYTES // 1024**2})
    if size < _END.size:
        raise UserError("evidence.verify.no_pack")
    file.seek(size - _END.size)
    mark, disk, first_disk, here, count, length, at, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06" or disk or first_disk or here != count or comment:
        raise UserError("evidence.verify.no_pack")
    if count > MOST_FILES:
        raise UserError("evidence.verify.too_many", {"limit": MOST_FILES})
    if at + length + _END.size != size or length > count * (_CENTRAL.size + LONGEST_NAME * 4):
        raise UserError("evidence.verify.no_pack")
    file.seek(at)
    directory = file.read(length)
    members, names, expected = [], set[str](), 0
    for member in _listed(directory, count):
        if member.name.lower() in names:
            raise UserError("evidence.verify.twice", {"name": member.name})
        names.add(member.name.lower())
        file.seek(expected)
        if member.offset != expected or file.read(member.start - expected) != member.head():
            raise UserError("evidence.verify.rebuilt")
        expected = member.start + member.size
        members.append(member)
    if expected != at:
        raise UserError("evidence.verify.rebuilt")
    return tuple(members)


def _listed(directory: bytes, count: int) -> Iterator[_Member]:
    """Yield what the directory lists, line by line as we would write it."""
    at = 0
    for _ in range(count):
        if len(directory) - at < _CENTRAL.size:
            raise UserError("evidence.verify.rebuilt")
        *_, crc, _, size, length, _, _, _, _, _, offset = _CENTRAL.unpack_from(directory, at)
        name = directory[at + _CENTRAL.size : at + _CENTRAL.size + length].decode(
            "ascii", "replace"
        )
        if not is_fit(name):
            raise UserError("evidence.verify.name", {"name": name[:LONGEST_NAME]})
        member = _Member(name=name, offset=offset, size=size, crc=crc)
        if not directory.startswith(member.line(), at):
            raise UserError("evidence.verify.rebuilt")
        yield member
        at += _CENTRAL.size + length
    if at != len(directory):
        raise UserError("evidence.verify.rebuilt")


def _check(file: BufferedReader, members: tuple[_Member, ...]) -> None:
    by_name = {member.name: member for member in members}
    manifest = by_name.pop(MANIFEST, None)
    if manifest is None or manifest.size > LARGEST_LIST:
        raise UserError("evidence.verify.no_list", {"name": MANIFEST})
    if _hash(file, manifest) is None:
        _refuse("evidence.verify.changed", {MANIFEST})
    file.seek(manifest.start)
    listed = _hashes(file.read(manifest.size))
    _refuse("evidence.verify.missing", listed.keys() - by_name.keys())
    _refuse("evidence.verify.added", by_name.keys() - listed.keys())
    changed = {name for name, one in by_name.items() if _hash(file, one) != listed[name]}
    _refuse("evidence.verify.changed", changed)


def _hashes(manifest: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    text = manifest.decode("ascii", "replace")
    for line in text.removesuffix("\n").split("\n"):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in found:
            raise UserError("evidence.verify.no_list", {"name": MANIFEST})
        found[match[2]] = match[1]
    return found


def _hash(file: BufferedReader, member: _Member) -> str | None:
    """Return the SHA-256 of a member's bytes; None where they are not those of its head."""
    digest, crc, left = sha256(), 0, member.size
    file.seek(member.start)
    while left and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        crc = crc32(chunk, crc)
        left -= len(chunk)
    return digest.hexdigest() if crc == member.crc else None


def _refuse(says: str, names: set[str]) -> None:
    if names:
        some = [name[:LONGEST_NAME] for name in sorted(names)[:_NAMED]]
        raise UserError(says, {"names": some, "count": len(names)})
