"""The port through which the page changes anything: it writes no file and no table itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol


class Changes(Protocol):
    """What the user can do on the page; each raises `WatcherError` where it cannot be done."""

    def done(self, case: int) -> None:
        """Close a case."""

    def snooze(self, case: int, until: datetime) -> None:
        """Put a case aside until a moment."""

    def reopen(self, case: int) -> None:
        """Open a case again."""

    def tick(self, case: int, checklist: str, step: str, *, done: bool, note: str) -> None:
        """Tick a step off or not, with the user's words about it."""

    def choose(self, case: int, checklist: str, *, chosen: bool) -> None:
        """Lay a further checklist beside a case, or take it away."""

    def mark_wrong(self, case: int, text: str | None, verdict: str | None = None) -> None:
        """Keep what is wrong about a case, and what is right; None as a text takes it back."""

    def heed(self, alert: int) -> None:
        """Take in what the program says of itself, or a summary with all that it names."""

    def note_letter(self, case: int, letter: str, on: date) -> None:
        """Note that a letter about a case was sent on a day."""

    def note_answer(self, case: int) -> None:
        """Note that what was sent about a case has been answered."""

    def add_loan(self, given: Mapping[str, str]) -> None:
        """Add a loan of these keys, as they were typed."""

    def settle_loan(self, loan: str, on: date) -> None:
        """Mark a loan as paid off."""

    def reopen_loan(self, loan: str) -> None:
        """Mark a loan as still owed."""

    def confirm(self, proposal: str) -> None:
        """Change the ledger as a proposal says."""

    def dismiss(self, proposal: str) -> None:
        """Propose no more what a proposal says."""
