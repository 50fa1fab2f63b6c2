"""When a job of the scheduler is due again."""

from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger


class Every(BaseTrigger):  # type: ignore[misc]
    """Due again and again, and once only for all that was missed.

    The library's own interval counts through every time that was missed: where a wrong clock
    is set right by years, that is millions, and the loop stands still meanwhile.
    """

    def __init__(self, seconds: float) -> None:
        self._pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return when it is due after it was due last."""
        due = (previous or now) + self._pause
        return due if due > now else now + self._pause
