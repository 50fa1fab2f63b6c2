"""Which UTF a file is in: by its byte order mark, else by where its ASCII characters stand."""

import codecs
import re

SAMPLE = 4096
"""Bytes of the head that decide; whoever asks gives as many, to get the same answer."""
_MARKS = (
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII = re.compile(r"[\t\r\n -~]")
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f]")
_SHARE = 10
"""One character in so many is ASCII in any export: digits, commas, names of fields."""
_CLEARLY = 3


def utf_of(head: bytes) -> tuple[str | None, int]:
    """Return the codec where it is a UTF-16, else None; and how long the byte order mark is."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec, len(mark)
    sample = head[:SAMPLE]
    if b"\0" not in sample:
        return None, 0
    little, big = (_ascii_in(sample, codec) for codec in ("utf-16-le", "utf-16-be"))
    most, least = max(little, big), min(little, big)
    # Some Chinese characters read the other way round are ASCII, the most common of all is.
    if not most or most * _SHARE < len(sample) / 2 or least * _CLEARLY > most:
        return None, 0
    return ("utf-16-le" if little > big else "utf-16-be"), 0


def _ascii_in(sample: bytes, codec: str) -> int:
    text = sample.decode(codec, "replace")
    found = len(_ASCII.findall(text))
    # A file that is no text may be short and by chance have a zero in the right place.
    return found if len(_NO_TEXT.findall(text)) * _SHARE <= found else 0
