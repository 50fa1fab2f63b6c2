"""Dates while the daemon runs: each is told of once, when it has come."""

from functools import partial

import structlog

from watcher.casework.days import tell
from watcher.clock import Clock
from watcher.control.letters import shipped_dates
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.worker import Desk, IngestThread
from watcher.errors import SourceUnavailable

_log = structlog.get_logger()


async def tell_dates(worker: IngestThread, files: UserFiles, clock: Clock) -> bool:
    """Queue alerts for what has become due; whether there is one. A full disk is tried again."""
    try:
        told = await worker.do(partial(_tell, files, clock))
    except SourceUnavailable as failure:
        _log.warning("cannot-save", says=failure.says)
        return False
    if told:
        _log.info("dates-told", count=told)
    return told > 0


def _tell(files: UserFiles, clock: Clock, desk: Desk) -> int:
    ledger, directory = desk.ingest.judge.ledger, files.terms.directory
    return len(tell(desk.store, ledger, directory, shipped_dates(), clock.now()))
