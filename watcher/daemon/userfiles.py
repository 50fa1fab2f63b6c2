"""The user's ledger, rules and settings while the daemon runs: edited files count at once."""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from pathlib import Path
from typing import Final, TypeVar

import structlog

from watcher.clock import Clock
from watcher.core.model import Phrase, Urgency
from watcher.daemon.last_good import LastGood
from watcher.daemon.worker import Desk
from watcher.errors import Problem, UserError
from watcher.judging.apart import JudgeApart
from watcher.userfiles.config import read_config
from watcher.userfiles.loans import read_loans
from watcher.userfiles.providers import Providers, read_providers
from watcher.userfiles.shipped import shipped_folder

T = TypeVar("T")

Stamp = tuple[tuple[str, int, int, int], ...]
Read = tuple[T | None, tuple[Problem, ...]]

_SAYS: Final = {"config.toml": "daemon.wrong_config", "loans.toml": "daemon.wrong_loans"}
_ALL: Final = frozenset({*_SAYS.values(), "daemon.wrong_rules", "daemon.files_wrong"})

SAVED_WITHIN: Final = 2.0
"""Seconds. Many editors empty a file and then write it: one found empty is not believed sooner."""

_log = structlog.get_logger()


class UserFiles:
    """Reads loans.toml, rules/ and config.toml of the user's folder; the last good ones count.

    `config` is what the daemon lives by; `outdated` is called on the ingest thread once
    config.toml says something else and is right. Rules that are wrong at the start and have
    no copy are left out: a user's rules only add. The judge reads them, and says what of
    their `terms` others ask for.

    Raises:
        UserError: at the start, when there are no last good ones yet.
    """

    outdated: Callable[[], None]

    def __init__(self, folder: Path, state: Path, clock: Clock, judge: JudgeApart) -> None:
        self.folder = folder
        self.loans = folder / "loans.toml"
        self.outdated = lambda: None  # until somebody hears
        self._config_file = folder / "config.toml"
        self._own_rules = folder / "rules"
        self._clock = clock
        self._judge = judge
        self._good = LastGood(state)
        self._stamp = self._look()
        self._empty = dict.fromkeys(self._emptied(self._stamp), -inf)
        self._any_rules = (self._own_rules, self._good.of(self._own_rules), None)
        reading = judge.read(self._any_rules)
        self._of_rules = reading.problems
        if reading.terms is None:
            raise UserError("cli.problems", problems=self._of_rules)
        self.terms = reading.terms
        config, of_config = self._read(self._config_file, read_config)
        find = partial(read_loans, directory=self.terms.directory)
        ledger, of_loans = self._read(self.loans, find)
        self.own_problems = (*of_config, *of_loans)
        """The mistakes in the configuration and the ledger as they were read last."""
        if config is None or ledger is None:
            raise UserError("cli.problems", problems=self.problems)
        self.config = config
        judge.ledger = ledger
        self.providers = _providers(self._any_rules[reading.read])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The mistakes in all files as they were read last."""
        return (*self.own_problems, *self._of_rules)

    def begin(self, desk: Desk) -> None:
        """Say which mistakes the start met, and keep copies of what it found right."""
        self._tell(desk)
        self._keep()

    def read_again(self, desk: Desk) -> None:
        """Read everything again, whether it seems to have changed or not."""
        self._stamp = ()
        self.refresh(desk)

    def refresh(self, desk: Desk) -> None:
        """Judge by the files as they are now, if they changed and are right."""
        stamp = self._look()
        changed = {path for path, *_ in {*stamp} ^ {*self._stamp}}
        if not changed:
            return
        now = self._clock.monotonic()
        self._empty = {path: self._empty.get(path, now) for path in self._emptied(stamp)}
        if any(now - since < SAVED_WITHIN for since in self._empty.values()):
            _log.info("user-files-empty")
            return
        if not changed <= {str(self.loans), str(self._config_file)}:
            # It takes a second, and the page changes the ledger alone.
            reading = self._judge.read(self._any_rules)
            self._of_rules = reading.problems
            self.terms = reading.terms or self.terms
        self._stamp = stamp
        ledger, of_loans = read_loans(self.loans, self.terms.directory)
        config, of_config = read_config(self._config_file)
        self.own_problems = (*of_config, *of_loans)
        self._tell(desk)
        self._keep()
        self._judge.ledger = ledger or self._judge.ledger
        _log.info("user-files-read", count=len(self._judge.ledger.loans))
        if config is not None and config != self.config:
            self.config = config
            self.outdated()

    def _tell(self, desk: Desk) -> None:
        """Say where the first mistake is, and take back what is true no more."""
        wrong = [problem for problem in self.problems if not problem.warning]
        told = None
        if wrong:
            told = _first(wrong)
            desk.store.announce(told, Urgency.NORMAL, self._clock.now())
            _log.warning("user-files-wrong", count=len(wrong))
        for earlier in desk.store.overview.announcements():  # of an earlier life too
            says = earlier.summary
            if says is not None and says.id in _ALL and says != told:
                desk.store.withdraw(says)

    def _read(self, path: Path, read: Callable[[Path], Read[T]]) -> Read[T]:
        """Read a file, or else its copy; the mistakes are those of the file."""
        value, problems = read(path)
        copy = self._good.of(path)
        return (read(copy)[0] if value is None and copy.exists() else value), problems

    def _keep(self) -> None:
        """Copy what is right, unless it was edited since it was read."""
        if self._look() != self._stamp:
            return
        wrong = {problem.file for problem in self.problems if not problem.warning}
        for path in (self._config_file, self.loans):
            if path.name not in wrong:
                self._good.keep(path)
        if wrong <= {self._config_file.name, self.loans.name}:
            self._good.keep(self._own_rules)

    def _emptied(self, stamp: Stamp) -> frozenset[str]:
        """Return the files with nothing in them, of those that must be there."""
        needed = {str(self.loans), str(self._config_file)}
        return frozenset(path for path, _, _, size in stamp if path in needed and not size)

    def _look(self) -> Stamp:
        """Return what changes when one of the files does."""
        found = []
        for path in (self._config_file, self.loans, *sorted(self._own_rules.rglob("*.toml"))):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((str(path), status.st_mtime_ns, status.st_ino, status.st_size))
        return tuple(found)


def _providers(own: Path | None) -> Providers:
    """Read the providers that belong to rules which are right."""
    folders = [shipped_folder() / "rules", *([own] if own is not None and own.is_dir() else [])]
    providers, problems = read_providers(*folders)
    if providers is None:  # edited since the judge read them
        raise UserError("cli.problems", problems=problems)
    return providers


def _first(wrong: Sequence[Problem]) -> Phrase:
    """Return what is said of mistakes; a pop-up shows numbers, and no name of the user's."""
    first = wrong[0]
    if first.line is None:
        return Phrase(id="daemon.files_wrong", values={"count": len(wrong)})
    says = _SAYS.get(first.file, "daemon.wrong_rules")
    return Phrase(id=says, values={"count": len(wrong), "line": first.line})
