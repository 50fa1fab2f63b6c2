"""A disk that fails on request: system calls of a program, answered by us in the kernel's place.

The kernel hands a call that a filter names to its supervisor before it does anything
(seccomp_unotify(2)): the program sees a real error from a real call, whichever library made
it, and nothing has to be compiled, mounted or run as root. Only calls about files below one
folder ever fail.

`python -m bench.faulty_disk DESCRIPTOR PROGRAM…` sets the filter up and becomes the program.
"""

import array  # noqa: F401  send_fds imports it, when no file may be opened any more
import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.report import Unmeasured

SYNC, WRITE, CHANGE = "sync", "write", "change"
"""Kinds of calls: to put on the disk; to fill or cut; to make, open for writing, rename, delete."""

_OPEN: Final = "open"

_CALLS: Final[Mapping[str, Mapping[str, tuple[int, str, int]]]] = {
    # name: number, kind, and which argument names the file: a descriptor, or at _PATH a path
    "x86_64": {
        "write": (1, WRITE, 0),
        "pwrite64": (18, WRITE, 0),
        "fsync": (74, SYNC, 0),
        "fdatasync": (75, SYNC, 0),
        "ftruncate": (77, WRITE, 0),
        "rename": (82, CHANGE, 10),
        "mkdir": (83, CHANGE, 10),
        "unlink": (87, CHANGE, 10),
        "openat": (257, _OPEN, 11),
        "fallocate": (285, WRITE, 0),
    },
    "aarch64": {
        "mkdirat": (34, CHANGE, 11),
        "unlinkat": (35, CHANGE, 11),
        "renameat": (38, CHANGE, 11),
        "ftruncate": (46, WRITE, 0),
        "fallocate": (47, WRITE, 0),
        "openat": (56, _OPEN, 11),
        "write": (64, WRITE, 0),
        "pwrite64": (68, WRITE, 0),
        "fsync": (82, SYNC, 0),
        "fdatasync": (83, SYNC, 0),
    },
}
_PATH: Final = 10
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000
_NEW_LISTENER: Final = 8
_NO_NEW_PRIVS: Final = 38
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_GO_ON: Final = 1
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
_ANSWER: Final = struct.Struct("=QqiI")
_AT_FDCWD: Final = -100
_LONGEST_PATH: Final = 4096


@dataclass(slots=True, kw_only=True)
class Fault:
    """What fails: calls of these kinds with this error, from the `first` one on, or it alone."""

    kinds: frozenset[str]
    error: int
    first: int = 1
    once: bool = False
    met: int = 0
    """How many calls of these kinds there were."""

    @property
    def hit(self) -> bool:
        """Whether a call failed."""
        return self.met >= self.first


@dataclass(slots=True)
class FaultyDisk:
    """Runs programs for which the files below a folder fail while there is a `fault`."""

    folder: Path
    fault: Fault | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(
        self,
        program: Sequence[str],
        environ: Mapping[str, str],
        *,
        pipes: Mapping[str, Any] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program whose calls we answer.

        Raises:
            Unmeasured: this machine has no such filters.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            running: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  what the figure names
                [sys.executable, "-m", "bench.faulty_disk", str(theirs.fileno()), *program],
                env=environ,
                pass_fds=(theirs.fileno(),),
                **(pipes or {}),
            )
            theirs.close()
            ours.settimeout(30)
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        if not descriptors:
            running.kill()
            running.wait()
            raise Unmeasured("it needs Linux 5.5 or newer, with filters of system calls")
        thread = threading.Thread(target=self._supervise, args=(descriptors[0],), daemon=True)
        thread.start()
        self._threads.append(thread)
        return running

    def _supervise(self, listener: int) -> None:
        calls = {number: (kind, at) for number, kind, at in _CALLS[platform.machine()].values()}
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
                break  # nobody is left whom the filter holds
            notice = bytearray(_NOTICE.size)
            try:
                fcntl.ioctl(listener, _RECEIVE, notice)
            except OSError:
                continue  # who called is gone
            call, pid, _, number, _, _, *arguments = _NOTICE.unpack(notice)
            failure = self._failure(pid, *calls[number], arguments)
            answer = (call, 0, -failure, 0) if failure else (call, 0, 0, _GO_ON)
            with suppress(OSError):
                fcntl.ioctl(listener, _SEND, _ANSWER.pack(*answer))
        os.close(listener)

    def _failure(self, pid: int, kind: str, at: int, arguments: Sequence[int]) -> int:
        fault = self.fault
        if kind == _OPEN:
            if not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return 0
            kind = CHANGE
        if fault is None or kind not in fault.kinds:
            return 0
        path = _path(pid, at, arguments)
        if path is None or not path.startswith(f"{self.folder}/"):
            return 0
        fault.met += 1
        fails = fault.met == fault.first if fault.once else fault.met >= fault.first
        return fault.error if fails else 0


def _path(pid: int, at: int, arguments: Sequence[int]) -> str | None:
    """Return the file that a call is about."""
    try:
        if at < _PATH:
            return str(Path(f"/proc/{pid}/fd/{arguments[at]}").readlink())
        name = _text_at(pid, arguments[at - _PATH])
        if name.startswith("/"):
            return name
        folder = ctypes.c_int(arguments[0]).value if at > _PATH else _AT_FDCWD
        place = "cwd" if folder == _AT_FDCWD else f"fd/{folder}"
        return f"{Path(f'/proc/{pid}/{place}').readlink()}/{name}"
    except OSError:
        return None


def _text_at(pid: int, address: int) -> str:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        raw = memory.read(min(_LONGEST_PATH, 4096 - address % 4096))
        if b"\0" not in raw:  # it goes on on the next page
            raw += memory.read(_LONGEST_PATH)
    return os.fsdecode(raw.partition(b"\0")[0])


def _listener() -> int:
    """Have the calls of this process handed to whoever holds the descriptor returned."""
    numbers = [number for number, _, _ in _CALLS[platform.machine()].values()]
    step: Callable[..., bytes] = struct.Struct("=HBBI").pack
    program = [step(_LOAD, 0, 0, 0)]
    for number in numbers:
        program += [step(_EQUAL, 0, 1, number), step(_RETURN, 0, 0, _ASK)]
    program.append(step(_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(program))

    class _Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filter_ = _Filter(len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    return int(libc.syscall(_SECCOMP[platform.machine()], 1, _NEW_LISTENER, ctypes.byref(filter_)))


def main(arguments: list[str]) -> None:
    """Raise the filter, hand its end over, and become the program."""
    number, *program = arguments
    with socket.socket(fileno=int(number)) as supervisor:
        listener = _listener() if platform.machine() in _CALLS else -1
        # The filter holds from here on: this very call is let through by who receives it.
        if listener < 0:
            supervisor.sendall(b"x")
            return
        socket.send_fds(supervisor, [b"x"], [listener])
    os.close(listener)
    os.execv(program[0], program)  # noqa: S606  what the figure names


if __name__ == "__main__":
    main(sys.argv[1:])
