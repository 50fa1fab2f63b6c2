"""What kind of JSON a file holds, told by the names in its first object alone."""

import re
from dataclasses import dataclass

from watcher.sources.jsonrecords import DEPTH_LIMIT
from watcher.sources.plaintext import encoding_of

_START = re.compile(r"\s*+(\[?)\s*+(\{?)")
_EMPTY = re.compile(rb"\s*+\[\s*+\]\s*+\Z")
_TOO_DEEP = re.compile(rb"\s*+(?:[\[{]\s*+){33}")
# An unfinished text runs to the end of the head, so that no character is looked at twice.
_TOKEN = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)(\s*+:\s*+\[?)?|[{}\[\]]', re.DOTALL)
_TOKENS_LIMIT = 20_000
_HOLDERS = frozenset({"sms", "mms", "messages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The names in the first object, and those in the first object of a list of messages in it."""

    in_list: bool
    names: frozenset[str]
    held: frozenset[str]
    holders: frozenset[str]
    too_deep: bool


def shape_of(head: bytes) -> Shape | None:
    """Return the shape of a file that begins so; None where it begins with no object."""
    if head.lstrip()[:1] not in {b"[", b"{"}:
        return None
    text = head.decode(encoding_of(head)[0], "replace")
    start = _START.match(text)
    if not start or not start[2]:
        return None
    depth = 0
    names: set[str] = set()
    held: set[str] = set()
    holders: set[str] = set()
    holder = False
    for token, _ in zip(_TOKEN.finditer(text, start.start(2)), range(_TOKENS_LIMIT), strict=False):
        mark, name, colon = token[0], token[1], token[2]
        if mark in {"{", "["}:
            depth += 1
        elif mark in {"}", "]"}:
            depth -= 1
            if depth == 0 or (depth == 2 and holder):  # noqa: PLR2004  in the list in the object
                break
        elif depth > DEPTH_LIMIT:
            break
        elif colon and depth == 1:
            names.add(name)
            # The bracket behind the colon is taken with it.
            holder = name in _HOLDERS and colon.endswith("[")
            depth += colon.endswith("[")
            if holder:
                holders.add(name)
        elif colon and depth == 3 and holder:  # noqa: PLR2004  as above, in its first object
            held.add(name)
            depth += colon.endswith("[")
        elif colon:
            depth += colon.endswith("[")
    return Shape(
        in_list=bool(start[1]),
        names=frozenset(names),
        held=frozenset(held),
        holders=frozenset(holders),
        too_deep=depth > DEPTH_LIMIT,
    )


def is_empty_list(head: bytes) -> bool:
    """Tell whether this is the export of a phone without messages."""
    return _EMPTY.match(head) is not None


def is_too_deep(head: bytes) -> bool:
    """Tell whether the file begins with more brackets than any message needs."""
    shape = shape_of(head)
    return _TOO_DEEP.match(head) is not None or (shape is not None and shape.too_deep)
