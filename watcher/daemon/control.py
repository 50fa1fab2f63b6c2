"""The daemon's end of the control socket: one request a connection, carried out, answered.

Every change runs on the ingest thread, in the order in which it was asked for. Whoever is
slow, says too much or does not listen is left alone after a while.
"""

import asyncio
import os
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

from watcher.clock import Clock
from watcher.control import commands as c
from watcher.control import door, wire
from watcher.control.asking import BUSY
from watcher.control.deeds import Hands, found, perform
from watcher.control.fields import Forged
from watcher.control.scanning import Bench, Scanner
from watcher.daemon.health import Health
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.worker import Desk, IngestThread
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.sources.imap.ports import Watched

MOST_AT_ONCE: Final = 8
SIGN_OF_LIFE: Final = 2.0
_UNREAD: Final = 64 * 1024
"""Bytes that wait to be read by who asked; until then no further progress is told."""

_log = structlog.get_logger()

Answer = TypeVar("Answer")


class Control:
    """Listens while the daemon lives.

    `conditions` says how each mail account is; `changed` is called when there may be
    something new to show. `page` returns a file that leads a browser to a path of the page; it
    may take a while. `deadline` is in seconds: until then a request must be there, and its
    answer must be taken.
    """

    def __init__(  # noqa: PLR0913  one place wires it
        self,
        folder: Path,
        *,
        worker: IngestThread,
        files: UserFiles,
        folders: int,
        mail: Sequence[Watched],
        conditions: Callable[[], tuple[str, ...]],
        health: Health,
        clock: Clock,
        changed: Callable[[], None],
        page: Callable[[str], Path],
        deadline: float,
    ) -> None:
        self._page = page
        self._deadline = deadline
        self._folder = folder
        self._worker = worker
        self._files = files
        self._folders = folders
        self._mail = {watched.address: watched for watched in mail}
        self._conditions = conditions
        self._health = health
        self._clock = clock
        self._changed = changed
        self._started_at = clock.now()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[Any]] = set()
        self._scanning = asyncio.Lock()
        self._scans: dict[threading.Thread, Scanner] = {}

    async def open(self) -> None:
        """Begin to listen; the state's lock is held."""
        self._server = await asyncio.start_unix_server(
            self._connected, sock=door.listen(self._folder), limit=wire.REQUEST_LIMIT
        )

    def close(self) -> None:
        """Take no more requests, and leave those alone that are being carried out."""
        if self._server is not None:
            self._server.close()
            with suppress(OSError):
                (self._folder / door.FILE).unlink()
        for task in self._serving:
            task.cancel()
        for scanner in tuple(self._scans.values()):
            scanner.stop()

    def has_ended(self, within: float) -> bool:
        """Wait for the end of every scan, once the ingest thread has ended."""
        threads = tuple(self._scans)
        for thread in threads:
            thread.join(within)
        return not any(thread.is_alive() for thread in threads)

    async def open_page(self, case: int | None) -> Path:
        """Return a file that leads a browser to the page, at a case where one is named."""
        if case is not None:
            await self._worker.do(lambda desk: found(desk.store, case))
        file: Future[Path] = Future()
        _thread(file, lambda: self._page("/" if case is None else f"/cases/{case}")).start()
        return await asyncio.wrap_future(file)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  this is a coroutine
        self._serving.add(task)
        try:
            if door.is_own(writer.get_extra_info("socket")):
                await self._serve(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # who asked is gone, or hangs
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        answer: wire.Line
        name = "nothing"
        try:
            if len(self._serving) > MOST_AT_ONCE:
                raise SourceUnavailable(BUSY)
            async with asyncio.timeout(self._deadline):
                command = await _command(reader)
            name = type(command).__name__.lower()
            answer = await self._carry_out(command, reader, writer)
        except WatcherError as failure:
            answer = failure
        _note(name, answer)
        writer.write(wire.encode_line(answer))
        async with asyncio.timeout(self._deadline):
            writer.write_eof()
            await writer.drain()
            await reader.read(1)  # until it was taken, and the other side has closed

    async def _carry_out(
        self, command: c.Command, reader: StreamReader, writer: StreamWriter
    ) -> c.Answer:
        match command:
            case c.Ping():
                return await self._while_living(self._worker.do(self._status), writer)
            case c.OpenPage():
                file = await self._while_living(self.open_page(command.case), writer)
                return c.PageReady(file=file)
            case c.Scan():
                gone = asyncio.create_task(_end_of(reader))
                try:
                    return await self._while_living(self._scan(command, gone, writer), writer)
                finally:
                    gone.cancel()
                    with suppress(asyncio.CancelledError):
                        await gone  # two must not read at once
            case _:
                work = self._worker.do(lambda desk: self._perform(desk, command))
                answer = await self._while_living(work, writer)
                self._changed()
                return answer

    def _perform(self, desk: Desk, deed: c.Deed) -> c.Answer:
        self._files.refresh(desk)
        answer = perform(
            deed,
            Hands(
                store=desk.store,
                clock=self._clock,
                terms=lambda: self._files.terms,
                loans=self._files.loans,
            ),
        )
        if isinstance(deed, c.Forget):
            desk.ingest.forget_history()
        self._files.refresh(desk)
        return answer

    def _status(self, desk: Desk) -> c.Status:
        return c.Status(
            pid=os.getpid(),
            started_at=self._started_at,
            folders=self._folders,
            mail=self._conditions(),
            waiting=len(desk.store.pending_alerts(self._clock.now())),
            desktop=self._health.desktop,
            fallen=self._health.fallen,
        )

    async def _scan(
        self, command: c.Scan, gone: asyncio.Task[None], writer: StreamWriter
    ) -> c.Answer:
        """Scan on a thread of its own, one after the other, until it is done or nobody waits."""
        async with self._scanning:
            scanner = Scanner(
                ask=self._ask,
                watched=self._mail,
                clock=self._clock,
                on_reading=_Teller(asyncio.get_running_loop(), writer, self._clock).tell,
            )
            answer: Future[c.Answer] = Future()
            thread = _thread(answer, lambda: scanner.scan(command))
            self._scans[thread] = scanner
            gone.add_done_callback(lambda _gone: scanner.stop())
            thread.start()
            try:
                return await asyncio.wrap_future(answer)
            finally:
                if answer.done():
                    del self._scans[thread]
                self._changed()

    def _ask(self, job: Callable[[Bench], Answer], /) -> Answer:
        def work(desk: Desk) -> Answer:
            self._files.refresh(desk)
            return job(desk)

        return self._worker.ask(work)

    async def _while_living(
        self, work: Coroutine[Any, Any, Answer], writer: StreamWriter
    ) -> Answer:
        """Wait for an answer, and give signs of life until it is there."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=SIGN_OF_LIFE))[0]:
                _tell(writer, c.Working())
            return task.result()
        finally:
            task.cancel()


class _Teller:
    """Tells from another thread how far a scan has come, ten times a second at most."""

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: StreamWriter, clock: Clock) -> None:
        self._loop = loop
        self._writer = writer
        self._clock = clock
        self._told_at = 0.0

    def tell(self, reading: c.Reading) -> None:
        now = self._clock.monotonic()
        if now - self._told_at < 0.1 and reading.read < reading.total:  # noqa: PLR2004  as above
            return
        self._told_at = now
        with suppress(RuntimeError):  # the loop has ended, and nobody listens
            self._loop.call_soon_threadsafe(_tell, self._writer, reading)


def _note(name: str, answer: wire.Line) -> None:
    """Log what was asked for; what a program may ask a thousand times is left out."""
    says = answer.says if isinstance(answer, WatcherError) else None
    if says != BUSY and not isinstance(answer, c.Status):
        _log.info("asked", state=name, says=says)


def _tell(writer: StreamWriter, line: c.Reading | c.Working) -> None:
    transport = writer.transport
    if not transport.is_closing() and transport.get_write_buffer_size() < _UNREAD:
        writer.write(wire.encode_line(line))


def _thread(answer: Future[Answer], work: Callable[[], Answer]) -> threading.Thread:
    """Return a thread that will do some work; one that hangs does not hold up the end."""
    answer.set_running_or_notify_cancel()  # who is tired of waiting cannot call it off

    def run() -> None:
        try:
            found = work()
        except Exception as failure:  # noqa: BLE001  not handled here: raised again where it was asked for
            answer.set_exception(failure)
        else:
            answer.set_result(found)

    return threading.Thread(target=run, name="control", daemon=True)


async def _command(reader: StreamReader) -> c.Command:
    """Read a request; UserError where it is none."""
    try:
        return wire.decode_command(await reader.readuntil(b"\n"))
    except (Forged, asyncio.LimitOverrunError):
        raise UserError("control.not_understood") from None
    except wire.OtherVersion:
        raise UserError("control.other_version") from None


async def _end_of(reader: StreamReader) -> None:
    """Wait until the other side has nothing more to say, or says what nobody asked."""
    with suppress(ConnectionError):
        await reader.read(1)
