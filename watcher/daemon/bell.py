"""What rings when a file in a watched folder was closed or moved; who hears it looks then.

It only saves waiting for the next look. Network drives never ring, a folder that was deleted
and made again does not ring before it was looked at, and the kernel has only so many bells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from os import fsdecode
from pathlib import Path

import structlog
from watchdog.events import (
    DirMovedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.inotify import InotifyObserver

from watcher.sources.files import is_unfinished

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hung:
    """A bell as it was hung: on which folder, by the number that the disk gave it."""

    watch: ObservedWatch
    folder: tuple[int, int]


class Bells:
    """One bell for each folder; `ring` is called with the folder, on a thread of their own."""

    def __init__(self, ring: Callable[[Path], None]) -> None:
        self._ring = ring
        self._observer: BaseObserver | None = None
        self._hung: dict[Path, _Hung] = {}
        self._stopped = False

    def hang(self, path: Path) -> None:
        """See to it that a folder rings from now on, also one that another has replaced.

        Always called from one thread, which may hang in it as in any look at a dead drive.
        """
        if self._stopped:
            return
        hung = self._hung.get(path)
        try:
            status = path.stat()
            folder = (status.st_dev, status.st_ino)
            if hung is not None and hung.folder == folder and self._rings(hung):
                return
            self._take_down(path)
            self._hung[path] = _Hung(watch=self._watch(path), folder=folder)
        except OSError as failure:
            # It is not there, or there are no bells left: it is looked at all the same.
            self._take_down(path)
            _log.info("folder-has-no-bell", error=type(failure).__name__)

    def stop(self) -> None:
        """Let none ring any more; called from any thread."""
        self._stopped = True
        if self._observer is not None:
            self._observer.stop()

    def _watch(self, path: Path) -> ObservedWatch:
        if self._observer is None:
            # What is moved here from elsewhere is heard only as one half of a move.
            self._observer = InotifyObserver(generate_full_events=True)
            self._observer.start()
        return self._observer.schedule(
            _Listener(lambda: self._ring(path)),
            str(path.resolve()),
            recursive=True,
            event_filter=[FileClosedEvent, FileMovedEvent, DirMovedEvent],
        )

    def _rings(self, hung: _Hung) -> bool:
        """Whether it is still there: of a folder that is deleted, it goes with it."""
        emitters = () if self._observer is None else tuple(self._observer.emitters)
        return any(one.watch == hung.watch and one.is_alive() for one in emitters)

    def _take_down(self, path: Path) -> None:
        hung = self._hung.pop(path, None)
        if hung is not None and self._observer is not None:
            self._observer.unschedule(hung.watch)


class _Listener(FileSystemEventHandler):
    """Hears of everything, and passes on what may be a file to read."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring

    def on_any_event(self, event: FileSystemEvent) -> None:
        name = Path(fsdecode(event.dest_path or event.src_path)).name
        if not is_unfinished(name):
            self._ring()
