"""Who would show pop-ups on this session bus, and what they are able to do; shows none."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from watcher.desktop.dbus import FAILURES, SERVER, SERVER_PATH
from watcher.desktop.session import bus_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Whether the bus answers, the server's own name and version, and its capabilities."""

    bus: bool = False
    server: str | None = None
    capabilities: frozenset[str] = frozenset()


async def meet(environ: Mapping[str, str], *, deadline: float = 5.0) -> Met:
    """Ask the notification server who it is; asking starts one that is started when needed."""
    try:
        async with asyncio.timeout(deadline):
            bus = await MessageBus(bus_address=bus_address(environ)).connect()
    except FAILURES:
        return Met()
    try:
        async with asyncio.timeout(deadline):
            name, _, version, _ = await _asked(bus, "GetServerInformation", "ssss")
            (able,) = await _asked(bus, "GetCapabilities", "as")
    except FAILURES:
        return Met(bus=True)
    finally:
        if bus.connected:
            bus.disconnect()
            with suppress(*FAILURES):
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
    return Met(bus=True, server=f"{name} {version}".strip(), capabilities=frozenset(able))


async def _asked(bus: MessageBus, member: str, signature: str) -> list[str]:
    reply = await bus.call(
        Message(destination=SERVER, path=SERVER_PATH, interface=SERVER, member=member)
    )
    if reply is None or reply.message_type is MessageType.ERROR or reply.signature != signature:
        raise ConnectionRefusedError
    return list(reply.body)
