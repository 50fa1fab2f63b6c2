"""The user's ledger and rules while the daemon runs: edited files count from the next poll on."""

from pathlib import Path

import structlog

from watcher.clock import Clock
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Phrase, Urgency
from watcher.daemon.worker import Desk
from watcher.errors import Problem, UserError
from watcher.userfiles.loans import read_loans
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

Stamp = tuple[tuple[str, int, int], ...]

_log = structlog.get_logger()


class UserFiles:
    """Reads loans.toml and rules/ of the user's folder; the last good ones stay in force.

    Raises:
        UserError: at the start, when there are no last good ones yet.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.loans = folder / "loans.toml"
        self._own_rules = folder / "rules"
        self._clock = clock
        self._stamp = self._look()
        rules, ledger, problems = self._read()
        if rules is None or ledger is None:
            raise UserError("cli.problems", problems=problems)
        self.rules = rules
        self.ledger = ledger
        self.problems = problems
        """The mistakes in the files as they were read last."""

    def refresh(self, desk: Desk) -> None:
        """Judge by the files as they are now, if they changed and are right."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        same_rules = _but(self.loans, stamp) == _but(self.loans, self._stamp)
        self._stamp = stamp
        rules, ledger, problems = self._read(desk.ingest.rules if same_rules else None)
        self.problems = problems
        if rules is None or ledger is None:
            wrong = sum(not problem.warning for problem in problems)
            told = Phrase(id="daemon.files_wrong", values={"count": wrong})
            desk.store.announce(told, Urgency.NORMAL, self._clock.now())
            _log.warning("user-files-wrong", count=wrong)
            return
        desk.ingest.rules, desk.ingest.ledger = rules, ledger
        _log.info("user-files-read", count=len(ledger.loans))

    def _read(
        self, rules: Rules | None = None
    ) -> tuple[Rules | None, Ledger | None, tuple[Problem, ...]]:
        problems: tuple[Problem, ...] = ()
        if rules is None:  # to read them takes a second; the page changes the ledger alone
            own = [self._own_rules] if self._own_rules.is_dir() else []
            rules, problems = read_rules(shipped_folder() / "rules", *own)
        if rules is None:
            return None, None, problems
        ledger, more = read_loans(self.loans, rules.directory)
        return rules, ledger, (*problems, *more)

    def _look(self) -> Stamp:
        """Return what changes when one of the files does."""
        found = []
        for path in (self.loans, *sorted(self._own_rules.rglob("*.toml"))):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((str(path), status.st_mtime_ns, status.st_ino))
        return tuple(found)


def _but(path: Path, stamp: Stamp) -> Stamp:
    return tuple(one for one in stamp if one[0] != str(path))
