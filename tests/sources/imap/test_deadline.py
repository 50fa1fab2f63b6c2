import threading
import time

from watcher.clock import SystemClock
from watcher.sources.imap.deadline import Deadline


def test_a_deadline_passes_once_and_in_time() -> None:
    passed = threading.Event()
    started = time.monotonic()
    deadline = Deadline(SystemClock(), passed.set)
    deadline.within(30)
    deadline.within(0.05)
    assert passed.wait(5)
    assert 0.05 <= time.monotonic() - started < 1
    deadline.end()


def test_what_is_done_in_time_or_ended_is_left_alone() -> None:
    passed = threading.Event()
    lifted, renewed, ended = (Deadline(SystemClock(), passed.set) for _ in range(3))
    for one in (lifted, renewed, ended):
        one.within(0.05)
    lifted.lift()
    renewed.within(30)
    ended.end()
    assert not passed.wait(0.15)
    lifted.within(0.05)
    assert passed.wait(5)
    renewed.end()
