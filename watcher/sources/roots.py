"""What stands before and at the root of an XML file, as far as a look at its head can tell."""

import re

_NEXT_TAG = re.compile(
    rb"\s*(?:(<!--|<\?)|<!DOCTYPE\s+([A-Za-z_][\w.:-]*)|<([A-Za-z_][\w.:-]*))",
)
_ASIDES = {b"<!--": b"-->", b"<?": b"?>"}
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding=[\"']([A-Za-z0-9_.-]{1,40})[\"']")


def first_element(head: bytes) -> bytes | None:
    """Return the name of the root, stepping over comments and instructions one by one."""
    at = 0
    while found := _NEXT_TAG.match(head, at):
        opening, root, name = found.groups()
        if name or root:
            return bytes(name or root)
        at = head.find(_ASIDES[opening], found.end())
        if at < 0:
            return None
        at += len(_ASIDES[opening])
    return None


def declared_encoding(head: bytes) -> str | None:
    """Return the encoding that the XML declaration names."""
    found = _DECLARED.match(head)
    return None if found is None else found[1].decode("ascii")
