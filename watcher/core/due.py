"""The day that a notice says is due.

Which words make a day the one that is due is knowledge: `day.due` and `day.moved` in
`rules/words.toml`.
"""

from datetime import date

from watcher.core.spans import around, distance, touches
from watcher.core.view import View

NEAR_DAY = 12
"""How far (characters) a word of being due may stand from its day."""


def due_on(view: View) -> date | None:
    """Return the day that something was put off to, else the nearest to a word of being due."""
    moved = view.lists.get("day.moved", [])
    for day in view.days:
        if touches(moved, (day.start, day.end), before=1):
            return day.day
    spans = view.lists.get("day.due", [])
    nearest: tuple[int, date] | None = None
    for day in view.days:
        at = (day.start, day.end)
        for span in around(spans, day.start - NEAR_DAY, day.end + NEAR_DAY):
            apart = distance(at, span)
            if apart <= NEAR_DAY and (nearest is None or apart < nearest[0]):
                nearest = (apart, day.day)
    return nearest[1] if nearest else None
