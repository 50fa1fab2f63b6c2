"""Addresses of the web in a text, disguised ones included."""

from dataclasses import dataclass, field

from watcher.core.text import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link; `host` is folded and lower case; offsets are of `Reading.plain`.

    `mixed_script` also says that accented or foreign letters stand in for ASCII ones.
    """

    url: str = field(repr=False)
    host: str
    registrable: str
    path: str = field(default="", repr=False)
    start: int
    end: int
    obfuscated: bool = False
    mixed_script: bool = False
    userinfo: bool = False
    ip: bool = False
    apk: bool = False
    nested: tuple["Link", ...] = ()


def find_links(reading: Reading) -> tuple[Link, ...]:
    """Find the links of a text."""
    return ()
