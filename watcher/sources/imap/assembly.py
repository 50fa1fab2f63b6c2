"""A small mail made of a mail's own headers and the parts that were fetched of it.

`watcher.sources.mime.read_mail` reads it to what it reads the whole mail to: transfer
encodings and charsets stay as they were written, what was attached stays so marked, and the
rest of the mail is left out.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from watcher.sources.budget import header_block, unix_lines
from watcher.sources.imap.structure import Part

_NEXT_HEADER = re.compile(rb"\n(?![ \t])")
_OF_THE_BODY = re.compile(rb"(?i)content-[a-z-]{1,40}[ \t]*:")
_DISPOSITION = re.compile(rb"(?i)content-disposition[ \t]*:")
_NOTHING_TO_READ = b"Content-Type: application/octet-stream\n\n"


def assemble(header: bytes, parts: Iterable[Part], fetched: Mapping[str, bytes]) -> bytes | None:
    """Return the mail of these parts; None where only the whole mail tells what it says.

    `header` is the mail's block of headers, `fetched` maps sections to their bytes. A part
    that is missing, or longer than it may be, would change what the mail says.
    """
    chosen = tuple(parts)
    bodies: list[bytes] = []
    for part in chosen:
        body = fetched.get(part.section)
        if body is None or len(body) > part.limit:
            return None
        bodies.append(body)
    if len(chosen) == 1 and not chosen[0].headers:
        return header + bodies[0]
    pieces = [_headers(header, kept=False), b"\n"]
    if not chosen:
        return b"".join((*pieces, _NOTHING_TO_READ))
    boundary = _boundary(bodies)
    pieces.append(b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n')
    for part, body in zip(chosen, bodies, strict=True):
        headers = fetched.get(part.headers)
        if headers is None:
            return None
        pieces += (b"--" + boundary + b"\n", _part_headers(headers, part), b"\n\n", body, b"\n")
    pieces.append(b"--" + boundary + b"--\n")
    return b"".join(pieces)


def _boundary(bodies: Iterable[bytes]) -> bytes:
    # No text holds its own hash, so no sender can end a part where it does not end.
    hashed = sha256()
    for body in bodies:
        hashed.update(body)
    return b"=_" + hashed.hexdigest().encode("ascii")


def _part_headers(headers: bytes, part: Part) -> bytes:
    """Return those headers of a part that say how to read it."""
    kept = _headers(headers, kept=True)
    if not part.inner:
        return kept
    marked = [one for one in _NEXT_HEADER.split(kept) if not _DISPOSITION.match(one)]
    return b"\n".join((*filter(None, marked), b"Content-Disposition: attachment"))


def _headers(block: bytes, *, kept: bool) -> bytes:
    """Return the headers that describe a body, or all others."""
    headers = _NEXT_HEADER.split(header_block(unix_lines(block)))
    return b"\n".join(
        one.rstrip(b"\n") for one in headers if (_OF_THE_BODY.match(one) is not None) == kept
    ).strip(b"\n")
