"""The portable nudge through plyer, where our own D-Bus client cannot show anything.

Rules for this file: plyer gets fixed text only. It passes titles to programs as options,
pastes bodies into expressions, and does not tell whether anything was shown: so nothing
of an alert may reach it, and what it did never counts as shown.
"""

import asyncio
import shutil
import sys
import threading
import warnings
from collections.abc import Mapping

from watcher.desktop.session import bus_address
from watcher.desktop.showing import Showing, Shown
from watcher.phrases import Phrases

SECONDS_BETWEEN_NUDGES = 900.0


class PlyerNotifier:
    """Says that there is something new, and leaves the alert for the outbox to try again."""

    def __init__(
        self,
        environ: Mapping[str, str],
        phrases: Phrases,
        *,
        deadline: float = 5.0,
    ) -> None:
        self._environ = environ
        self._phrases = phrases
        self._deadline = deadline
        self._nudged: set[int] = set()
        self._quiet_until = 0.0
        self._thread: threading.Thread | None = None

    async def show(self, showing: Showing) -> Shown | None:
        """Nudge the user once for a new alert; always None, for nobody knows if it was seen."""
        loop = asyncio.get_running_loop()
        busy = self._thread is not None and self._thread.is_alive()
        if busy or showing.alert_id in self._nudged or loop.time() < self._quiet_until:
            return None
        if not _can_nudge(self._environ):
            return None
        self._nudged.add(showing.alert_id)
        self._quiet_until = loop.time() + SECONDS_BETWEEN_NUDGES
        done = asyncio.Event()
        # A thread of its own: plyer waits for its child without a limit, and one that
        # hangs must hold up neither the loop nor the end of the program.
        self._thread = threading.Thread(
            target=self._nudge,
            args=(loop, done),
            name="plyer",
            daemon=True,
        )
        self._thread.start()
        try:
            await asyncio.wait_for(done.wait(), self._deadline)
        except TimeoutError:
            return None
        return None

    def _nudge(self, loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
        try:
            _notify(
                self._phrases.say("desktop.nudge_title"), self._phrases.say("desktop.nudge_body")
            )
        except (OSError, ImportError, NotImplementedError, RuntimeError, ValueError):
            pass  # it was a nudge; the alert itself is still waiting in the outbox
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)


def _can_nudge(environ: Mapping[str, str]) -> bool:
    """Whether plyer has a chance: on Linux it starts notify-send and never looks how it ended."""
    if sys.platform != "linux":
        return True
    try:
        bus_address(environ)
    except FileNotFoundError:
        return False
    return shutil.which("notify-send", path=environ.get("PATH")) is not None


def _notify(title: str, body: str) -> None:
    # It warns about the backends that are not installed.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"plyer\.")
    from plyer import notification  # noqa: PLC0415  looks for backends while it is imported

    notification.notify(title=title, message=body, app_name="loan-watcher", timeout=10)
