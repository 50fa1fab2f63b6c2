"""One connection's bytes in both directions, as its script has them flow."""

import select
import socket
import ssl
import struct
import threading
from collections import Counter
from contextlib import suppress
from typing import Final, NoReturn

from bench.imap_server.faults import Ending, Script

_LONGEST_LINE: Final = 1_000_000
_LONGEST_LITERAL: Final = 65_536
_ENOUGH: Final = 65_536
_CARRIED: Final = struct.Struct("128x Q 64x Q")
"""Where Linux tells of the bytes received and sent, in TCP_INFO."""
_RESET: Final = struct.pack("ii", 1, 0)


class Over(Exception):  # noqa: N818  a connection's end is no error here
    """The connection has ended."""


class Channel:
    """What a session speaks through. Every method raises `Over` once the connection is gone."""

    def __init__(self, connected: socket.socket, script: Script) -> None:
        self.script = script
        self.sent = 0
        """Bytes said within TLS."""
        self.secure = False
        self._socket = connected
        self._in = b""
        self._out = bytearray()
        self._met: Counter[str] = Counter()
        self._dripping = False
        self._over = threading.Event()
        self._asked: Ending | None = None
        self._carried = 0
        self._wake: tuple[socket.socket, socket.socket] | None = None

    def secure_with(self, context: ssl.SSLContext) -> None:
        """Begin TLS, as a server."""
        try:
            self._socket.settimeout(30)
            self._socket = context.wrap_socket(self._socket, server_side=True)
            self._socket.settimeout(None)
        except OSError as error:
            raise Over from error
        self.secure = True

    def line(self) -> bytes:
        """Read a line, without its end."""
        while True:
            head, end, rest = self._in.partition(b"\n")
            if end:
                self._in = rest
                return head.removesuffix(b"\r")
            if len(head) > _LONGEST_LINE:
                raise Over
            self._in += self._receive()

    def literal(self, size: int) -> bytes:
        """Read so many bytes."""
        if size > _LONGEST_LITERAL:
            raise Over
        while len(self._in) < size:
            self._in += self._receive()
        data, self._in = self._in[:size], self._in[size:]
        return data

    def line_or_news(self) -> bytes | None:
        """Wait for a line, or for `wake` to be called since `listen`; None then."""
        if self._wake is None:
            raise Over
        theirs, ours = self._socket, self._wake[0]
        if b"\n" in self._in or (isinstance(theirs, ssl.SSLSocket) and theirs.pending()):
            return self.line()
        try:
            readable, _, _ = select.select([theirs, ours], [], [])
        except (OSError, ValueError) as error:
            raise Over from error
        if ours in readable:
            ours.recv(_ENOUGH)
            self._end_if_asked()
            return None
        return self.line()

    def listen(self) -> None:
        """Take note of `wake` from now on."""
        if self._wake is None:
            self._wake = socket.socketpair()

    def wake(self) -> None:
        """End a wait for news; for any thread."""
        if self._wake is not None:
            with suppress(OSError):
                self._wake[1].send(b"!")

    def write(self, data: bytes) -> None:
        """Say something, at the latest at the next `flush`."""
        self._out += data
        if len(self._out) > _ENOUGH:
            self.flush()

    def say(self, line: bytes) -> None:
        """Say a line."""
        self.write(line + b"\r\n")

    def flush(self) -> None:
        """Say what is still to be said."""
        data = bytes(self._out)
        self._out.clear()
        if not data:
            return
        self._end_if_asked()
        cut = self.script.cut_after
        if cut is not None and self.sent + len(data) >= cut:
            self._send(data[: cut - self.sent])
            self.end(self.script.ending)
        self._send(data)

    def moment(self, name: str) -> None:
        """Have the script take hold, if this is its moment."""
        script = self.script
        hook = script.hooks.get(name)
        if hook is not None:
            hook()
        if name == script.drip_at:
            self.flush()
            self._dripping = True
        if name == script.still_here_at:
            while not self._over.wait(script.drip_seconds):
                self.write(b"* OK Still here\r\n")
                self.flush()
        if name == script.endless_line_at:
            self.write(b"* OK ")
            while True:
                self.write(b"A" * _ENOUGH)
        if name == script.stop_at:
            self._met[name] += 1
            if self._met[name] == script.occurrence:
                self.end(script.ending)

    def end(self, ending: Ending) -> NoReturn:
        """End the connection."""
        data, cut = bytes(self._out), self.script.cut_after
        self._out.clear()
        self._send(data if cut is None else data[: max(cut - self.sent, 0)])
        if ending is Ending.STALL:
            self._stall()
        if ending is Ending.BYE:
            self._send(b"* BYE Server is going away\r\n")
        if ending is Ending.CLOSE_TLS and isinstance(self._socket, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                self._socket.settimeout(2)
                self._socket = self._socket.unwrap()
        if ending is Ending.RESET:
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self._socket.close()
        raise Over

    def ask(self, ending: Ending) -> None:
        """End the connection before it says more: now in IDLE, else when the client speaks.

        For any thread. STALL is what a link looks like that was lost.
        """
        self._asked = ending
        self.wake()

    def traffic(self) -> int:
        """Return how many bytes TCP carried in both directions, TLS and all; for any thread."""
        with suppress(OSError):
            told = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _CARRIED.size)
            self._carried = sum(_CARRIED.unpack(told))
        return self._carried

    def drop(self, ending: Ending = Ending.CLOSE) -> None:
        """End the connection from outside, at once; for any thread."""
        self._over.set()
        with suppress(OSError):
            if ending is Ending.RESET:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # Not SSLSocket.shutdown: it takes the TLS state from under whoever reads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close what is open; by the thread that speaks."""
        self._over.set()
        self.traffic()
        for each in (self._socket, *(self._wake or ())):
            with suppress(OSError):
                each.close()

    def _receive(self) -> bytes:
        self.flush()
        try:
            data = self._socket.recv(_ENOUGH)
        except (OSError, ValueError) as error:
            raise Over from error
        if not data:
            raise Over
        self._end_if_asked()
        return data

    def _send(self, data: bytes) -> None:
        try:
            if not self._dripping:
                self._socket.sendall(data)
                self.sent += len(data)
                return
            for at in range(len(data)):
                if self._over.wait(self.script.drip_seconds):
                    raise Over
                self._socket.sendall(data[at : at + 1])
                self.sent += 1
        except (OSError, ValueError) as error:
            raise Over from error

    def _end_if_asked(self) -> None:
        if self._asked is not None:
            self.end(self._asked)

    def _stall(self) -> NoReturn:
        """Listen without a word until the other side gives up."""
        while True:
            try:
                if not self._socket.recv(_ENOUGH):
                    break
            except (OSError, ValueError):
                break
        raise Over
