"""The only place of the program that tells the time."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time; tests put their own in its place."""

    def now(self) -> datetime:
        """Return the wall-clock moment, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards and stand still while the machine sleeps."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall-clock moment, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251  this is the place that the ban points to

    def monotonic(self) -> float:
        """Return seconds that never run backwards and stand still while the machine sleeps."""
        return time.monotonic()
