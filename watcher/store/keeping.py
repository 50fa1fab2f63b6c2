"""What the user may do with all there is: take it out, keep copies of it, have it forgotten."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from watcher.store import backups, exporting, forgetting
from watcher.store.about import About, about_loan, about_person
from watcher.store.connection import reading
from watcher.store.exporting import Row
from watcher.store.forgetting import Forgotten


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is asked of an open store as a whole; belongs to the thread of that store."""

    database: sqlite3.Connection
    folder: Path

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Read as it all stands at one moment, whatever is written meanwhile."""
        with reading():
            self.database.execute("BEGIN")
            try:
                yield
            finally:
                self.database.execute("ROLLBACK")

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield all there is, table by table, but for the key of the fingerprints."""
        with reading():
            yield from exporting.tables(self.database)

    def about_loan(self, loan: str) -> About:
        """Return what there is about a loan."""
        return about_loan(self.database, loan)

    def about_person(self, name: str) -> About:
        """Return what names a person."""
        return about_person(self.database, name)

    def forget_loan(self, loan: str) -> Forgotten:
        """Delete what is about a loan from every file, copies included; proofs have their own."""
        return forgetting.erase(self.database, self.folder, about_loan(self.database, loan))

    def forget_person(self, name: str) -> Forgotten:
        """Delete what names a person from every file, copies included."""
        return forgetting.erase(self.database, self.folder, about_person(self.database, name))

    def only(self, days: int, now: datetime) -> int:
        """Forget what is older than so many days, once in a night; return how many messages."""
        return forgetting.keep_for(self.database, self.folder, days, now)

    def back_up_once(self, now: datetime) -> bool:
        """Keep a copy unless there is one of last night; return whether one was made.

        SourceUnavailable where the disk refuses, or the database is found to be damaged.
        """
        if not backups.is_due(self.folder, now):
            return False
        backups.back_up(self.database, self.folder)
        return True
