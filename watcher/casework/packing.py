"""Writes an evidence pack: one ZIP, for the user's eyes only, whole or not at all.

Members are stored, not packed, and carry a fixed time, so that the same case gives the same
bytes on every computer.
"""

import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import BinaryIO, Final, cast

from watcher.casework.evidence import (
    CASE,
    FIRST,
    MANIFEST,
    PAGE,
    Attachment,
    Condition,
    Material,
    as_json,
    attachments,
    case_form,
    manifest,
    record_files,
    records,
)
from watcher.casework.looks import HEAD, TAIL, looks_of
from watcher.casework.pages import read_first, time_line
from watcher.casework.verifying import MOST_BYTES, MOST_FILES, RIGHTS
from watcher.errors import SourceUnavailable, UserError
from watcher.phrases import Phrases
from watcher.store.connection import to_disk

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_UNIX: Final = 3
_CHUNK: Final = 256 * 1024
_NAMES: Final = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A file that is not as it was kept, or does not look like what it should be."""

    called: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack that was written; `anew` is False where an equal one stood there already.

    `private` is False where the disk keeps no rights, as on a USB stick.
    """

    path: Path
    size: int
    sha256: str
    files: int
    flaws: tuple[Flaw, ...]
    private: bool
    anew: bool = True


def write_pack(material: Material, phrases: Phrases, folder: Path) -> Pack:
    """Write the pack of a case into a folder, beside what stands there.

    Raises:
        UserError: the folder is none; or the pack would be too big.
        SourceUnavailable: the disk refuses; nothing is left behind then.
    """
    with _disk(folder):
        if not folder.is_dir():
            raise UserError("evidence.no_folder", {"folder": str(folder)})
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".loan-watcher-")  # mode 0600
    unfinished = Path(name)
    try:
        with _disk(folder):
            with os.fdopen(descriptor, "w+b") as file:
                filling = _Filling(file)
                filling.fill(material, phrases)
                file.flush()
                os.fsync(descriptor)
                private = not os.fstat(descriptor).st_mode & 0o077
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                digest = file_digest(file, "sha256").hexdigest()
            path, anew = _put(unfinished, folder, f"loan-watcher-case-{material.row.id}", digest)
            with suppress(OSError):  # not every disk can; the pack itself is on it
                to_disk(folder)
    finally:
        unfinished.unlink(missing_ok=True)
    return Pack(
        path=path,
        size=size,
        sha256=digest,
        files=len(filling.hashes),
        flaws=tuple(filling.flaws),
        private=private,
        anew=anew,
    )


def pack_file(material: Material, phrases: Phrases, folder: Path) -> BinaryIO:
    """Return the pack of a case as an open file that has no name and goes when it is closed.

    Raises what `write_pack` raises.
    """
    with _disk(folder):
        file = cast("BinaryIO", tempfile.TemporaryFile(dir=folder))  # noqa: SIM115  the caller's
        try:
            _Filling(file).fill(material, phrases)
            file.flush()
        except BaseException:
            file.close()
            raise
        file.seek(0)
    return file


class _Filling:
    """A ZIP while it is filled, and what became of each file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hashes: dict[str, str] = {}
        self.flaws: list[Flaw] = []
        self._conditions: dict[str, Condition] = {}

    def fill(self, material: Material, phrases: Phrases) -> None:
        with zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED) as pack:
            for attached in attachments(material):
                condition = self._copy(pack, attached)
                self._conditions[attached.name] = condition
                if condition is not Condition.USUAL:
                    self.flaws.append(Flaw(called=attached.called, condition=condition))
            for record in records(material.papers):
                for name, data in record_files(record, phrases, material.zone):
                    self._write(pack, name, data)
            form = case_form(material, self._conditions, phrases)
            self._write(pack, CASE, as_json(form))
            self._write(pack, PAGE, time_line(material, self._conditions, phrases))
            self._write(pack, FIRST, read_first(material, phrases))
            listed = manifest(self.hashes)
            self._write(pack, MANIFEST, listed)

    def _write(self, pack: zipfile.ZipFile, name: str, data: bytes) -> None:
        self._make_room(len(data))
        pack.writestr(_member(name, len(data)), data)
        self.hashes[name] = sha256(data).hexdigest()

    def _copy(self, pack: zipfile.ZipFile, attached: Attachment) -> Condition:
        try:
            descriptor = os.open(attached.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return Condition.GONE
        digest, head, tail = sha256(), b"", b""
        with os.fdopen(descriptor, "rb") as source:
            size = os.fstat(descriptor).st_size
            self._make_room(size)
            with pack.open(_member(attached.name, size), "w") as copy:
                while chunk := source.read(_CHUNK):
                    copy.write(chunk)
                    digest.update(chunk)
                    head = head or chunk[:HEAD]
                    tail = (tail + chunk)[-TAIL:]
        self.hashes[attached.name] = digest.hexdigest()
        if digest.hexdigest() != attached.sha256:
            return Condition.CHANGED
        return Condition(looks_of(head, tail)) if attached.is_proof else Condition.USUAL

    def _make_room(self, size: int) -> None:
        """Refuse to grow beyond what `evidence --verify` reads."""
        if len(self.hashes) >= MOST_FILES or self._file.tell() + size > MOST_BYTES // 2:
            raise UserError(
                "evidence.too_much", {"files": MOST_FILES, "limit": MOST_BYTES // 2**21}
            )


def _member(name: str, size: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _NO_TIME)
    member.create_system = _UNIX
    member.external_attr = RIGHTS
    member.file_size = size
    return member


def _put(unfinished: Path, folder: Path, stem: str, digest: str) -> tuple[Path, bool]:
    """Give the pack the first name that is free; nothing of the user's is written over."""
    for number in range(1, _NAMES + 1):
        path = folder / (f"{stem}.zip" if number == 1 else f"{stem}-{number}.zip")
        if _is_pack(path, digest):
            return path, False
        try:
            os.link(unfinished, path)
        except FileExistsError:
            continue
        except OSError:  # the disk knows no second names for a file
            if path.exists():
                continue
            unfinished.rename(path)
        return path, True
    raise UserError("evidence.too_many", {"folder": str(folder)})


def _is_pack(path: Path, digest: str) -> bool:
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == digest
    return False


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        values = {"folder": str(folder), "reason": error.strerror}
        raise SourceUnavailable("evidence.cannot_write", values) from None
