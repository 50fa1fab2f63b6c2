"""From a source to the screen: read, process, record, show.

The order is the contract: an alert is committed together with its case and the source's
cursor before it is shown, and marked as shown after the desktop took it. A crash may
repeat an alert and never loses one.
"""

from typing import Protocol

from watcher.desktop.showing import Showing, Shown

__all__ = ["Notifier", "Showing", "Shown"]


class Notifier(Protocol):
    """The port to whatever shows alerts to the user."""

    async def show(self, showing: Showing) -> Shown | None:
        """Show one alert; None means that nothing was shown and it is to be tried again."""
        ...
