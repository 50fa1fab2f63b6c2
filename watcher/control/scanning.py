"""One pass over files and mailboxes, by a thread that may not have the store itself.

What needs the store is asked of whoever has it, a piece at a time; a mailbox is waited for
in between. In a command the thread asks itself, in the daemon it asks the ingest thread.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import SystemRandom
from typing import Any, Protocol, TypeVar

from watcher.clock import Clock
from watcher.control.commands import Look, Reading, Scan, Scanned
from watcher.control.progress import over_all
from watcher.core.model import Message
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.ingest import Ingest
from watcher.sources.files import read_path
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Condition, Watched
from watcher.sources.items import Item
from watcher.store import Cursor, Store
from watcher.windows import Advance, Summary

Found = TypeVar("Found")


class Bench(Protocol):
    """What a piece of the work is done with, on the thread of the store."""

    @property
    def store(self) -> Store:
        """The store."""

    @property
    def ingest(self) -> Ingest:
        """What judges and records."""

    @property
    def meanwhile(self) -> Callable[[], None]:
        """Is called now and then during a long piece, for other work on the store."""


class Ask(Protocol):
    """Has a piece of the work done, and waits for it."""

    def __call__(self, job: Callable[[Bench], Found], /) -> Found:
        """Return what the job returns, or raise what it raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBench:
    """The bench of a command, which has the store to itself."""

    store: Store
    ingest: Ingest

    def ask(self, job: Callable[[Bench], Found], /) -> Found:
        """Do a piece of the work at once."""
        return job(self)

    def meanwhile(self) -> None:
        """There is no other work."""


class Scanner:
    """Makes one scan; `stop` ends it from another thread.

    `watched` are the accounts that can be looked into, by address. `on_reading` hears how far
    it has come, on whichever thread reads.
    """

    def __init__(
        self,
        *,
        ask: Ask,
        watched: Mapping[str, Watched],
        clock: Clock,
        on_reading: Callable[[Reading], None],
    ) -> None:
        self._ask = ask
        self._watched = watched
        self._clock = clock
        self._on_reading = on_reading
        self._mailbox: Mailbox | None = None
        self._stopping = False

    def scan(self, command: Scan) -> Scanned:
        """Judge and record what all paths and mailboxes hold.

        One mailbox that cannot be read stops no other.

        Raises:
            UserError: a path cannot be read from where this runs.
            SourceUnavailable: the disk refuses, or it was stopped.
        """
        total = Summary()
        for path in command.paths:
            must_be_in_sight(path)
        for path in command.paths:
            join(total, self._ask(partial(self._read, path, command.since)))
        looks = [self._look(address, command.since, total) for address in command.accounts]
        return Scanned(summary=total, looks=tuple(looks))

    def stop(self) -> None:
        """End the scan soon; what was read until then is recorded."""
        self._stopping = True
        mailbox = self._mailbox
        if mailbox is not None:
            mailbox.stop()

    def _read(self, path: Path, since: datetime | None, bench: Bench) -> Summary:
        """Read a file or folder; of one that was never read before the alerts are old news."""
        source = f"file:{path.resolve()}"
        return bench.ingest.run(
            self._from(since, path, bench.meanwhile),
            source=source,
            first_run=bench.store.last_good(source) is None,
            on_progress=self._hear(path.name),
        )

    def _from(
        self, since: datetime | None, path: Path, meanwhile: Callable[[], None]
    ) -> Iterator[Item]:
        with closing(read_path(path)) as items:  # its child ends with it, however this ends
            for item in over_all(path, items):
                meanwhile()
                self._go_on()
                if since is None or not isinstance(item, Message) or item.received_at >= since:
                    yield item

    def _go_on(self) -> None:
        if self._stopping:
            raise SourceUnavailable("control.given_up")

    def _look(self, address: str, since: datetime | None, total: Summary) -> Look:
        self._go_on()
        watched = self._watched.get(address)
        if watched is None:
            return Look(address=address, failure=UserError("control.account_unknown"))
        if since is not None:
            watched = replace(watched, history=self._clock.now() - since)
        desk = MailDesk(self._ask, self._clock, partial(join, total), self._hear(address, total))
        self._mailbox = Mailbox(
            watched, desk=desk, owner=desk, clock=self._clock, random=SystemRandom()
        )
        try:
            self._mailbox.once()
        except WatcherError as failure:
            return Look(address=address, failure=failure)
        finally:
            self._mailbox = None
        return Look(address=address)

    def _hear(self, name: str, total: Summary | None = None) -> Callable[[Advance], None]:
        """Return what passes on how far a source is; a mailbox joins `total` as it goes."""
        whole = total if total is not None else Summary()
        messages, notices = whole.messages, whole.verdicts.total()

        def hear(one: Advance) -> None:
            self._on_reading(
                Reading(
                    name=name,
                    read=one.read,
                    total=one.total,
                    messages=one.messages + whole.messages - messages,
                    notices=one.notices + whole.verdicts.total() - notices,
                )
            )

        return hear


@dataclass(frozen=True, slots=True)
class MailDesk:
    """Desk and owner of a mailbox that is looked into once."""

    ask: Ask
    clock: Clock
    join: Callable[[Summary], None]
    on_progress: Callable[[Advance], None]

    def cursor(self, source: str) -> Mapping[str, Any] | None:
        """Return the position that was last committed."""
        cursor = self.ask(lambda bench: bench.store.cursor(source))
        return None if cursor is None else cursor.position

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        """Commit what is found in messages, and the position with it."""
        summary = self.ask(
            lambda bench: bench.ingest.run(
                items,
                source=source,
                first_run=first_run,
                cursor=Cursor(source=source, position=position),
                on_progress=self.on_progress,
                to_its_end=False,
            )
        )
        self.join(summary)

    def wanted(self, source: str) -> Sequence[tuple[int, str]]:
        """Return number and place of the alerting mails that are to be kept whole."""
        return self.ask(lambda bench: bench.store.wanted_originals(source))

    def keep(self, source: str, message: int, mail: bytes | None) -> None:
        """Keep a whole mail, or note that the source has it no more."""
        now = self.clock.now()
        self.ask(lambda bench: bench.store.keep_original(message, mail, now, source))

    def checked(self, source: str) -> None:
        """Note that all there is was judged."""
        now = self.clock.now()
        self.ask(lambda bench: bench.store.checked(source, now))

    def watches(self, sources: Sequence[str]) -> None:
        """Nobody waits for news of them."""

    def became(self, condition: Condition, failure: WatcherError | None) -> None:
        """`once` raises what there is to say."""

    def settled(self) -> None:
        """Sum up what was left to a summary."""
        now = self.clock.now()
        self.ask(lambda bench: bench.store.summarise(now))


def join(total: Summary, one: Summary) -> None:
    """Count one summary into another."""
    for name in ("messages", "known", "failed", "opened", "merged", "alerts", "digested"):
        setattr(total, name, getattr(total, name) + getattr(one, name))
    total.verdicts.update(one.verdicts)
    total.damage += one.damage
    total.remarks += one.remarks
    total.finished += one.finished


def must_be_in_sight(path: Path) -> None:
    """Refuse a path that whoever asked can read and we cannot.

    A service has folders for temporary files of its own, and a process with other rights
    sees other files.
    """
    try:
        visible = path.exists() and os.access(path, os.R_OK)
    except OSError:
        visible = False
    if not visible:
        raise UserError("control.out_of_sight", {"file": str(path)})
