"""Reads one TOML file that a person edits, whatever state they left it in.

A file may be saved by half, in another encoding, or by another user: each is a `Problem`
with the line it shows at, never an exception.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import tomli

from watcher.errors import Problem
from watcher.userfiles.positions import Key, key_lines

MAX_NESTING: Final = 32
_WHERE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_DEEP_KEY = re.compile(
    r"""(?m)(?:^|[\[{,])[ \t]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""",
)
"""More dots than any file has; `tomli`, which refuses them too, does not tell the line."""

_SAYS: Final = (
    ("problem.toml-syntax", ("Invalid initial", "Invalid statement")),
    ("problem.toml-twice", ("overwrite", "twice", "mutate", "Duplicate", "declare")),
    ("problem.toml-no-equals", ("after a key in a key/value pair",)),
    (
        "problem.toml-text",
        ("string", "character", "escape", "newline", "Unterminated", "hex value"),
    ),
    ("problem.toml-value", ("Invalid value", "Invalid date")),
    ("problem.toml-bracket", ("array", "Unclosed", "inline table", "']'", "']]'")),
)
"""What to tell the user, by words of the message that `tomli` gives."""


@dataclass(slots=True)
class Document:
    """A TOML text that could be parsed; `file` is the name to show."""

    file: str
    data: Mapping[str, Any] = field(repr=False)
    text: str = field(repr=False)
    _lines: Mapping[Key, int] | None = field(default=None, repr=False)

    def line(self, key: Key) -> int | None:
        """Return the line of a key, or of the nearest table around it that has one."""
        if self._lines is None:
            self._lines = key_lines(self.text)
        for length in range(len(key), 0, -1):
            if found := self._lines.get(key[:length]):
                return found
        return None


def read_toml(
    path: Path, *, max_bytes: int, name: str | None = None
) -> tuple[Document | None, Problem | None]:
    """Read a file of at most `max_bytes`; fractions become exact decimals.

    Returns the document, or the one problem that kept it from being parsed.
    """
    file = name or path.name
    try:
        with _opened(path) as stream:
            if stream is None:
                return None, Problem(file=file, says="problem.no-file")
            content = stream.read(max_bytes + 1)
    except FileNotFoundError:
        return None, Problem(file=file, says="problem.missing")
    except OSError:
        return None, Problem(file=file, says="problem.unreadable")
    if len(content) > max_bytes:
        values = {"limit": max_bytes // 1024}
        return None, Problem(file=file, says="problem.too-big", values=values)
    return parse_toml(content, file)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader | None]:
    """Open a file; None is a folder or a pipe, but for a pipe that a shell hands over."""
    handed = path.is_relative_to("/dev/fd")
    # A pipe that nobody writes to would be waited for, by the service too.
    waits = 0 if handed else os.O_NONBLOCK
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | waits)
    if not handed and not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        yield None
        return
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def parse_toml(content: bytes, file: str) -> tuple[Document | None, Problem | None]:
    """Parse the bytes of a TOML file called `file`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, Problem(file=file, line=line, says="problem.not-utf-8")
    text = text.replace("\r\n", "\n")
    if deep := _DEEP_KEY.search(text):
        line = text.count("\n", 0, deep.end()) + 1
        return None, Problem(file=file, line=line, says="problem.too-deep")
    try:
        data = tomli.loads(text, parse_float=Decimal)
    except RecursionError:
        return None, Problem(file=file, says="problem.too-deep")
    except ValueError as error:
        return None, _syntax_problem(str(error), text, file)
    if _nesting(data) > MAX_NESTING:
        return None, Problem(file=file, says="problem.too-deep")
    return Document(file=file, data=data, text=text), None


def _syntax_problem(message: str, text: str, file: str) -> Problem:
    """Say in the user's language what `tomli` says in English."""
    where = _WHERE.search(message)
    if not where or not where["line"]:
        says = "problem.toml-unfinished" if where else "problem.toml-value"
        line = text.rstrip("\n").count("\n") + 1 if where else None
        return Problem(file=file, line=line, says=says)
    says = next(
        (phrase for phrase, words in _SAYS if any(word in message for word in words)),
        "problem.toml-syntax",
    )
    values = {"column": int(where["column"])}
    return Problem(file=file, line=int(where["line"]), says=says, values=values)


def _nesting(data: object) -> int:
    """Return how deeply tables and arrays lie in each other, without recursion."""
    depth, layer = 0, [data]
    while layer and depth <= MAX_NESTING:
        inner: list[object] = []
        for value in layer:
            if isinstance(value, dict):
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
        depth, layer = depth + 1, inner
    return depth
