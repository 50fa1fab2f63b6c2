"""Notifications with buttons through the session bus (org.freedesktop.Notifications).

Rules for this file: every call has a deadline, every failure is answered with None (the
outbox keeps the alert), and a click counts only if it comes from the server that we talked
to and names an alert that we showed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from watcher.desktop.session import bus_address
from watcher.desktop.showing import Showing, Shown
from watcher.desktop.text import Button, pop_up, read_key
from watcher.phrases import Phrases

SERVER = "org.freedesktop.Notifications"
SERVER_PATH = "/org/freedesktop/Notifications"
BUS = "org.freedesktop.DBus"
BUS_PATH = "/org/freedesktop/DBus"
DESKTOP_ENTRY = "loan-watcher"
NEVER_EXPIRES = 0
EXPIRES_AS_USUAL = -1
CRITICAL = 2

MATCHES = (
    f"type='signal',interface='{SERVER}',path='{SERVER_PATH}',member='ActionInvoked'",
    f"type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{SERVER}'",
)
FAILURES = (OSError, EOFError, TimeoutError, DBusFastError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """What the user answered to a pop-up.

    A pop-up of an earlier process has `known` False: whether `server_id` was ever that
    alert's is to be looked up where it was recorded; so is which alert it was, where
    `alert_id` is None.
    """

    alert_id: int | None
    server_id: int
    button: Button
    known: bool = True
    server: str | None = None


class BusNotifier:
    """A client of the desktop's notification server; all methods run on one event loop.

    Args:
        environ: where the address of the session bus is looked up, anew at each connection.
        phrases: the words to use.
        clicked: called for each answer of the user.
        returned: called when a server appears that was not there when we first connected:
            what is not acknowledged has to be shown again, that server knows nothing of it.
        details: whether the lender's name may stand on the lock screen.
        deadline: seconds that one alert may take.
    """

    def __init__(  # noqa: PLR0913  one place wires it, and each is a decision of its own
        self,
        environ: Mapping[str, str],
        phrases: Phrases,
        *,
        clicked: Callable[[Click], None],
        returned: Callable[[], None],
        details: bool = False,
        deadline: float = 5.0,
    ) -> None:
        self._environ = environ
        self._phrases = phrases
        self._clicked = clicked
        self._returned = returned
        self._details = details
        self._deadline = deadline
        self._ids: dict[int, int] = {}
        self._late: dict[int, asyncio.Future[Message]] = {}
        self._life: str | None = None
        self._bus: MessageBus | None = None
        self._owner: str | None = None
        self._capabilities: frozenset[str] | None = None
        self._connected_before = False
        self._turn = asyncio.Lock()

    async def show(self, showing: Showing) -> Shown | None:
        """Show one alert and return the server's id for it, or None where nothing answered."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._deadline):
                    server_id = await self._notify(await self._connected(), showing)
            except FAILURES:
                return None
            if not server_id:  # no pop-up has this number: it was taken and not shown
                return None
            self._ids[showing.alert_id] = server_id
            return Shown(backend="dbus", server_id=server_id, server=self._server)

    async def close_pop_up(self, alert_id: int, shown: Shown) -> bool:
        """Take a pop-up off the screen; False where nothing is known of it at the moment.

        One that the server itself has closed, or that went with an earlier server, is gone too.
        """
        if shown.server_id is None:
            return True
        async with self._turn:
            try:
                async with asyncio.timeout(self._deadline):
                    bus = await self._connected()
                    if self._server is None:
                        return False
                    if shown.server == self._server:
                        await _call(bus, _to_server("CloseNotification", "u", [shown.server_id]))
            except ConnectionRefusedError:
                pass  # how some servers say that there is none of this number any more
            except FAILURES:
                return False
            self._ids.pop(alert_id, None)
        return True

    @property
    def _server(self) -> str | None:
        """This life of this server: unique names are unique only while their bus runs."""
        return None if self._owner is None else f"{self._life}{self._owner}"

    async def listen(self) -> bool:
        """Connect if there is no connection; False where there is no bus that answers."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._deadline):
                    await self._connected()
            except FAILURES:
                return False
        return True

    async def close(self) -> None:
        """Leave the bus; pop-ups stay on the screen, their clicks are read by the next process."""
        self._forget_server()
        if self._bus is not None:
            await _leave(self._bus)
        self._bus = None

    async def _connected(self) -> MessageBus:
        if self._bus is not None and self._bus.connected:
            return self._bus
        self._forget_server()
        bus = MessageBus(bus_address=bus_address(self._environ))
        await bus.connect()
        try:
            bus.add_message_handler(self._receive)
            for match in MATCHES:
                await _call(bus, _to_bus("AddMatch", "s", [match]))
            reply = await _call(bus, _to_bus("GetId", "", []))
            owner = await self._present_owner(bus)
        except BaseException:
            await _leave(bus)
            raise
        self._bus = bus
        self._life = str(reply.body[0])
        self._meet(owner)
        self._connected_before = True
        return bus

    async def _present_owner(self, bus: MessageBus) -> str | None:
        try:
            reply = await _call(bus, _to_bus("GetNameOwner", "s", [SERVER]))
        except ConnectionRefusedError:
            return None
        return str(reply.body[0])

    async def _notify(self, bus: MessageBus, showing: Showing) -> int:
        late = self._late.pop(showing.alert_id, None)
        if late is None:
            if self._capabilities is None:
                reply = await _call(bus, _to_server("GetCapabilities"))
                self._capabilities = frozenset(map(str, reply.body[0]))
            late = asyncio.ensure_future(self._sent(bus, showing, self._capabilities))
            late.add_done_callback(_look_at)
        try:
            # A server that is slow gets the alert once: the next try waits for the same answer.
            reply = await asyncio.shield(late)
        except asyncio.CancelledError:
            self._late[showing.alert_id] = late
            raise
        return int(reply.body[0])

    async def _sent(
        self, bus: MessageBus, showing: Showing, capabilities: frozenset[str]
    ) -> Message:
        """Send an alert in place of its earlier pop-up; anew where the server refuses that."""
        before = self._replaced(showing)
        if before:
            with contextlib.suppress(ConnectionRefusedError):
                return await _call(bus, self._message(showing, capabilities, before))
        return await _call(bus, self._message(showing, capabilities, 0))

    def _replaced(self, showing: Showing) -> int:
        before = showing.before
        if before is not None and before.server_id is not None and before.server == self._server:
            return self._ids.get(showing.alert_id, before.server_id)
        return self._ids.get(showing.alert_id, 0)

    def _message(self, showing: Showing, capabilities: frozenset[str], replaces: int) -> Message:
        worded = pop_up(showing, self._phrases, capabilities=capabilities, details=self._details)
        hints = {
            "urgency": Variant("y", worded.urgency),
            "desktop-entry": Variant("s", DESKTOP_ENTRY),
            "category": Variant("s", "im.received"),
            # Plasma 5 pastes pop-ups of one title together, and shows the buttons of one of them.
            "x-kde-skipGrouping": Variant("b", True),  # noqa: FBT003  the value itself
        }
        return _to_server(
            "Notify",
            "susssasa{sv}i",
            [
                self._phrases.say("desktop.app"),
                replaces,
                "",
                worded.title,
                worded.body,
                list(worded.actions),
                hints,
                NEVER_EXPIRES if worded.urgency == CRITICAL else EXPIRES_AS_USUAL,
            ],
        )

    def _receive(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if (message.sender, message.member) == (BUS, "NameOwnerChanged"):
            if message.signature == "sss" and message.body[0] == SERVER:
                self._meet(message.body[2] or None)
        elif (
            message.interface == SERVER
            and message.member == "ActionInvoked"
            and message.signature == "us"
            and self._owner is not None
            and message.sender == self._owner  # anyone on the bus can send such a signal
        ):
            self._click(message.body[0], message.body[1])

    def _click(self, server_id: int, key: str) -> None:
        read = read_key(key)
        if read is None:
            return
        button, named = read
        ours = {shown_as: alert for alert, shown_as in self._ids.items()}.get(server_id)
        # The id may be another program's: what this process did not show to this server counts
        # only where it was recorded. An id of ours must not come with another alert's key.
        alert_id = ours if named is None else named
        if ours not in {None, alert_id}:
            return
        self._clicked(
            Click(
                alert_id=alert_id,
                server_id=server_id,
                button=button,
                known=ours is not None,
                server=self._server,
            ),
        )

    def _meet(self, owner: str | None) -> None:
        """Take note of who serves notifications now; ids given by another server are void."""
        if owner == self._owner:
            return
        self._forget_server()
        self._owner = owner
        # A server that was there before us may still show what an earlier process sent.
        if owner is not None and self._connected_before:
            self._returned()

    def _forget_server(self) -> None:
        self._owner = None
        self._capabilities = None
        self._ids.clear()
        for call in self._late.values():
            call.cancel()
        self._late.clear()


def _to_bus(member: str, signature: str, body: list[object]) -> Message:
    return Message(
        destination=BUS,
        path=BUS_PATH,
        interface=BUS,
        member=member,
        signature=signature,
        body=body,
    )


def _to_server(member: str, signature: str = "", body: list[object] | None = None) -> Message:
    return Message(
        destination=SERVER,
        path=SERVER_PATH,
        interface=SERVER,
        member=member,
        signature=signature,
        body=body or [],
    )


async def _call(bus: MessageBus, message: Message) -> Message:
    """Call and return the reply; an error reply and an end of the connection are `OSError`s."""
    reply: Message | None = await bus.call(message)
    if reply is None:  # the bus closed the connection in good order
        raise ConnectionResetError
    if reply.message_type is MessageType.ERROR:
        raise ConnectionRefusedError
    return reply


async def _leave(bus: MessageBus) -> None:
    """End a connection and wait for its socket to be closed."""
    if bus.connected:
        bus.disconnect()
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(1):
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


def _look_at(call: asyncio.Future[Message]) -> None:
    """Fetch the outcome of a call nobody waits for any more, or asyncio complains of it."""
    if not call.cancelled():
        call.exception()
