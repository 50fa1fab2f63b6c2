"""Which files of a watched folder have arrived whole and were not read yet."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from watcher.clock import Clock
from watcher.sources.files import files_below

SETTLED_SECONDS = 5.0
"""A file that was last written longer ago is taken for complete at the first look."""

SECOND_LOOK_SECONDS = 2.0
"""A younger file, or one dated in the future, has to stay the same for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What of a file changes when its content does; `mtime_ns` counts from 1970."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def at(cls, place: Path | int) -> "Look":
        """Look at a file by its path, or at one that is open; OSError where it is not there."""
        status = os.fstat(place) if isinstance(place, int) else place.lstat()
        return cls(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=status.st_ino)


NOTHING: Mapping[Path, Look] = MappingProxyType({})


class Arrivals:
    """Looks at a folder (or one file) again and again, and hands out what is complete, once.

    `handed_out` is what an earlier process read of it.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        handed_out: Mapping[Path, Look] = NOTHING,
    ) -> None:
        self.path = path
        self._clock = clock
        self._handed_out = dict(handed_out)
        self._growing: dict[Path, tuple[Look, float]] = {}

    def look(self) -> tuple[dict[Path, Look], bool]:
        """Return the files to read now, and whether others are still being written.

        Raises:
            OSError: the folder cannot be listed.
        """
        looks = dict(_looks_at(files_below(self.path)))
        self._rename(looks)
        found = self._found(looks)
        ready = {path: look for path, (look, _, whole) in found.items() if whole}
        self._growing = {
            path: (look, since) for path, (look, since, whole) in found.items() if not whole
        }
        known = self._handed_out | ready
        self._handed_out = {path: known[path] for path in looks if path in known}
        return ready, bool(self._growing)

    def _rename(self, looks: Mapping[Path, Look]) -> None:
        """Know files again that have another name now, as when an export is rotated."""
        moved = {look: path for path, look in self._handed_out.items() if looks.get(path) != look}
        for path, look in looks.items() if moved else ():
            if path not in self._handed_out and look in moved:
                self._handed_out[path] = look

    @property
    def handed_out(self) -> Mapping[Path, Look]:
        """The files that are there and need not be read again."""
        return self._handed_out

    def give_back(self, path: Path) -> None:
        """Hand a file out again at the next look: it could not be read."""
        self._handed_out.pop(path, None)

    def _found(self, looks: Mapping[Path, Look]) -> dict[Path, tuple[Look, float, bool]]:
        found: dict[Path, tuple[Look, float, bool]] = {}
        for path, look in looks.items():
            if self._handed_out.get(path) != look:
                since = self._unchanged_since(path, look)
                age = self._clock.now().timestamp() - look.mtime_ns / 1e9
                same_for = self._clock.monotonic() - since
                whole = age >= SETTLED_SECONDS or same_for >= SECOND_LOOK_SECONDS
                found[path] = (look, since, whole)
        return found

    def _unchanged_since(self, path: Path, look: Look) -> float:
        before = self._growing.get(path)
        return before[1] if before and before[0] == look else self._clock.monotonic()


def _looks_at(paths: Iterable[Path]) -> Iterator[tuple[Path, Look]]:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            yield path, Look.at(path)
