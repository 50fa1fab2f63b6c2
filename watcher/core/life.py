"""The life of a case: what can be done about it, and where it stands afterwards.

    open -> acting (something was sent) -> waiting (for an answer, until a day)
         -> escalated (the day has passed, or notices go on) | done

A case that is opened again goes on where it was.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never


class Stage(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    ACTING = "acting"
    WAITING = "waiting"
    ESCALATED = "escalated"
    DONE = "done"


class Change(StrEnum):
    """What was done about a case, or came of it."""

    SENT = "sent"
    ANSWERED = "answered"
    OVERDUE = "overdue"
    """The day until which an answer was due has passed."""
    AGAIN = "again"
    """A notice on the same debt came in spite of a letter that objected."""
    SNOOZED = "snoozed"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """One change with its time; `letter` and `sent_on` are of what was sent."""

    at: datetime
    change: Change
    stage: Stage
    letter: str | None = None
    sent_on: date | None = None


def follow(stages: tuple[Stage, ...], change: Change, *, answer_due: bool = False) -> Stage:
    """Return where a case stands after a change.

    `stages` are all it has been in, the latest last; none is `OPEN`. `answer_due` says of
    what was sent that an answer has its day.
    """
    now = stages[-1] if stages else Stage.OPEN
    match change:
        case Change.SENT:
            return Stage.WAITING if answer_due or now is Stage.WAITING else Stage.ACTING
        case Change.ANSWERED:
            return Stage.ACTING
        case Change.OVERDUE | Change.AGAIN:
            return Stage.DONE if now is Stage.DONE else Stage.ESCALATED
        case Change.SNOOZED:
            return now if now is not Stage.DONE else _before_the_end(stages)
        case Change.CLOSED:
            return Stage.DONE
        case Change.REOPENED:
            return _before_the_end(stages)
        case _:
            assert_never(change)


def _before_the_end(stages: tuple[Stage, ...]) -> Stage:
    lived = [stage for stage in stages if stage is not Stage.DONE]
    return lived[-1] if lived else Stage.OPEN
