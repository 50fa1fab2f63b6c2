"""The socket in the state folder by which a daemon is asked, as both sides see it."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE: Final = "control"
BACKLOG: Final = 16
_LONGEST_ADDRESS: Final = 107  # bytes, sun_path in unix(7) without its end
_CREDENTIALS: Final = struct.Struct("iII")  # pid, uid, gid


def listen(folder: Path) -> socket.socket:
    """Return a socket that only this user can connect to.

    One that a daemon left behind is replaced: whoever calls this holds the state's lock.
    """
    (folder / FILE).unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with _address(folder) as address:
            server.bind(address)
        # Nobody can connect before `listen`, whatever the umask left open.
        (folder / FILE).chmod(0o600)
        server.listen(BACKLOG)
    except BaseException:
        server.close()
        raise
    return server


def connect(folder: Path, timeout: float) -> socket.socket | None:
    """Return a connection to the daemon; None where none listens, or not one of this user."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connection.settimeout(timeout)
    try:
        with _address(folder) as address:
            connection.connect(address)
        if is_own(connection):
            return connection
    except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
        pass  # none is there, one is just going, or very many ask
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def is_own(connection: socket.socket) -> bool:
    """Return whether the process at the other end belongs to this user."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(credentials)
    return bool(uid == os.getuid())


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """Give the socket's path, by a detour where it is too long for an address."""
    direct = folder / FILE
    if len(os.fsencode(direct)) <= _LONGEST_ADDRESS:
        yield str(direct)
        return
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{FILE}"
    finally:
        os.close(descriptor)
