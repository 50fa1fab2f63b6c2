"""Verdicts that the user called wrong, held against the rules on the command line."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watcher.cli import stored
from watcher.cli.context import Context
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Evidence, Message, Verdict
from watcher.core.pipeline import process
from watcher.errors import UserError
from watcher.userfiles.marked import NOTHING, Marked, read_marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A mark, with the verdict that some rules give it now; both are one of `VERDICTS`."""

    mark: Marked
    now: str

    @property
    def fails(self) -> bool:
        """Whether the verdict is not the one that the user expects."""
        return self.mark.verdict is not None and self.mark.verdict != self.now


def load_marks(*folders: Path) -> tuple[Marked, ...]:
    """Read the marks in folders of rules; `UserError` with all mistakes."""
    marks, problems = read_marks(*folders)
    if problems:
        raise UserError("cli.problems", problems=problems)
    return marks


def hold(marks: Sequence[Marked], rules: Rules, ledger: Ledger) -> tuple[Held, ...]:
    """Judge marked messages by rules, with the ledger and the history of now."""
    if not marks:
        return ()
    evidence = tuple(_history())
    return tuple(Held(mark=one, now=_judged(one.message, rules, ledger, evidence)) for one in marks)


def named(verdict: Verdict | None) -> str:
    """Return how a mark spells a verdict."""
    return verdict.value if verdict else NOTHING


def spoken(speaker: Context, verdict: str) -> str:
    """Return a verdict as a mark spells it, in words."""
    return speaker.say("verdict.none" if verdict == NOTHING else f"verdict.{verdict}")


def is_of(mark: Marked, message: Message) -> bool:
    """Whether a mark was made of a message."""
    one = mark.message
    return (one.channel, one.received_at, one.sender, one.subject) == (
        message.channel,
        message.received_at,
        message.sender,
        message.subject,
    ) and all(
        (kept or "") == (whole or "")[: len(kept or "") or None]
        for kept, whole in ((one.text, message.text), (one.html, message.html))
    )


def _judged(message: Message, rules: Rules, ledger: Ledger, evidence: Sequence[Evidence]) -> str:
    before = History.of(one for one in evidence if one.received_at < message.received_at)
    return named(process(message, rules, ledger, before).judgement.verdict)


def _history() -> Iterator[Evidence]:
    """Yield what the store knows; nothing where nothing was ever recorded."""
    with suppress(UserError), stored.reading() as store:
        yield from store.history()
