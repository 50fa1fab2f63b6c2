"""Whether a terminal knows the command by its name, as all that the program says names it."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from watcher.cli.context import Context

NAME: Final = "loan-watcher"


def place(environ: Mapping[str, str]) -> str | None:
    """Return where the command is found by its name, if it is."""
    return shutil.which(NAME, path=environ.get("PATH"))


def program(environ: Mapping[str, str]) -> str:
    """Return the command's own file as it can be typed in a shell, from the home on."""
    beside = Path(sys.executable).parent / NAME
    home = environ.get("HOME", "")
    if home and beside.is_relative_to(home):
        return f"~/{shlex.quote(str(beside.relative_to(home)))}"
    return shlex.quote(str(beside))


def tell_if_unknown(speaker: Context) -> None:
    """Say how the terminal gets to know the command, where it does not."""
    if place(os.environ) is None:
        speaker.console.print()
        speaker.print("doctor.command.not_found")
        speaker.print("doctor.command.not_found_cure", program=program(os.environ))
