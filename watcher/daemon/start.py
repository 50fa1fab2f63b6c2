"""From the user's files to a running daemon, and to its exit code."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from watcher.accounts import watch_all
from watcher.clock import Clock, SystemClock
from watcher.control import door
from watcher.core.model import Phrase, Urgency
from watcher.daemon.life import Ending, Life, Pace
from watcher.daemon.unsaved import Unsaved
from watcher.daemon.upkeep import Upkeep
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.worker import IngestThread
from watcher.desktop.choose import choose_notifier
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.ingest import Ingest
from watcher.judging.apart import JudgeApart
from watcher.judging.process import Child
from watcher.phrases import Language, Phrases, pick_language
from watcher.store import Store
from watcher.store.lock import lock_if_free
from watcher.systemd import leave_no_core, log_to_journal, log_what_nobody_catches
from watcher.userfiles.folders import config_folder, state_folder
from watcher.web.start import Orders, Page

COMMAND_TIME = 60.0
"""Seconds for which a command that writes is waited for at the start."""

LISTENS_WITHIN = 1.0
BETWEEN_TRIES = 0.1


def run(
    language: Language | None = None,
    *,
    pace: Pace | None = None,
    clock: Clock | None = None,
    child: Child | None = None,
) -> int:
    """Watch the configured sources until SIGTERM or SIGINT; return the exit code.

    Without a language it speaks the one of config.toml, or the locale's. `child` judges where
    one was started already.

    Raises:
        UserError: a file of the user's is wrong, or another process holds the state folder.
        SourceUnavailable: the state folder cannot be written, or a command writes it all the time.
    """
    leave_no_core()
    os.umask(0o077)
    log_to_journal(sys.stderr, os.environ)
    log_what_nobody_catches()
    clock = clock or SystemClock()
    with closing(JudgeApart(clock, child)) as judge:
        files = UserFiles(config_folder(), state_folder(), clock, judge)
        language = language or pick_language(files.config.language, os.environ)
        with _to_itself(state_folder(), clock):
            try:
                asyncio.run(_live(files, judge, Phrases(language), clock, pace or Pace()))
            except WatcherError:
                raise
            except Exception:  # noqa: BLE001  the end of the program, not of a fault in it
                # A traceback can quote a message, and what is written here ends in the journal.
                structlog.get_logger().critical("uncaught", exc_info=True)
                return 1
    return 0


async def _live(
    files: UserFiles, judge: JudgeApart, phrases: Phrases, clock: Clock, pace: Pace
) -> None:
    config, environ = files.config, os.environ
    mail = watch_all(config.accounts, files.providers, environ=environ)
    paths = [sms.path for sms in config.sms]
    watched = len(paths) + len(mail)
    unsaved = Unsaved()
    upkeep = Upkeep(state_folder(), clock, config.data.keep_messages_days)
    worker = IngestThread(
        lambda: _open_store(upkeep, watched, clock),
        judge=lambda store, meanwhile: Ingest(
            judge=judge,
            store=store,
            clock=clock,
            meanwhile=meanwhile,
            fraud_repeats=timedelta(days=config.alerts.fraud_repeats_days),
            unsaved=unsaved,
        ),
        damaged=upkeep.met_damage,
    )

    def orders() -> Orders:
        return Orders(
            language=phrases.language,
            config=config_folder(),
            state=state_folder(),
            book=worker.ask(
                lambda _: judge.book(
                    phrases.language, config_folder() / "rules", files.own_problems
                )
            ),
        )

    life = Life(
        worker=worker,
        files=files,
        folders=paths,
        mail=mail,
        clock=clock,
        environ=environ,
        phrases=phrases,
        alerts=config.alerts,
        pace=pace,
        state=state_folder(),
        page=Page(orders).open,
        rest=judge.rest,
        upkeep=upkeep,
        unsaved=unsaved,
    )
    desktop = choose_notifier(
        environ,
        phrases,
        clicked=life.heard,
        returned=life.lost,
        details=config.alerts.lock_screen_details,
        terminal=sys.stdout,
    )
    files.outdated = upkeep.renew = life.renew
    ending = await life.live(desktop)
    if ending is Ending.WALLED_OFF:
        raise SourceUnavailable("daemon.walled_off")  # systemd starts again what ends so
    if ending is Ending.RENEWED:
        # All is read anew, and nothing of before can be in the way: the lock goes, threads too.
        judge.close()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it is listened to again
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  as it was started


@contextmanager
def _to_itself(folder: Path, clock: Clock) -> Iterator[None]:
    """Hold the state's lock: a command that writes is waited for, another daemon is not.

    A service that a command has kept from its lock would not be started again.
    """
    give_up = clock.monotonic() + COMMAND_TIME
    while True:
        with lock_if_free(folder) as held:
            if held:
                yield
                return
        other = door.connect(folder, LISTENS_WITHIN)
        if other is not None:
            other.close()
            raise UserError("store.locked", {"folder": str(folder)})
        if clock.monotonic() > give_up:
            raise SourceUnavailable("daemon.busy")
        time.sleep(BETWEEN_TRIES)


def _open_store(upkeep: Upkeep, watched: int, clock: Clock) -> Store:
    store = upkeep.open()
    if not watched:
        # A watchman with nothing to watch must not look like one who sees nothing.
        store.announce(Phrase(id="daemon.nothing_to_watch"), Urgency.NORMAL, clock.now())
    return store
