"""Faults of disk, desktop and clock: is anything lost or damaged, and does all recover?

Each call to the disk of a kind fails, alone and with all that follow; then one daemon lives
through bad days (`bench.disk_faults`, `bench.bad_days`). `cases` counts the faults, `failed`
those after which something was missing, doubled, damaged, half-written, not shown, or did not
go on by itself.
"""

import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.bad_days import days
from bench.disk_faults import sweeps
from bench.report import Numbers, Unmeasured, print_lines, print_table


def add_options(parser: ArgumentParser) -> None:
    """Declare no option of its own."""


def measure(options: Namespace) -> Numbers:
    """Let everything fail and print what came of it."""
    if shutil.which("dbus-daemon") is None:
        raise Unmeasured("it needs the program dbus-daemon")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        swept = list(sweeps(folder, quick=options.quick))
        lived = days(folder, quick=options.quick)
    print_table(
        "calls to the disk that fail while a notice is recorded, its mail kept, a backup made",
        ("fault", "calls", "refused in words", "failed"),
        [(one.name, one.faults, one.refused, len(one.failed)) for one in swept],
    )
    print_table(
        "bad days of a daemon",
        ("day", "came of it"),
        [(day.name, day.wrong or "all shown and saved") for day in lived],
    )
    failed = [flaw for one in swept for flaw in one.failed]
    if failed:
        print_lines("failed", [(flaw,) for flaw in failed[:50]])
    return {
        "cases": sum(one.faults for one in swept) + len(lived),
        "failed": len(failed) + sum(bool(day.wrong) for day in lived),
    }
