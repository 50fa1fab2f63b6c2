"""How far the reading of files has come, in bytes of all of them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from watcher.sources.files import files_below
from watcher.sources.items import Finished, Item, Progress


def over_all(path: Path, items: Iterable[Item]) -> Iterator[Item]:
    """Pass on what the files of a path give; progress then counts all of them together."""
    sizes: dict[str, int] = {}
    for file in files_below(path):
        with suppress(OSError):
            sizes[str(file)] = os.lstat(file).st_size
    total = sum(sizes.values())
    behind = 0
    yield Progress(read=0, total=total)
    for item in items:
        if isinstance(item, Progress):
            # Inside an archive other bytes are counted than those of the file.
            share = min(item.read / max(item.total, 1), 1)
            size = min(item.total, total - behind)
            yield Progress(read=behind + int(share * size), total=total)
            continue
        yield item
        if isinstance(item, Finished):
            behind += sizes.pop(item.source, 0)
            yield Progress(read=behind, total=total)
