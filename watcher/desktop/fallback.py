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
from watcher.phrases import Phrases


class PlyerNotifier:
    """Says that there is something new; how often it may is for who calls to know."""

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
        self._thread: threading.Thread | None = None

    def can_nudge(self) -> bool:
        """Whether there is a chance: plyer runs notify-send and never looks how it ended."""
        if self._thread is not None and self._thread.is_alive():
            return False
        return _can_nudge(self._environ)

    async def nudge(self) -> None:
        """Nudge the user; nobody knows if it was seen."""
        loop = asyncio.get_running_loop()
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
            return

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
