"""The watched SMS folders on the event loop: looked at when they ring, and every minute anyway."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path

import structlog

from watcher.clock import Clock
from watcher.daemon.bell import Bells
from watcher.daemon.folder import SmsFolder
from watcher.daemon.sight import Sight
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.worker import Desk, IngestThread
from watcher.errors import SourceUnavailable

_log = structlog.get_logger()


class Folders:
    """All watched folders; `run` starts a task of the loop, `read` hears that one was read.

    `walled_off` hears that the walls keep one from being seen.
    """

    def __init__(  # noqa: PLR0913  one place wires it
        self,
        paths: Sequence[Path],
        *,
        worker: IngestThread,
        files: UserFiles,
        clock: Clock,
        second_look: float,
        run: Callable[[Coroutine[object, object, object]], object],
        read: Callable[[], None],
        sight: Callable[[Path], Sight],
        walled_off: Callable[[], None],
    ) -> None:
        self._folders = [SmsFolder(path, clock, sight) for path in paths]
        self._walled_off = walled_off
        self._worker = worker
        self._files = files
        self._second_look = second_look
        self._run = run
        self._read = read
        self._looking: set[SmsFolder] = set()
        self._rung: set[SmsFolder] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells = Bells(self._ring)

    def __iter__(self) -> Iterator[SmsFolder]:
        """Yield the folders in the order of the configuration."""
        return iter(self._folders)

    async def look_soon(self, folder: SmsFolder) -> None:
        """Have a folder looked at; for the scheduler, which waits for nothing."""
        self._loop = asyncio.get_running_loop()
        self._run(self._look(folder))

    def stop(self) -> None:
        """Listen no more."""
        self._loop = None
        self._bells.stop()

    def _ring(self, path: Path) -> None:
        """Look soon; called from the thread of the bells."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        for folder in self._folders:
            if folder.path == path:
                loop.call_soon_threadsafe(self._look_now, folder)

    def _look_now(self, folder: SmsFolder) -> None:
        if self._loop is not None:
            self._run(self._look(folder))

    async def _look(self, folder: SmsFolder) -> None:
        """Have a folder looked at; what cannot be read now is tried again at the next look."""
        if folder in self._looking:
            self._rung.add(folder)
            return
        self._looking.add(folder)
        try:
            again = True
            while again:
                self._rung.discard(folder)
                growing = await self._look_into(folder)
                self._read()
                if growing:
                    await asyncio.sleep(self._second_look)
                again = growing or folder in self._rung
        finally:
            self._looking.discard(folder)

    async def _look_into(self, folder: SmsFolder) -> bool:
        number = self._folders.index(folder) + 1
        try:
            await self._worker.do(lambda _desk: self._bells.hang(folder.path))
            await self._worker.do(self._files.refresh)
            summary, growing = await self._worker.do(folder.poll)
        except (SourceUnavailable, OSError) as failure:
            _log.warning("source-unavailable", source=number, error=type(failure).__name__)
            return False
        if folder.is_walled_off:
            _log.warning("source-walled-off", source=number)
            self._walled_off()
        if summary is not None:
            _log.info(
                "source-read",
                source=number,
                messages=summary.messages,
                new=summary.opened,
                count=summary.alerts,
            )
            await self._worker.do(Desk.clear)
        return growing
