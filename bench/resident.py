"""A daemon of its own for a figure: a home with sources and a bus, and what it costs."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.report import Unmeasured
from tests.daemon.home import NEVER_QUIET, Home, home_of
from tests.notification_server import session_bus

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def resident_home() -> Iterator[Home]:
    """Yield a home with a session bus and a watched folder; no daemon of it outlives the block.

    Raises:
        Unmeasured: the system has no `dbus-daemon`.
    """
    if shutil.which("dbus-daemon") is None:
        raise Unmeasured("this figure needs dbus-daemon")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        home_of(Path(folder) / "home") as home,
        session_bus(Path(folder) / "b") as bus,
    ):
        home.bus = bus
        home.config.write_text(
            f'{NEVER_QUIET}max_per_minute = 60\n[[sms]]\npath = "{home.sms}"\n', encoding="utf-8"
        )
        yield home


def megabytes(pid: int) -> float:
    """Return the resident memory of a process, without its children."""
    resident = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * _PAGE / 1e6


def cpu_seconds(pid: int) -> float:
    """Return the seconds of CPU that a process has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def switches(pid: int) -> int:
    """Return how often the threads of a process gave up their core by themselves."""
    found = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                found += int(line.split()[1])
    return found
