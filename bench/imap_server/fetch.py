"""FETCH: which mails, which items, and how they are written."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.imap_server.faults import Script
from bench.imap_server.mailbox import Mail
from bench.imap_server.structure import section

_ITEM: Final = re.compile(
    r"BODY(?P<peek>\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d+)\.(?P<length>\d+)>)?"
    r"|(?P<name>[A-Z0-9.]+)",
    re.IGNORECASE,
)
_PLAIN: Final = frozenset({"UID", "RFC822.SIZE", "INTERNALDATE", "BODYSTRUCTURE", "FLAGS"})

Numbered = tuple[int, Mail]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is asked of each mail."""

    name: str
    section: str | None = None
    peek: bool = True
    start: int | None = None
    length: int = 0

    @property
    def known(self) -> bool:
        """Whether this server can answer it."""
        return self.section is not None or self.name in _PLAIN

    @property
    def is_content(self) -> bool:
        """Whether the mail must be opened to answer it."""
        return self.section is not None or self.name == "BODYSTRUCTURE"

    @property
    def reads_only(self) -> bool:
        """Whether asking it leaves the mailbox as it is, and is in the read-only set."""
        return self.known and self.peek


def read_items(text: str) -> tuple[Item, ...]:
    """Read the items of a FETCH; none where they cannot be read."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    items: list[Item] = []
    at = 0
    while at < len(text):
        found = _ITEM.match(text, at)
        if found is None:
            return ()
        if found["section"] is None:
            items.append(Item(name=found["name"].upper()))
        else:
            items.append(
                Item(
                    name="BODY",
                    section=found["section"].upper(),
                    peek=bool(found["peek"]),
                    start=int(found["start"]) if found["start"] else None,
                    length=int(found["length"] or 0),
                )
            )
        at = found.end()
        while text[at : at + 1] == " ":
            at += 1
    return tuple(items)


def choose(view: Sequence[Mail], numbers: str, *, by_uid: bool) -> list[Numbered] | None:
    """Return the mails of a set such as `1,4:*` with their sequence numbers; None: no such set."""
    chosen: dict[int, Mail] = {}
    highest = (view[-1].uid if view else 0) if by_uid else len(view)
    for one in numbers.split(","):
        found = re.fullmatch(r"(\d{1,10}|\*)(?::(\d{1,10}|\*))?", one)
        if found is None:
            return None
        ends = [highest if end == "*" else int(end) for end in (found[1], found[2] or found[1])]
        first, last = min(ends), max(ends)
        if by_uid:
            low = bisect_left(view, first, key=lambda mail: mail.uid)
            high = bisect_right(view, last, key=lambda mail: mail.uid)
        elif first < 1 or last > len(view):
            return None
        else:
            low, high = first - 1, last
        chosen.update((at + 1, view[at]) for at in range(low, high))
    return sorted(chosen.items(), key=lambda pair: pair[0])


def fetched(number: int, mail: Mail, items: Sequence[Item], script: Script) -> list[bytes]:
    """Write one mail's answer; every second piece is the bytes of a literal."""
    pieces: list[bytes] = []
    text = bytearray(b"* %d FETCH (" % number)
    for place, item in enumerate(items):
        if place:
            text += b" "
        if item.section is None:
            text += item.name.encode() + b" " + _plain(mail, item.name)
            continue
        start = b"" if item.start is None else b"<%d>" % item.start
        text += b"BODY[%b]%b " % (item.section.encode(), start)
        body = None if script.nil_bodies else section(mail.content.root, item.section)
        if body is None:
            text += b"NIL"
            continue
        if item.start is not None:
            body = body[item.start : item.start + item.length]
        text += b"{%d}\r\n" % max(len(body) + script.literal_error, 0)
        pieces += (bytes(text), body)
        text.clear()
    return [*pieces, bytes(text) + b")\r\n"]


def _plain(mail: Mail, name: str) -> bytes:
    if name == "UID":
        return b"%d" % mail.uid
    if name == "RFC822.SIZE":
        return b"%d" % len(mail.content.raw)
    if name == "INTERNALDATE":
        return b'"%b"' % mail.internal_date
    return mail.content.structure if name == "BODYSTRUCTURE" else b"()"
