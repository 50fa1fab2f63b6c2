"""A deadline that holds for a thread which is blocked in a read: another thread ends it.

A timeout of the socket bounds one read only; a server that sends a byte now and then would
hold a command for ever. One thread watches one session, and wakes only where a deadline
may have passed.
"""

import threading
from collections.abc import Callable
from typing import Protocol


class Monotonic(Protocol):
    """What tells seconds that never run backwards."""

    def monotonic(self) -> float:
        """Return the seconds."""
        ...


class Deadline:
    """Calls `passed` once, from its own thread, when the time of `within` is over."""

    def __init__(self, clock: Monotonic, passed: Callable[[], None]) -> None:
        self._clock = clock
        self._passed = passed
        self._changed = threading.Condition()
        self._due: float | None = None
        self._wakes: float | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._watch, name="imap-deadline", daemon=True)
        self._thread.start()

    def within(self, seconds: float) -> None:
        """Start the time anew."""
        with self._changed:
            self._due = self._clock.monotonic() + seconds
            # It sleeps on where it will wake early enough: most commands take milliseconds.
            if self._wakes is None or self._wakes > self._due:
                self._changed.notify()

    def lift(self) -> None:
        """Let no time run."""
        with self._changed:
            self._due = None

    def end(self) -> None:
        """End the thread; nothing is called any more."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._ended:
                self._wakes = self._due
                if self._due is None:
                    self._changed.wait()
                    continue
                left = self._due - self._clock.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            if self._ended:
                return
        self._passed()
