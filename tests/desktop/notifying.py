"""A notifier on a bus, with what it reported, and something for it to show."""

import asyncio

from watcher.core.model import Urgency, Verdict
from watcher.desktop.dbus import BusNotifier, Click
from watcher.desktop.showing import Showing
from watcher.phrases import Phrases


class Desk:
    """A notifier with what it reported."""

    def __init__(
        self,
        address: str,
        *,
        deadline: float = 5.0,
    ) -> None:
        self.clicks: asyncio.Queue[Click] = asyncio.Queue()
        self.returned = asyncio.Event()
        self.notifier = BusNotifier(
            {"DBUS_SESSION_BUS_ADDRESS": address},
            Phrases("zh"),
            clicked=self.clicks.put_nowait,
            returned=self.returned.set,
            deadline=deadline,
        )

    async def click(self) -> Click:
        return await asyncio.wait_for(self.clicks.get(), 5)


def showing(alert_id: int = 42, verdict: Verdict = Verdict.STALE) -> Showing:
    critical = verdict is Verdict.FRAUDULENT
    return Showing(
        alert_id=alert_id,
        case_id=1,
        verdict=verdict,
        urgency=Urgency.CRITICAL if critical else Urgency.NORMAL,
    )
