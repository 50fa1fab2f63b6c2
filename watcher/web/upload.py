"""A form with a file, read as it comes: the fields into memory, the file onto the disk.

The token of the form must have come before the file, else nothing of the file is kept.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from python_multipart.multipart import MultipartParser, parse_options_header

from watcher.casework.proofs import LARGEST, Copying, Staged
from watcher.errors import UserError, WatcherError

FILE: Final = "file"
LARGEST_UPLOAD: Final = LARGEST + 64 * 1024
"""Bytes of a whole form; what is beyond is read and dropped, so that a browser hears why."""
DROPPED: Final = 256 * 1024 * 1024
"""Bytes after which nobody is listened to any more."""

_MOST_PARTS: Final = 8
_LONGEST_FIELD: Final = 4 * 1024
_LONGEST_NAME: Final = 200


class Malformed(Exception):  # noqa: N818  internal: no form of ours
    """What comes is not a form with one file."""


class Upload:
    """One form; `begin` makes a place for the file once its name is known.

    What is wrong with the file is kept as `failure`, so that it can be said in words.
    """

    def __init__(
        self,
        boundary: bytes,
        *,
        is_ours: Callable[[dict[str, str]], bool],
        begin: Callable[[str], Copying],
    ) -> None:
        self.form: dict[str, str] = {}
        self.failure: WatcherError | None = None
        self.staged: Staged | None = None
        self._is_ours = is_ours
        self._begin = begin
        self._copy: Copying | None = None
        self._parts = 0
        self._headers: dict[str, str] = {}
        self._header, self._value = bytearray(), bytearray()
        self._name = ""
        self._is_file = False
        self._text = bytearray()
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_end,
                "on_end": self._on_whole,
            },
        )

    def feed(self, data: bytes) -> None:
        """Read on; `Malformed` where it is no form of ours."""
        try:
            self._parser.write(data)
        except ValueError as error:  # of the parser's and of decoding
            raise Malformed from error

    def finish(self) -> None:
        """Note that all has come; `Malformed` where it broke off."""
        if not self._ended or not self._is_ours(self.form):
            raise Malformed

    def discard(self) -> None:
        """Leave nothing of the file behind that nobody claimed."""
        if self._copy is not None:
            self._copy.discard()
            self._copy = None
        if self.staged is not None:
            self.staged.path.unlink(missing_ok=True)

    def _on_whole(self) -> None:
        self._ended = True

    def _on_part(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise Malformed
        self._headers, self._text = {}, bytearray()

    def _on_header(self) -> None:
        self._headers[self._header.decode("ascii").lower()] = self._value.decode()
        self._header, self._value = bytearray(), bytearray()

    def _on_headers(self) -> None:
        # The parser takes Latin-1 alone, while browsers write names in UTF-8.
        said = self._headers.get("content-disposition", "").encode().decode("latin-1")
        _, options = parse_options_header(said)
        self._name = options.get(b"name", b"").decode()
        self._is_file = b"filename" in options
        if not self._is_file:
            if self._name in self.form:
                raise Malformed
            return
        if self._name != FILE or self.staged or self.failure or not self._is_ours(self.form):
            raise Malformed
        name = options[b"filename"].decode()
        if not name:
            self.failure = UserError("web.proofs.no_file")
            return
        try:
            self._copy = self._begin(plain_name(name))
        except WatcherError as failure:
            self.failure = failure

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._text += data[start:end]
            if len(self._text) > _LONGEST_FIELD:
                raise Malformed
        elif self._copy is not None:
            try:
                self._copy.add(data[start:end])
            except WatcherError as failure:
                self._fail(failure)

    def _on_end(self) -> None:
        if not self._is_file:
            self.form[self._name] = self._text.decode()
        elif self._copy is not None:
            try:
                self.staged = self._copy.finish()
                self._copy = None
            except WatcherError as failure:
                self._fail(failure)

    def _fail(self, failure: WatcherError) -> None:
        self.failure = failure
        if self._copy is not None:
            self._copy.discard()
            self._copy = None


def boundary_of(content_type: str) -> bytes | None:
    """Return what parts a form with files; None where it is none."""
    try:
        kind, options = parse_options_header(content_type)
    except ValueError:
        return None
    boundary = options.get(b"boundary")
    return boundary if kind == b"multipart/form-data" and boundary else None


def plain_name(given: str) -> str:
    """Return the name of a file without the folders that a browser may put before it."""
    unescaped = given.replace("%22", '"').replace("%0D", "").replace("%0A", "")
    name = PurePosixPath(unescaped.replace("\\", "/")).name.replace("\0", "")
    return name[-_LONGEST_NAME:] or "file"
