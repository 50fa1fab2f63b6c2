"""The life of the daemon on its event loop: polls, pop-ups, clicks, and the end."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import Enum, auto
from functools import partial
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from watcher.clock import Clock
from watcher.daemon.bell import Bells
from watcher.daemon.control import Control
from watcher.daemon.dates import tell_dates
from watcher.daemon.every import Every
from watcher.daemon.folders import Folders
from watcher.daemon.health import Health
from watcher.daemon.mail import MailAccount
from watcher.daemon.screen import Screen
from watcher.daemon.sight import may_start_anew, sight_of
from watcher.daemon.unsaved import Unsaved
from watcher.daemon.upkeep import Upkeep
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.walls import UNSEEN
from watcher.daemon.worker import Desk, IngestThread
from watcher.desktop.choose import Desktop
from watcher.desktop.dbus import Click
from watcher.errors import SourceUnavailable, WatcherError
from watcher.phrases import Phrases
from watcher.sources.imap.ports import Condition, Watched
from watcher.systemd import notify
from watcher.userfiles.config import Alerts
from watcher.web.browser import ask_outside, lead

JUMP_SECONDS = 5.0
"""A wall clock that is off the monotonic one by more was set; the two only drift by less."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often things are looked at, in seconds; tests are in more of a hurry."""

    poll: float = 60.0
    heartbeat: float = 30.0
    second_look: float = 2.5
    farewell: float = 3.0
    upkeep: float = 3_600.0
    first_upkeep: float = 60.0
    dates: float = 3_600.0
    request: float = 10.0


class Ending(Enum):
    """Why a life ended: it was told to, the settings are others now, or the walls are in the way.

    Walls are built anew only by systemd.
    """

    TOLD = auto()
    RENEWED = auto()
    WALLED_OFF = auto()


