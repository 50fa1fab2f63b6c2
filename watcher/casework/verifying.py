"""Checks an evidence pack again: is every file still what the pack's own list says?

A pack may come from anyone, so this reads the one shape that we write and nothing else:
stored members one behind the other, no gap, no overlap, no second name, nothing before,
between or behind. Names are checked, nothing is unpacked, and memory stays small.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from struct import Struct
from typing import Final

from watcher.casework.evidence import LONGEST_NAME, MANIFEST, is_fit
from watcher.errors import UserError

MOST_FILES: Final = 10_000
MOST_BYTES: Final = 1024**3
LARGEST_LIST: Final = 2 * 1024**2

_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END = Struct("<4s4H2IH")
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
    name: str
    start: int
    size: int


def verify(path: Path) -> Checked:
    """Check a pack; `UserError` says in one line what is wrong with it."""
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            members = _members(file, size)
            _check(file, members)
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
        except OSError:
            raise UserError("cli.not_readable", {"file": str(path)}) from None
    return Checked(files=len(members), size=size, sha256=digest)


def _opened(path: Path) -> BufferedReader:
    try:
        # A pipe would be waited for; what is no file is told apart once it is open.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UserError("cli.no_file", {"file": str(path)}) from None
    except OSError:
        raise UserError("cli.not_readable", {"file": str(path)}) from None
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise UserError("proof.no_file", {"file": str(path)})
    return file


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
    for member, offset in _listed(directory, count):
        if member.name.lower() in names:
            raise UserError("evidence.verify.twice", {"name": member.name})
        names.add(member.name.lower())
        if offset != expected or _head_of(file, member.name, offset) != member.size:
            raise UserError("evidence.verify.rebuilt")
        expected = member.start + member.size
        members.append(member)
    if expected != at:
        raise UserError("evidence.verify.rebuilt")
    return tuple(members)


def _listed(directory: bytes, count: int) -> Iterator[tuple[_Member, int]]:
    """Yield what the directory lists, and where each begins."""
    at = 0
    for _ in range(count):
        if len(directory) - at < _CENTRAL.size:
            raise UserError("evidence.verify.rebuilt")
        fields = _CENTRAL.unpack_from(directory, at)
        mark, _, _, flags, method, _, _, _, packed, size, *rest = fields
        name_length, extra, comment, disk, _, _, offset = rest
        at += _CENTRAL.size
        raw = directory[at : at + name_length]
        at += name_length
        if mark != b"PK\x01\x02" or flags or method or extra or comment or disk or packed != size:
            raise UserError("evidence.verify.rebuilt")
        name = raw.decode("ascii", "replace")
        if not is_fit(name):
            raise UserError("evidence.verify.name", {"name": name[:LONGEST_NAME]})
        yield _Member(name=name, start=offset + _LOCAL.size + name_length, size=size), offset
    if at != len(directory):
        raise UserError("evidence.verify.rebuilt")


def _head_of(file: BufferedReader, name: str, offset: int) -> int:
    """Return the size in a member's own head; -1 where the head is another's or none."""
    file.seek(offset)
    head = file.read(_LOCAL.size + len(name))
    if len(head) != _LOCAL.size + len(name):
        return -1
    mark, _, flags, method, _, _, _, packed, size, length, extra = _LOCAL.unpack_from(head)
    own = head[_LOCAL.size :] == name.encode() and length == len(name)
    plain = not (flags or method or extra)
    return int(size) if mark == b"PK\x03\x04" and own and plain and packed == size else -1


def _check(file: BufferedReader, members: tuple[_Member, ...]) -> None:
    by_name = {member.name: member for member in members}
    manifest = by_name.pop(MANIFEST, None)
    if manifest is None or manifest.size > LARGEST_LIST:
        raise UserError("evidence.verify.no_list", {"name": MANIFEST})
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


def _hash(file: BufferedReader, member: _Member) -> str:
    digest, left = sha256(), member.size
    file.seek(member.start)
    while left and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _refuse(says: str, names: set[str]) -> None:
    if names:
        some = [name[:LONGEST_NAME] for name in sorted(names)[:_NAMED]]
        raise UserError(says, {"names": some, "count": len(names)})
