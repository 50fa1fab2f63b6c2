"""The ingest thread: the only one in the daemon that opens the store."""

import asyncio
import contextlib
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar

from watcher.daemon.lean import give_back
from watcher.errors import SourceUnavailable
from watcher.ingest import Ingest
from watcher.store import Store
from watcher.store.connection import DAMAGED

Answer = TypeVar("Answer")

Judge = Callable[[Store, Callable[[], None]], Ingest]
"""Makes what judges messages, given the store and what to call during a long run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a job works with; belongs to the ingest thread.

    A long job calls `meanwhile` again and again; it may end the thread.
    """

    store: Store
    ingest: Ingest
    meanwhile: Callable[[], None]

    def clear(self) -> None:
        """Give back what the work of late has left in memory; more may not come for long."""
        self.store.let_go()
        give_back()


class IngestThread:
    """Does one job after another, in the order they came.

    `damaged` is called, on this thread, where a job could not read the store.

    It is a daemon thread: one that hangs in a read must not keep the program from ending.
    What it was writing then is rolled back, and read again at the next start.
    """

    def __init__(
        self, open_store: Callable[[], Store], *, judge: Judge, damaged: Callable[[], None]
    ) -> None:
        self._open_store = open_store
        self._judge = judge
        self._damaged = damaged
        self._jobs: queue.SimpleQueue[Callable[[Desk], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ingest", daemon=True)
        self._stopping = threading.Event()
        self._waiting: set[Future[Any]] = set()
        self._opened: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._ended.set_running_or_notify_cancel()  # who is tired of waiting cannot call it off

    async def start(self) -> None:
        """Open the store, or raise what opening it raised."""
        self._thread.start()
        await asyncio.wrap_future(self._opened)

    async def do(self, job: Callable[[Desk], Answer]) -> Answer:
        """Have a job done and return its answer, or raise what it raised."""
        answer: Future[Answer] = Future()

        def work(desk: Desk) -> None:
            if answer.set_running_or_notify_cancel():
                _answer(answer, lambda: self._done(job, desk))

        self._jobs.put(work)
        return await asyncio.wrap_future(answer)

    def ask(self, job: Callable[[Desk], Answer]) -> Answer:
        """Have a job done for another thread, which waits for it.

        Raises:
            SourceUnavailable: this thread has ended; besides, what the job raised.
        """
        answer: Future[Answer] = Future()

        def work(desk: Desk) -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                _answer(answer, lambda: self._done(job, desk))
            finally:
                if not answer.done():
                    answer.set_exception(SourceUnavailable("daemon.ending"))

        self._waiting.add(answer)
        self._jobs.put(work)
        if self._ended.done():
            answer.cancel()
        try:
            return answer.result()
        except CancelledError:
            raise SourceUnavailable("daemon.ending") from None
        finally:
            self._waiting.discard(answer)

    async def stop(self, within: float) -> bool:
        """End the thread at the next possible point; False if it took longer."""
        self._stopping.set()
        self._jobs.put(None)
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._ended), within)
        except TimeoutError:
            return False
        return True

    def _done(self, job: Callable[[Desk], Answer], desk: Desk) -> Answer:
        """Do a job, and tell of what could not be read."""
        try:
            return job(desk)
        except SourceUnavailable as failure:
            if failure.says == DAMAGED:
                self._damaged()
            raise

    def _work(self) -> None:
        stores: list[Store] = []
        try:
            _answer(self._opened, lambda: stores.append(self._open_store()))
            for store in stores:
                with store:
                    self._work_at(store)
        finally:
            self._ended.set_result(None)
            for answer in tuple(self._waiting):
                answer.cancel()

    def _work_at(self, store: Store) -> None:
        def meanwhile() -> None:
            """Do the jobs that came since, from within a long one."""
            if self._stopping.is_set():
                sys.exit()
            with contextlib.suppress(queue.Empty):
                while (job := self._jobs.get_nowait()) is not None:
                    job(desk)

        desk = Desk(store=store, ingest=self._judge(store, meanwhile), meanwhile=meanwhile)
        while not self._stopping.is_set() and (job := self._jobs.get()) is not None:
            job(desk)


def _answer(answer: Future[Answer], job: Callable[[], Answer]) -> None:
    """Keep for the thread that asked what a job returns or raises; `SystemExit` ends this one."""
    try:
        answer.set_result(job())
    except Exception as failure:  # noqa: BLE001  not handled here: raised again where it was asked for
        answer.set_exception(failure)
