"""What may go wrong on one connection, as data.

A moment is where a script takes hold: `accept` (connected, TLS not begun), `tls` (TLS stands,
nothing said), `greeting` (said), `LOGIN` and so on (a command came, nothing was answered; UID
FETCH counts as FETCH), `LOGIN.done` (it was answered), `literal` (half of a FETCH literal is
out), `idling` (`+ idling` is out), `DONE`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Ending(StrEnum):
    """How a connection ends."""

    CLOSE = "close"
    """The socket is closed, TLS is not told."""
    CLOSE_TLS = "close_tls"
    """TLS says close_notify first."""
    RESET = "reset"
    """RST."""
    BYE = "bye"
    """The server says `* BYE`, then closes."""
    STALL = "stall"
    """Nothing more is said, and nothing closed."""


class Greeting(StrEnum):
    """How a server opens."""

    OK = "ok"
    PREAUTH = "preauth"
    BYE = "bye"
    PLAINTEXT = "plaintext"
    """Without TLS, where TLS is expected."""
    PLAINTEXT_PREAUTH = "plaintext_preauth"
    STARTTLS = "starttls"
    """Without TLS, and LOGIN only after STARTTLS."""
    NOT_IMAP = "not_imap"
    """Within TLS, another protocol."""


CLEAR: Final = frozenset({Greeting.PLAINTEXT, Greeting.PLAINTEXT_PREAUTH, Greeting.STARTTLS})
"""The greetings of servers that do not begin with TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one connection meets; without arguments, a healthy server."""

    greeting: Greeting = Greeting.OK
    cut_after: int | None = None
    """End after so many bytes of what the server says within TLS."""
    stop_at: str | None = None
    """End at a moment."""
    ending: Ending = Ending.CLOSE
    """How it ends, in all cases."""
    occurrence: int = 1
    """The how many-th time of the moment is meant."""
    drip_at: str | None = None
    """From this moment on, one byte at a time."""
    drip_seconds: float = 0.05
    still_here_at: str | None = None
    """From this moment on, `* OK Still here` every `drip_seconds`, for ever."""
    endless_line_at: str | None = None
    """At this moment an untagged line begins that never ends."""
    huge_literal_at: str | None = None
    """At this moment a FETCH announces `huge` bytes, sends few and stalls."""
    huge: int = 2_000_000_000
    replies: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Command -> what is answered after the tag in place of doing it: `NO [ALERT] ...`."""
    interjections: Mapping[str, bytes] = field(default_factory=lambda: NOTHING)
    """Command -> raw lines before its tagged answer; for FETCH also between two mails."""
    hooks: Mapping[str, Callable[[], object]] = field(default_factory=lambda: NOTHING)
    """Moment -> what the test does just then, in the server's thread."""
    news_at_idle: Literal["before", "with", "after"] = "after"
    """Where what came before IDLE is told: before `+ idling`, in one segment with it, after."""
    recent_only: bool = False
    """New mail is told by RECENT alone."""
    says_uidnext: bool = True
    says_uidvalidity: bool = True
    nil_bodies: bool = False
    """Every BODY[...] is NIL."""
    vanishing: frozenset[int] = frozenset()
    """UIDs that are listed, but whose text and structure are gone."""
    poison: frozenset[int] = frozenset()
    """UIDs whose text and structure nobody can fetch: the command gets `poison_answer`, or the
    connection ends."""
    poison_answer: str | None = None
    gone_is_no: bool = False
    """A FETCH that met a mail gone ends with NO, as RFC 2180 allows."""
    literal_error: int = 0
    """So many bytes more (or fewer) are announced than sent."""
    others_first: bool = False
    """Each FETCH begins with flags of mails nobody asked for."""


HEALTHY: Final = Script()


def cut(after: int, ending: Ending = Ending.CLOSE) -> Script:
    """End the connection after so many bytes."""
    return Script(cut_after=after, ending=ending)


def stop(moment: str, ending: Ending = Ending.CLOSE, occurrence: int = 1) -> Script:
    """End the connection at a moment."""
    return Script(stop_at=moment, ending=ending, occurrence=occurrence)


def stall(moment: str, occurrence: int = 1) -> Script:
    """Say nothing more from a moment on."""
    return stop(moment, Ending.STALL, occurrence)


def reply(command: str, answer: str) -> Script:
    """Answer one command so, whatever it asks: `reply("EXAMINE", "NO [INUSE] later")`."""
    return Script(replies={command: answer})
