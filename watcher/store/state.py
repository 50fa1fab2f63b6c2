"""The store as the rest of the program sees it: one connection, one method for each deed."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from watcher.core.life import Change
from watcher.core.model import Case, Evidence, Message, Phrase, Urgency
from watcher.errors import SourceUnavailable
from watcher.store import backups, casework, codec, originals, outbox, papers, queries, recording
from watcher.store.connection import DAMAGED, open_to_read, reading, transaction
from watcher.store.forgetting import finish_erasing, forget
from watcher.store.identity import Fingerprints
from watcher.store.keeping import Keeping
from watcher.store.life import Life, alter
from watcher.store.opening import Recovery, open_database
from watcher.store.overview import Overview
from watcher.store.papers import Papers
from watcher.store.popups import PopUps
from watcher.store.records import (
    CaseRow,
    CaseStatus,
    Casework,
    Cursor,
    Recorded,
    StoredCase,
    Topic,
    WaitingAlert,
)
from watcher.store.sifting import Sifted, sift
from watcher.store.told import told


class Store:
    """The state folder's database; belongs to the thread that opened it.

    Every writing method is one transaction: when it returns, what it wrote survives a kill
    and a power cut. SourceUnavailable where the disk refuses; nothing is written then.
    """

    def __init__(self, database: sqlite3.Connection, folder: Path, recovery: Recovery) -> None:
        self._database = database
        self._folder = folder
        self.recovery = recovery
        row = database.execute("SELECT value FROM settings WHERE name = 'key'").fetchone()
        self._waiting: set[int] = set()
        self._prints = Fingerprints(bytes(row[0]))

    @classmethod
    def open(cls, folder: Path, now: datetime, *, check: bool = True) -> Self:
        """Open the store of a state folder, made, mended or migrated first where needed.

        What had to be mended is said by `recovery`, and an alert of it is queued. Without
        `check` a store that was closed in order is believed, which saves reading all of it;
        whoever opens it so looks whether it `is_sound` later, and if not calls `suspect`.
        """
        database, recovery = open_database(folder, now, check=check)
        try:
            with reading():
                store = cls(database, folder, recovery)
        except (SourceUnavailable, TypeError) as failure:  # TypeError: the key is not there
            database.close()
            if check or (isinstance(failure, SourceUnavailable) and failure.says != DAMAGED):
                raise
            return cls.open(folder, now)
        with suppress(SourceUnavailable):  # on a full disk whoever opens it next goes on
            finish_erasing(database, folder)
        return store

    @classmethod
    def open_to_read(cls, folder: Path) -> Self:
        """Open the store for reading only, beside a daemon; UserError where there is none."""
        return cls(open_to_read(folder), folder, Recovery.NONE)

    def close(self) -> None:
        """Close the database."""
        recording.settle(self._database, self._waiting)
        self._database.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self.close()

    def record(  # noqa: PLR0913  each is a part of the one transaction
        self,
        cases: Sequence[Case],
        *,
        now: datetime,
        source: str = "",
        cursor: Cursor | None = None,
        topic: Callable[[Case], Topic] = recording.one_by_one,
        fraud_repeats: timedelta | None = None,
        sifted: bool = False,
        more: bool = False,
    ) -> Recorded:
        """Write judged cases, their unsent alerts and the source's cursor, all or nothing.

        Pass many at once: a transaction costs as much for a thousand cases as for one.
        `topic` says of each case whether its alert is shown alone or left to a summary. A
        fraud that goes on is shown again after `fraud_repeats`. `sifted` cases are of messages
        that `sift` has just called fresh. Where `more` follows, what says nothing waits for it.
        """
        source = cursor.source if cursor else source
        with transaction(self._database):
            writing = recording.Recording(
                database=self._database,
                prints=self._prints,
                source=source,
                now=now,
                topic=topic,
                fraud_repeats=fraud_repeats,
                sifted=sifted,
                waiting=set(self._waiting),
                more=more,
            )
            recorded = writing.write(cases)
            if cursor is not None:
                recording.move(self._database, cursor)
        self._waiting = writing.waiting
        return recorded

    def let_go(self) -> None:
        """Free the memory that only makes the next deed quicker."""
        self._prints.let_go()
        with reading():
            self._database.execute("PRAGMA shrink_memory")

    def sift(self, messages: Sequence[Message], source: str) -> Sifted:
        """Leave out the messages that were recorded, and note in which sources those stand."""
        with transaction(self._database):
            return sift(self._database, self._prints, messages, source, self._waiting)

    def seen(self, identity: str) -> bool:
        """Return whether a message of this identity was recorded."""
        hashed = self._prints.known_as(identity)
        with reading():
            found = self._database.execute("SELECT 1 FROM seen WHERE hash = ?", (hashed,))
            return found.fetchone() is not None or hashed in self._waiting

    def evidence(self) -> Iterator[str]:
        """Yield all evidence as JSON, by message time."""
        with reading():
            yield from queries.evidence(self._database)

    def history(self) -> Iterator[Evidence]:
        """Yield all evidence, by message time."""
        return codec.evidence_from_all(self.evidence())

    def told(self) -> Iterator[Evidence]:
        """Yield the part of the evidence that proposals rest on, by message time."""
        with reading():
            yield from told(self._database)

    def messages(self) -> Iterator[Message]:
        """Yield every message that was kept, by message time."""
        with reading():
            yield from queries.messages(self._database)

    def summarise(self, now: datetime) -> tuple[int, ...]:
        """Queue one summary alert for all that were left to one."""
        with transaction(self._database):
            return outbox.summarise(self._database, now)

    def announce(self, summary: Phrase, urgency: Urgency, now: datetime) -> int:
        """Queue an alert about the program itself, once while it says the same."""
        with transaction(self._database):
            return outbox.announce(self._database, summary, urgency, now)

    def withdraw(self, summary: Phrase) -> int:
        """Take back what was announced and is true no more; return how many alerts it was."""
        with transaction(self._database):
            return outbox.withdraw(self._database, summary)

    def pending_alerts(self, now: datetime) -> tuple[WaitingAlert, ...]:
        """Return what is to be shown now, the most urgent first."""
        with reading():
            return outbox.pending(self._database, now)

    def alert(self, alert_id: int) -> WaitingAlert | None:
        """Return one alert, whatever its state."""
        with reading():
            return outbox.alert(self._database, alert_id)

    def mark_shown(
        self,
        alert_id: int,
        backend: str,
        server_id: int | None,
        now: datetime,
        server: str | None = None,
    ) -> None:
        """Note that the desktop took an alert, under which number of which server."""
        with transaction(self._database):
            outbox.mark_shown(self._database, alert_id, backend, server_id, now, server)

    def mark_tried(self, alert_id: int) -> None:
        """Count an attempt that showed nothing."""
        with transaction(self._database):
            outbox.mark_tried(self._database, alert_id)

    def acknowledge(self, alert_id: int) -> bool:
        """Note that the user has taken in an alert, and all that it stands for; False: none."""
        with transaction(self._database):
            return outbox.acknowledge(self._database, alert_id)

    def acknowledge_case(self, case_id: int) -> bool:
        """Note that the user has taken in the alert of a case; False where it has none."""
        with transaction(self._database):
            return outbox.acknowledge_case(self._database, case_id)

    def cases(self, status: CaseStatus | None = None) -> Iterator[CaseRow]:
        """Yield the cases of one status, or all, the latest message first."""
        with reading():
            yield from queries.cases(self._database, status)

    def case(self, case_id: int) -> StoredCase | None:
        """Return a case with everything that explains it."""
        with reading():
            return queries.case(self._database, case_id, self._folder)

    def papers(self, case_id: int) -> Papers | None:
        """Return what a case was judged on, with the receipts of its loan."""
        with reading():
            return papers.of_case(self._database, case_id, self._folder)

    def done(self, case_id: int, now: datetime) -> bool:
        """Close a case and its alert; False where there is no such case."""
        with transaction(self._database):
            return alter(self._database, case_id, Change.CLOSED, None, now)

    def snooze(self, case_id: int, until: datetime, now: datetime) -> bool:
        """Put a case aside: its alert is shown again at `until`."""
        with transaction(self._database):
            return alter(self._database, case_id, Change.SNOOZED, until, now)

    def reopen(self, case_id: int, now: datetime) -> bool:
        """Open a closed case again; UserError where a newer case of the same debt is open."""
        with transaction(self._database):
            return alter(self._database, case_id, Change.REOPENED, None, now)

    @property
    def life(self) -> Life:
        """What was sent and answered in each case, and what is due."""
        return Life(self._database)

    @property
    def overview(self) -> Overview:
        """What a page asks."""
        return Overview(self._database)

    @property
    def popups(self) -> PopUps:
        """What is on the screen, and what may be next."""
        return PopUps(self._database)

    @property
    def keeping(self) -> Keeping:
        """Taking out all there is, keeping copies of it, and forgetting it."""
        return Keeping(self._database, self._folder)

    def casework(self, case_id: int) -> Casework:
        """Return what the user did with a case; nothing where there is no such case."""
        with reading():
            return casework.of_case(self._database, case_id)

    def tick(
        self,
        case_id: int,
        checklist: str,
        step: str,
        done_at: datetime | None,
        note: str | None = None,
    ) -> bool:
        """Tick a step off, or keep a note on it; False where there is no such case.

        Without a moment it is not done; without a note too, nothing is kept of it. A step that
        was done keeps its first moment.
        """
        with transaction(self._database):
            return casework.tick(self._database, case_id, checklist, step, done_at, note)

    def choose(self, case_id: int, checklist: str, now: datetime | None) -> bool:
        """Lay a checklist beside a case's own, None takes it away; False: no such case."""
        with transaction(self._database):
            return casework.choose(self._database, case_id, checklist, now)

    def mark_wrong(self, case_id: int, text: str | None, now: datetime) -> bool:
        """Keep what is wrong about a case, None takes it back; False: no such case."""
        with transaction(self._database):
            return casework.mark_wrong(self._database, case_id, text, now)

    def dismiss(self, matter: str, now: datetime) -> None:
        """Keep that what a proposal is about is not to be proposed any more."""
        with transaction(self._database):
            casework.dismiss(self._database, matter, now)

    def cursor(self, source: str) -> Cursor | None:
        """Return where a source stands; None where it was never read."""
        with reading():
            return queries.cursor(self._database, source)

    def last_good(self, source: str) -> datetime | None:
        """Return when a source was last read to its end."""
        with reading():
            return queries.last_good(self._database, source)

    def checked(self, source: str, now: datetime) -> None:
        """Note that a source was read to its end."""
        with transaction(self._database):
            recording.checked(self._database, source, now)

    def wanted_originals(self, source: str) -> tuple[tuple[int, str], ...]:
        """Return number and place of messages whose whole mail is to be kept, the latest first.

        They belong to a case that alerts and is not closed, and stand in that source.
        """
        with reading():
            return originals.wanted(self._database, source)

    def keep_original(
        self, message: int, mail: bytes | None, now: datetime, source: str | None = None
    ) -> None:
        """Keep the whole mail of a message; None where the source named has it no more.

        It stays wanted in other sources that have it; without `source`, in none.
        """
        originals.keep(self._database, self._folder, message, mail, now, source)

    def forget(self, before: datetime) -> int:
        """Delete what was received before a moment and belongs to no open case; return how many."""
        return forget(self._database, self._folder, before)

    def back_up(self) -> None:
        """Keep a copy that takes the database's place should it be damaged.

        SourceUnavailable where the disk refuses, or the database is found to be damaged.
        """
        backups.back_up(self._database, self._folder)
