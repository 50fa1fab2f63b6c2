"""A session bus and a notification server without a screen, for tests."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from dbus_fast import DBusError, Message
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from tests.needed import needs

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
EVERYTHING = ("actions", "body", "body-markup", "persistence")

# No folder of services: nothing can be started by a call, so "no server" stays no server.
BUS_CONFIGURATION = """
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

Strings = Annotated[list[str], DBusSignature("as")]
Names = Annotated[tuple[str, str, str, str], DBusSignature("ssss")]
Invocation = Annotated[tuple[int, str], DBusSignature("us")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One notification as the server got it."""

    id: int
    app: str
    replaces: int
    title: str
    body: str
    actions: tuple[str, ...]
    hints: dict[str, object]
    timeout: int

    @property
    def keys(self) -> tuple[str, ...]:
        return self.actions[::2]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.actions[1::2]


@contextmanager
def session_bus(folder: Path) -> Iterator[str]:
    """Run a private session bus and give its address; skip where the system has no bus."""
    program = needs("dbus-daemon", "dbus-daemon")
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "bus"
    configuration = folder / "bus.conf"
    configuration.write_text(BUS_CONFIGURATION.format(socket=socket))
    bus = subprocess.Popen(
        [program, f"--config-file={configuration}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert bus.stdout is not None
    try:
        address = bus.stdout.readline().decode().strip()
        assert address.startswith("unix:"), "the bus did not start"
        yield address
    finally:
        bus.kill()
        bus.wait()
        bus.stdout.close()
        socket.unlink(missing_ok=True)


class NotificationServer(ServiceInterface):
    """Takes notifications and keeps them; clicks on request."""

    def __init__(self, capabilities: tuple[str, ...]) -> None:
        super().__init__(NAME)
        self.capabilities = list(capabilities)
        self.sent: list[Sent] = []
        self.closed: list[int] = []
        self.replaces_nothing = False
        """Refuse a pop-up that is to replace another."""
        self.refuses = False
        """Refuse all, as Plasma does where too many come."""
        self.excuse = "too many"
        """What it says then."""
        self.refused = 0
        """How often it has."""
        self.pretends = False
        """Give the number of no pop-up, as GNOME did for what it did not show."""
        self.answering = asyncio.Event()
        self.answering.set()
        self._arrivals: asyncio.Queue[Sent] = asyncio.Queue()
        self._bus: MessageBus | None = None

    @classmethod
    @asynccontextmanager
    async def at(
        cls,
        address: str,
        capabilities: tuple[str, ...] = EVERYTHING,
    ) -> AsyncIterator[Self]:
        """Serve on a bus, and leave it however the test ends."""
        server = await cls.start(address, capabilities)
        try:
            yield server
        finally:
            await server.stop()

    @classmethod
    async def start(cls, address: str, capabilities: tuple[str, ...] = EVERYTHING) -> Self:
        server = cls(capabilities)
        server._bus = await MessageBus(bus_address=address).connect()
        server._bus.export(PATH, server)
        await server._bus.request_name(NAME)
        return server

    async def stop(self) -> None:
        """Give up the name and the connection; a second call does nothing."""
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            await bus.release_name(NAME)
            bus.disconnect()
            with suppress(OSError, EOFError):
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def next(self, within: float = 5.0) -> Sent:
        """Wait for the next notification that was not waited for yet."""
        return await asyncio.wait_for(self._arrivals.get(), within)

    def click(self, server_id: int, key: str) -> None:
        self.ActionInvoked(server_id, key)

    @dbus_method()
    def GetCapabilities(self) -> Strings:  # noqa: N802  the names are the protocol's
        return self.capabilities

    @dbus_method()
    def GetServerInformation(self) -> Names:  # noqa: N802
        return ("invented", "tests", "1.0", "1.2")

    @dbus_method()
    async def Notify(  # noqa: N802, PLR0913, PLR0917
        self,
        app_name: DBusStr,
        replaces_id: DBusUInt32,
        app_icon: DBusStr,  # noqa: ARG002
        summary: DBusStr,
        body: DBusStr,
        actions: Strings,
        hints: DBusDict,
        expire_timeout: DBusInt32,
    ) -> DBusUInt32:
        await self.answering.wait()
        if self.refuses or (replaces_id and self.replaces_nothing):
            self.refused += 1
            raise DBusError(f"{NAME}.Error.ExcessNotificationGeneration", self.excuse)
        if self.pretends:
            return 0
        sent = Sent(
            id=replaces_id or len(self.sent) + 1,
            app=app_name,
            replaces=replaces_id,
            title=summary,
            body=body,
            actions=tuple(actions),
            hints={name: hint.value for name, hint in hints.items()},
            timeout=expire_timeout,
        )
        self.sent.append(sent)
        self._arrivals.put_nowait(sent)
        return sent.id

    @dbus_method()
    def CloseNotification(self, id: DBusUInt32) -> None:  # noqa: A002, N802  the protocol's
        if id in self.closed or not any(sent.id == id for sent in self.sent):
            raise DBusError(f"{NAME}.Error.InvalidId", "there is none")
        self.closed.append(id)

    @dbus_signal()
    def ActionInvoked(self, server_id: int, key: str) -> Invocation:  # noqa: N802
        return (server_id, key)


async def forge_click(address: str, server_id: int, key: str) -> None:
    """Send the signal of a click as another program on the same bus would."""
    forger = await MessageBus(bus_address=address).connect()
    signal = Message.new_signal(PATH, NAME, "ActionInvoked", "us", [server_id, key])
    await forger.send(signal)
    # The reply to a call that follows the signal proves that the bus has passed it on.
    await forger.introspect("org.freedesktop.DBus", "/org/freedesktop/DBus")
    forger.disconnect()
