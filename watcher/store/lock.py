"""One writer for a state folder: a lock that dies with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watcher.errors import UserError

FILE = "state.lock"


@contextmanager
def state_lock(folder: Path) -> Iterator[None]:
    """Hold the state folder's lock; UserError, at once, where another process holds it."""
    with lock_if_free(folder) as held:
        if not held:
            raise UserError("store.locked", {"folder": str(folder)})
        yield


@contextmanager
def lock_if_free(folder: Path) -> Iterator[bool]:
    """Hold the state folder's lock, or say, at once, that another process holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(folder / FILE, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        # The file stays: to remove it would let two processes lock two files of one name.
        os.close(descriptor)
