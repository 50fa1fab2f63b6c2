"""The proof that a loan is paid off: copies of the user's files beside the state.

A copy is named by its hash, with a note beside it that says whose it is. Both are written
under another name, put on the disk and renamed, so that a kill leaves a copy or none, and
no lock is needed: a command and the page may add at once. A copy without a note still counts.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from watcher.casework.ordinary import open_ordinary
from watcher.errors import UserError
from watcher.store.connection import private_folder, refused, to_disk

FOLDER: Final = Path("evidence", "proofs")
LARGEST: Final = 20 * 1024 * 1024
MOST: Final = 100
"""How many proofs a loan may have."""

_COPY, _NOTE, _UNFINISHED = ".proof", ".json", ".unfinished-"
_CHUNK: Final = 256 * 1024
_LONGEST_NAME: Final = 200
_LARGEST_NOTE: Final = 64 * 1024
_GIVEN_UP: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A file of the user's, copied; `name` is what the user called it."""

    loan: str | None
    name: str = field(repr=False)
    size: int
    sha256: str
    added_at: datetime
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A copy that belongs to no loan yet."""

    name: str = field(repr=False)
    path: Path
    size: int
    sha256: str


@contextmanager
def staged(state: Path, files: Iterable[Path], now: datetime) -> Iterator[tuple[Staged, ...]]:
    """Copy files, to be claimed for a loan; what was not claimed at the end is deleted.

    Raises:
        UserError: one of them is no file, cannot be read, is empty or too big.
        SourceUnavailable: the disk refuses.
    """
    copies: list[Staged] = []
    try:
        for file in files:
            copies.append(receive(state, file.name, chunks_of(file), now))  # noqa: PERF401  those copied are deleted whatever happens
        yield tuple(copies)
    finally:
        for copy in copies:
            copy.path.unlink(missing_ok=True)


def receive(state: Path, name: str, chunks: Iterable[bytes], now: datetime) -> Staged:
    """Copy a stream to the disk, readable by the user only, counting as it comes.

    Raises what `staged` raises; nothing is left behind then.
    """
    copy = Copying(state, name, now)
    try:
        for chunk in chunks:
            copy.add(chunk)
        return copy.finish()
    except BaseException:
        copy.discard()
        raise


class Copying:
    """A copy that is being made, piece by piece; whoever makes it finishes or discards it."""

    def __init__(self, state: Path, name: str, now: datetime) -> None:
        self._name = name
        self._digest = sha256()
        self._size = 0
        with _disk():
            folder = _made(state)
            _sweep(folder, now)
            descriptor, unfinished = tempfile.mkstemp(dir=folder, prefix=_UNFINISHED)  # mode 0600
        self._path = Path(unfinished)
        self._file = os.fdopen(descriptor, "wb")

    def add(self, chunk: bytes) -> None:
        """Take a piece; `UserError` where it becomes too big."""
        self._size += len(chunk)
        if self._size > LARGEST:
            raise UserError("proof.too_big", {"file": self._name, "limit": LARGEST // 1024**2})
        self._digest.update(chunk)
        with _disk():
            self._file.write(chunk)

    def finish(self) -> Staged:
        """Put the whole copy on the disk; `UserError` where nothing came."""
        if not self._size:
            raise UserError("proof.empty", {"file": self._name})
        with _disk(), self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        digest = self._digest.hexdigest()
        return Staged(name=self._name, path=self._path, size=self._size, sha256=digest)

    def discard(self) -> None:
        """Leave nothing of it behind."""
        with suppress(OSError):  # a full disk refuses what is still to be written
            self._file.close()
        self._path.unlink(missing_ok=True)


def claim(state: Path, copy: Staged, loan: str, now: datetime) -> Proof:
    """Keep a copy as proof for a loan; the same file added twice is one, as first named.

    Raises:
        UserError: the loan has too many.
        SourceUnavailable: the disk refuses.
    """
    folder = _of_loan(state, loan)
    known = of_loan(state, loan)
    for proof in known:
        if proof.sha256 == copy.sha256 and proof.path.exists():
            copy.path.unlink(missing_ok=True)
            return proof
    if len(known) >= MOST:
        raise UserError("proof.too_many", {"id": loan, "limit": MOST})
    note = {
        "loan": loan,
        "name": copy.name[-_LONGEST_NAME:],
        "bytes": copy.size,
        "sha256": copy.sha256,
        "added_at": now.astimezone(UTC).isoformat(),
    }
    kept = folder / f"{copy.sha256}{_COPY}"
    with _disk():
        folder.mkdir(mode=0o700, exist_ok=True)
        copy.path.rename(kept)
        _write(kept.with_suffix(_NOTE), json.dumps(note))
        to_disk(folder)
        to_disk(folder.parent)
    return _read(kept.with_suffix(_NOTE))


def of_loan(state: Path, loan: str) -> tuple[Proof, ...]:
    """Return the proofs of a loan, in the order in which they were added."""
    folder = _of_loan(state, loan)
    stems = {path.stem for ending in (_COPY, _NOTE) for path in folder.glob(f"*{ending}")}
    found = (_read(folder / f"{stem}{_NOTE}") for stem in stems)
    return tuple(sorted(found, key=lambda one: (one.added_at, one.name, one.sha256)))


def loans_with_proofs(state: Path) -> frozenset[str]:
    """Return the ids of all loans that have proofs, as far as their notes can be read."""
    notes = (_read(note) for note in (state / FOLDER).glob(f"*/*{_NOTE}"))
    return frozenset(proof.loan for proof in notes if proof.loan is not None)


def remove(state: Path, loan: str) -> int:
    """Delete all proofs of a loan; return how many there were."""
    proofs = of_loan(state, loan)
    folder = _of_loan(state, loan)
    with _disk():
        for proof in proofs:
            proof.path.unlink(missing_ok=True)
            proof.path.with_suffix(_NOTE).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            folder.rmdir()
    return len(proofs)


def chunks_of(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file that the user named.

    Raises UserError where it is no ordinary file or cannot be read.
    """
    with open_ordinary(file) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                yield chunk
        except OSError:
            raise UserError("cli.not_readable", {"file": str(file)}) from None


