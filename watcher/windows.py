"""What a run reads, in lists of bounded size, what it did in numbers, and how far it is."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from watcher.core.model import Message, Verdict
from watcher.errors import SourceUnavailable
from watcher.sources.items import Damage, Finished, Item, Progress, Remark
from watcher.store import Recorded

WINDOW_MESSAGES = 30_000
WINDOW_CHARACTERS = 16_000_000
"""How much is collected before it is sorted and judged: about 12 MB of SMS, 32 MB of mail."""

SELDOM = 50_000
"""Objects made and kept after which the garbage collector looks for cycles during a run."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the garbage collector look seldom: a run makes very many objects, and few in cycles."""
    often = gc.get_threshold()
    gc.set_threshold(SELDOM, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)


@dataclass(slots=True, kw_only=True)
class Summary:
    """What one run did, in numbers; `failed` messages were not judged because of a bug of ours."""

    messages: int = 0
    known: int = 0
    failed: int = 0
    opened: int = 0
    merged: int = 0
    alerts: int = 0
    digested: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    damage: list[Damage] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)

    def add(self, recorded: Recorded) -> None:
        """Count in what one transaction changed."""
        self.opened += recorded.opened
        self.merged += recorded.merged
        self.alerts += len(recorded.new_alerts)
        self.digested += recorded.digested


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """How far a run is: what was read and judged of how much, and the messages in it.

    `notices` are those of the messages that got a verdict.
    """

    read: int
    total: int
    messages: int
    notices: int


class Track:
    """Tells how far a run is, where a window is first read and then judged."""

    def __init__(self, summary: Summary, on_progress: Callable[[Advance], None]) -> None:
        self._summary = summary
        self._on_progress = on_progress
        self._reached = Progress(read=0, total=0)
        self._behind = self._left = self._messages = 0

    def heard(self, progress: Progress) -> None:
        """Take in how far the source was read; what waits to be judged is not done yet."""
        first = not self._reached.total
        self._reached = progress
        if first or not self._summary.messages:
            self._say(0)

    def begin(self, messages: int) -> None:
        """Begin to judge so many messages."""
        self._left = messages

    def judged(self, messages: int) -> None:
        """Take in that so many messages of the window are judged and recorded."""
        share = messages / self._left if self._left else 1.0
        self._messages += messages
        self._left -= messages
        self._say(share)

    def _say(self, share: float) -> None:
        self._behind += int((self._reached.read - self._behind) * share)
        notices = sum(self._summary.verdicts.values())
        self._on_progress(
            Advance(
                read=self._behind,
                total=self._reached.total,
                messages=self._messages,
                notices=notices,
            )
        )


def windows(
    items: Iterable[Item],
    summary: Summary,
    on_progress: Callable[[Progress], None],
) -> Iterator[list[Message]]:
    """Yield the messages in lists of bounded size; those read before a failure too.

    What else the items say is counted into `summary`.
    """
    window: list[Message] = []
    characters = 0
    stopped: SourceUnavailable | None = None
    stream = iter(items)
    while True:
        try:
            item = next(stream)
        except StopIteration:
            break
        except SourceUnavailable as error:
            stopped = error
            break
        match item:
            case Message():
                summary.messages += 1
                window.append(item)
                characters += len(item.text or "") + len(item.html or "")
                if len(window) >= WINDOW_MESSAGES or characters >= WINDOW_CHARACTERS:
                    yield window
                    window, characters = [], 0
            case Progress():
                on_progress(item)
            case Damage():
                summary.damage.append(item)
            case Remark():
                summary.remarks.append(item)
            case Finished():
                summary.finished.append(item)
            case _:
                assert_never(item)
    yield window
    if stopped is not None:
        raise stopped
