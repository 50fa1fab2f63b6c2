"""Which parts of a mail are worth fetching, read off its BODYSTRUCTURE (RFC 3501).

The rule, in its order:

1. A mail of at most `SMALL` bytes, or without parts, is fetched as one piece: `TEXT`.
2. Parts that say something: `text/*`, and `message/*` that the server did not take apart.
   What stands in an attached mail or is itself attached is `inner`.
3. Images, and what does not say what it is, where a QR code may matter: where all texts
   together are at most `FEW_WORDS` bytes, or the image is shown inside the mail (it has a
   Content-ID). At most as many, and as large, as the reader of codes looks at.

A structure that cannot be followed, a text over `PART_LIMIT` and more texts than
`MOST_PARTS` give None: then only the whole mail tells what the mail says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from watcher.sources.images import LARGEST, MOST_IMAGES

SMALL = 48 * 1024
PART_LIMIT = 1024 * 1024
"""Bytes, as they are transferred, of a part that is fetched alone."""
MOST_PARTS = 20
FEW_WORDS = 32 * 1024
_SMALLEST_IMAGE = 100
_MOST_LEAVES = 200
_DEEPEST = 20
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_NO_PROSE = frozenset({"text/calendar", "text/css", "text/csv", "text/vcard", "text/x-vcard"})
_ANY_BYTES = "application/octet-stream"
_KIND, _SUBKIND, _CONTENT_ID, _SIZE, _ATTACHED_MAIL = 0, 1, 3, 6, 8
"""Where a leaf of a BODYSTRUCTURE holds what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part to be fetched: its section, the section of its headers, its size as transferred.

    `headers` is empty for the whole text of a mail, whose headers are the mail's own.
    `inner` parts stand in a mail or a file that is attached.
    """

    section: str
    headers: str
    size: int
    kind: str
    inner: bool = False
    shown: bool = False

    @property
    def limit(self) -> int:
        """The most bytes to be fetched of it."""
        return LARGEST if _may_be_image(self) else PART_LIMIT


def parts_worth_fetching(
    structure: object, size: int, *, small: int = SMALL
) -> tuple[Part, ...] | None:
    """Return what to fetch of a mail of `size` bytes; None: the whole mail is needed.

    `structure` is what imapclient made of BODYSTRUCTURE, None where it could not.
    """
    one_piece = (Part(section="TEXT", headers="", size=size, kind="text/plain"),)
    if size <= min(small, PART_LIMIT):
        return one_piece
    try:
        children = _children(structure)
        if not children:
            # Its type is in the mail's own headers; a server's view of it decides nothing.
            return one_piece if size <= PART_LIMIT else None
        return _chosen(list(_leaves(structure, children, "", inner=False, depth=0)))
    except (TypeError, ValueError, LookupError, AttributeError):
        return None


def _chosen(leaves: list[Part]) -> tuple[Part, ...] | None:
    texts = [leaf for leaf in leaves if _says_something(leaf)]
    if len(texts) > MOST_PARTS or any(part.size > PART_LIMIT for part in texts):
        return None
    if not texts and any(leaf.kind in _SEALED for leaf in leaves):
        return None
    few = sum(part.size for part in texts) <= FEW_WORDS
    images = [
        leaf
        for leaf in leaves
        if _may_be_image(leaf) and _SMALLEST_IMAGE <= leaf.size <= LARGEST and (few or leaf.shown)
    ][:MOST_IMAGES]
    wanted = {part.section for part in (*texts, *images)}
    return tuple(leaf for leaf in leaves if leaf.section in wanted)


def _says_something(part: Part) -> bool:
    return part.kind.startswith(("text/", "message/")) and part.kind not in _NO_PROSE


def _may_be_image(part: Part) -> bool:
    return part.kind.startswith("image/") or part.kind == _ANY_BYTES


def _leaves(
    structure: Any, children: list[Any], path: str, *, inner: bool, depth: int
) -> Iterator[Part]:
    if depth > _DEEPEST or len(children) > _MOST_LEAVES:
        raise ValueError
    if any(isinstance(one, bytes) and one.lower() == b"encrypted" for one in structure):
        raise ValueError
    if len(children) == 1 and not _children(children[0]) and children[0][_SIZE] == 0:
        # So servers write a multipart whose boundary was lost; what it says stands beside it.
        raise ValueError
    inner = inner or _is_attached(structure)
    for number, child in enumerate(children, 1):
        section = f"{path}.{number}" if path else str(number)
        yield from _below(child, section, f"{section}.MIME", inner=inner, depth=depth + 1)


def _below(child: Any, section: str, headers: str, *, inner: bool, depth: int) -> Iterator[Part]:
    if depth > _DEEPEST:
        raise ValueError
    if children := _children(child):
        yield from _leaves(child, children, section, inner=inner, depth=depth)
        return
    kind = f"{_word(child[_KIND])}/{_word(child[_SUBKIND])}"
    if kind == "message/rfc822" and len(child) > _ATTACHED_MAIL:
        mail = child[_ATTACHED_MAIL]
        if children := _children(mail):
            yield from _leaves(mail, children, section, inner=True, depth=depth)
        else:
            # A mail without parts has one part, of the number 1; its headers are the mail's.
            yield from _below(
                mail, f"{section}.1", f"{section}.HEADER", inner=True, depth=depth + 1
            )
        return
    yield Part(
        section=section,
        headers=headers,
        size=int(child[_SIZE]),
        kind=kind,
        inner=inner or _is_attached(child),
        shown=bool(child[_CONTENT_ID]),
    )


def _children(structure: Any) -> list[Any]:
    """Return the parts of a multipart, none of a leaf.

    imapclient puts them into a list of their own, except inside an attached mail.
    """
    if isinstance(structure[0], list):
        return list(structure[0])
    return list(takewhile(lambda one: isinstance(one, tuple), structure))


def _is_attached(structure: Any) -> bool:
    """Tell whether the server names it an attachment; where it says so differs by kind."""
    return any(
        isinstance(one, tuple)
        and one
        and isinstance(one[0], bytes)
        and one[0].lower() == b"attachment"
        for one in structure
    )


def _word(value: bytes) -> str:
    return value.decode("ascii").lower()
