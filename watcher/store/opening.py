"""Opening the database of a state folder: made, checked, mended, migrated.

A damaged database is never opened. A new one is built beside it, out of the latest sound
backup or anew, with the alert that says so already in it. Once that is on the disk under the
name `state.db.restored`, the damaged one moves aside and the new one takes its place; whoever
is killed in between finds it, and goes on from there. Its cursors are those of the backup, so
sources are read again rather than skipped.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from watcher.core.model import Phrase, Urgency
from watcher.errors import SourceUnavailable, UserError
from watcher.store import backups, outbox
from watcher.store.connection import (
    DAMAGED,
    FILE,
    UNFINISHED,
    failures,
    is_damaged,
    open_to_write,
    to_disk,
    transaction,
    write_copy,
)
from watcher.store.schema import migrate

RESTORED: Final = f"{FILE}.restored"
SUSPECT: Final = f"{FILE}.suspect"
"""Stands beside a database that is to be checked before it is opened again."""

FORGETTING: Final = f"{FILE}.forgetting"
"""Names the last backup that still holds what was to be forgotten, until none does."""


class Recovery(StrEnum):
    """What had to be done to a damaged database."""

    NONE = "none"
    RESTORED = "restored"
    STARTED_ANEW = "started_anew"


def open_database(
    folder: Path, now: datetime, *, check: bool = True
) -> tuple[sqlite3.Connection, Recovery]:
    """Open the database of a state folder for writing, and make, mend or migrate it first.

    Without `check` one that was closed in order is believed; whoever opens it so checks it
    later, and calls `suspect` where it is not sound. SourceUnavailable where the disk refuses.
    """
    make_private(folder)
    with failures():
        recovery = _finish(folder, now)
        if recovery is Recovery.NONE and (check or is_suspect(folder)):
            recovery = _check(folder, now)
    try:
        return _open(folder), recovery
    except SourceUnavailable as failure:
        if failure.says != DAMAGED:
            raise
    with failures():
        recovery = _replace(folder, now)
    return _open(folder), recovery


def suspect(folder: Path) -> None:
    """Have the database checked before it is opened the next time."""
    with failures():
        os.close(os.open(folder / SUSPECT, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        to_disk(folder)


def unfit(folder: Path) -> int:
    """Return the number of the last backup that is never to be restored; 0 where all may be."""
    try:
        text = (folder / FORGETTING).read_text(encoding="ascii")
    except FileNotFoundError:
        return 0
    return int(text) if text.isdecimal() else max(backups.numbers(folder), default=0)


def make_private(folder: Path) -> None:
    """Make the folder, or make sure that nobody else can look into it."""
    with failures():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (folder, folder / FILE, folder / backups.FOLDER):
            if not path.exists():
                continue
            found = path.stat()
            if found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise UserError("store.not_private", {"path": str(path)})


def copies(folder: Path) -> Iterator[Path]:
    """Yield the copies of the database besides backups: of damage, and of older versions."""
    for pattern in (f"{FILE}*.damaged-*", f"{FILE}.v*", f"{FILE}*{UNFINISHED}*", f"{RESTORED}*"):
        yield from folder.glob(pattern)


def _open(folder: Path) -> sqlite3.Connection:
    with failures():
        database = open_to_write(folder / FILE)
    try:
        with failures():
            migrate(database, lambda left: write_copy(database, folder / f"{FILE}.v{left}"))
            (folder / SUSPECT).unlink(missing_ok=True)
    except UnicodeDecodeError:
        database.close()
        raise SourceUnavailable(DAMAGED) from None
    except BaseException:
        database.close()
        raise
    return database


def is_suspect(folder: Path) -> bool:
    """Return whether the database was not closed in order, or was found to be damaged."""
    log = folder / f"{FILE}-wal"  # whoever closes it last takes it away, or empties it
    return (folder / SUSPECT).exists() or (log.exists() and log.stat().st_size > 0)


def _check(folder: Path, now: datetime) -> Recovery:
    return _replace(folder, now) if is_damaged(folder / FILE) else Recovery.NONE


def _replace(folder: Path, now: datetime) -> Recovery:
    """Let the latest sound backup, or a new database, take the place of a damaged one."""
    new = folder / f"{FILE}{UNFINISHED}"
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    found = backups.take_sound(folder, new, above=unfit(folder))
    recovery = Recovery.RESTORED if found else Recovery.STARTED_ANEW
    with closing(open_to_write(new)) as database:
        migrate(database, lambda _: None)  # the backup stays as it is
        with transaction(database):
            told = Phrase(id=f"store.{recovery}")
            outbox.announce(database, told, Urgency.NORMAL, now)
        database.execute("PRAGMA journal_mode = DELETE")  # the file alone is all of it
    to_disk(new)
    new.rename(folder / RESTORED)
    to_disk(folder)
    _finish(folder, now)
    return recovery


def _finish(folder: Path, now: datetime) -> Recovery:
    """Put what was restored into its place, if it is not there yet."""
    restored = folder / RESTORED
    if not restored.exists():
        return Recovery.NONE
    stamp = now.strftime("%Y%m%dT%H%M%S%fZ")
    # The log must never meet a database that it does not belong to.
    for suffix in ("-wal", "-shm", ""):
        path = folder / (FILE + suffix)
        if path.exists():
            path.rename(folder / f"{FILE}{suffix}.damaged-{stamp}")
    to_disk(folder)
    restored.rename(folder / FILE)
    to_disk(folder)
    return Recovery.RESTORED
