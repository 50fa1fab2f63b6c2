"""A real gnome-keyring on a bus of its own, for tests."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.needed import needs
from tests.notification_server import session_bus

NAME = "org.freedesktop.secrets"
SERVICE_PATH = "/org/freedesktop/secrets"
COLLECTION = "/org/freedesktop/secrets/collection/login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """A keyring that runs, and the environment in which it is found."""

    environ: dict[str, str]

    def lock(self) -> None:
        """Lock it, as a desktop does when its user signs out."""
        asyncio.run(self._call("Lock", "ao", [[COLLECTION]]))

    async def _call(self, member: str, signature: str, body: list[object]) -> None:
        bus = await MessageBus(bus_address=self.environ["DBUS_SESSION_BUS_ADDRESS"]).connect()
        call = Message(
            destination=NAME,
            path=SERVICE_PATH,
            interface="org.freedesktop.Secret.Service",
            member=member,
            signature=signature,
            body=body,
        )
        reply = await bus.call(call)
        assert reply is not None
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        bus.disconnect()


@contextmanager
def running_keyring(folder: Path, *, unlocked: bool = True) -> Iterator[Keyring]:
    """Run an empty keyring; skip where the system has none. Nobody can see its windows."""
    program = needs("gnome-keyring", "gnome-keyring-daemon")
    with session_bus(folder / "bus") as address:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "DBUS_SESSION_BUS_ADDRESS": address,
        }
        start = [program, "--components=secrets", "--foreground"]
        daemon = subprocess.Popen(
            [*start, "--unlock"] if unlocked else start,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert daemon.stdin is not None
        try:
            daemon.stdin.write(b"open sesame")
            daemon.stdin.close()
            asyncio.run(_served(address))
            yield Keyring(environ=environ)
        finally:
            daemon.terminate()
            daemon.wait()


async def _served(address: str) -> None:
    """Wait until the keyring answers on the bus."""
    bus = await MessageBus(bus_address=address).connect()
    there = asyncio.Event()

    def notice(message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[0] == NAME:
            there.set()

    bus.add_message_handler(notice)
    watch = f"type='signal',member='NameOwnerChanged',arg0='{NAME}'"
    await bus.call(_to_the_bus("AddMatch", watch))
    reply = await bus.call(_to_the_bus("NameHasOwner", NAME))
    assert reply is not None
    if not reply.body[0]:
        await asyncio.wait_for(there.wait(), 10)
    bus.disconnect()


def _to_the_bus(member: str, argument: str) -> Message:
    name = "org.freedesktop.DBus"
    return Message(
        destination=name,
        path="/org/freedesktop/DBus",
        interface=name,
        member=member,
        signature="s",
        body=[argument],
    )
