"""The server of the page: one loopback port, few and hurried connections, an end of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from watcher.web.guard import BODY_SECONDS, LARGEST_HEAD
from watcher.web.peers import is_foreign

IDLE_SECONDS: Final = 15 * 60.0
CONNECTIONS: Final = 8
HEAD_SECONDS: Final = BODY_SECONDS


class Impatient(H11Protocol):
    """uvicorn's protocol, which waits for ever, with a deadline for the head of a request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection of the user's own programs."""
        peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if is_foreign(peer, here):
            transport.abort()
            return
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and stop the watch once a request is whole."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self.transport is not None:
            super().connection_lost(exc)

    def _watch(self) -> None:
        waiting = self.cycle is None or self.cycle.response_complete
        if waiting and self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)
        elif not waiting and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves the signals alone and says when it takes connections."""

    ready: Callable[[], None]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals as they are."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections, and say so."""
        await super().startup(sockets)
        self.ready()


class PageServer:
    """Serves an application on a socket until it is stopped or nobody has asked for long."""

    def __init__(
        self, app: ASGIApp, bound: socket.socket, *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._app = app
        self._bound = bound
        self._idle_seconds = idle_seconds
        self._asked_at = 0.0
        self._server = _Server(
            uvicorn.Config(
                self._count,
                http=Impatient,
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_level="warning",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS + 1,
                h11_max_incomplete_event_size=LARGEST_HEAD,
                timeout_graceful_shutdown=2,
            )
        )

    def stop(self) -> None:
        """End serving soon."""
        self._server.should_exit = True

    def touch(self) -> None:
        """Begin to count the idle time anew."""
        self._asked_at = asyncio.get_running_loop().time()

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until the end; `ready` is called when connections are taken."""
        self.touch()
        self._server.ready = ready
        self._end_when_idle()
        await self._server.serve(sockets=[self._bound])

    def _end_when_idle(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._asked_at + self._idle_seconds - loop.time()
        if left > 0:
            loop.call_later(left, self._end_when_idle)
        else:
            self.stop()

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.touch()
        await self._app(scope, receive, send)


def bind() -> socket.socket:
    """Return a socket of a free port that only this computer reaches."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", 0))
    return bound


def port_of(bound: socket.socket) -> int:
    """Return the port of a bound socket."""
    name: Any = bound.getsockname()
    return int(name[1])
