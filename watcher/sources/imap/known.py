"""Which UIDs of a folder were looked at, as runs; so one that appears late is noticed.

A server of several machines may show a mail before another with a lower number. What comes
is then looked for over a number that is past, and the late one lies there unread. Now and
then all UIDs of the span are compared with those that were looked at.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from watcher.sources.imap.fetching import HIGHEST_UID

Runs = tuple[tuple[int, int], ...]
"""First and last UID of each run, ascending; runs neither touch nor overlap."""

MOST_RUNS = 2_000
"""Of more runs the lowest are forgotten, and what lies there is not compared any more."""


def added(runs: Runs, uids: Iterable[int]) -> Runs:
    """Return runs with further UIDs."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted([*runs, *((uid, uid) for uid in uids)]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return tuple(merged[-MOST_RUNS:])


def passed_over(runs: Runs, uid: int) -> bool:
    """Tell whether a UID was not looked at, though some below it were."""
    at = bisect_right(runs, (uid, HIGHEST_UID)) - 1
    return at >= 0 and runs[at][1] < uid


def written(runs: Runs) -> str:
    """Return runs as text."""
    return ",".join(f"{first}:{last}" for first, last in runs)


def read_runs(text: Any) -> Runs:
    """Return the runs of a text; ValueError where it holds none."""
    pairs = (one.split(":") for one in str(text).split(",") if one)
    return tuple((int(first), int(last)) for first, last in pairs)
