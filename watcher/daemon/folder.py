"""One watched SMS folder, as the ingest thread sees it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from watcher.clock import Clock
from watcher.core.model import Phrase, Urgency
from watcher.daemon.sight import Sight
from watcher.daemon.worker import Desk
from watcher.ingest import Summary
from watcher.sources.appended import ReadTo, read_to
from watcher.sources.arrivals import Arrivals, Look
from watcher.sources.files import opened_at, read_path
from watcher.sources.items import Finished, Item, Remark
from watcher.store import Cursor

MANY_FILES = 8
"""For each path a child process is started: of more than these the whole folder is read."""

UPLOAD_TIME = timedelta(minutes=10)
"""A damaged file may still be on its way for so long: it is read again and not complained of."""

GONE_LOOKS = 2
"""Looks that find no folder before that is said: some programs delete theirs to make it anew."""

MOST_REMARKS = 100
"""Remarks on files that are remembered, so as not to be made again."""

_UNSEEN: Final = {
    Sight.GONE: "daemon.folder_gone",
    Sight.REPLACED: "daemon.folder_replaced",
    Sight.WALLED_OFF: "daemon.folder_walled_off",
}


class SmsFolder:
    """Reads what arrives in a folder, once; its memory of that is the source's cursor."""

    def __init__(self, path: Path, clock: Clock, sight: Callable[[Path], Sight]) -> None:
        self.path = path
        self._sight = sight
        self._told: Sight | None = None
        self._source = f"sms:{path}"
        self._clock = clock
        self._arrivals: Arrivals | None = None
        self._first_run = False
        self._read_to: dict[Path, ReadTo] = {}
        self._remarked: list[list[str]] = []
        self._missed = 0

    @property
    def is_walled_off(self) -> bool:
        """Whether the walls keep it from being seen, as has been told."""
        return self._told in {Sight.REPLACED, Sight.WALLED_OFF}

    def poll(self, desk: Desk) -> tuple[Summary | None, bool]:
        """Read the files that are complete; return what came of it and whether others grow.

        Raises:
            SourceUnavailable: a file could not be read or the disk refuses; it is tried again.
            OSError: the folder cannot be listed.
        """
        arrivals = self._begin(desk)
        if not self._is_there(desk):
            # What it held is still known when it comes back: a drive, a cloud folder.
            return None, False
        ready, growing = arrivals.look()
        if not ready:
            if self._first_run and not growing:
                self._remember(desk, arrivals)
            return None, growing
        done = False
        try:
            paths = list(ready) if len(ready) <= MANY_FILES else [self.path]
            known = self._read_to
            items = chain.from_iterable(read_path(path, known=known) for path in paths)
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
        self._go_on_from(summary.finished, arrivals.handed_out)
        self._look_at_damage(desk, arrivals, summary)
        self._pass_on(desk, summary.remarks)
        self._remember(desk, arrivals)
        return summary, growing

    def _is_there(self, desk: Desk) -> bool:
        """Tell whether the folder is there; that it is not is said once, until it comes back."""
        sight = self._sight(self.path)
        self._missed = 0 if sight is Sight.CLEAR else self._missed + 1
        if sight is Sight.GONE and self._missed < GONE_LOOKS:
            return False
        if sight is not self._told:
            for other in {*_UNSEEN} - {sight}:
                desk.store.withdraw(self._says(other))
            if sight is not Sight.CLEAR:
                desk.store.announce(self._says(sight), Urgency.NORMAL, self._clock.now())
            self._told = sight
        return sight is Sight.CLEAR

    def _says(self, sight: Sight) -> Phrase:
        return Phrase(id=_UNSEEN[sight], values={"folder": str(self.path)})

    def _begin(self, desk: Desk) -> Arrivals:
        if self._arrivals is None:
            cursor = desk.store.cursor(self._source)
            self._first_run = cursor is None
            position: Mapping[str, Any] = cursor.position if cursor else {"files": {}}
            self._arrivals = Arrivals(
                self.path,
                self._clock,
                {self.path / name: Look(**look) for name, look in position["files"].items()},
            )
            self._read_to = {
                self.path / name: ReadTo(**known)
                for name, known in position.get("read_to", {}).items()
            }
            self._remarked = [list(one) for one in position.get("remarked", ())]
        return self._arrivals

    def _remember(self, desk: Desk, arrivals: Arrivals) -> None:
        handed_out = arrivals.handed_out
        files = {self._named(path): asdict(look) for path, look in handed_out.items()}
        read = {self._named(path): asdict(known) for path, known in self._read_to.items()}
        position = {"files": files, "read_to": read, "remarked": self._remarked}
        cursor = Cursor(source=self._source, position=position)
        desk.store.record((), cursor=cursor, now=self._clock.now())
        self._first_run = False

    def _named(self, path: Path) -> str:
        return str(path.relative_to(self.path))

    def _go_on_from(self, finished: Iterable[Finished], seen: Mapping[Path, Look]) -> None:
        """Note how far files were read that are still as they were when they were handed out."""
        for one in finished:
            path = Path(one.source)
            self._read_to.pop(path, None)
            with opened_at(path) as opened:
                if one.end is None or not isinstance(opened, int):
                    continue
                known = read_to(opened, one.end)
                if known is not None and Look.at(opened) == seen.get(path):
                    self._read_to[path] = known
        for path in self._read_to.keys() - seen.keys():
            del self._read_to[path]

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

    def _pass_on(self, desk: Desk, remarks: Iterable[Remark]) -> None:
        """Say what the user should know of files, once: the next export gives the same cause.

        How many messages it is about grows with each export, and makes it nothing new.
        """
        for one in remarks:
            words = [value for value in one.values.values() if isinstance(value, str)]
            about = [one.reason, *words]
            if about not in self._remarked:
                self._remarked.append(about)
                told = Phrase(id=one.reason, values=one.values)
                desk.store.announce(told, Urgency.NORMAL, self._clock.now())
        del self._remarked[:-MOST_REMARKS]


def _with_breaks(items: Iterable[Item], meanwhile: Callable[[], None]) -> Iterator[Item]:
    for item in items:
        meanwhile()
        yield item