def _read(note: Path) -> Proof:
    """Return a proof by its note, or by its copy alone where the note says nothing."""
    copy = note.with_suffix(_COPY)
    said = _said(note)
    try:
        size, at = copy.stat().st_size, copy.stat().st_mtime
    except OSError:
        size, at = 0, 0.0
    added = said.get("added_at")
    return Proof(
        loan=_text(said.get("loan")),
        name=_text(said.get("name")) or copy.stem,
        size=size,
        sha256=copy.stem,
        added_at=added if isinstance(added, datetime) else datetime.fromtimestamp(at, UTC),
        path=copy,
    )


def _said(note: Path) -> dict[str, Any]:
    try:
        with note.open("rb") as stream:
            said = json.loads(stream.read(_LARGEST_NOTE))
        said["added_at"] = datetime.fromisoformat(said["added_at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return dict(said)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _of_loan(state: Path, loan: str) -> Path:
    """Return the folder of a loan; an id may hold anything, so it is not the name."""
    name = sha256(loan.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return state / FOLDER / name


def _made(state: Path) -> Path:
    folder = state / FOLDER
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in (folder.parent, folder):
        private_folder(place)
    return folder


def _sweep(folder: Path, now: datetime) -> None:
    """Delete copies that a kill left unfinished."""
    for left in folder.glob(f"{_UNFINISHED}*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < (now - _GIVEN_UP).timestamp():
                left.unlink()


def _write(path: Path, text: str) -> None:
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent.parent, prefix=_UNFINISHED)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(unfinished).rename(path)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise refused(error) from None
