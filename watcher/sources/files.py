"""Read messages from a file or a folder of files, in a child process unless told otherwise."""

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from watcher.clock import SystemClock
from watcher.core.model import Channel, Message
from watcher.sources.appended import NOTHING_READ, ReadTo, start_in
from watcher.sources.copies import LOG_ENDING, database_of, is_database, private_copy
from watcher.sources.items import Damage, Document, Item, Mark
from watcher.sources.senders import telling_missing_senders

_UNFINISHED = (".part", ".partial", ".crdownload", ".tmp", "~")
_DEPTH_LIMIT = 16
_MOST_LISTED = 20_000


def read_path(
    path: Path, *, sandbox: bool = True, known: Mapping[Path, ReadTo] = NOTHING_READ
) -> Generator[Item, None, None]:
    """Read everything that a file or folder holds; what cannot be read is said, never raised.

    A folder is walked in the order of its names. Without `sandbox` the files are parsed in
    this process: for files that the user wrote and for measuring. Of a file that was read
    before, as `known` says, only what was appended is read.
    """
    with suppress(OSError):  # which opening it will meet again and say
        if path.is_symlink() and path.is_dir():
            # The user named this folder; links below it are someone else's word.
            path = path.resolve()
    if sandbox:
        # Imported late: reading the user's own files needs no child process.
        from watcher.sources.sandbox import Sandbox  # noqa: PLC0415

        with Sandbox() as child:
            yield from _read_each(path, child.read, known)
    else:
        yield from _read_each(path, _read_here, known)


def exports_among(paths: Iterable[Path], *, seconds: float) -> Iterator[Path]:
    """Yield those files in which SMS stand, each told by its content, in a child process.

    Of each no more is read than it takes to tell; after so many seconds none is looked into.
    """
    from watcher.sources.sandbox import Sandbox  # noqa: PLC0415  as above

    clock = SystemClock()
    ends = clock.monotonic() + seconds
    rest = iter(paths)
    more = True
    while more:
        more = False
        with Sandbox() as child:
            for path in rest:
                first = None
                for item in _read_each(path, child.read, NOTHING_READ):
                    if clock.monotonic() > ends:
                        return
                    if isinstance(item, Message):
                        first = item
                        break
                if first is None:
                    continue
                if first.channel is Channel.SMS and first.unreadable is None:
                    yield path
                more = True  # with another child: this one still speaks of that file
                break


def _read_each(
    path: Path, read: Callable[..., Iterator[Item]], known: Mapping[Path, ReadTo]
) -> Iterator[Item]:
    if path.name.endswith(LOG_ENDING) and _is_side_file(path):
        # It has grown, and is read with the database that it belongs to or not at all.
        path = database_of(path) or path
    for found in files_below(path):
        if _is_side_file(found):
            continue
        with opened_at(found) as opened:
            if isinstance(opened, int):
                # What stands in a Maildir is a mail, however little it looks like one.
                is_mail = _in_maildir(found)
                if not is_mail and is_database(opened):
                    given = _read_copy(opened, found, read)
                else:
                    start = start_in(opened, known[found]) if found in known else 0
                    given = read(opened, str(found), is_mail=is_mail, start=start)
                yield from telling_missing_senders(given)
            elif opened.reason != "source.is_missing" or found == path:
                # A file that was listed and is gone was moved: it is met again elsewhere.
                yield opened


def _read_copy(descriptor: int, path: Path, read: Callable[..., Iterator[Item]]) -> Iterator[Item]:
    """Read a copy of a database and of its log; the files themselves are never opened by SQLite."""
    with ExitStack() as stack:
        log = stack.enter_context(opened_at(path.with_name(path.name + LOG_ENDING)))
        if isinstance(log, Damage) and log.reason != "source.is_missing":
            yield log
        found = log if isinstance(log, int) else None
        copy = stack.enter_context(private_copy(descriptor, found, str(path)))
        if isinstance(copy, Damage):
            yield copy
            return
        for item in read(copy.descriptor, str(path), is_mail=False):
            # Whatever came out, the files are open now or not needed any more.
            copy.unlink()
            yield item


def _is_side_file(path: Path) -> bool:
    """Tell whether a file is a database's log or the like, and no backup by itself."""
    main = database_of(path)
    if main is None:
        return False
    with opened_at(main) as opened:
        return isinstance(opened, int) and is_database(opened)


def _in_maildir(path: Path) -> bool:
    folder, beside = path.parent.name, {"cur": "new", "new": "cur"}
    return folder in beside and (path.parent.parent / beside[folder]).is_dir()


def _read_here(descriptor: int, name: str, *, is_mail: bool, start: int = 0) -> Iterator[Item]:
    # Imported late: a process that reads through a child loads no parser itself.
    from watcher.sources.formats import read_document  # noqa: PLC0415

    with open_document(os.dup(descriptor), name, start) as document:
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
            wanted = not is_unfinished(entry.name)
        if wanted and folder and depth < _DEPTH_LIMIT:
            yield from files_below(path / entry.name, depth + 1)
        elif wanted and not folder:
            yield path / entry.name


def newest(path: Path) -> list[Path]:
    """Return the files to read of a folder, the last written first; of very many only some."""
    dated: list[tuple[int, Path]] = []
    for file in islice(files_below(path), _MOST_LISTED):
        with suppress(OSError):
            status = file.lstat()
            if stat.S_ISREG(status.st_mode):
                dated.append((status.st_mtime_ns, file))
    return [file for _, file in sorted(dated, reverse=True)]


def is_unfinished(name: str) -> bool:
    """Tell whether a file or folder is hidden, or still on its way, by how it is called."""
    return name.startswith(".") or name.endswith(_UNFINISHED)


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
def opened_at(path: Path) -> Iterator[int | Damage]:
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
