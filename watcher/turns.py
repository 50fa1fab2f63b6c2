"""Whose turn it is to be shown: the order of pop-ups, their number, and the hours without any.

Rules for this file: pure, functions over waiting alerts and moments.

Theory of operation. Alerts have ranks. While no more wait than a minute may show, each is
shown alone, by rank. Where more wait, all of the minute's pop-ups but the last still go to
single alerts, and the last tells of all other cases at once; of these single ones the last
goes to a rank that had no turn yet, so that a flood of one kind hides no other.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum
from typing import Final
from zoneinfo import ZoneInfo

from watcher.core.model import Verdict
from watcher.store import Topic, WaitingAlert

DAY: Final = timedelta(days=1)
FLOOD: Final = 20
"""More cases than this alerting within `FLOOD_TIME` are a flood."""
FLOOD_TIME: Final = timedelta(hours=1)
MOST_COURTS: Final = 5
"""Court messages that one pop-up names; others wait for the next."""


class Rank(IntEnum):
    """What is shown before what."""

    FRAUD = 0
    COURT = 1
    LEDGER = 2
    PROGRAM = 3
    NEW_PAIR = 4
    REST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one pop-up tells of: one alert, or all of several."""

    alerts: tuple[WaitingAlert, ...]
    rank: Rank

    @property
    def alone(self) -> bool:
        """Whether it tells of one alert in that alert's own words."""
        return len(self.alerts) == 1


def is_quiet(now: datetime, hours: tuple[time, time] | None, zone: ZoneInfo) -> bool:
    """Return whether nothing is to be shown: from the first of `hours` up to the second."""
    if hours is None:
        return False
    start, end = hours
    local = now.astimezone(zone).time()
    if start <= end:
        return start <= local < end
    return local >= start or local < end


def is_due(alert: WaitingAlert, now: datetime) -> bool:
    """Return whether an alert may be shown now: once a day, and again where it was lost."""
    shown = alert.shown_at
    if shown is None or abs(now - shown) >= DAY:  # after `now` where the clock was set back
        return True
    return alert.restored_at is not None and alert.restored_at >= shown


def rank(alert: WaitingAlert, lenders: Collection[str]) -> Rank:
    """Return an alert's rank; `lenders` are those of the ledger."""
    if alert.verdict is Verdict.FRAUDULENT:
        return Rank.FRAUD
    if alert.court:
        return Rank.COURT
    if _is_of_ledger(alert, lenders):
        return Rank.LEDGER
    if alert.case_id is None:
        return Rank.PROGRAM
    return Rank.NEW_PAIR if alert.pair else Rank.REST


def in_order(
    waiting: Iterable[WaitingAlert], lenders: Collection[str], now: datetime
) -> tuple[WaitingAlert, ...]:
    """Return what may be shown now, by rank; in a rank news first, then the ledger's lenders."""
    due = [alert for alert in waiting if is_due(alert, now)]
    due.sort(
        key=lambda one: (
            rank(one, lenders),
            one.shown_at is not None,
            not _is_of_ledger(one, lenders),
            one.id,
        )
    )
    return tuple(due)


def next_turn(
    waiting: Iterable[WaitingAlert],
    *,
    left: int,
    had: Collection[Rank],
    lenders: Collection[str],
    now: datetime,
) -> Turn | None:
    """Return what the next pop-up tells of; None where nothing may be shown.

    Args:
        waiting: what is in the outbox, in any order.
        left: pop-ups that this minute may still show, at least 1.
        had: ranks of alerts that were shown alone in this minute.
        lenders: names of lenders in the ledger.
        now: the moment.
    """
    due = in_order(waiting, lenders, now)
    if not due:
        return None
    first = Turn(alerts=due[:1], rank=rank(due[0], lenders))
    if len(due) <= left:
        return first
    if left > 1:
        if left > 2:  # noqa: PLR2004  this one, another, and the last
            return first
        others = (one for one in due if rank(one, lenders) not in had)
        other = next(others, due[0])
        return Turn(alerts=(other,), rank=rank(other, lenders))
    together = _together(due)
    return Turn(alerts=together, rank=rank(together[0], lenders)) if len(together) > 1 else first


def _together(due: tuple[WaitingAlert, ...]) -> tuple[WaitingAlert, ...]:
    """Return the cases that one pop-up tells of; what the program says itself has own words."""
    courts = 0
    found = []
    for alert in due:
        if alert.topic is not Topic.CASE:
            continue
        courts += alert.court
        if not alert.court or courts <= MOST_COURTS:
            found.append(alert)
    return tuple(found)


def _is_of_ledger(alert: WaitingAlert, lenders: Collection[str]) -> bool:
    return alert.loan is not None or (alert.lender is not None and alert.lender in lenders)
