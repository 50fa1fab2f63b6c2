"""The child in which messages are judged, as its parent sees it: records on a socket.

Nothing of the program is imported here, so that a service can start the child first and load
itself while the child does the same.
"""

import os
import socket
import struct
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

HEARD_WITHIN = 30
"""Seconds after which who does not take in what is said is taken to hang."""

_ROOT: Final = str(Path(__file__).parents[2])
# Isolated from the environment and the working folder, yet able to find this package
# both in a checkout and where it is installed.
START = "import sys; sys.path.append(sys.argv[1]); from watcher.judging.child import main; main()"


class Gone(Exception):  # noqa: N818  internal: never leaves this package
    """The child has ended, or was ended because it hung."""


class Child:
    """A running child; its end is the end of the socket, whichever side it comes from."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        options = ("-I", "-B") if sys.dont_write_bytecode else ("-I",)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", HEARD_WITHIN, 0))
        with ours, theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter, our own module
                [sys.executable, *options, "-c", START, _ROOT],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback can quote a message
                env={"LC_ALL": "C.UTF-8"},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the parent, whose end ends the child
            )
            self._connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def say(self, record: bytes) -> None:
        """Say something; `Gone` where nobody hears it."""
        try:
            self._connection.send_bytes(record)
        except OSError as error:
            raise Gone from error

    def hear(self, within: float) -> bytes:
        """Wait for what it says next; `Gone` where that is nothing for so many seconds."""
        try:
            if self._connection.poll(within):
                return self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise Gone from error
        raise Gone

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


def heard_from_parent() -> Connection:
    """Return the child's own side of the socket."""
    return Connection(os.dup(sys.stdin.fileno()))
