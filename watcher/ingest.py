"""From a source to the screen: read, judge, record, show.

The order is the contract: an alert is committed together with its case and the source's
cursor before it is shown, and marked as shown after the desktop took it. A crash may
repeat an alert and never loses one.

Messages are judged by what came before them, and an export may give the newest first. So
all messages of a run are collected and sorted by their own time before any is judged, in
windows that bound the memory; only a run beyond a window is judged window by window. What
was recorded before is sorted too and then dropped in chunks, which keeps copies of one
message, found in two files of one run, from being evidence twice.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol

import structlog

from watcher.clock import Clock
from watcher.core.ledger import Ledger
from watcher.core.model import (
    Alert,
    Case,
    Judgement,
    Kind,
    Match,
    Message,
    Notice,
    Phrase,
    Urgency,
    Verdict,
)
from watcher.desktop.showing import Showing, Shown
from watcher.errors import SourceUnavailable
from watcher.sources.items import Item
from watcher.store import Cursor, Store, Topic, WaitingAlert
from watcher.store.identity import identity
from watcher.turns import in_order
from watcher.windows import Advance, Summary, Track, collecting_seldom, windows

__all__ = [
    "Ingest",
    "Judge",
    "Notifier",
    "Past",
    "Showing",
    "Shown",
    "Summary",
    "Unjudged",
    "show_pending",
    "showing_of",
    "windows",
]

CHUNK = 1_000
"""Messages a transaction; beyond this a bigger one is no faster (SQLite, WAL, FULL)."""
OLD = timedelta(days=7)
"""What was received longer ago is no news: its alert is left to one summary."""

_log = structlog.get_logger()


Past = Callable[[], Iterable[str]]
"""Yields all earlier evidence as JSON, in the order of its messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """What kept a message from being judged: a bug of ours, and where it was met.

    It is told in words that carry none of the message's text.
    """

    error: str
    at: str


class Judge(Protocol):
    """The port to whatever judges messages; it remembers what they showed."""

    ledger: Ledger
    """The loans by which is judged; it may be replaced between two runs."""

    def judge(self, messages: Sequence[Message], past: Past) -> Iterator[Case | Unjudged]:
        """Judge messages, in their order, by each other and by the past, if that is not known."""
        ...

    def forget(self) -> None:
        """Ask for the past again before the next message is judged."""
        ...


class Notifier(Protocol):
    """The port to whatever shows alerts to the user."""

    async def show(self, showing: Showing) -> Shown | None:
        """Show one alert; None means that nothing was shown and it is to be tried again."""
        ...


class Unsaved(Protocol):
    """The port to whatever tells of alerts that the disk refuses to keep."""

    def keep(self, cases: Sequence[Case]) -> None:
        """Tell of cases that could not be saved; they come again until they are."""
        ...

    def saved(self) -> None:
        """Note that cases were saved."""
        ...


def _nobody_looks(_: Advance) -> None:
    pass


def _nothing_else() -> None:
    pass


