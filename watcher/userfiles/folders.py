"""Where the user's files and the program's state lie, and who may have written them."""

import os
import stat
from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_state_path

from watcher.errors import Problem

NAME: Final = "loan-watcher"
_PRIVATE: Final = 0o700
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def config_folder() -> Path:
    """Return `$XDG_CONFIG_HOME/loan-watcher`, made for the user alone if it is not there."""
    return _private(user_config_path(NAME, appauthor=False))


def state_folder() -> Path:
    """Return `$XDG_STATE_HOME/loan-watcher`, made for the user alone if it is not there."""
    return _private(user_state_path(NAME, appauthor=False))


def ownership_problem(path: Path, folder: Path, name: str) -> Problem | None:
    """Return a problem where somebody else could have written a rule file of `folder`.

    The file and the folders down to it must belong to the user (or to root) and be
    writable by nobody else, as ssh asks of its files. `name` is what to call the file.
    """
    within = path.relative_to(folder).parts
    for place in (folder, *(folder.joinpath(*within[: end + 1]) for end in range(len(within)))):
        try:
            status = place.stat()
        except OSError:
            return Problem(file=name, says="problem.unreadable")
        if status.st_uid not in (os.getuid(), 0):
            return Problem(file=name, says="problem.not-yours", values={"path": str(place)})
        if status.st_mode & _OTHERS_WRITE:
            return Problem(file=name, says="problem.others-write", values={"path": str(place)})
    return None


def _private(folder: Path) -> Path:
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    return folder
