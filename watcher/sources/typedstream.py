"""The text in an `attributedBody`: what an iPhone keeps of a message beside its plain text.

Two codings of one string object are known, Apple's typedstream and the keyed archive. What
is neither, or does not add up, has no text here: it is never guessed.
"""

import struct

_MAGIC = b"\x04\x0bstreamtyped"
_CLASS = b"NSString"
_STRING = b"\x84\x01+"
_NEAR = 24
"""Bytes in which the type mark follows the class name."""
_END = 0x86
_LENGTHS = {0x81: "<H", 0x82: "<I"}
_LONGEST_BYTE = 0x80
_DEPTH = 4


def attributed_text(blob: bytes) -> str | None:
    """Return the string that the blob holds, None where it cannot be told."""
    if blob.startswith(_MAGIC):
        return _typed(blob)
    return _archived(blob) if blob.startswith(b"bplist00") else None


def _typed(blob: bytes) -> str | None:
    named = blob.find(_CLASS)
    mark = blob.find(_STRING, named, named + len(_CLASS) + _NEAR) if named >= 0 else -1
    at = mark + len(_STRING)
    if mark < 0 or at >= len(blob):
        return None
    length = blob[at]
    at += 1
    if length >= _LONGEST_BYTE:
        form = _LENGTHS.get(length)
        if form is None or len(blob) < at + struct.calcsize(form):
            return None
        [length] = struct.unpack_from(form, blob, at)
        at += struct.calcsize(form)
    # The object's end behind the last byte tells that the length was understood.
    if at + length >= len(blob) or blob[at + length] != _END:
        return None
    try:
        return blob[at : at + length].decode()
    except UnicodeDecodeError:
        return None


def _archived(blob: bytes) -> str | None:
    # Imported late: rare, and it brings an XML parser with it that is not used here.
    import plistlib  # noqa: PLC0415

    try:
        archive = plistlib.loads(blob, fmt=plistlib.FMT_BINARY)
        objects = archive["$objects"]
        found = objects[archive["$top"]["root"].data]
        for _ in range(_DEPTH):
            if isinstance(found, str):
                return found
            key = "NS.string" if "NS.string" in found else "NSString"
            found = found[key]
            if isinstance(found, plistlib.UID):
                found = objects[found.data]
    except (
        plistlib.InvalidFileException,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        return None
    return None
