"""`python -m watcher.web.opener`: outside of the unit's walls, leads the browser to the page.

The service asks for it with a file that it writes. Of that file nothing is taken but a port and
a token: whoever took the service over could otherwise have a browser open what it likes.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from watcher.systemd import log_to_journal, log_what_nobody_catches
from watcher.userfiles.folders import state_folder
from watcher.userfiles.ledger_file import write_private
from watcher.web.browser import REDIRECT, lead
from watcher.web.sessions import ENTRY

FINE: Final = 0
OUTSIDE: Final = 3
_ADDRESS: Final = re.compile(
    rf"http://127\.0\.0\.1:([1-9][0-9]{{3,4}}){re.escape(ENTRY)}\?token=([A-Za-z0-9_-]{{43}})(?![\w-])"
)
_LONGEST: Final = 16 * 1024
_SECONDS: Final = 5.0
_SCOPE: Final = ("--user", "--scope", "--quiet", "--collect", "--slice=app.slice")
_PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0;url={address}">\n'
)

_log = structlog.get_logger()


def main() -> int:
    """Open what the service asks for; return the exit code."""
    log_to_journal(sys.stderr, os.environ)
    log_what_nobody_catches()
    address = asked_for(state_folder() / REDIRECT)
    if address is None:
        _log.warning("page-not-opened", state="not-ours")
        return FINE  # it has expired, or somebody plays tricks: nothing to try again
    file = Path(os.environ["RUNTIME_DIRECTORY"]) / REDIRECT
    write_private(file, _PAGE.format(address=address))
    started = lead(file, os.environ, by=_scope(os.environ))
    if started is None:
        _log.warning("page-not-opened", state="no-desktop")
        return OUTSIDE
    try:
        code = started.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        code = 0  # it has become the browser
    _log.info("page-opened", state="refused" if code else "shown")
    return OUTSIDE if code else FINE


def asked_for(file: Path) -> str | None:
    """Return the address that a redirect file leads to; None where it is none of our making."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(opened, "rb") as stream:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            return None
        if stat.S_IMODE(status.st_mode) & 0o077 or status.st_size > _LONGEST:
            return None
        text = stream.read(_LONGEST).decode("utf-8", "replace")
    found = {match.groups() for match in _ADDRESS.finditer(text)}
    if len(found) != 1 or text.count("://") != len(_ADDRESS.findall(text)):
        return None
    ((port, token),) = found
    return f"http://127.0.0.1:{port}{ENTRY}?token={token}"


def _scope(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what gives the browser a place of its own in systemd; it outlives this unit there."""
    program = shutil.which("systemd-run", path=environ.get("PATH"))
    return () if program is None else (program, *_SCOPE)


if __name__ == "__main__":
    sys.exit(main())
