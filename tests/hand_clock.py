"""A clock that a test moves by hand."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class HandClock:
    """A clock that stands where the test puts it; both its times move together."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()
