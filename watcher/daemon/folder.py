"""One watched SMS folder, as the ingest thread sees it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import chain
from pathlib import Path

from watcher.clock import Clock
from watcher.core.model import Phrase, Urgency
from watcher.daemon.worker import Desk
from watcher.ingest import Summary
from watcher.sources.arrivals import Arrivals, Look
from watcher.sources.files import read_path
from watcher.sources.items import Item
from watcher.store import Cursor

MANY_FILES = 8
"""For each path a child process is started: of more than these the whole folder is read."""

UPLOAD_TIME = timedelta(minutes=10)
"""A damaged file may still be on its way for so long: it is read again and not complained of."""


class SmsFolder:
    """Reads what arrives in a folder, once; its memory of that is the source's cursor."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._source = f"sms:{path}"
        self._clock = clock
        self._arrivals: Arrivals | None = None
        self._first_run = False

    def poll(self, desk: Desk) -> tuple[Summary | None, bool]:
        """Read the files that are complete; return what came of it and whether others grow.

        Raises:
            SourceUnavailable: a file could not be read or the disk refuses; it is tried again.
            OSError: the folder cannot be listed.
        """
        arrivals = self._begin(desk)
        ready, growing = arrivals.look()
        if not ready:
            if self._first_run and self.path.exists() and not growing:
                self._remember(desk, arrivals)
            return None, growing
        done = False
        try:
            paths = list(ready) if len(ready) <= MANY_FILES else [self.path]
            items = chain.from_iterable(map(read_path, paths))
            summary = desk.ingest.run(
                _with_breaks(items, desk.meanwhile),
                source=self._source,
                first_run=self._first_run,
            )
            done = True
        finally:
            if not done:
                for path in ready:
                    arrivals.give_back(path)
        self._look_at_damage(desk, arrivals, summary)
        self._remember(desk, arrivals)
        return summary, growing

    def _begin(self, desk: Desk) -> Arrivals:
        if self._arrivals is None:
            cursor = desk.store.cursor(self._source)
            self._first_run = cursor is None
            read = cursor.position["files"] if cursor else {}
            self._arrivals = Arrivals(
                self.path,
                self._clock,
                {self.path / name: Look(**look) for name, look in read.items()},
            )
        return self._arrivals

    def _remember(self, desk: Desk, arrivals: Arrivals) -> None:
        files = {
            str(path.relative_to(self.path)): asdict(look)
            for path, look in arrivals.handed_out.items()
        }
        cursor = Cursor(source=self._source, position={"files": files})
        desk.store.record((), cursor=cursor, now=self._clock.now())
        self._first_run = False

    def _look_at_damage(self, desk: Desk, arrivals: Arrivals, summary: Summary) -> None:
        """Say that files could not be read whole, once they have had the time to be completed."""
        now = self._clock.now()
        complained = 0
        for path in {Path(damage.source) for damage in summary.damage}:
            look = arrivals.handed_out.get(path)
            if look is not None and now.timestamp() - look.mtime_ns / 1e9 < UPLOAD_TIME.seconds:
                arrivals.give_back(path)
            else:
                complained += 1
        if complained:
            told = Phrase(id="daemon.damage", values={"count": complained})
            desk.store.announce(told, Urgency.NORMAL, now)


def _with_breaks(items: Iterable[Item], meanwhile: Callable[[], None]) -> Iterator[Item]:
    for item in items:
        meanwhile()
        yield item
