"""Backups: copies of the database, one a night, each read again before it counts.

They are numbered and not dated: a clock that was wrong for a night must not make an old copy
look like the latest.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from watcher.store.connection import (
    UNFINISHED,
    failures,
    is_damaged,
    private_folder,
    to_disk,
    write_copy,
)

FOLDER: Final = "backups"
KEPT: Final = 7

_NIGHT: Final = timedelta(hours=19)
"""What is done every night is due then, after midnight in UTC: at three in the morning in China."""

_NAME = re.compile(r"state-(\d{1,18})\.db")


def back_up(database: sqlite3.Connection, folder: Path) -> None:
    """Keep a copy of the database that is known to be sound, and the six before it.

    SourceUnavailable where the disk refuses, or the database turns out to be damaged.
    """
    with failures():
        place = folder / FOLDER
        private_folder(place)
        for left in place.glob(f"*{UNFINISHED}*"):  # of a kill
            left.unlink()
        number = max(numbers(folder), default=0) + 1
        write_copy(database, place / f"state-{number:06}.db")
        for path in [*newest_first(folder)][KEPT:]:
            path.unlink()


def is_due(folder: Path, now: datetime) -> bool:
    """Return whether no copy has been made since the last night; one from the future is none."""
    latest = next(newest_first(folder), None)
    if latest is None:
        return True
    return not last_night(now).timestamp() <= latest.stat().st_mtime <= now.timestamp()


def last_night(now: datetime) -> datetime:
    """Return when the last night was in which something had to be done."""
    midnight = (now.astimezone(UTC) - _NIGHT).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + _NIGHT


def newest_first(folder: Path) -> Iterator[Path]:
    """Yield all copies, the one that was made last first."""
    place = folder / FOLDER
    found = {int(match[1]): path for path, match in _matched(place)}
    return (found[number] for number in sorted(found, reverse=True))


def numbers(folder: Path) -> frozenset[int]:
    """Return the numbers of all copies."""
    return frozenset(int(match[1]) for _, match in _matched(folder / FOLDER))


def number_of(path: Path) -> int:
    """Return the number of a copy."""
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


def take_sound(folder: Path, target: Path, above: int = 0) -> bool:
    """Copy the latest sound copy to a place; False where there is none.

    Those up to the number `above` do not count: they hold what was to be forgotten.
    """
    for path in newest_first(folder):
        if number_of(path) > above and not is_damaged(path):
            shutil.copyfile(path, target)
            to_disk(target)
            return True
    return False


def _matched(place: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in place.glob("state-*.db"):
        match = _NAME.fullmatch(path.name)
        if match is not None:
            yield path, match
