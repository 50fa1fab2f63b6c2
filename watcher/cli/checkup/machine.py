"""Whether this computer keeps what it is given: its clock, its disk, and who else may look."""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from watcher.cli.checkup.finding import Finding, fine, noted, wrong
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.phrases import Phrases
from watcher.store.connection import FILE, is_sound

SPARE: Final = 64 * 1024 * 1024
"""Bytes that have to be free besides room for a copy of the records."""

_EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""There was no such program before."""
_SLACK: Final = timedelta(minutes=10)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MOST_FILES: Final = 20_000
_MB: Final = 1024 * 1024
_GB: Final = 1024 * _MB


def clock(now: datetime, seen: Iterable[datetime]) -> Finding:
    """Compare the clock with moments that have certainly passed: of when something was read."""
    latest = max(seen, default=_EARLIEST)
    if now < _EARLIEST or now + _SLACK < latest:
        return wrong("clock", "behind", now=now, latest=max(latest, _EARLIEST))
    return fine("clock", now=now)


def disk(folder: Path) -> Finding:
    """See whether the records can grow: a copy of them is made each day."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return wrong("disk", "read_only", folder=str(folder))
    held = sum(_size(folder / name) for name in (FILE, f"{FILE}-wal"))
    free = shutil.disk_usage(folder).free
    files = os.statvfs(folder)
    if free < SPARE + held or (files.f_files and not files.f_favail):
        needed = (SPARE + held) // _MB
        return wrong("disk", "full", folder=str(folder), free=free // _MB, needed=needed)
    return fine("disk", free=free // _GB)


def privacy(folder: Path) -> Finding:
    """See whether a folder of ours is closed to everybody else, and belongs to the user.

    A file that is open in a closed folder can be read by nobody, until it is copied.
    """
    ajar: str | None = None
    for path in (folder, *_below(folder)):
        try:
            status = path.lstat()
        except FileNotFoundError:  # it came and went
            continue
        if status.st_uid != os.getuid():
            return wrong("privacy", "not_yours", path=str(path))
        if stat.S_ISLNK(status.st_mode) or not status.st_mode & _OTHERS:
            continue
        if path == folder:
            return wrong("privacy", "open", path=str(path))
        ajar = ajar or str(path)
    if ajar is not None:
        return noted("privacy", "ajar", path=ajar, folder=str(folder))
    return fine("privacy", path=str(folder))


def records(folder: Path, phrases: Phrases) -> Finding:
    """Read the whole database and see whether all in it holds together."""
    try:
        sound = is_sound(folder)
    except UserError as failure:
        if failure.says == "store.nothing_yet":
            return fine("records", "none")
        return _unreadable(failure, phrases)
    except SourceUnavailable as failure:
        return _unreadable(failure, phrases)
    return (
        fine("records", size=_size(folder / FILE) // _MB) if sound else wrong("records", "damaged")
    )


def _unreadable(failure: WatcherError, phrases: Phrases) -> Finding:
    if failure.says == "store.damaged":
        return wrong("records", "damaged")
    return wrong("records", "unreadable", reason=phrases.say(failure.says, failure.values))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _below(folder: Path) -> Iterator[Path]:
    """Yield files and folders, not through links; of very many the first."""
    count = 0
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            count += 1
            if count > _MOST_FILES:
                return
            yield Path(place) / name
