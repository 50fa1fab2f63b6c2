"""Which member of a ZIP is the export, and where its bytes stand.

The format is that of PKWARE's APPNOTE.TXT. The standard library is not used: it holds the
whole directory in memory, lets members overlap, and reads nothing of a file that was cut.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, error
from typing import BinaryIO

ENTRIES_LIMIT = 200_000

_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END = Struct("<4s4H2IH")
_LOCATOR = Struct("<4sIQI")
_END_64 = Struct("<4sQ2H2I4Q")
_LONGEST_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF
_MOST_ENTRIES = 0xFFFF
_ENCRYPTED, _SIZES_BEHIND = 1, 8
_STORED, _DEFLATED = 0, 8

_FIRST_CHOICE = re.compile(rb"(?!__MACOSX/)(?:.*/)?messages\.ndjson", re.DOTALL | re.IGNORECASE)
_CHOICE = re.compile(
    rb"(?!__MACOSX/)(?:.*/)?(?!\._)[^/]*\.(?:xml|json|ndjson|vmsg|vmg|csv)",
    re.DOTALL | re.IGNORECASE,
)
_LEADS_OUT = re.compile(rb"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|\Z)", re.DOTALL)


class Refused(Exception):  # noqa: N818  internal: the reader turns it into a remark
    """The ZIP is not read; the argument is a phrase id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member: `packed` is None where only the bytes themselves tell where they end.

    `listed` where the ZIP has a directory, without which it was cut; `sum` is a CRC-32.
    """

    start: int
    packed: int | None
    size: int
    sum: int | None
    deflated: bool
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One line of the directory."""

    name: bytes
    flags: int
    method: int
    packed: int
    size: int
    sum: int
    offset: int


def find_export(file: BinaryIO, size: int) -> Entry:
    """Return the one member that is an export.

    Raises:
        Refused: there is none, or several, or it cannot be read.
    """
    try:
        directory = _directory(file, size)
        if directory is None:
            return _first(file)
        return _listed(file, _chosen(_rows(file, *directory), directory[0]))
    except (error, OverflowError) as cut:
        raise Refused("source.zip_forged") from cut


def _directory(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """Return where the directory begins and how many members it lists; None without one."""
    tail_at = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read(_END.size + _LONGEST_COMMENT)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        return None
    _, disk, _, _, count, length, at, _ = _END.unpack_from(tail, found)
    if disk not in {0, _MOST_ENTRIES}:
        raise Refused("source.is_archive")
    end = tail_at + found
    if (count == _MOST_ENTRIES or _IN_EXTRA in {at, length}) and end >= _LOCATOR.size:
        file.seek(end - _LOCATOR.size)
        mark, _, end_64, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
        if mark == b"PK\x06\x07":
            file.seek(min(end_64, size))
            *_, count, length, at = _END_64.unpack(file.read(_END_64.size))
    if count > ENTRIES_LIMIT:
        raise Refused("source.zip_forged")
    # Those four bytes can stand in a file that was cut, by chance.
    return (at, count) if at + length <= end else None


def _rows(file: BinaryIO, at: int, count: int) -> Iterator[_Row]:
    file.seek(at)
    for _ in range(count):
        fields = _CENTRAL.unpack(file.read(_CENTRAL.size))
        mark, _, _, flags, method, _, _, crc, packed, size, *rest = fields
        name_length, extra_length, comment_length, _, _, _, offset = rest
        name = file.read(name_length)
        extra = file.read(extra_length)
        file.read(comment_length)
        if mark != b"PK\x01\x02" or len(name) != name_length:
            raise Refused("source.zip_forged")
        if _IN_EXTRA in {size, packed, offset}:
            size, packed, offset = _long_numbers(extra, size, packed, offset)
        yield _Row(
            name=name,
            flags=flags,
            method=method,
            packed=packed,
            size=size,
            sum=crc,
            offset=offset,
        )


def _long_numbers(extra: bytes, *numbers: int) -> tuple[int, ...]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = int.from_bytes(extra[at : at + 2], "little"), extra[at + 2]
        if kind == 1:
            waiting = iter(range(at + 4, len(extra) - 7, 8))
            return tuple(
                int.from_bytes(extra[where : where + 8], "little")
                if number == _IN_EXTRA and (where := next(waiting, -1)) >= 0
                else number
                for number in numbers
            )
        at += 4 + length + 256 * extra[at + 3]
    return numbers


def _chosen(rows: Iterator[_Row], end: int) -> _Row:
    """Return the line of the one export, having looked at all for what cannot be honest."""
    begins, ends = array("Q"), array("Q")
    first_choice: list[_Row] = []
    choice: list[_Row] = []
    for row in rows:
        if _LEADS_OUT.match(row.name):
            raise Refused("source.zip_leads_out")
        begins.append(row.offset)
        ends.append(row.offset + _LOCAL.size + len(row.name) + row.packed)
        if len(first_choice) < 2 and _FIRST_CHOICE.fullmatch(row.name):  # noqa: PLR2004  two are too many
            first_choice.append(row)
        if len(choice) < 2 and _CHOICE.fullmatch(row.name):  # noqa: PLR2004  as above
            choice.append(row)
    order = sorted(range(len(begins)), key=begins.__getitem__)
    followers = [begins[where] for where in order[1:]] + [end]
    if any(ends[where] > follower for where, follower in zip(order, followers, strict=False)):
        raise Refused("source.zip_forged")
    chosen = first_choice or choice
    if len(chosen) != 1:
        raise Refused("source.is_archive")
    return chosen[0]


def _listed(file: BinaryIO, row: _Row) -> Entry:
    file.seek(row.offset)
    mark, _, flags, method, *_, name_length, extra_length = _LOCAL.unpack(file.read(_LOCAL.size))
    name = file.read(name_length)
    if mark != b"PK\x03\x04" or name != row.name or method != row.method:
        raise Refused("source.zip_forged")
    _check(row.flags | flags, method)
    return Entry(
        start=row.offset + _LOCAL.size + name_length + extra_length,
        packed=row.packed,
        size=row.size,
        sum=row.sum,
        deflated=method == _DEFLATED,
        listed=True,
    )


def _first(file: BinaryIO) -> Entry:
    """Return the first member of a ZIP that was cut: its apps put the messages there."""
    file.seek(0)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        raise Refused("source.zip_cut")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    name = file.read(name_length)
    if len(name) < name_length:
        raise Refused("source.zip_cut")
    if _LEADS_OUT.match(name):
        raise Refused("source.zip_leads_out")
    if not _CHOICE.fullmatch(name):
        raise Refused("source.zip_cut")
    _check(flags, method)
    behind = bool(flags & _SIZES_BEHIND)
    if behind and method == _STORED:
        raise Refused("source.zip_cut")
    unknown = behind or packed == _IN_EXTRA
    return Entry(
        start=_LOCAL.size + name_length + extra_length,
        packed=None if unknown else packed,
        size=0 if unknown else size,
        sum=None if unknown else crc,
        deflated=method == _DEFLATED,
        listed=False,
    )


def _check(flags: int, method: int) -> None:
    if flags & _ENCRYPTED:
        raise Refused("source.zip_encrypted")
    if method not in {_STORED, _DEFLATED}:
        raise Refused("source.is_archive")
