"""Whether mail servers can be reached: TLS and the greeting, without signing in."""

import queue
import threading
from collections.abc import Sequence

from watcher.clock import SystemClock
from watcher.errors import SourceUnavailable
from watcher.sources.imap.connection import Limits, Server
from watcher.sources.imap.conversation import Conversation


def reach_all(servers: Sequence[Server], seconds: float) -> tuple[SourceUnavailable | None, ...]:
    """Return of each server what keeps one from it, None where nothing does.

    All are tried at once, and none is waited for longer than `seconds`: the name service of
    the system, for one, has no deadline of its own.
    """
    answers: queue.SimpleQueue[tuple[int, SourceUnavailable | None]] = queue.SimpleQueue()
    found: list[SourceUnavailable | None] = [SourceUnavailable("imap.unreachable") for _ in servers]
    clock = SystemClock()
    ends = clock.monotonic() + seconds
    for number, server in enumerate(servers):
        threading.Thread(
            target=lambda number=number, server=server: answers.put(
                (number, _kept_from(server, seconds))
            ),
            name="reach",
            daemon=True,
        ).start()
    for _ in servers:
        try:
            number, failure = answers.get(timeout=max(0.0, ends - clock.monotonic()))
        except queue.Empty:
            break
        found[number] = failure
    return tuple(found)


def _kept_from(server: Server, seconds: float) -> SourceUnavailable | None:
    try:
        Conversation(server, Limits(connect=seconds, command=seconds)).close()
    except SourceUnavailable as failure:
        return SourceUnavailable(failure.says, failure.values)
    return None
