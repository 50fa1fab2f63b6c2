"""Whether the unit's walls leave a watched folder in sight.

What the drop-in names is put in place when the service starts: a folder that was made later is
not there, and of one that was deleted and made anew the old, empty one is seen for ever.
"""

import re
import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from watcher.daemon.walls import UNSEEN
from watcher.systemd import HIDDEN

AGAIN_AFTER: Final = 3600.0
"""Seconds before the service starts anew once more for what it still does not see."""

_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
_DELETED: Final = "//deleted"
_MARK: Final = "started-anew"


class Sight(StrEnum):
    """What is seen of a path; the values are the ends of what is said of it."""

    CLEAR = "clear"
    GONE = "gone"
    REPLACED = "replaced"
    WALLED_OFF = "walled_off"


def sight_of(path: Path, environ: Mapping[str, str]) -> Sight:
    """Return what is seen of a path."""
    if UNSEEN in environ:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        found = sight_through(mounts.splitlines(), path, Path.home())
        if found is not Sight.CLEAR:
            return found
    return Sight.CLEAR if path.exists() else Sight.GONE


def sight_through(mounts: Iterable[str], path: Path, home: Path) -> Sight:
    """Return what the lines of proc_pid_mountinfo(5) say of a path."""
    covers = {_unescaped(line.split()[4]): line.split()[3] for line in mounts}
    over = next((folder for folder in (path, *path.parents) if str(folder) in covers), None)
    if over is None or over == Path("/"):
        return Sight.CLEAR
    if over in {*HIDDEN, home}:
        return Sight.WALLED_OFF
    return Sight.REPLACED if covers[str(over)].endswith(_DELETED) else Sight.CLEAR


def may_start_anew(environ: Mapping[str, str]) -> bool:
    """Return whether to start anew for what is not seen, and remember that it was done.

    Where it would not be remembered it is not done: it would be done over and over.
    """
    folder = environ.get("RUNTIME_DIRECTORY")
    if UNSEEN not in environ or not folder:
        return False
    mark = Path(folder) / _MARK
    try:
        age = time.time() - mark.stat().st_mtime if mark.exists() else AGAIN_AFTER  # noqa: TID251  beside the disk's time
        if 0 <= age < AGAIN_AFTER:
            return False
        mark.touch(mode=0o600)
    except OSError:
        return False
    return True


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)
