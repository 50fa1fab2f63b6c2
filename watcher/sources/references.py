"""The text of an attribute: bytes to characters, references resolved, halves of emoji joined."""

import re

from watcher.sources.charset import decode_part

_REFERENCE = re.compile(r"&(?:#(\d{1,9})|#[xX]([0-9a-fA-F]{1,8})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_SPACE_CODES = frozenset({9, 10, 13})
_FIRST_PRINTABLE = 32
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LAST_CODE = 0x10FFFF


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > _LAST_CODE or (code < _FIRST_PRINTABLE and code not in _SPACE_CODES):
        return "�"
    return chr(code)


def join_halves(text: str) -> str:
    """Join pairs of UTF-16 halves to the characters they mean; a half alone becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def attribute_text(value: bytes, declared: str | None = None) -> str:
    """Decode an attribute; what is no reference stays as it stands, but for control characters."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = _repaired(value, declared)
    if not text.isprintable():
        text = _CONTROL.sub("\ufffd", text)
    if "&" not in text:
        return text
    # A new line is by far the most common reference.
    text = text.replace("&#10;", "\n")
    if "&" not in text:
        return text
    text = _REFERENCE.sub(_character, text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return join_halves(text)
    return text


def _repaired(value: bytes, declared: str | None) -> str:
    try:
        # CESU-8: each half of an emoji was encoded on its own.
        return join_halves(value.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return decode_part(value, declared, None)[0]
