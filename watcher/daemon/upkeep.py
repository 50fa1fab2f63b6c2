"""What keeps the state sound for years: backups, forgetting what is too old, looking for damage.

Nothing here is done before READY=1 unless the database was not closed in order. A database
that turns out to be damaged is mended by beginning anew: opening is the one place for that.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from watcher.clock import Clock
from watcher.daemon.lean import give_back
from watcher.daemon.worker import Desk, IngestThread
from watcher.errors import SourceUnavailable, WatcherError
from watcher.store import Store, suspect
from watcher.store.connection import DAMAGED, is_sound
from watcher.store.opening import is_suspect

BETWEEN_LOOKS: Final = 3_600.0
"""Seconds: a row that makes no sense is met again and again, and is no damaged database."""

_log = structlog.get_logger()


class Upkeep:
    """Looks after the database of a state folder; `renew` ends the program to begin it anew."""

    renew: Callable[[], None]

    def __init__(self, folder: Path, clock: Clock, days: int) -> None:
        self.renew = lambda: None  # until somebody hears
        self._folder = folder
        self._clock = clock
        self._days = days
        self._believed = False
        self._looked: float | None = None
        self._looking = threading.Lock()

    def open(self) -> Store:
        """Open the store; one that was closed in order is read whole only later."""
        self._believed = not is_suspect(self._folder)
        return Store.open(self._folder, self._clock.now(), check=False)

    def begin(self) -> None:
        """Make up for what was left out at the start, in the background."""
        if self._believed:
            self.look()

    async def tend(self, worker: IngestThread) -> None:
        """Do what is due once a night; where the disk refuses, the next time does it."""
        try:
            await worker.do(self._tend)
        except SourceUnavailable as failure:
            _log.warning("cannot-save", says=failure.says)
            if failure.says == DAMAGED:
                self.look()

    def met_damage(self) -> None:
        """Look whether something that could not be read means that the database is damaged."""
        now = self._clock.monotonic()
        if self._looked is None or now - self._looked >= BETWEEN_LOOKS:
            self.look()

    def look(self) -> None:
        """Read the whole database on a thread of its own."""
        self._looked = self._clock.monotonic()
        if self._looking.acquire(blocking=False):
            threading.Thread(target=self._look, name="upkeep", daemon=True).start()

    def _tend(self, desk: Desk) -> None:
        now = self._clock.now()
        if desk.store.keeping.back_up_once(now):
            _log.info("backed-up")
            self.look()  # a copy is whole even where an index of the original is not
        forgotten = desk.store.keeping.only(self._days, now)
        if forgotten:
            desk.ingest.forget_history()
            _log.info("forgotten", count=forgotten)
        desk.clear()

    def _look(self) -> None:
        try:
            if is_sound(self._folder):
                _log.info("looked-for-damage", state="sound")
                return
        except WatcherError as failure:
            if failure.says != DAMAGED:
                _log.warning("looked-for-damage", says=failure.says)
                return
        finally:
            self._looking.release()
            give_back()
        _log.error("looked-for-damage", state="damaged")
        try:
            suspect(self._folder)
        except SourceUnavailable as failure:
            _log.warning("cannot-save", says=failure.says)
            return
        self.renew()
