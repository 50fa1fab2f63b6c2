"""A judge in the process that asks."""

import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Message
from watcher.core.pipeline import process
from watcher.ingest import Past, Unjudged
from watcher.store import codec


class JudgeHere:
    """Judges by rules that this process has read; `rules` and `ledger` may be replaced."""

    def __init__(self, rules: Rules, ledger: Ledger) -> None:
        self.rules = rules
        self.ledger = ledger
        self._history: History | None = None

    def judge(self, messages: Sequence[Message], past: Past) -> Iterator[Case | Unjudged]:
        """Judge messages by the past and by each other, in their order."""
        if self._history is None:
            self.remember(past())
        return map(self._judge, messages)

    def remember(self, evidence: Iterable[str]) -> None:
        """Take in earlier evidence, as JSON."""
        if self._history is None:
            self._history = History()
        for one in codec.evidence_from_all(evidence):
            self._history.add(one)

    def forget(self) -> None:
        """Ask for the past again before the next message is judged."""
        self._history = None

    def _judge(self, message: Message) -> Case | Unjudged:
        history = self._history
        assert history is not None  # noqa: S101  it was asked for before
        try:
            case = process(message, self.rules, self.ledger, history)
        except Exception as error:  # noqa: BLE001  the one broad except: a bug met by one message costs that message
            return Unjudged(error=type(error).__name__, at=_place(error))
        if case.evidence is not None:
            history.add(case.evidence)
        return case


def _place(error: Exception) -> str:
    """Return where an error arose, in words that cannot carry a message's text."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))
