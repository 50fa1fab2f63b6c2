"""Whose program is at the other end of a loopback connection, as the kernel knows it.

Browsers give a cookie to every port of a host: another user of this computer, whose own
server the browser once asked, could come with ours.
"""

import os
from pathlib import Path
from typing import Final

_TABLE: Final = Path("/proc/net/tcp")
_LOCAL, _REMOTE, _UID = 1, 2, 7
_ROOT: Final = 0


def is_foreign(peer: tuple[str, int] | None, here: tuple[str, int] | None) -> bool:
    """Return whether the kernel says that another user made a connection.

    False where it does not say: the cookie still stands in the way.
    """
    if peer is None or here is None:
        return False
    uid = _uid_of(_named(peer), _named(here))
    return uid is not None and uid not in (os.geteuid(), _ROOT)


def _uid_of(local: str, remote: str) -> int | None:
    try:
        lines = _TABLE.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if len(fields) > _UID and fields[_LOCAL] == local and fields[_REMOTE] == remote:
            return int(fields[_UID])
    return None


def _named(end: tuple[str, int]) -> str:
    """Return an address as the kernel's table writes it: bytes of the host in its own order."""
    host, port = end[:2]
    value = int.from_bytes(bytes(map(int, host.split("."))), "little")
    return f"{value:08X}:{port:04X}"
