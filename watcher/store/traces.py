"""Traces: pieces of what was to be forgotten, looked for in every file of the state folder."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from watcher.store.lock import FILE as LOCK

_PIECE: Final = 24
"""Characters of a piece: few enough to stand on one page of the database."""

_SHORTEST: Final = 6
"""Bytes below which a piece is found by chance."""

_CHUNK: Final = 1 << 20


class Traces:
    """Pieces of texts, as the files may hold them; `certain` ones are looked for whole."""

    def __init__(self, texts: Iterable[str], certain: Iterable[str] = ()) -> None:
        pieces = {piece for text in texts for piece in _pieces(text)}
        self._pieces = {raw for text in {*pieces, *certain} for raw in _written(text)}

    def leave_out(self, texts: Iterable[str]) -> None:
        """Look no more for what stands in these texts too, which are kept."""
        if not self._pieces:
            return
        listed = sorted(self._pieces)
        search = BytesAhoCorasick(listed)
        for text in texts:
            raw = text.encode("utf-8", "replace")
            for number, _, _ in search.find_matches_as_indexes(raw, overlapping=True):
                self._pieces.discard(listed[number])

    def found_in(self, folder: Path) -> tuple[Path, ...]:
        """Return the files below a folder that hold one of the pieces."""
        if not self._pieces:
            return ()
        search = BytesAhoCorasick(sorted(self._pieces))
        overlap = max(map(len, self._pieces))
        return tuple(path for path in _files(folder) if _holds(path, search, overlap))


def _pieces(text: str) -> Iterator[str]:
    """Yield the beginning, the middle and the end of a text."""
    text = text.strip()
    for start in {0, max(0, len(text) // 2 - _PIECE // 2), max(0, len(text) - _PIECE)}:
        yield text[start : start + _PIECE]


def _written(text: str) -> Iterator[bytes]:
    """Yield a text as files hold it: plain, inside JSON, and in a mail of the old charset."""
    plain = text.encode("utf-8", "replace")
    for raw in (plain, plain.replace(b'"', b'\\"'), text.encode("gb18030", "replace")):
        if len(raw) >= _SHORTEST:
            yield raw


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name != LOCK:
            yield path


def _holds(path: Path, search: BytesAhoCorasick, overlap: int) -> bool:
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            window = before + chunk
            if search.find_matches_as_indexes(window):
                return True
            before = window[-overlap:]
    return False
