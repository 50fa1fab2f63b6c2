"""Which way an alert takes to the user: the first one that can show it."""

from collections.abc import Callable, Mapping
from typing import TextIO

from watcher.desktop.dbus import BusNotifier, Click
from watcher.desktop.fallback import PlyerNotifier
from watcher.desktop.showing import Showing, Shown
from watcher.desktop.terminal import TerminalNotifier
from watcher.phrases import Phrases


class Desktop:
    """Shows on the session bus; failing that, writes to the terminal if one is open, or nudges."""

    def __init__(
        self,
        bus: BusNotifier,
        nudge: PlyerNotifier,
        terminal: TerminalNotifier | None,
    ) -> None:
        self._bus = bus
        self._nudge = nudge
        self._terminal = terminal

    async def show(self, showing: Showing) -> Shown | None:
        """Show one alert; None means that nobody is known to have seen it."""
        shown = await self._bus.show(showing)
        if shown is None and self._terminal is not None:
            shown = await self._terminal.show(showing)
        return shown

    def can_nudge(self) -> bool:
        """Whether the user may be told, without words and unproved, that something is waiting."""
        return self._nudge.can_nudge()

    async def nudge(self) -> None:
        """Say that there is something, where nothing could be shown; it proves nothing."""
        await self._nudge.nudge()

    async def close_pop_up(self, alert_id: int, shown: Shown) -> bool:
        """Take a pop-up off the screen; False where it is to be tried again."""
        return await self._bus.close_pop_up(alert_id, shown)

    async def listen(self) -> bool:
        """Keep the connection to the session bus, by which clicks come; False without one."""
        return await self._bus.listen()

    async def close(self) -> None:
        """Leave the session bus."""
        await self._bus.close()


def choose_notifier(  # noqa: PLR0913  what the three ways need, told apart by name
    environ: Mapping[str, str],
    phrases: Phrases,
    *,
    clicked: Callable[[Click], None],
    returned: Callable[[], None],
    details: bool = False,
    terminal: TextIO | None = None,
) -> Desktop:
    """Put the ways together that this environment has.

    Args:
        environ: the environment of the process, which names the session bus.
        phrases: the words to use.
        clicked: called for each answer to a pop-up.
        returned: called when what was shown is lost and has to be shown again.
        details: whether the lender's name may stand on the lock screen.
        terminal: where to write when nothing else works; only used if it is a terminal.
    """
    bus = BusNotifier(
        environ,
        phrases,
        clicked=clicked,
        returned=returned,
        details=details,
    )
    reader = TerminalNotifier(terminal, phrases) if terminal and terminal.isatty() else None
    return Desktop(bus, PlyerNotifier(environ, phrases), reader)
