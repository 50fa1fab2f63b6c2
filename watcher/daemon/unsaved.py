"""Alerts that the disk refused to keep: shown from memory, so that a full disk hides no fraud.

What was refused is read again until it is saved; then its alert comes once more, with the
number of its case.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from watcher.core.model import SEVERITY, Case, Phrase, Urgency
from watcher.desktop.showing import Showing
from watcher.store.identity import identity

MOST: Final = 3
"""Pop-ups for what came in one go; of more only the number is told."""

_REMEMBERED: Final = 10_000


class Unsaved:
    """What is to be shown without the store; filled by the ingest thread, emptied by the loop."""

    def __init__(self) -> None:
        self._waiting: deque[Showing] = deque(maxlen=100)
        self._seen: dict[str, None] = {}
        self._refused = False
        self._number = 0

    def keep(self, cases: Sequence[Case]) -> None:
        """Have cases shown that could not be saved, each once, and have that said."""
        fresh = []
        for case in cases:
            known = identity(case.message)
            if known not in self._seen:
                self._seen[known] = None
                fresh.append(case)
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        fresh.sort(
            key=lambda case: -SEVERITY[case.judgement.verdict] if case.judgement.verdict else 0
        )
        for case in fresh[:MOST]:
            self._waiting.append(self._showing_of(case))
        if not self._refused:
            self._refused = True
            told = Phrase(id="daemon.cannot_save", values={"count": len(fresh)})
            self._waiting.append(self._told(told))

    def saved(self) -> None:
        """Note that the disk takes what it is given again."""
        self._refused = False

    def next(self) -> Showing | None:
        """Return what is to be shown next."""
        return self._waiting[0] if self._waiting else None

    def shown(self) -> None:
        """Note that it was shown."""
        self._waiting.popleft()

    def _showing_of(self, case: Case) -> Showing:
        return Showing(
            alert_id=self._unlike_any_other(),
            case_id=None,
            verdict=case.judgement.verdict,
            urgency=case.alert.urgency if case.alert else Urgency.NORMAL,
            lender=case.match.lender,
            summary=case.summary,
            court="FJ" in case.judgement.checklists,
            unsaved=True,
        )

    def _told(self, summary: Phrase) -> Showing:
        return Showing(
            alert_id=self._unlike_any_other(),
            case_id=None,
            verdict=None,
            urgency=Urgency.NORMAL,
            summary=summary,
            unsaved=True,
        )

    def _unlike_any_other(self) -> int:
        """Return a number that no alert of the store has."""
        self._number -= 1
        return self._number
