"""Codes in files that nobody but the user can read."""

import os
import stat
from pathlib import Path
from typing import Final

from watcher.errors import UserError

MAX_BYTES: Final = 4096
_OTHERS: Final = 0o077


def read_secret_file(path: Path, *, guarded: bool = True) -> str:
    """Return the first line of a file; `UserError` with what is wrong with it.

    A guarded file must be the user's own, no link, and closed to everybody else.
    """
    follow = os.O_NOFOLLOW if guarded else 0
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | follow)
    except FileNotFoundError:
        raise _wrong("secret.file_missing", path) from None
    except OSError:
        says = "secret.file_link" if path.is_symlink() else "secret.file_unreadable"
        raise _wrong(says, path) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _wrong("secret.file_unreadable", path)
        if guarded and status.st_uid != os.getuid():
            raise _wrong("secret.file_not_yours", path)
        if guarded and status.st_mode & _OTHERS:
            raise _wrong("secret.file_open", path)
        content = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise _wrong("secret.file_no_code", path) from None
    if not text or len(content) > MAX_BYTES or len(text.splitlines()) > 1:
        raise _wrong("secret.file_no_code", path)
    return text


def write_secret_file(path: Path, secret: str) -> None:
    """Write a code into a file that only the user may read, instead of what stood there.

    Raises `OSError` where the disk does not take it; then the old file stands.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123  of a descriptor
            stream.write(f"{secret}\n")
            stream.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _wrong(says: str, path: Path) -> UserError:
    return UserError(says, {"file": str(path)})
