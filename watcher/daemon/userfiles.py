"""The user's ledger, rules and settings while the daemon runs: edited files count at once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from watcher.clock import Clock
from watcher.core.knowledge import Rules
from watcher.core.model import Phrase, Urgency
from watcher.daemon.worker import Desk
from watcher.errors import Problem, UserError
from watcher.userfiles.config import Config, read_config
from watcher.userfiles.loans import read_loans
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

Stamp = tuple[tuple[str, int, int, int], ...]

_SAYS: Final = {"config.toml": "daemon.wrong_config", "loans.toml": "daemon.wrong_loans"}

_log = structlog.get_logger()


class UserFiles:
    """Reads loans.toml, rules/ and config.toml of the user's folder; the last good ones count.

    `config` is what the daemon was started with; `outdated` is called on the ingest thread once
    config.toml says something else and is right.

    Raises:
        UserError: at the start, when there are no last good ones yet.
    """

    outdated: Callable[[], None]

    def __init__(self, folder: Path, clock: Clock, config: Config) -> None:
        self.folder = folder
        self.loans = folder / "loans.toml"
        self.outdated = lambda: None  # until somebody hears
        self._config_file = folder / "config.toml"
        self._config = config
        self._own_rules = folder / "rules"
        self._clock = clock
        self._told: Phrase | None = None
        self._stamp = self._look()
        self._empty = self._emptied(self._stamp)
        self._rules = self._read_rules()
        rules, problems = self._rules
        if rules is None:
            raise UserError("cli.problems", problems=problems)
        ledger, more = read_loans(self.loans, rules.directory)
        self.problems = (*problems, *more)
        """The mistakes in the files as they were read last."""
        if ledger is None:
            raise UserError("cli.problems", problems=self.problems)
        self.rules = rules
        self.ledger = ledger

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
        before, self._empty = self._empty, self._emptied(stamp)
        if not self._empty <= before:
            # Many editors empty a file and then write it: only who finds it so again believes it.
            _log.info("user-files-empty")
            return
        self._stamp = stamp
        if not changed <= {str(self.loans), str(self._config_file)}:
            self._rules = self._read_rules()  # takes a second; the page changes the ledger alone
        rules, problems = self._rules
        directory = (rules or desk.ingest.rules).directory
        ledger, of_loans = read_loans(self.loans, directory)
        config, of_config = read_config(self._config_file)
        self.problems = (*of_config, *problems, *of_loans)
        self._tell(desk)
        desk.ingest.rules = rules or desk.ingest.rules
        desk.ingest.ledger = ledger or desk.ingest.ledger
        _log.info("user-files-read", count=len(desk.ingest.ledger.loans))
        if config is not None and config != self._config:
            self._config = config
            self.outdated()

    def _tell(self, desk: Desk) -> None:
        """Say where the first mistake is, and take back what is true no more."""
        wrong = [problem for problem in self.problems if not problem.warning]
        told = None
        if wrong:
            told = _first(wrong)
            desk.store.announce(told, Urgency.NORMAL, self._clock.now())
            _log.warning("user-files-wrong", count=len(wrong))
        if self._told is not None and self._told != told:
            desk.store.withdraw(self._told)
        self._told = told

    def _read_rules(self) -> tuple[Rules | None, tuple[Problem, ...]]:
        own = [self._own_rules] if self._own_rules.is_dir() else []
        return read_rules(shipped_folder() / "rules", *own, judging_only=True)

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


def _first(wrong: Sequence[Problem]) -> Phrase:
    """Return what is said of mistakes; a pop-up shows numbers, and no name of the user's."""
    first = wrong[0]
    if first.line is None:
        return Phrase(id="daemon.files_wrong", values={"count": len(wrong)})
    says = _SAYS.get(first.file, "daemon.wrong_rules")
    return Phrase(id=says, values={"count": len(wrong), "line": first.line})