class Ingest:
    """Judges what sources give and records it; belongs to the thread of its store.

    `fraud_repeats` is how long until an acknowledged fraud that comes again is shown again.
    `meanwhile` is called between two transactions of a long run, for other work on the store;
    what it raises ends the run, which loses nothing but has to be made again. `unsaved` is told
    of what the disk refused.
    """

    def __init__(  # noqa: PLR0913  what judging needs
        self,
        *,
        judge: Judge,
        store: Store,
        clock: Clock,
        meanwhile: Callable[[], None] = _nothing_else,
        fraud_repeats: timedelta = timedelta(days=7),
        unsaved: Unsaved | None = None,
    ) -> None:
        self.judge = judge
        self.fraud_repeats = fraud_repeats
        self._store = store
        self._clock = clock
        self._meanwhile = meanwhile
        self._unsaved = unsaved

    def run(  # noqa: PLR0913  each says how far the run goes
        self,
        items: Iterable[Item],
        *,
        source: str,
        first_run: bool = False,
        cursor: Cursor | None = None,
        on_progress: Callable[[Advance], None] = _nobody_looks,
        to_its_end: bool = True,
    ) -> Summary:
        """Judge and record everything a source gives, and queue what is to be shown.

        `source` names the source for good: copies in sources of other names are paired.
        `cursor` is where the source stands once all of `items` is recorded. On a first run
        all alerts are left to one summary. Where `items` do not go to the end of the source
        (`to_its_end`), nothing is summed up and the source is not called read.
        SourceUnavailable where the source or the disk fails: what was read before that is
        recorded if it can be, the cursor stays.
        """
        summary = Summary()
        try:
            track = Track(summary, on_progress)
            with collecting_seldom():
                for window in windows(items, summary, track.heard):
                    track.begin(len(window))
                    self._judge_window(window, source, summary, track, first_run=first_run)
            now = self._clock.now()
            if cursor is not None:
                self._store.record((), cursor=cursor, now=now)
            if to_its_end and not summary.damage:
                self._store.checked(source, now)
        except Exception:
            self._sum_up(to_its_end=to_its_end)
            raise
        # Whoever interrupts this may do so inside a transaction: no other is begun after it.
        self._sum_up(to_its_end=to_its_end)
        return summary

    def _sum_up(self, *, to_its_end: bool) -> None:
        if to_its_end:
            self._store.summarise(self._clock.now())

    def _judge_window(
        self,
        window: list[Message],
        source: str,
        summary: Summary,
        track: Track,
        *,
        first_run: bool,
    ) -> None:
        window.sort(key=attrgetter("received_at"))
        for start in range(0, len(window), CHUNK):
            self._meanwhile()
            chunk = window[start : start + CHUNK]
            now = self._clock.now()

            def topic(case: Case, now: datetime = now) -> Topic:
                return self._topic(case, now, first_run=first_run)

            cases: list[Case] = []
            try:
                sifted = self._store.sift(chunk, source)
                summary.known += len(chunk) - len(sifted.fresh)
                cases = self._judge(sifted.fresh, summary)
                recorded = self._store.record(
                    cases,
                    source=source,
                    now=now,
                    topic=topic,
                    fraud_repeats=self.fraud_repeats,
                    sifted=True,
                    more=start + CHUNK < len(window),
                )
            except SourceUnavailable:
                # What was not stored is judged again: it must not be its own past then.
                self.forget_history()
                if self._unsaved is not None:
                    cases = cases or self._judge_unsifted(chunk)
                    self._unsaved.keep([one for one in cases if _is_to_be_shown(one, topic)])
                raise
            if self._unsaved is not None and cases:
                self._unsaved.saved()
            summary.add(recorded)
            if sifted.copies:
                self._store.sift(sifted.copies, source)
            track.judged(len(chunk))

    def _judge_unsifted(self, chunk: Sequence[Message]) -> list[Case]:
        """Judge what is not known yet, where the disk refused even to note what is."""
        try:
            fresh = [one for one in chunk if not self._store.seen(identity(one))]
            return self._judge(fresh, Summary())
        except SourceUnavailable:
            return []
        finally:
            self.forget_history()

    def forget_history(self) -> None:
        """Read again, before the next message is judged, what the store knows."""
        self.judge.forget()

    def _judge(self, messages: Sequence[Message], summary: Summary) -> list[Case]:
        cases = []
        judged = self.judge.judge(messages, self._store.evidence)
        for message, found in zip(messages, judged, strict=True):
            if isinstance(found, Unjudged):
                _log.error("message-not-judged", error=found.error, at=found.at)
                summary.failed += 1
                case = _not_judged(message)
            else:
                case = found
            if case.judgement.verdict is not None:
                summary.verdicts[case.judgement.verdict] += 1
            cases.append(case)
        return cases

    def _topic(self, case: Case, now: datetime, *, first_run: bool) -> Topic:
        """Decide whether an alert is shown alone; with no loans known only a fraud is."""
        if not self.judge.ledger.loans and case.judgement.verdict is not Verdict.FRAUDULENT:
            return Topic.LEDGER
        if first_run or now - case.message.received_at > OLD:
            return Topic.DIGEST
        return Topic.CASE


def _is_to_be_shown(case: Case, topic: Callable[[Case], Topic]) -> bool:
    return case.alert is not None and topic(case) is Topic.CASE


def _not_judged(message: Message) -> Case:
    """Return the case of a message that our own bug kept from being judged."""
    return Case(
        message=replace(message, unreadable="ingest.our_bug"),
        notice=Notice(kind=Kind.OTHER),
        match=Match(),
        judgement=Judgement(verdict=Verdict.UNSURE, row="not-judged", checklists=("S",)),
        summary=Phrase(id="ingest.not_judged"),
        key=f"not-judged:{identity(message)}",
        alert=Alert(urgency=Urgency.NORMAL),
    )


def showing_of(alert: WaitingAlert) -> Showing:
    """Return what a notifier is asked to show for an alert of the outbox."""
    return Showing(
        alert_id=alert.id,
        case_id=alert.case_id,
        verdict=alert.verdict,
        urgency=alert.urgency,
        count=alert.count,
        lender=alert.lender,
        summary=alert.summary,
        court=alert.court,
        before=Shown(backend="dbus", server_id=alert.server_id, server=alert.server)
        if alert.server is not None
        else None,
    )


async def show_pending(
    store: Store,
    notifier: Notifier,
    clock: Clock,
    *,
    lenders: Collection[str] = (),
    most: int = 3,
) -> int:
    """Show up to `most` waiting alerts in turn; return how many were shown.

    It stops at the first that could not be shown: whatever keeps one from being shown
    keeps the others too.
    """
    shown = 0
    now = clock.now()
    for alert in in_order(store.pending_alerts(now), lenders, now)[:most]:
        proof = await notifier.show(showing_of(alert))
        if proof is None:
            store.mark_tried(alert.id)
            break
        store.mark_shown(alert.id, proof.backend, proof.server_id, clock.now(), proof.server)
        shown += 1
    return shown
