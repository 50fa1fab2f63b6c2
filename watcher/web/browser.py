"""Leading the desktop's browser to a file of ours."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

OPENER = "xdg-open"


def lead(file: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """Start what opens a file on this desktop; None where there is no desktop or no such program.

    What was started may become the browser, and then it ends when the browser does.
    """
    opener = shutil.which(OPENER, path=environ.get("PATH"))
    if opener is None or not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return None
    return subprocess.Popen(  # noqa: S603  the desktop's own program, and a file of ours
        [opener, str(file)],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the browser lives on when this program has ended
    )
