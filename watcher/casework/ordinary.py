"""Opens a file that the user named, and nothing that only looks like one."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from watcher.errors import UserError


def open_ordinary(path: Path) -> BufferedReader:
    """Open a file to read it; `UserError` where there is none, or it is a folder or a pipe."""
    try:
        # A pipe would be waited for; what is no file is told apart once it is open.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UserError("cli.no_file", {"file": str(path)}) from None
    except (OSError, ValueError):  # no right to it, a name too long, a NUL in it
        raise UserError("cli.not_readable", {"file": str(path)}) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UserError("proof.no_file", {"file": str(path)})
    return os.fdopen(descriptor, "rb")
