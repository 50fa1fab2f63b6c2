"""The private copy of a phone's database that is given to the child instead of the original.

SQLite finds the newest messages in a second file, named after the first; only who opens
it by a path gets at both. Nothing of the copy is understood here, it is only made.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watcher.sources.items import Damage

MAGIC = b"SQLite format 3\0"
COPY, LOG = "database", "database-wal"
_FOLDER = "loan-watcher-copy-"
_SIZE_LIMIT = 8 * 1024**3
_LEFT_FREE = 256 * 1024 * 1024
LOG_ENDING = "-wal"
_SIDE_FILES = (LOG_ENDING, "-shm", "-journal")


def is_database(descriptor: int) -> bool:
    """Tell whether an open file begins as every SQLite database does."""
    try:
        return os.pread(descriptor, len(MAGIC), 0) == MAGIC
    except OSError:
        return False  # and whoever reads on meets the fault again


def database_of(path: Path) -> Path | None:
    """Return the database that a side file of SQLite's belongs to; None for any other file."""
    for ending in _SIDE_FILES:
        if path.name.endswith(ending):
            return path.with_name(path.name.removesuffix(ending))
    return None


class PrivateCopy:
    """Files of a database in a folder that only this user can enter."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self._folder = folder
        self._named = True
        self.descriptor = descriptor

    def unlink(self) -> None:
        """Take the names away: whoever has opened the files keeps them, a crash leaves none."""
        if self._named:
            for name in (COPY, LOG):
                (self._folder / name).unlink(missing_ok=True)
        self._named = False


@contextmanager
def private_copy(descriptor: int, log: int | None, name: str) -> Iterator[PrivateCopy | Damage]:
    """Copy an open database and its open write-ahead log; the copy is gone in the end."""
    sizes = [os.fstat(each).st_size for each in (descriptor, log) if each is not None]
    # A size can be a lie that costs nothing to tell: a file of holes fills the disk when copied.
    if sum(sizes) > _SIZE_LIMIT:
        yield Damage(source=name, reason="source.database_too_big")
        return
    if sum(sizes) > shutil.disk_usage(tempfile.gettempdir()).free - _LEFT_FREE:
        yield Damage(source=name, reason="source.no_room_to_copy")
        return
    with tempfile.TemporaryDirectory(prefix=_FOLDER) as made:
        folder = Path(made)
        try:
            _copy(descriptor, folder / COPY, whole_pages(os.pread(descriptor, 18, 0), sizes[0]))
            if log is not None and sizes[1]:
                _copy(log, folder / LOG, sizes[1])
            copied = os.open(folder / COPY, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            yield Damage(source=name, reason="source.no_room_to_copy")
            return
        os.utime(copied, ns=(0, os.fstat(descriptor).st_mtime_ns))
        try:
            yield PrivateCopy(folder, copied)
        finally:
            os.close(copied)


def path_of_copy(descriptor: int) -> Path | None:
    """Return where an open file lies if `private_copy` made it, else None."""
    path = Path(f"/proc/self/fd/{descriptor}").readlink()
    made = path.name == COPY and path.parent.name.startswith(_FOLDER)
    return path if made else None


def whole_pages(head: bytes, size: int) -> int:
    """Return the size without a last page that is not whole.

    SQLite fills such a page up with zeros, and a text on it would end in them.
    """
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    return size - size % page if page.bit_count() == 1 and page >= 512 else size  # noqa: PLR2004  SQLite's smallest


def _copy(source: int, target: Path, size: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(target, flags, 0o600)
    try:
        at = 0
        while at < size:
            done = os.sendfile(descriptor, source, at, min(size - at, 64 * 1024 * 1024))
            if not done:
                break
            at += done
    finally:
        os.close(descriptor)