class Life:
    """Everything that runs on the loop, from READY=1 to the signal to end."""

    def __init__(  # noqa: PLR0913  one place wires it
        self,
        *,
        worker: IngestThread,
        files: UserFiles,
        folders: Sequence[Path],
        mail: Sequence[Watched] = (),
        clock: Clock,
        environ: Mapping[str, str],
        phrases: Phrases,
        alerts: Alerts,
        pace: Pace,
        state: Path,
        page: Callable[[str], Path],
        rest: Callable[[], None],
        upkeep: Upkeep,
        unsaved: Unsaved,
    ) -> None:
        self._upkeep = upkeep
        self._worker = worker
        self._files = files
        self._clock = clock
        self._environ = environ
        self._screen = Screen(worker, clock, alerts, unsaved)
        self._folders = Folders(
            folders,
            worker=worker,
            files=files,
            clock=clock,
            second_look=pace.second_look,
            run=self._run,
            read=self._screen.look,
            sight=partial(sight_of, environ=environ),
            walled_off=self._start_anew,
        )
        self._pace = pace
        self._mail = [
            MailAccount(
                number,
                watched,
                worker=worker,
                files=files,
                clock=clock,
                changed=self._changed_elsewhere,
            )
            for number, watched in enumerate(mail, 1)
        ]
        self._health = Health(
            environ,
            phrases,
            worker=worker,
            files=files,
            mail=self._mail,
            folders=len(folders),
            rest=rest,
        )
        self._control = Control(
            state,
            worker=worker,
            files=files,
            folders=len(folders),
            mail=mail,
            conditions=lambda: tuple(account.condition for account in self._mail),
            health=self._health,
            clock=clock,
            changed=self._changed_elsewhere,
            page=page,
            deadline=pace.request,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._ending = Ending.TOLD
        self._edits = Bells(self._edited)
        self._tasks: set[asyncio.Task[object]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    async def live(self, desktop: Desktop) -> Ending:
        """Run until SIGTERM or SIGINT; raise what opening the store raised."""
        self._loop = loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # A big database may be read whole; a kill at any step of that is made up for.
            loop.add_signal_handler(number, os._exit, 0)
        loop.add_signal_handler(signal.SIGHUP, self._read_again)
        self._edits.hang(self._files.folder)
        loop.set_exception_handler(_log_failure)
        await self._worker.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end_as, Ending.TOLD)
        await self._control.open()
        await self._health.look_at_walls()
        for folder in self._folders:
            self._scheduler.add_job(
                self._folders.look_soon,
                Every(self._pace.poll),
                args=[folder],
                next_run_time=self._clock.now(),
            )
        first = min(self._pace.first_upkeep, self._pace.upkeep)
        self._scheduler.add_job(
            self._tend_soon,
            Every(self._pace.upkeep),
            next_run_time=self._clock.now() + timedelta(seconds=first),
        )
        self._scheduler.add_job(
            self._dates_soon,
            Every(self._pace.dates),
            next_run_time=self._clock.now(),
        )
        self._scheduler.start()
        for account in self._mail:
            account.start()
        lasting = [self._run(self._screen.live(desktop)), self._run(self._beat(desktop))]
        notify(self._environ, "READY=1")
        _log.info("ready", count=len([*self._folders, *self._mail]))
        self._upkeep.begin()
        self._run(self._read_files(self._files.begin))
        await asyncio.wait(
            [self._run(self._end.wait()), *lasting], return_when=asyncio.FIRST_COMPLETED
        )
        notify(self._environ, "RELOADING=1" if self._ending is Ending.RENEWED else "STOPPING=1")
        bugs = [task for task in lasting if task.done()]  # they last until they are cancelled
        stopped = await self._stop(desktop)
        if not stopped and self._ending is not Ending.RENEWED:
            # The interpreter would take the thread away from under a library that is not
            # prepared for it, and abort. What was not committed is read again.
            os._exit(1 if bugs or self._ending is Ending.WALLED_OFF else 0)
        for task in bugs:
            task.result()  # ends with what it raised, and systemd starts it anew
        return self._ending

    def renew(self) -> None:
        """End soon, to begin anew with other settings; called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_as, Ending.RENEWED)

    def heard(self, click: Click) -> None:
        """Act on a click, later and on the right thread."""
        self._run(self._answer(click))

    def lost(self) -> None:
        """Show again what a notification server took with it.

        One comes with each login, and so does the key to the keyring.
        """
        self._run(self._screen.restore())
        for account in self._mail:
            if account.condition is Condition.LOCKED:
                account.look_now()

    async def _answer(self, click: Click) -> None:
        """Act on a click; one that wants to see more is led to the page.

        Inside the walls of the unit no browser is started: it would be walled in too.
        """
        alert = await self._screen.answer(click)
        if alert is None:
            return
        try:
            file = await self._control.open_page(alert.about)
        except WatcherError as failure:
            _log.warning("page-not-opened", says=failure.says)
            return
        if UNSEEN in self._environ:
            _log.info("page-opened", state="asked" if ask_outside(self._environ) else "ready")
            return
        browser = lead(file, self._environ)
        if browser is not None:  # else it would stay as a zombie
            threading.Thread(target=browser.wait, name="browser", daemon=True).start()
        _log.info("page-opened", state="ready" if browser is None else "shown")

    async def _stop(self, desktop: Desktop) -> bool:
        self._scheduler.shutdown(wait=False)
        self._control.close()
        self._folders.stop()
        self._edits.stop()
        for task in self._tasks:
            task.cancel()
        for account in self._mail:
            account.stop()
        stopped = await self._worker.stop(self._pace.farewell)
        await desktop.close()
        stopped = stopped and self._control.has_ended(within=0.2)
        stopped = stopped and all(account.has_ended(within=0.2) for account in self._mail)
        _log.info("ended", state="stopped" if stopped else "left-unfinished")
        return stopped

    def _run(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _edited(self, _folder: Path) -> None:
        """Read what was edited; called from the thread of the bells."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(
                lambda: self._run(self._read_files(self._files.refresh))
            )

    def _read_again(self) -> None:
        """Read the user's files again, as SIGHUP asks."""
        self._run(self._read_files(self._files.read_again))

    async def _read_files(self, read: Callable[[Desk], None]) -> None:
        try:
            await self._worker.do(read)
        except SourceUnavailable as failure:
            _log.warning("cannot-save", says=failure.says)
        self._screen.look()

    def _end_as(self, ending: Ending) -> None:
        """End soon; whoever is told to end does not begin anew."""
        if ending is Ending.TOLD or not self._end.is_set():
            self._ending = ending
        self._end.set()

    def _start_anew(self) -> None:
        """Have systemd build the walls anew, once: then it may see what is in them."""
        if may_start_anew(self._environ):
            self._end_as(Ending.WALLED_OFF)

    async def _tend_soon(self) -> None:
        self._run(self._upkeep.tend(self._worker))

    async def _dates_soon(self) -> None:
        self._run(self._tell_dates())

    async def _tell_dates(self) -> None:
        """An hour is short enough for a day that begins while the machine sleeps."""
        if await tell_dates(self._worker, self._files, self._clock):
            self._screen.look()

    async def _beat(self, desktop: Desktop) -> None:
        """Look regularly after what tells nobody when it changes: the bus, and the clock.

        The scheduler's times are the wall clock's: set back by an hour, it would sleep for one.
        """
        offset = self._offset()
        while True:
            self._health.desktop = await desktop.listen()
            await self._look_after_mail()
            self._screen.look()
            await self._health.beat()
            await asyncio.sleep(self._health.pause(self._pace.heartbeat))
            if abs(self._offset() - offset) > JUMP_SECONDS:
                offset = self._offset()
                for account in self._mail:
                    account.look_now()
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=self._clock.now())

    async def _look_after_mail(self) -> None:
        """Have said what is to be known of the accounts, whose threads cannot say it."""
        for account in self._mail:
            try:
                await account.beat()
            except SourceUnavailable as failure:
                _log.warning("cannot-save", says=failure.says)

    def _changed_elsewhere(self) -> None:
        """Look into the outbox soon; called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._screen.look)

    def _offset(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


def _log_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    failure = context.get("exception")
    _log.critical("uncaught", exc_info=failure if isinstance(failure, BaseException) else None)
