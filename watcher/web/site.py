"""What every route works with: the words, the user's files as they are now, the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from watcher.clock import Clock
from watcher.core.ledger import Ledger
from watcher.core.model import Holder
from watcher.core.rules import Text
from watcher.errors import UserError
from watcher.phrases import Phrases
from watcher.store import Store
from watcher.userfiles.config import Config, read_config
from watcher.userfiles.loans import read_loans
from watcher.userfiles.problems import render
from watcher.web.book import Shelf
from watcher.web.changes import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Loans:
    """The ledger as last read without mistake, and the mistakes it has now."""

    ledger: Ledger = field(repr=False)
    problems: tuple[str, ...] = ()


class Site:
    """Made once for a page; the store is opened for each request, by the thread that serves it."""

    def __init__(  # noqa: PLR0913  one place wires it
        self,
        *,
        phrases: Phrases,
        shelf: Shelf,
        config: Path,
        state: Path,
        clock: Clock,
        changes: Callable[[], Changes],
    ) -> None:
        self.phrases = phrases
        self.shelf = shelf
        self.clock = clock
        self._changes = changes
        self.state = state
        self._config = config
        nobody = Ledger.of(Holder(), (), shelf.directory)
        self._loans: tuple[tuple[int, ...], Loans] = ((), Loans(ledger=nobody))

    @cached_property
    def changes(self) -> Changes:
        """What carries out changes; not loaded before the first."""
        return self._changes()

    def say(self, phrase_id: str, **values: object) -> str:
        """Return a phrase in the language of the page."""
        return self.phrases.say(phrase_id, values)

    def said(self, text: Text) -> str:
        """Return a sentence of the rules in the language of the page."""
        return text.zh if self.phrases.language == "zh" else text.en

    def step_words(self, checklist: str, step: str) -> str | None:
        """Return a step of a checklist in words; None where the rules know it no more."""
        known = self.shelf.checklists.get(checklist)
        steps = known.steps if known else ()
        return next((self.said(one.text) for one in steps if one.id == step), None)

    def loans(self) -> Loans:
        """Return the ledger, read anew where its file has changed."""
        path = self._config / "loans.toml"
        try:
            status = path.stat()
            stamp: tuple[int, ...] = (status.st_mtime_ns, status.st_ino, status.st_size)
        except OSError:
            stamp = ()
        before, known = self._loans
        if stamp and stamp == before:
            return known
        ledger, problems = read_loans(path, self.shelf.directory)
        found = Loans(
            ledger=known.ledger if ledger is None else ledger,
            problems=tuple(render(problem, self.phrases) for problem in problems),
        )
        self._loans = (stamp, found)
        return found

    def zone(self) -> ZoneInfo:
        """Return the time zone in which the holder counts days."""
        return ZoneInfo(self.loans().ledger.holder.timezone)

    def config(self) -> tuple[Config, tuple[str, ...]]:
        """Return the configuration and its mistakes; of a broken one, the defaults."""
        config, problems = read_config(self._config / "config.toml")
        return config or Config(), tuple(render(problem, self.phrases) for problem in problems)

    @contextmanager
    def store(self) -> Iterator[Store | None]:
        """Open the store for reading; None where nothing was ever recorded."""
        try:
            opened = Store.open_to_read(self.state)
        except UserError as nothing:
            if nothing.says != "store.nothing_yet":
                raise
            yield None
            return
        with opened as store:
            yield store
