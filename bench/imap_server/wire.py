"""A client's command as it comes over the wire, and how its arguments are read."""

import re
from dataclasses import dataclass, field
from typing import Final

from bench.imap_server.channel import Channel, Over

_COMMAND: Final = re.compile(rb"(\S+) (UID )?(\S+)(?: (.*))?", re.IGNORECASE | re.DOTALL)
_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"|\{(\d+)\+?\}|\(([^()]*)\)|([^\s"()]+)')
_LITERAL: Final = re.compile(rb"\{(\d+)(\+?)\}\Z")
_TLS: Final = b"\x16"
"""How a client begins TLS."""


@dataclass(slots=True, kw_only=True)
class Request:
    """One command; without a name where it cannot be read."""

    tag: bytes = b"*"
    name: str = ""
    """In capitals; UID FETCH is FETCH `by_uid`."""
    by_uid: bool = False
    rest: str = field(default="", repr=False)
    """What follows the name."""
    line: str = field(default="", repr=False)
    """What follows the tag."""
    literals: list[bytes] = field(default_factory=list, repr=False)

    def arguments(self) -> list[bytes]:
        """Return what follows the name; a list in parentheses is one argument."""
        literals = iter(self.literals)
        found = []
        for token in _TOKEN.finditer(self.rest.encode()):
            if token[1] is not None:
                found.append(re.sub(rb"\\(.)", rb"\1", token[1]))
            elif token[2] is not None:
                found.append(next(literals))
            else:
                found.append(token[4] if token[3] is None else token[3])
        return found


def read_request(channel: Channel) -> Request:
    """Read a command, with its literals."""
    line = channel.line()
    if not channel.secure and line.startswith(_TLS):
        raise Over  # a client that expects TLS of a server that has none
    literals: list[bytes] = []
    while found := _LITERAL.search(line):
        if not found[2]:
            channel.write(b"+ go on\r\n")
        literals.append(channel.literal(int(found[1])))
        line += channel.line()
    parts = _COMMAND.fullmatch(line)
    if parts is None:
        return Request(line=line.decode("utf-8", "replace"))
    return Request(
        tag=parts[1],
        name=parts[3].decode("ascii", "replace").upper(),
        by_uid=bool(parts[2]),
        rest=(parts[4] or b"").decode("utf-8", "replace"),
        line=line.partition(b" ")[2].decode("utf-8", "replace"),
        literals=literals,
    )
