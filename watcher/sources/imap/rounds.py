"""All watched folders of an account: whose turn it is, and one bad folder that stops no other."""

from collections import Counter
from contextlib import nullcontext

from watcher.clock import Clock
from watcher.errors import SourceUnavailable
from watcher.sources.imap.ports import Desk, Watched
from watcher.sources.imap.reading import FolderReader
from watcher.sources.imap.session import MailboxSession
from watcher.sources.sandbox import Sandbox

IDLE = 240.0
"""Seconds of one stretch of IDLE, and between two looks into the folders without it."""

POLL = 90.0
"""Seconds between two looks where the server has no IDLE."""

THOROUGH = 600.0
"""After so many seconds a folder is opened, whatever its STATUS says."""

EARLY = 5.0
"""A look that is due in so few seconds is made now."""

ASIDE_AFTER = 3
"""A folder at which so many sessions ended is left out for a while, for the others' sake."""

LONGEST_ASIDE = 3_600.0
GONE = "imap.no_folder"


class Rounds:
    """Looks into folders when their time has come; outlives the sessions it is given.

    Without a `sandbox` that someone keeps open, a child lives as long as one look needs it.
    """

    def __init__(
        self, watched: Watched, desk: Desk, clock: Clock, sandbox: Sandbox | None = None
    ) -> None:
        self._watched = watched
        self._desk = desk
        self._clock = clock
        self._sandbox = sandbox or Sandbox(own=(watched.address, *watched.own))
        self._kept_open = sandbox is not None
        self._readers: dict[str, FolderReader] = {}
        self._next: dict[str, float] = {}
        self._thorough: dict[str, float] = {}
        self._ends: Counter[str] = Counter()
        self._open: str | None = None

    def begin(self, session: MailboxSession) -> tuple[str, ...]:
        """Find out which folders are to be watched, and return them as sources."""
        names = self._watched.choose([(one.name, one.flags) for one in session.folders()])
        if not names:
            raise SourceUnavailable(GONE)
        self._readers = {
            name: self._readers.get(name)
            or FolderReader(
                folder=name,
                source=f"imap:{self._watched.address}/{name}",
                history=self._watched.history,
                desk=self._desk,
                sandbox=self._sandbox,
                clock=self._clock,
            )
            for name in names
        }
        return tuple(reader.source for reader in self._readers.values())

    def end(self) -> None:
        """Note that no folder is open any more: its session ended."""
        self._open = None

    def look(
        self, session: MailboxSession, *, everything: bool, idles: bool
    ) -> tuple[bool, SourceUnavailable | None]:
        """Look into every folder whose time has come, or all.

        Returns whether anything was read, and what is wrong with one of the folders.

        Raises:
            SourceUnavailable: the session ended, or nothing can be stored.
        """
        read = False
        gone: dict[str, SourceUnavailable] = {}
        with nullcontext() if self._kept_open else self._sandbox:
            for name in self._in_turn():
                if not self._is_due(name, everything=everything):
                    continue
                try:
                    read |= self._look_into(session, name, everything=everything, idles=idles)
                except SourceUnavailable as failure:
                    self._open = None
                    if failure.says != GONE:
                        self._note_end(name)
                        raise
                    gone[name] = failure
                else:
                    self._ends[name] = 0
                self._next[name] = self._clock.monotonic() + (IDLE if idles else POLL) - EARLY
            if idles and self._open != self._first and self._first not in gone:
                read |= self._look_into(session, self._first, everything=True, idles=True)
        return read, next(iter(gone.values()), None)

    @property
    def may_idle(self) -> bool:
        """Whether a folder stands open in which one can wait."""
        return self._open is not None

    def seconds_left(self) -> float:
        """Return how long one may wait until it is a folder's turn."""
        now = self._clock.monotonic()
        due = min(self._next.get(name, now) for name in self._readers)
        return max(EARLY, due - now + EARLY)

    @property
    def _first(self) -> str:
        """The folder in which one waits for what comes."""
        return next(iter(self._readers))

    def _in_turn(self) -> list[str]:
        """Return all folders, those that end sessions behind those that do not."""
        first, *others = self._readers
        return [first, *sorted(others, key=lambda name: self._ends[name] > 0)]

    def _is_due(self, name: str, *, everything: bool) -> bool:
        if name == self._first or self._clock.monotonic() >= self._next.get(name, 0.0):
            return True
        return everything and self._ends[name] < ASIDE_AFTER

    def _note_end(self, name: str) -> None:
        """Leave a folder out for a while, for the others' sake, where it keeps ending sessions."""
        self._ends[name] += 1
        times = self._ends[name] - ASIDE_AFTER + 1
        if times > 0:
            self._next[name] = self._clock.monotonic() + min(THOROUGH * times, LONGEST_ASIDE)

    def _look_into(
        self, session: MailboxSession, name: str, *, everything: bool, idles: bool
    ) -> bool:
        reader = self._readers[name]
        now = self._clock.monotonic()
        thorough = everything or now >= self._thorough.get(name, 0.0)
        waits_here = name == self._first and idles
        if not thorough and waits_here and self._open == name:
            return reader.compare(session)
        if not thorough and not waits_here and not reader.is_new(session.status(name)):
            self._desk.checked(reader.source)
            return False
        read = reader.look(session)
        self._open = name
        self._thorough[name] = now + THOROUGH
        return read
