"""Where the user's files and the program's state lie, and who may have written them."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_state_path

from watcher.errors import Problem, UserError

NAME: Final = "loan-watcher"
_PRIVATE: Final = 0o700
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def home_folder() -> Path:
    """Return the user's home; UserError where there is none."""
    try:
        return Path.home()
    except RuntimeError:  # neither HOME nor a name in passwd
        raise UserError("cli.no_home") from None


def config_folder() -> Path:
    """Return `$XDG_CONFIG_HOME/loan-watcher`, made for the user alone if it is not there.

    Raises:
        UserError: there is no home to make it in.
    """
    return _private(user_config_path)


def state_folder() -> Path:
    """Return `$XDG_STATE_HOME/loan-watcher`, made for the user alone if it is not there.

    Raises:
        UserError: there is no home to make it in.
    """
    return _private(user_state_path)


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


def _private(find: Callable[..., Path]) -> Path:
    try:
        folder = find(NAME, appauthor=False)
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except (RuntimeError, FileNotFoundError):  # no home at all; one like /proc, that holds no files
        raise UserError("cli.no_home") from None
    return folder
