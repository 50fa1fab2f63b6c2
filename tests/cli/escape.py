"""Tries to come out of the service's walls, and writes down what was done and what refused."""

import asyncio
import json
import os
import pwd
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

RUNTIME = Path(f"/run/user/{os.getuid()}")
HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
MANAGER = "org.freedesktop.systemd1"


async def start_a_unit(address: str) -> bool:
    """Ask systemd for a unit of our own, as nobody behind the walls may."""
    start = Variant("a(sasb)", [("/bin/true", ["/bin/true"], False)])
    try:
        bus = await MessageBus(bus_address=address).connect()
    except OSError:
        return False
    reply = await bus.call(
        Message(
            destination=MANAGER,
            path="/org/freedesktop/systemd1",
            interface=f"{MANAGER}.Manager",
            member="StartTransientUnit",
            signature="ssa(sv)a(sa(sv))",
            body=["escape.service", "fail", [["ExecStart", start]], []],
        )
    )
    bus.disconnect()
    return reply is not None and reply.message_type is MessageType.METHOD_RETURN


def on(name: str) -> Callable[[], bool]:
    return lambda: asyncio.run(start_a_unit(f"unix:path={RUNTIME / name}"))


def reads(path: Path) -> Callable[[], bool]:
    return lambda: bool(path.read_bytes())


def connected() -> bool:
    with socket.socket(socket.AF_UNIX) as direct:
        direct.connect(str(RUNTIME / "systemd" / "private"))
    return True


def written() -> bool:
    (HOME / "written").write_text("here I was")
    return (HOME / "diary.txt").exists()


TRIED: dict[str, Callable[[], bool]] = {
    "start a unit": on("bus"),
    "start a unit by way of the proxy": on("loan-watcher/bus"),
    "reach systemd past the bus": connected,
    "read the diary": reads(HOME / "diary.txt"),
    "read a key": reads(HOME / ".ssh" / "id"),
    "write to the home": written,
    "write to the units": lambda: bool(
        (HOME / ".config/systemd/user/own.service").write_text("[Service]\n")
    ),
}


def outcome(deed: Callable[[], bool]) -> str:
    try:
        return "done" if deed() else "refused"
    except OSError:
        return "refused"


Path(sys.argv[1]).write_text(json.dumps({name: outcome(deed) for name, deed in TRIED.items()}))
