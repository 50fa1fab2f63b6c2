"""Where each key of a TOML text stands, so that a mistake can name its line.

`tomli` forgets positions. This scanner walks a text that `tomli` has accepted and notes
the line of every key path; it is asked only once there is a mistake to report.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress

import tomli

Key = tuple[str | int, ...]
"""The path of an entry: names of keys and, counted from 0, places in arrays."""

_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_NAME = re.compile(r"""[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*"|'[^'\n]*+'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*+'"
    r"|[^,\]}#\n]++",
    re.DOTALL,
)


def key_lines(text: str) -> Mapping[Key, int]:
    """Return the line, counted from 1, of every key path of a valid TOML text."""
    return _Scanner(text).scan()


class _Scanner:
    """One walk over one text; `position` only moves forward."""

    __slots__ = ("breaks", "lines", "position", "tables", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.breaks = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[Key, int] = {}
        self.tables: dict[Key, int] = {}
        """How many tables each array of tables has so far."""

    def scan(self) -> Mapping[Key, int]:
        inside: Key = ()
        while self._skip():
            if self.text.startswith("[", self.position):
                inside = self._header()
            else:
                self._entry(inside)
        return self.lines

    def _header(self) -> Key:
        line = self._line()
        array = self.text.startswith("[[", self.position)
        self.position += 2 if array else 1
        self._skip()
        *outer, last = self._names()
        self._skip()
        self.position += 2 if array else 1
        path: Key = ()
        for name in outer:
            path = self._latest((*path, name))
            self.lines.setdefault(path, line)
        path = (*path, last)
        if array:
            self.lines.setdefault(path, line)
            self.tables[path] = self.tables.get(path, 0) + 1
        path = self._latest(path)
        self.lines[path] = line
        return path

    def _latest(self, path: Key) -> Key:
        """Step into the table that was opened last where the path is an array of tables."""
        return (*path, self.tables[path] - 1) if path in self.tables else path

    def _entry(self, inside: Key) -> None:
        line = self._line()
        path = inside
        for name in self._names():
            path = (*path, name)
            self.lines.setdefault(path, line)
        self._skip()
        self.position += 1  # the equals sign
        self._value(path)

    def _value(self, path: Key) -> None:
        self._skip()
        opening = self.text[self.position : self.position + 1]
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._inline(path)
        else:
            scalar = _SCALAR.match(self.text, self.position)
            self.position = scalar.end() if scalar else self.position + 1

    def _items(self, path: Key) -> None:
        self.position += 1
        place = 0
        while self._skip() and not self._closes("]"):
            self.lines[(*path, place)] = self._line()
            self._value((*path, place))
            place += 1
            self._comma()

    def _inline(self, path: Key) -> None:
        self.position += 1
        while self._skip() and not self._closes("}"):
            self._entry(path)
            self._comma()

    def _closes(self, bracket: str) -> bool:
        if not self.text.startswith(bracket, self.position):
            return False
        self.position += 1
        return True

    def _comma(self) -> None:
        self._skip()
        if self.text.startswith(",", self.position):
            self.position += 1

    def _names(self) -> list[str]:
        """Read a dotted key; what is no key is passed over, so that the walk always ends."""
        names = []
        while name := _NAME.match(self.text, self.position):
            names.append(_plain(name.group()))
            self.position = name.end()
            dot = _DOT.match(self.text, self.position)
            if not dot:
                return names
            self.position = dot.end()
        self.position += 1
        return names or [""]

    def _skip(self) -> bool:
        """Pass over space and comments; tell whether anything is left."""
        gap = _GAP.match(self.text, self.position)
        self.position = gap.end() if gap else self.position
        return self.position < len(self.text)

    def _line(self) -> int:
        return bisect_right(self.breaks, self.position - 1) + 1


def _plain(name: str) -> str:
    if name[0] == "'":
        return name[1:-1]
    if name[0] == '"':
        with suppress(tomli.TOMLDecodeError):  # in a text that is not valid after all
            return str(tomli.loads(f"name = {name}")["name"])
    return name
