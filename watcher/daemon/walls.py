"""Looks from the inside which walls of the unit really stand: some systems ignore half of them."""

import asyncio
import contextlib
import mmap
import resource
import socket
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from watcher.desktop.dbus import FAILURES
from watcher.desktop.session import bus_address

UNSEEN: Final = "LOAN_WATCHER_UNSEEN"
"""Names a file in the home that a walled-in service must not see; absent where no unit is."""

_SECONDS: Final = 3.0
_MANAGER: Final = "org.freedesktop.systemd1"
_NETLINK: Final = 16  # AF_NETLINK
_STATUS: Final = Path("/proc/self/status")


class Wall(StrEnum):
    """What the unit keeps from the service."""

    HOME = "home"
    BUS = "bus"
    MEMORY = "memory"
    SOCKETS = "sockets"
    PRIVILEGES = "privileges"
    CORE = "core"


async def fallen(environ: Mapping[str, str]) -> tuple[Wall, ...]:
    """Return the walls that do not stand; none are expected where no unit is.

    Nothing is changed by looking: the bus wall is tried with a mere ping.
    """
    unseen = environ.get(UNSEEN)
    if not unseen:
        return ()
    reached = [await _answers(address) for address in _buses(environ)]
    up = {**_standing(unseen), Wall.BUS: not any(reached)}
    return tuple(wall for wall in Wall if not up[wall])


def _standing(unseen: str) -> Mapping[Wall, bool]:
    return {
        Wall.HOME: not Path(unseen).exists(),
        Wall.MEMORY: not _may_write_code(),
        Wall.SOCKETS: not _may_ask_the_kernel(),
        Wall.PRIVILEGES: "\nNoNewPrivs:\t1\n" in _STATUS.read_text(encoding="utf-8"),
        Wall.CORE: resource.getrlimit(resource.RLIMIT_CORE)[1] == 0,
    }


def _buses(environ: Mapping[str, str]) -> set[str]:
    """Return the bus that is given to us, and the session's own where it can be seen."""
    own = {name: value for name, value in environ.items() if name == "XDG_RUNTIME_DIR"}
    found = set()
    for place in (environ, own):
        with contextlib.suppress(FileNotFoundError):
            found.add(bus_address(place))
    return found


async def _answers(address: str) -> bool:
    """Return whether systemd answers: it would start any program outside of these walls."""
    try:
        async with asyncio.timeout(_SECONDS):
            bus = await MessageBus(bus_address=address).connect()
            try:
                reply = await bus.call(
                    Message(
                        destination=_MANAGER,
                        path="/org/freedesktop/systemd1",
                        interface="org.freedesktop.DBus.Peer",
                        member="Ping",
                    )
                )
            finally:
                bus.disconnect()
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
    except FAILURES:
        return False
    return reply is not None and reply.message_type is not MessageType.ERROR


def _may_write_code() -> bool:
    """Return whether memory can be written and run at once."""
    with contextlib.suppress(OSError):
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
        return True
    return False


def _may_ask_the_kernel() -> bool:
    with contextlib.suppress(OSError):
        socket.socket(_NETLINK, socket.SOCK_RAW).close()
        return True
    return False
