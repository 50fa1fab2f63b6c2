"""Changes as commands: a daemon carries them out, or this process does where there is none."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

from watcher.clock import SystemClock
from watcher.control import commands as c
from watcher.control.asking import have_done
from watcher.control.deeds import Hands, perform
from watcher.core.knowledge import Rules
from watcher.store import Store


class Asking:
    """The port `Changes`, by way of the control socket.

    `rules` are asked for only where there is no daemon, and a change needs them.
    """

    def __init__(self, *, config: Path, state: Path, rules: Callable[[], Rules]) -> None:
        self._config = config
        self._state = state
        self._rules = rules
        self._clock = SystemClock()

    def done(self, case: int) -> None:
        """Close a case."""
        self._ask(c.Close(case=case))

    def snooze(self, case: int, until: datetime) -> None:
        """Put a case aside until a moment."""
        self._ask(c.Snooze(case=case, until=until))

    def reopen(self, case: int) -> None:
        """Open a case again."""
        self._ask(c.Reopen(case=case))

    def tick(self, case: int, checklist: str, step: str, *, done: bool, note: str) -> None:
        """Tick a step off or not, with the user's words about it."""
        self._ask(c.TickStep(case=case, checklist=checklist, step=step, done=done, note=note))

    def choose(self, case: int, checklist: str, *, chosen: bool) -> None:
        """Lay a further checklist beside a case, or take it away."""
        self._ask(c.Choose(case=case, checklist=checklist, chosen=chosen))

    def mark_wrong(self, case: int, text: str | None, verdict: str | None = None) -> None:
        """Keep what is wrong about a case, and what is right; None as a text takes it back."""
        self._ask(c.MarkWrong(case=case, text=text, verdict=verdict))

    def heed(self, alert: int) -> None:
        """Take in what the program says of itself, or a summary with all that it names."""
        self._ask(c.Heed(alert=alert))

    def note_letter(self, case: int, letter: str, on: date) -> None:
        """Note that a letter about a case was sent on a day."""
        self._ask(c.NoteLetter(case=case, letter=letter, on=on))

    def note_answer(self, case: int) -> None:
        """Note that what was sent about a case has been answered."""
        self._ask(c.NoteAnswer(case=case))

    def add_loan(self, given: Mapping[str, str]) -> None:
        """Add a loan of these keys, as they were typed."""
        self._ask(c.AddLoan(loan=given))

    def settle_loan(self, loan: str, on: date) -> None:
        """Mark a loan as paid off."""
        self._ask(c.SettleLoan(loan=loan, on=on.isoformat()))

    def reopen_loan(self, loan: str) -> None:
        """Mark a loan as still owed."""
        self._ask(c.ReopenLoan(loan=loan))

    def confirm(self, proposal: str) -> None:
        """Change the ledger as a proposal says."""
        self._ask(c.Confirm(proposal=proposal))

    def dismiss(self, proposal: str) -> None:
        """Propose no more what a proposal says."""
        self._ask(c.Dismiss(proposal=proposal))

    def _ask(self, deed: c.Deed) -> None:
        def alone(store: Store) -> c.Answer:
            loans = self._config / "loans.toml"
            hands = Hands(store=store, clock=self._clock, terms=self._rules, loans=loans)
            return perform(deed, hands)

        have_done(deed, self._state, alone=alone, clock=self._clock)
