"""Read messages from a file or a folder of files, in a child process unless told otherwise."""

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from watcher.sources.items import Damage, Document, Item, Mark
from watcher.sources.senders import telling_missing_senders

_UNFINISHED = (".part", ".partial", ".crdownload", ".tmp", "~")
_DEPTH_LIMIT = 16


def read_path(path: Path, *, sandbox: bool = True) -> Generator[Item, None, None]:
    """Read everything that a file or folder holds; what cannot be read is said, never raised.

    A folder is walked in the order of its names. Without `sandbox` the files are parsed in
    this process: for files that the user wrote and for measuring.
    """
    with suppress(OSError):  # which opening it will meet again and say
        if path.is_symlink() and path.is_dir():
            # The user named this folder; links below it are someone else's word.
            path = path.resolve()
    if sandbox:
        # Imported late: reading the user's own files needs no child process.
        from watcher.sources.sandbox import Sandbox  # noqa: PLC0415

        with Sandbox() as child:
            yield from _read_each(path, child.read)
    else:
        yield from _read_each(path, _read_here)


def _read_each(path: Path, read: Callable[..., Iterator[Item]]) -> Iterator[Item]:
    for found in files_below(path):
        with _opened(found) as opened:
            if isinstance(opened, int):
                # What stands in a Maildir is a mail, however little it looks like one.
                given = read(opened, str(found), is_mail=_in_maildir(found))
                yield from telling_missing_senders(given)
            elif opened.reason != "source.is_missing" or found == path:
                # A file that was listed and is gone was moved: it is met again elsewhere.
                yield opened


def _in_maildir(path: Path) -> bool:
    folder, beside = path.parent.name, {"cur": "new", "new": "cur"}
    return folder in beside and (path.parent.parent / beside[folder]).is_dir()


def _read_here(descriptor: int, name: str, *, is_mail: bool) -> Iterator[Item]:
    # Imported late: a process that reads through a child loads no parser itself.
    from watcher.sources.formats import read_document  # noqa: PLC0415

    with open_document(os.dup(descriptor), name) as document:
        for item in read_document(document, is_mail=is_mail):
            if not isinstance(item, Mark):
                yield item


def files_below(path: Path, depth: int = 0) -> Iterator[Path]:
    """Yield the files to read, sorted; hidden and unfinished ones are left out.

    Of a Maildir its `new` and `cur`, and the Maildirs of its hidden subfolders, are walked.
    """
    try:
        if path.is_symlink():
            raise NotADirectoryError
        with os.scandir(path) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        # It is no folder, or one whose fault is said when it is opened.
        yield path
        return
    maildir = {"cur", "new"} <= {entry.name for entry in entries}
    for entry in entries:
        folder = entry.is_dir(follow_symlinks=False)
        hidden = entry.name.startswith(".")
        if maildir:
            wanted = folder and (hidden or entry.name in {"cur", "new"})
        else:
            wanted = not hidden and not entry.name.endswith(_UNFINISHED)
        if wanted and folder and depth < _DEPTH_LIMIT:
            yield from files_below(path / entry.name, depth + 1)
        elif wanted and not folder:
            yield path / entry.name


@contextmanager
def open_document(descriptor: int, name: str, start: int = 0) -> Iterator[Document]:
    """Wrap an open descriptor, which is closed in the end."""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        yield Document(
            file=file,
            name=name,
            size=status.st_size,
            written_at=datetime.fromtimestamp(max(status.st_mtime, 0), UTC),
            start=start,
        )


@contextmanager
def _opened(path: Path) -> Iterator[int | Damage]:
    """Open a file of the user's own without following links or waiting for a pipe's other end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reasons = {
            errno.ELOOP: "source.is_link",
            errno.ENOENT: "source.is_missing",
            errno.ENXIO: "source.is_no_file",
        }
        reason = reasons.get(error.errno or 0, "source.cannot_open")
        yield Damage(source=str(path), reason=reason, values={"error": error.strerror})
        return
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            yield Damage(source=str(path), reason="source.is_no_file")
        elif status.st_uid not in {os.geteuid(), 0}:
            yield Damage(source=str(path), reason="source.is_not_yours")
        else:
            yield descriptor
    finally:
        os.close(descriptor)
