"""The walls around the process that parses what strangers wrote.

Raised by the process itself, before it sees the first byte, with what every Linux lets an
unprivileged process do. A wall that cannot be raised is reported, never silently missed.
"""

import ctypes
import errno
import os
import platform
import resource
import socket
import struct
from collections.abc import Callable

MEMORY_LIMIT = 512 * 1024 * 1024
_FILES_LIMIT = 16

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2

# seccomp(2): classic BPF over struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6]}.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050001, 0x00050026
_CLONE_THREAD = 0x00010000
_OTHER_ABI = 0x40000000  # x32 numbers on x86_64; no such number on aarch64

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED: dict[str, tuple[int, int | None]] = {
    # name: number on x86_64, on aarch64
    "accept": (43, 202),
    "accept4": (288, 242),
    "add_key": (248, 217),
    "bind": (49, 200),
    "bpf": (321, 280),
    "connect": (42, 203),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "listen": (50, 201),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sendto": (44, 206),
    "setns": (308, 268),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vfork": (58, None),
}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435


def raise_walls(memory: int = MEMORY_LIMIT) -> dict[str, bool]:
    """Shut this process in for good; return which walls stand."""
    limits = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, _FILES_LIMIT),
        (resource.RLIMIT_CORE, 0),
        # Pipes are no files to this limit: the child can answer, and write nothing else.
        (resource.RLIMIT_FSIZE, 0),
    )
    for kind, limit in limits:
        resource.setrlimit(kind, (limit, limit))
    libc = ctypes.CDLL(None, use_errno=True)
    return {
        "limits": True,
        "undumpable": libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0,
        "no_new_privileges": libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
        "system_calls": _filter_system_calls(libc),
    }


def allow_seconds(seconds: int) -> None:
    """Let this process use that much more CPU time before the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def try_walls() -> dict[str, bool]:
    """Run against the walls from inside; true where one held."""
    return {
        "network": _refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()),
        "connections": _refused(_connect),
        # Where the call is let through it fails for want of such a program, not of a right.
        "programs": _refused(lambda: os.execv("/nonexistent/program", ["program"])),  # noqa: S606
        "processes": _refused(_fork),
    }


def _refused(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno == errno.EPERM
    return False


def _connect() -> None:
    # Socket 0 is the one to the parent; a descriptor is all that the call needs.
    with socket.socket(fileno=os.dup(0)) as known:
        known.connect("/nonexistent/socket")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _filter_system_calls(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in _AUDIT:
        return False
    program = _program(machine)
    code = ctypes.create_string_buffer(b"".join(program))

    class _Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filter_ = _Filter(len(program), ctypes.addressof(code))
    # A seccomp filter may be forbidden, as by a container: then the other walls must do.
    return bool(
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0,
    )


def _program(machine: str) -> list[bytes]:
    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    program = [
        step(_LOAD, _ARCHITECTURE),
        step(_EQUAL, _AUDIT[machine], 1, 0),
        step(_RETURN, _KILL),
        step(_LOAD, _NUMBER),
        step(_AT_LEAST, _OTHER_ABI, 0, 1),
        step(_RETURN, _EPERM),
        # glibc falls back to clone, whose flags can be seen here.
        step(_EQUAL, _CLONE3, 0, 1),
        step(_RETURN, _ENOSYS),
    ]
    for on_x86_64, on_aarch64 in _REFUSED.values():
        number = on_x86_64 if machine == "x86_64" else on_aarch64
        if number is not None:
            program += [step(_EQUAL, number, 0, 1), step(_RETURN, _EPERM)]
    program += [
        step(_EQUAL, _CLONE[machine], 0, 3),
        step(_LOAD, _FIRST_ARGUMENT),
        step(_ANY_BIT, _CLONE_THREAD, 1, 0),
        step(_RETURN, _EPERM),
        step(_RETURN, _ALLOW),
    ]
    return program
