"""What a check finds: how it is, and in one sentence what mends it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from watcher.core.model import Phrase, PhraseValue


class State(StrEnum):
    """How something is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    PROBLEM = "problem"
    """Something has to be done, or notices will be missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; whoever is not well has a cure."""

    check: str
    state: State
    says: Phrase
    cure: Phrase | None = None


CURE: Final = "_cure"
"""What a phrase id ends with that says what to do about the phrase before it."""


def fine(check: str, name: str = "fine", /, **values: PhraseValue) -> Finding:
    """Return that all is well; the phrase is `doctor.<check>.<name>`."""
    return Finding(check=check, state=State.OK, says=_phrase(check, name, values))


def noted(check: str, name: str, /, **values: PhraseValue) -> Finding:
    """Return what is worth knowing; the cure is the phrase `doctor.<check>.<name>_cure`."""
    return _ill(State.NOTE, check, name, values)


def wrong(check: str, name: str, /, **values: PhraseValue) -> Finding:
    """Return what has to be mended; the cure is found as that of `noted`."""
    return _ill(State.PROBLEM, check, name, values)


def _ill(state: State, check: str, name: str, values: dict[str, PhraseValue]) -> Finding:
    return Finding(
        check=check,
        state=state,
        says=_phrase(check, name, values),
        cure=_phrase(check, name + CURE, values),
    )


def _phrase(check: str, name: str, values: dict[str, PhraseValue]) -> Phrase:
    return Phrase(id=f"doctor.{check}.{name}", values=values)
