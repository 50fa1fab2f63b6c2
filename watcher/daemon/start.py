"""From the user's files to a running daemon, and to its exit code."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from watcher.clock import Clock, SystemClock
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Phrase, Urgency
from watcher.daemon.life import Life, Pace
from watcher.daemon.worker import Desk, IngestThread
from watcher.desktop.choose import choose_notifier
from watcher.errors import Problem, UserError
from watcher.ingest import Ingest
from watcher.phrases import Language, Phrases
from watcher.store import Store, state_lock
from watcher.systemd import log_to_journal, log_what_nobody_catches
from watcher.userfiles.config import Config, read_config
from watcher.userfiles.folders import config_folder, state_folder
from watcher.userfiles.loans import read_loans
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

Value = TypeVar("Value")


def run(language: Language, *, pace: Pace | None = None, clock: Clock | None = None) -> int:
    """Watch the configured sources until SIGTERM or SIGINT; return the exit code.

    Raises:
        UserError: a file of the user's is wrong, or another process holds the state folder.
        SourceUnavailable: the state folder cannot be written.
    """
    folder = config_folder()
    config = _sound(*read_config(folder / "config.toml"))
    own = folder / "rules"
    rules = _sound(*read_rules(shipped_folder() / "rules", *([own] if own.is_dir() else [])))
    ledger = _sound(*read_loans(folder / "loans.toml", rules.directory))
    with state_lock(state_folder()):
        os.umask(0o077)
        log_to_journal(sys.stderr, os.environ)
        log_what_nobody_catches()
        clock = clock or SystemClock()
        asyncio.run(
            _live(config, rules, ledger, Phrases(language), clock, os.environ, pace or Pace())
        )
    return 0


async def _live(  # noqa: PLR0913, PLR0917  private: what `run` found
    config: Config,
    rules: Rules,
    ledger: Ledger,
    phrases: Phrases,
    clock: Clock,
    environ: Mapping[str, str],
    pace: Pace,
) -> None:
    paths = [sms.path for sms in config.sms]
    worker = IngestThread(lambda: _furnish(state_folder(), rules, ledger, paths, clock))
    life = Life(
        worker=worker,
        folders=paths,
        clock=clock,
        environ=environ,
        most_per_minute=config.alerts.max_per_minute,
        pace=pace,
    )
    desktop = choose_notifier(
        environ,
        phrases,
        clicked=life.heard,
        returned=life.lost,
        details=config.alerts.lock_screen_details,
        terminal=sys.stdout,
    )
    await life.live(desktop)


def _furnish(
    folder: Path,
    rules: Rules,
    ledger: Ledger,
    watched: list[Path],
    clock: Clock,
) -> Desk:
    store = Store.open(folder, clock.now())
    if not watched:
        # A watchman with nothing to watch must not look like one who sees nothing.
        store.announce(Phrase(id="daemon.nothing_to_watch"), Urgency.NORMAL, clock.now())
    return Desk(
        store=store,
        ingest=Ingest(rules=rules, ledger=ledger, store=store, clock=clock),
    )


def _sound(value: Value | None, problems: tuple[Problem, ...]) -> Value:
    if value is None:
        raise UserError("cli.problems", problems=problems)
    return value
