"""What a mail may cost, counted on its bytes before any parser sees them.

Parsers of mail take seconds and gigabytes for some inputs of a few hundred kilobytes:
long headers, many parameters, many or nested parts. The counts here are crude and cheap;
what slips through meets the child's limits. Addresses are bounded by the length of their
header: as many as fit cost little, and a mail to sixty people is no attack.
"""

import re
from collections.abc import Iterator

MAIL_LIMIT = 25 * 1024 * 1024
BLOCK_LIMIT = 256 * 1024
_HEADER_LIMIT = 16 * 1024
_HEADERS_LIMIT = 500
_PARTS_LIMIT = 200
_DEPTH_LIMIT = 20
_DASHED_LINES_LIMIT = 5000
_BOUNDARY_LIMIT = 200

_NEXT_HEADER = re.compile(rb"\n(?![ \t])")
# The last alternative is RFC 2231: boundary*=utf-8''x.
_BOUNDARY = re.compile(
    rb"boundary[*0-9]{0,8}\s{0,80}=\s{0,80}"
    rb"(?:\"([^\"\n]{1,200})|([A-Za-z0-9_-]{0,40}'[A-Za-z-]{0,40}')?([^\s;\"]{1,200}))",
)


def unix_lines(raw: bytes) -> bytes:
    """Return the mail with the line ends that the parser would read in it."""
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def header_block(mail: bytes, start: int = 0) -> bytes:
    """Return what stands before the first empty line, at most a little more than its limit."""
    end = mail.find(b"\n\n", start, start + BLOCK_LIMIT + 2)
    return mail[start : end if end >= 0 else start + BLOCK_LIMIT + 2]


def may_hold_images(mail: bytes) -> bool:
    """Tell whether a mail can have images that are looked at, in parts or in its HTML."""
    lower = mail.lower()
    return any(sign in lower for sign in (b"image/", b"octet-stream", b"<img", b"base64"))


def over_budget(mail: bytes) -> str | None:
    """Return the phrase id that says which limit the mail exceeds (unix line ends)."""
    if len(mail) > MAIL_LIMIT:
        return "source.mail_too_big"
    return _block_over_budget(mail, 0) or _parts_over_budget(mail)


def _block_over_budget(mail: bytes, start: int) -> str | None:
    """Check a header block and, where it heads a mail inside the mail, that one's too."""
    for _ in range(_DEPTH_LIMIT):
        block = header_block(mail, start)
        if len(block) > BLOCK_LIMIT:
            return "source.headers_too_big"
        headers = _NEXT_HEADER.split(block)
        if len(headers) > _HEADERS_LIMIT:
            return "source.headers_too_big"
        if max(map(len, headers)) > _HEADER_LIMIT:
            return "source.headers_too_big"
        if b"message/" not in block.lower():
            return None
        start += len(block) + 2
    return "source.too_many_parts"


def _parts_over_budget(mail: bytes) -> str | None:
    boundaries = _declared_boundaries(mail)
    if len(boundaries) > _PARTS_LIMIT:
        return "source.too_many_parts"
    opened: list[bytes] = []
    dashed = parts = 0
    at = -1
    while (at := mail.find(b"\n--", at + 1)) >= 0:
        dashed += 1
        if dashed > _DASHED_LINES_LIMIT:
            return "source.too_many_parts"
        end = mail.find(b"\n", at + 1)
        line = mail[at + 3 : end if end >= 0 else len(mail)][: _BOUNDARY_LIMIT + 2].rstrip()
        closes = line.endswith(b"--") and line[:-2] in boundaries
        name = line[:-2] if closes else line
        if name not in boundaries:
            continue
        if name in opened:
            del opened[opened.index(name) + (not closes) :]
        elif not closes:
            opened.append(name)
        parts += not closes
        if parts > _PARTS_LIMIT or len(opened) > _DEPTH_LIMIT:
            return "source.too_many_parts"
        if not closes and (reason := _block_over_budget(mail, end + 1 if end >= 0 else len(mail))):
            return reason
    return None


def _declared_boundaries(mail: bytes) -> frozenset[bytes]:
    found: set[bytes] = set()
    for at in _places(mail.lower(), b"boundary"):
        declared = _BOUNDARY.match(b"boundary" + mail[at + 8 : at + 600])
        if declared:
            found.add((declared[1] or declared[3]).rstrip())
        if len(found) > _PARTS_LIMIT:
            break
    return frozenset(found)


def _places(mail: bytes, word: bytes) -> Iterator[int]:
    at = -1
    while (at := mail.find(word, at + 1)) >= 0:
        yield at
