"""The characters of a text file, in whatever encoding a copy of it ended up."""

import codecs
from collections.abc import Callable
from typing import BinaryIO

from watcher.sources.charset import decode_part
from watcher.sources.wide import utf_of

_HEAD = 64 * 1024
_LOCAL = frozenset({"gb18030", "big5hkscs"})


def encoding_of(head: bytes) -> tuple[str, int]:
    """Return the codec of a text that begins so, and how long its byte order mark is."""
    wide, mark = utf_of(head)
    if wide or mark:
        return wide or "utf-8", mark
    head = head[:_HEAD]
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        likely = decode_part(head, None, None)[1]
        return (likely if likely in _LOCAL else "utf-8"), 0
    return "utf-8", 0


def read_text(file: BinaryIO) -> Callable[[int], str]:
    """Return a `read(bytes)` of characters; it gives "" only at the end of the file."""
    waiting = file.read(_HEAD)
    codec, mark = encoding_of(waiting)
    waiting = waiting[mark:]
    decoder = codecs.getincrementaldecoder(codec)("replace")

    def read(size: int) -> str:
        nonlocal waiting
        while raw := waiting or file.read(size):
            waiting = b""
            if text := decoder.decode(raw):
                return text
        return ""

    return read
