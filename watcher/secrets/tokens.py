"""OAuth tokens, printed by a command of the user's that knows how to get one."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from watcher.errors import CredentialsRefused, SourceUnavailable, UserError

SECONDS: Final = 30.0
_LIMIT: Final = 64 * 1024
_VOID: Final = b"invalid_grant"
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")


def read_token(
    command: Sequence[str], *, environ: Mapping[str, str], seconds: float = SECONDS
) -> str:
    """Run a command without a shell and return the first line that it prints.

    Raises `CredentialsRefused` where it says `invalid_grant`: somebody must sign in again.
    Any other failure is `SourceUnavailable`, for such a command needs the network itself;
    `UserError` where there is no such command.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  the user wrote it into config.toml
            [*command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            cwd=environ.get("HOME") or "/",
            start_new_session=True,
        )
    except (OSError, ValueError):
        raise UserError("secret.no_such_command", {"command": Path(command[0]).name}) from None
    with process:
        try:
            printed, complained = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            printed, complained = b"", b""
    if _VOID in printed[:_LIMIT] or _VOID in complained[:_LIMIT]:
        raise CredentialsRefused("imap.token_refused")
    lines = printed[:_LIMIT].decode("ascii", "replace").splitlines()
    if process.returncode or not lines or not _TOKEN.fullmatch(lines[0].strip()):
        raise SourceUnavailable("secret.no_token")
    return lines[0].strip()
