"""The user's own systemd, asked through `systemctl --user`."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from watcher.errors import SourceUnavailable, UserError

_BOOTED: Final = Path("/run/systemd/system")
"""Where systemd says that it runs the machine: sd_booted(3)."""

_SECONDS: Final = 120.0


def systemctl(environ: Mapping[str, str]) -> str | None:
    """Return the program by which systemd is asked, where it runs this machine."""
    return shutil.which("systemctl", path=environ.get("PATH")) if _BOOTED.is_dir() else None


class Manager:
    """What is asked of it.

    Raises:
        UserError: it is called by way of sudo.
        SourceUnavailable: there is no systemd here, or none of this user's that answers.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        if os.getuid() == 0 and "SUDO_UID" in environ:
            raise UserError("service.sudo")
        program = systemctl(environ)
        if program is None:
            raise SourceUnavailable("service.no_systemd")
        runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        self._program = program
        self._environ = {**environ, "XDG_RUNTIME_DIR": runtime, "LC_ALL": "C.UTF-8"}
        if not self.ask("show", "--property=Version"):
            raise SourceUnavailable("service.no_user_bus")

    def ask(self, *words: str) -> str:
        """Return what it says; empty where it refuses."""
        done = self._call(self._program, "--user", *words)
        return done.stdout.strip() if done.returncode == 0 else ""

    def do(self, *words: str) -> bool:
        """Have something done; False where it refuses."""
        return self._call(self._program, "--user", *words).returncode == 0

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        """Return properties of a unit by name."""
        said = self.ask("show", unit, f"--property={','.join(names)}")
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def may_build_walls(self) -> bool:
        """Return whether a service of the user's may have walls around its files.

        Some systems let no normal user make a namespace; how they forbid it differs, so it is
        tried. Where it cannot be tried they may have them: a start will tell.
        """
        program = shutil.which("systemd-run", path=self._environ.get("PATH"))
        if program is None:
            return True
        walls = ("--property=PrivateUsers=yes", "--property=ProtectHome=tmpfs")
        tried = self._call(program, "--user", "--quiet", "--wait", "--collect", *walls, "true")
        return tried.returncode == 0

    def lingers(self) -> bool:
        """Return whether the user's services run while nobody is logged in."""
        program = shutil.which("loginctl", path=self._environ.get("PATH"))
        if program is None:
            return False
        said = self._call(program, "show-user", str(os.getuid()), "--property=Linger")
        return said.stdout.strip() == "Linger=yes"

    def _call(self, *words: str) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(  # noqa: S603  the system's own program, and words of ours
                words,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, 1, "", "")
