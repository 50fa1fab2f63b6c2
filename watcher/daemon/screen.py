"""The screen: what the outbox holds is shown in turn, answered, and taken off again."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from watcher.clock import Clock
from watcher.core.model import Phrase, Urgency, Verdict
from watcher.daemon.unsaved import Unsaved
from watcher.daemon.worker import Desk, IngestThread
from watcher.desktop.choose import Desktop
from watcher.desktop.dbus import Click
from watcher.desktop.showing import Showing, Shown
from watcher.desktop.text import Button
from watcher.errors import SourceUnavailable, WatcherError
from watcher.ingest import showing_of
from watcher.store import AlertState, WaitingAlert
from watcher.turns import FLOOD, FLOOD_TIME, Rank, Turn, is_quiet, next_turn
from watcher.userfiles.config import Alerts

REMIND_AFTER: Final = timedelta(days=1)
"""How long "remind later" puts a case aside."""

MINUTE: Final = 60.0
A_LITTLE: Final = 0.05
"""Seconds, so that a sleep that ends early ends late enough."""
PATIENCE: Final = 1.0
"""Seconds for which the store waits for the desktop's answer."""
FLOODED: Final = Phrase(id="daemon.flood", values={"count": FLOOD})

Answer = Future[Shown | None]
"""Of the desktop."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """One alert for several, as it stands in the store."""

    number: int
    parts: tuple[int, ...]


class Screen:
    """Shows one alert after another; belongs to the event loop, the store to the ingest thread."""

    def __init__(
        self, worker: IngestThread, clock: Clock, alerts: Alerts, unsaved: Unsaved
    ) -> None:
        self._worker = worker
        self._unsaved = unsaved
        self._clock = clock
        self._alerts = alerts
        self._wake = asyncio.Event()
        self._shown: deque[tuple[float, Rank | None]] = deque()
        self._gathered: _Gathered | None = None
        self._unmarked: list[tuple[Turn, int, Shown]] = []

    def look(self) -> None:
        """Look into the outbox soon."""
        self._wake.set()

    async def live(self, desktop: Desktop) -> None:
        """Show what waits; what cannot be shown now waits for the next look."""
        await self._remember()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while await self._show_unsaved(desktop):
                    pass
                await self._mark_left()
                await self._take_back(desktop)
                while await self._show_one(desktop):
                    await self._take_back(desktop)
            except SourceUnavailable as failure:
                _log.warning("cannot-save", says=failure.says)

    async def restore(self) -> None:
        """Queue what a notification server took with it."""
        try:
            count = await self._worker.do(lambda desk: desk.store.popups.lost(self._clock.now()))
        except SourceUnavailable as failure:
            _log.warning("cannot-save", says=failure.says)
            return
        _log.info("shown-again", count=count)
        self._wake.set()

    async def answer(self, click: Click) -> WaitingAlert | None:
        """Act on a click; return the alert that the user wants to look at, if it was that."""
        try:
            alert = await self._worker.do(lambda desk: _clicked(desk, click))
            heard = await self._worker.do(lambda desk: self._act(desk, click.button, alert))
        except WatcherError as failure:
            _log.warning("click-lost", alert=click.alert_id, says=failure.says)
            return None
        _log.info("click", alert=click.alert_id, button=click.button.value, state=heard)
        self._wake.set()
        return alert if click.button is Button.OPEN else None

    async def _remember(self) -> None:
        """Count the pop-ups of an earlier process into this minute."""
        now = self._clock.now()
        since = now - timedelta(seconds=MINUTE)
        for shown in await self._worker.do(lambda desk: desk.store.popups.shown_since(since)):
            age = max(0.0, (now - shown).total_seconds())
            self._shown.append((self._clock.monotonic() - age, None))

    async def _show_one(self, desktop: Desktop) -> bool:
        """Show what comes next, when it is its turn; False if there is none or no desktop."""
        if await self._worker.do(self._next) is None:
            return False
        await self._wait_for_room()
        turn = await self._worker.do(self._next)  # something more urgent may have come
        if turn is None:
            return False
        showing = await self._worker.do(partial(self._showing, turn))
        loop = asyncio.get_running_loop()
        work = partial(self._show_and_mark, turn, showing, lambda: _begun(desktop, showing, loop))
        answer, marked = await self._worker.do(work)
        shown = await asyncio.wrap_future(answer)
        if shown is None:
            await self._nudge(desktop)
            return False
        self._note(turn.rank if turn.alone else None)
        if not marked:
            self._unmarked.append((turn, showing.alert_id, shown))
            await self._mark_left()
        _log.info("alert-shown", alert=showing.alert_id, backend=shown.backend, count=showing.count)
        return True

    def _show_and_mark(
        self, turn: Turn, showing: Showing, show: Callable[[], Answer], desk: Desk
    ) -> tuple[Answer, bool]:
        """Show an alert and note that, with no other work in between; False: it is to be noted.

        Whoever is killed in between shows it again. So this thread waits for the desktop, but
        not for one that takes its time.
        """
        answer = show()
        with suppress(TimeoutError, SourceUnavailable):
            shown = answer.result(PATIENCE)
            if shown is not None:
                self._mark_shown(turn, showing.alert_id, shown, desk)
                return answer, True
        return answer, False

    async def _mark_left(self) -> None:
        """Note what was shown and could not be noted then; it is not shown again meanwhile."""
        try:
            while self._unmarked:
                await self._worker.do(partial(self._mark_shown, *self._unmarked[0]))
                del self._unmarked[0]
        except SourceUnavailable as failure:
            _log.warning("cannot-save", says=failure.says)

    async def _show_unsaved(self, desktop: Desktop) -> bool:
        """Show what the disk refused to keep; nothing is asked of the store meanwhile."""
        showing = self._unsaved.next()
        if showing is None or await self._worker.do(self._is_quiet):
            return False
        await self._wait_for_room()
        if await desktop.show(showing) is None:
            return False
        self._note(None)
        self._unsaved.shown()
        _log.info("unsaved-shown")
        return True

    def _is_quiet(self, desk: Desk) -> bool:
        zone = ZoneInfo(desk.ingest.judge.ledger.holder.timezone)
        return is_quiet(self._clock.now(), self._alerts.quiet_hours, zone)

    def _next(self, desk: Desk) -> Turn | None:
        now = self._clock.now()
        ledger = desk.ingest.judge.ledger
        if self._is_quiet(desk):
            return None
        popups = desk.store.popups
        if popups.warn_of_flood(FLOODED, FLOOD, FLOOD_TIME, now):
            _log.warning("flood", count=FLOOD)
        waiting = popups.waiting(now, timedelta(days=self._alerts.fraud_repeats_days))
        unmarked = {alert.id for turn, _, _ in self._unmarked for alert in turn.alerts}
        return next_turn(
            [alert for alert in waiting if alert.id not in unmarked],
            left=max(1, self._left()),
            had=frozenset(rank for _, rank in self._shown if rank is not None),
            lenders=frozenset(ledger.names.values()),
            now=now,
        )

    def _showing(self, turn: Turn, desk: Desk) -> Showing:
        if turn.alone:
            return showing_of(turn.alerts[0])
        parts = tuple(sorted(alert.id for alert in turn.alerts))
        frauds = sum(alert.verdict is Verdict.FRAUDULENT for alert in turn.alerts)
        if self._gathered is None or self._gathered.parts != parts:
            told = Phrase(id="store.digest", values={"count": len(parts), "frauds": frauds})
            number = desk.store.popups.gather(turn.alerts, told, self._clock.now())
            self._gathered = _Gathered(number=number, parts=parts)
        return Showing(
            alert_id=self._gathered.number,
            case_id=None,
            verdict=Verdict.FRAUDULENT if frauds else None,
            urgency=Urgency.CRITICAL if frauds else Urgency.NORMAL,
            count=len(parts),
            courts=tuple(
                alert.case_id for alert in turn.alerts if alert.court and alert.case_id is not None
            ),
        )

    def _mark_shown(self, turn: Turn, number: int, shown: Shown, desk: Desk) -> None:
        now = self._clock.now()
        if turn.alone:
            desk.store.mark_shown(number, shown.backend, shown.server_id, now, shown.server)
            return
        self._gathered = None
        desk.store.popups.mark_gathered(
            number, turn.alerts, shown.backend, shown.server_id, now, shown.server
        )

    async def _nudge(self, desktop: Desktop) -> None:
        """Say without words that something waits, once a day, where nothing could be shown."""
        if not desktop.can_nudge():
            return
        if await self._worker.do(lambda desk: desk.store.popups.may_nudge(self._clock.now())):
            self._note(None)
            _log.info("nudged")
            await desktop.nudge()

    async def _take_back(self, desktop: Desktop) -> None:
        """Take pop-ups off the screen whose cases the user has dealt with elsewhere."""
        for seen in await self._worker.do(lambda desk: desk.store.popups.superseded()):
            shown = Shown(backend="dbus", server_id=seen.server_id, server=seen.server)
            if not await desktop.close_pop_up(seen.alert_id, shown):
                return
            await self._worker.do(partial(_mark_closed, seen.alert_id))
            _log.info("taken-back", alert=seen.alert_id)

    def _note(self, rank: Rank | None) -> None:
        self._shown.append((self._clock.monotonic(), rank))

    def _left(self) -> int:
        while self._shown and self._clock.monotonic() - self._shown[0][0] >= MINUTE:
            self._shown.popleft()
        return self._alerts.max_per_minute - len(self._shown)

    async def _wait_for_room(self) -> None:
        """Wait until one more pop-up is not too many for this minute."""
        if self._left() < 1:
            waited = self._clock.monotonic() - self._shown[-self._alerts.max_per_minute][0]
            await asyncio.sleep(MINUTE - waited + A_LITTLE)

    def _act(self, desk: Desk, button: Button, alert: WaitingAlert | None) -> bool:
        """Do what a button says; False where nothing came of it."""
        if alert is None:
            return False
        match button:
            case Button.DONE if alert.case_id is not None:
                return desk.store.done(alert.case_id, self._clock.now())
            case Button.DONE:
                return desk.store.acknowledge(alert.id)
            case Button.LATER if alert.case_id is not None:
                now = self._clock.now()
                return desk.store.snooze(alert.case_id, now + REMIND_AFTER, now)
            case _:
                return True


def _begun(desktop: Desktop, showing: Showing, loop: asyncio.AbstractEventLoop) -> Answer:
    """Have the loop show an alert; called from the ingest thread."""
    return asyncio.run_coroutine_threadsafe(desktop.show(showing), loop)


def _clicked(desk: Desk, click: Click) -> WaitingAlert | None:
    """Return the alert that was clicked on, None for a click on nothing that we showed."""
    number = click.alert_id
    if number is None and click.server is not None:
        number = desk.store.popups.at(click.server, click.server_id)
    alert = None if number is None else desk.store.alert(number)
    if alert is None or alert.state not in (AlertState.SHOWN, AlertState.PENDING):
        return None
    here = (alert.server, alert.server_id) == (click.server, click.server_id)
    return alert if click.known or here else None


def _mark_closed(alert_id: int, desk: Desk) -> None:
    desk.store.popups.mark_closed(alert_id)
