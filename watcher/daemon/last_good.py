"""Copies of the user's files as they were when they were last right.

A mistake made while the daemon runs changes nothing until it is mended; without copies the
next start, perhaps that of the computer, would find nothing to go on with and end unseen.
"""

from pathlib import Path

import structlog

from watcher.store.forgetting import LAST_GOOD
from watcher.userfiles.ledger_file import write_private

_log = structlog.get_logger()


class LastGood:
    """The copies in a state folder, each under the name of what it is a copy of."""

    def __init__(self, state: Path) -> None:
        self._folder = state / LAST_GOOD

    def of(self, path: Path) -> Path:
        """Return where the copy of a file or folder is, if there is one."""
        return self._folder / path.name

    def keep(self, path: Path) -> None:
        """Copy a file, or the rule files of a folder; what is not there has no copy either.

        Where the disk refuses, some of the copy of before stays; a start looks at it as at
        any file.
        """
        copy = self.of(path)
        try:
            wanted = _texts(path)
            if wanted == _texts(copy):
                return
            for place in _texts(copy).keys() - wanted.keys():
                (copy / place).unlink()
            for place, text in wanted.items():
                target = copy / place
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_private(target, text)
        except (OSError, UnicodeDecodeError) as failure:
            _log.warning("no-copy-of-user-files", error=type(failure).__name__)


def _texts(path: Path) -> dict[Path, str]:
    """Return the text of a file, or of each file of a folder by its place in it."""
    files = sorted(path.rglob("*.toml")) if path.is_dir() else [path] if path.exists() else []
    return {file.relative_to(path): file.read_bytes().decode() for file in files}
