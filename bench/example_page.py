"""A page over the example inbox, and the browser that looks at it; for figures, screens, tests.

What stands in it is the example of `loan-watcher demo`, with sources that were read just now.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from watcher.cli.demo import PLAYS_AT, ExampleClock
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.phrases import Language, Phrases
from watcher.sources.files import read_path
from watcher.store import Store
from watcher.userfiles.loans import read_loans
from watcher.web.start import Orders, write_book

CHROMIUM: Final = "chromium"
QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DEMO: Final = Path(__file__).parents[1] / "watcher" / "demo"
MAILBOX: Final = "imap:heqiuhe@mail.example/"


def example(folder: Path, rules: Rules, language: Language = "zh", **settings: float) -> Orders:
    """Fill a folder with the example's files and state, and return how to serve it."""
    config, state = folder / "config", folder / "state"
    backups = folder / "SMSBackup"
    config.mkdir(parents=True)
    state.mkdir(mode=0o700)
    shutil.copytree(DEMO / "inbox", backups)
    shutil.copy(DEMO / "loans.toml", config)
    (config / "config.toml").write_text(
        f'[[accounts]]\naddress = "heqiuhe@mail.example"\n[[sms]]\npath = "{backups}"\n',
        encoding="utf-8",
    )
    ledger, _ = read_loans(config / "loans.toml", rules.directory)
    if ledger is None:
        raise ValueError(config)
    now = SystemClock().now()
    with Store.open(state, PLAYS_AT) as store:
        ingest = Ingest(judge=JudgeHere(rules, ledger), store=store, clock=ExampleClock())
        ingest.run(read_path(backups), source=f"sms:{backups}")
        for name, ago in ((f"{MAILBOX}INBOX", 2), (f"{MAILBOX}垃圾邮件", 3)):
            store.checked(name, now - timedelta(minutes=ago))
        store.checked(f"sms:{backups}", now - timedelta(hours=5))
    book = write_book(rules, (), Phrases(language), config / "rules")
    return Orders(language=language, config=config, state=state, book=book, **settings)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the system's Chromium, which asks nothing of the network by itself."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which(CHROMIUM), args=list(QUIET)
        )
        try:
            yield started
        finally:
            started.close()
