"""Where on this computer a phone's exports have probably arrived: told by what the files hold."""

import html
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from platformdirs import user_documents_path, user_downloads_path

from watcher.clock import SystemClock
from watcher.sources.files import exports_among, newest

_NAMES: Final = (
    *("Downloads", "下载", "Documents", "文档", "Desktop", "桌面"),
    *("Sync", "Syncthing", "Nextcloud", "Dropbox", "OneDrive", "Nutstore Files", "坚果云"),
)
_SPEAKING: Final = ("sms", "短信")
"""What stands in the name of a folder that somebody made for this."""

_SYNCED = re.compile(r'<folder\b[^>]{0,4096}?\bpath="([^"]{1,4096})"')
_MOST_SETTINGS: Final = 1024 * 1024
_MOST_TRIED: Final = 60
"""Files of one folder that are looked into, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A folder that holds an export, and the newest one in it."""

    folder: Path
    file: Path = field(repr=False)


def likely_folders(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders of a home into which exports come: downloads, and what is synchronised."""
    named = (
        *_speaking(home),
        *_synchronised(home, environ),
        user_downloads_path(),
        user_documents_path(),
        *(home / name for name in _NAMES),
    )
    found: dict[str, Path] = {}
    for folder in named:
        real = os.path.realpath(folder)
        if folder.is_dir() and real != os.path.realpath(home):
            found.setdefault(real, folder)
    return tuple(found.values())


def find_exports(folders: Iterable[Path], *, most: int, seconds: float) -> tuple[Likely, ...]:
    """Look for exports in folders, and return at most so many places, in their order."""
    clock = SystemClock()
    ends = clock.monotonic() + seconds
    found: dict[Path, Likely] = {}
    for folder in folders:
        left = ends - clock.monotonic()
        if left <= 0 or len(found) >= most:
            break
        elsewhere = (file for file in newest(folder)[:_MOST_TRIED] if file.parent not in found)
        for file in exports_among(elsewhere, seconds=left):
            found[file.parent] = Likely(folder=file.parent, file=file)
            if len(found) >= most:
                break
    return tuple(found.values())


def _speaking(home: Path) -> Iterator[Path]:
    try:
        paths = sorted(home.iterdir())
    except OSError:
        return
    for path in paths:
        name = path.name.lower()
        if not name.startswith(".") and any(word in name for word in _SPEAKING):
            yield path


def _synchronised(home: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that Syncthing keeps equal with a phone, by its own settings."""
    bases = (
        environ.get("XDG_STATE_HOME") or home / ".local" / "state",
        environ.get("XDG_CONFIG_HOME") or home / ".config",
    )
    for base in bases:
        try:
            with (Path(base) / "syncthing" / "config.xml").open("rb") as settings:
                text = settings.read(_MOST_SETTINGS).decode("utf-8", "replace")
        except OSError:
            continue
        for path in _SYNCED.findall(text):
            # Its newest settings write the home as a tilde.
            yield Path(os.path.expanduser(html.unescape(path)))  # noqa: PTH111  no home is no error
