"""One TLS connection to a mail server, the only door of the program to a network.

Rules for this file: no byte leaves before the certificate and the host name were verified;
nothing here can go on without TLS. What a server sends is counted before it is kept: a line,
a literal and the answer to one command each have a limit.
"""

import contextlib
import errno
import imaplib
import os
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watcher.clock import SystemClock
from watcher.sources.imap.commands import refuse_others
from watcher.sources.imap.deadline import Deadline

KEEPALIVE_IDLE, KEEPALIVE_EVERY, KEEPALIVE_PROBES = 60, 15, 4
USER_TIMEOUT = 90
"""Seconds after which bytes that no one acknowledges end a connection."""

MOST_LINE = 128 * 1024
"""Bytes of a line that is read; of a longer one only the ends are kept, marked as cut."""
CUT = b"\0"
"""Stands in a line where something was cut out; no server may send it."""
_LINE_HEAD, _LINE_TAIL = 4096, 64

MOST_LITERAL = 64 * 1024
MOST_ANSWER = 4 * 1024 * 1024
"""Bytes of a literal and of a whole answer where a command asks for nothing larger."""
_CHUNK = 64 * 1024
_MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server that speaks TLS from the first byte; `ca_file` replaces the system's CAs."""

    host: str = field(repr=False)
    port: int = 993
    ca_file: Path | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds until a connection stands, a command is answered, a stretch of IDLE is over."""

    connect: float = 15.0
    command: float = 60.0
    idle: float = 240.0


class _Connection(ssl.SSLSocket):
    """A TLS connection that closes itself where the other end has hung up before it began.

    `ssl` takes the file of a plain socket over, and leaves it open where the peer is gone.
    """

    def getpeername(self) -> Any:
        """Return whom we are connected with; nobody any more: the connection is closed."""
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)) from error


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what every connection is made with: TLS 1.2 at least, certificate and name checked.

    Raises OSError where the file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Connection
    return context


def connect(server: Server, context: ssl.SSLContext, seconds: float) -> ssl.SSLSocket:
    """Return a verified connection; raises OSError, of which ssl.SSLError is one."""
    ends = SystemClock().monotonic() + seconds
    plain = _reached(server, ends)
    try:
        for level, option, value in (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_EVERY),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT * 1000),
        ):
            plain.setsockopt(level, option, value)
        plain.settimeout(max(0.1, ends - SystemClock().monotonic()))
        return context.wrap_socket(plain, server_hostname=server.host)
    except BaseException:
        plain.close()
        raise


def _reached(server: Server, ends: float) -> socket.socket:
    """Try the addresses of a host, none for so long that the next has no time left."""
    failure = OSError("no address")
    addresses = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    addresses = addresses[:_MOST_ADDRESSES]
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        left = ends - SystemClock().monotonic()
        if left <= 0:
            raise TimeoutError
        plain = socket.socket(family, kind, protocol)
        plain.settimeout(left / (len(addresses) - tried))
        try:
            plain.connect(address)
        except OSError as error:
            plain.close()
            failure = error
        else:
            return plain
    raise failure


@dataclass(slots=True)
class Fate:
    """What became of a connection, known also where its object was never finished.

    `fault` is the phrase id of what ended it, where we know better than the exception that
    follows from it.
    """

    connected: bool = False
    fault: str | None = None


class Link(imaplib.IMAP4):
    """imaplib over our own socket: reads what is allowed, for as long as is allowed.

    `answered` is how the server answered the last command, as (`OK`, data).
    """

    def __init__(self, server: Server, limits: Limits, fate: Fate) -> None:
        self.fate = fate
        self.answered: tuple[str, list[Any]] | None = None
        self.most_literal = MOST_LITERAL
        self.most_answer = MOST_ANSWER
        self._server = server
        self._limits = limits
        self._buffer = bytearray()
        self._received = 0
        self._line_sent = False
        self._answers = False
        self._connected: ssl.SSLSocket | None = None
        self.deadline = Deadline(SystemClock(), lambda: self.cut("imap.timeout"))
        try:
            super().__init__(server.host, server.port)
        except BaseException:
            self.deadline.end()
            raise

    def begin(self, seconds: float, literal: int = MOST_LITERAL, answer: int = MOST_ANSWER) -> None:
        """Start the time and the counts of one command."""
        self.most_literal, self.most_answer = literal, answer
        self._received = 0
        self.deadline.within(seconds)

    def cut(self, fault: str) -> None:
        """End the connection, from any thread; whoever is blocked in it fails at once."""
        self.fate.fault = self.fate.fault or fault
        connected = self._connected
        if connected is not None:
            with contextlib.suppress(OSError):
                # Not the method of SSLSocket: it would let the reader go on without TLS.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    # What imaplib calls its overridable methods.

    def open(self, host: str = "", port: int = 993, timeout: float | None = None) -> None:
        """Connect; what is given is what the constructor was given."""
        del timeout
        self.host, self.port = host, port
        try:
            context = tls_context(self._server.ca_file)
        except OSError:
            self.fate.fault = "imap.ca_file"
            raise
        self.sock = self._connected = connect(self._server, context, self._limits.connect)
        self.fate.connected = True
        self.sock.settimeout(self._limits.command)
        self.begin(self._limits.command)

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes, the content of a literal."""
        if size > self.most_literal:
            self._too_much()
        while len(self._buffer) < size:
            self._fill()
        data = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return data

    def readline(self) -> bytes:
        """Return a line with its end; one too long lacks its middle and is marked by `CUT`."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MOST_LINE:
                return self._cut_line()
            self._fill()
        line = bytes(memoryview(self._buffer)[: end + 1])
        del self._buffer[: end + 1]
        return line.replace(CUT, b"?") if CUT in line else line

    def _cut_line(self) -> bytes:
        head = bytes(memoryview(self._buffer)[:_LINE_HEAD])
        while (end := self._buffer.find(b"\n")) < 0:
            del self._buffer[:-_LINE_TAIL]
            self._fill()
        # The end is kept, for it may announce a literal.
        tail = bytes(memoryview(self._buffer)[max(0, end + 1 - _LINE_TAIL) : end + 1])
        del self._buffer[: end + 1]
        return head + CUT + tail

    def _fill(self) -> None:
        if self.fate.fault is not None or self._connected is None:
            raise ConnectionAbortedError
        data = self._connected.recv(_CHUNK)
        if not data:
            self.fate.fault = self.fate.fault or "imap.lost"
            raise ConnectionResetError
        self._received += len(data)
        if self._received > self.most_answer:
            self._too_much()
        self._buffer += data

    def _too_much(self) -> None:
        self.cut("imap.too_much")
        raise ConnectionAbortedError

    def wait_for_data(self, seconds: float) -> bool:
        """Wait until the server sends anything; what came with an earlier read counts too."""
        if self._buffer:
            return True
        if self._connected is None:
            raise ConnectionAbortedError
        self._connected.settimeout(max(0.01, seconds))
        try:
            self._fill()
        except TimeoutError:
            return False
        finally:
            self._connected.settimeout(self._limits.command)
        return True

    def send(self, data: Any) -> None:
        """Send a command of the closed set, or our part of a sign-in that the server asked for."""
        if not (self._answers and self._line_sent):
            refuse_others(bytes(data))
        if self.fate.fault is not None or self._connected is None:
            raise ConnectionAbortedError
        self._line_sent = True
        self._connected.sendall(data)

    def shutdown(self) -> None:
        """Close the connection; its deadline ends with it."""
        self.deadline.end()
        connected, self._connected = self._connected, None
        if connected is not None:
            connected.close()

    def _command(self, name: str, *args: Any) -> Any:
        self._line_sent = False
        self._answers = name == "AUTHENTICATE"
        self.answered = None
        return super()._command(name, *args)  # type: ignore[misc]  # typeshed leaves it out

    def _get_tagged_response(self, tag: bytes, *args: Any, **named: Any) -> Any:
        self.answered = super()._get_tagged_response(tag, *args, **named)  # type: ignore[misc]
        return self.answered

    def _get_capabilities(self) -> None:
        """Refuse a server that says we are signed in: nobody did that over this connection."""
        if "PREAUTH" in self.untagged_responses:
            self.fate.fault = "imap.preauth"
            raise ConnectionAbortedError
        super()._get_capabilities()  # type: ignore[misc]

    def _log(self, line: str) -> None:
        """Keep no copy of what was sent: it holds the password."""
