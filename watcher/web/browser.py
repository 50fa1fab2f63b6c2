"""Leading the desktop's browser to a file of ours."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

OPENER = "xdg-open"

REDIRECT = "page.html"
"""A file of the state folder that leads a browser to the page, once."""

REQUEST = "open"
"""A file of the service's runtime folder: `loan-watcher-open.path` waits for it."""


def lead(
    file: Path, environ: Mapping[str, str], *, by: Sequence[str] = ()
) -> subprocess.Popen[bytes] | None:
    """Start what opens a file on this desktop; None where there is no desktop or no such program.

    What was started may become the browser, and then it ends when the browser does. `by` is
    the beginning of a command that is to start it.
    """
    opener = shutil.which(OPENER, path=environ.get("PATH"))
    if opener is None or not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return None
    return subprocess.Popen(  # noqa: S603  the desktop's own program, and a file of ours
        [*by, opener, str(file)],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the browser lives on when this program has ended
    )


def ask_outside(environ: Mapping[str, str]) -> bool:
    """Have the page opened from outside of the unit's walls; False where nobody can be asked."""
    folder = environ.get("RUNTIME_DIRECTORY")
    if not folder:
        return False
    try:
        (Path(folder) / REQUEST).touch(mode=0o600)
    except OSError:
        return False
    return True
