"""What the watching of a mailbox is given from outside: who judges, who is told, what time is.

Rules for this file: this package knows neither store nor daemon; they come in through these.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from watcher.errors import WatcherError
from watcher.sources.imap.connection import Limits
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.sources.items import Item

Choose = Callable[[Iterable[tuple[str, Iterable[str]]]], Sequence[str]]
"""Out of the names and flags of all folders, the names of those to be watched."""

LIMITS = Limits(command=45.0)
"""Of a session that watches: one that falls silent is left, and we are back within a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is to be watched of one account, and how to get there.

    `sign_in` raises SourceUnavailable where the secret cannot be read now, UserError where
    there is none, CredentialsRefused where a token is void. `connect` opens a session with
    it. `choose` names the folders; in the first of them one waits for what comes.
    """

    address: str = field(repr=False)
    sign_in: Callable[[], SignIn] = field(repr=False)
    connect: Callable[[SignIn], MailboxSession] = field(repr=False)
    choose: Choose = field(repr=False)
    history: timedelta = timedelta(days=90)
    own: tuple[str, ...] = field(default=(), repr=False)
    """All addresses of the user: what goes from one to another is a forwarded SMS."""
    may_idle: bool = True


class Desk(Protocol):
    """Judges messages and remembers where a source stands; each call blocks until it is done."""

    def cursor(self, source: str) -> Mapping[str, Any] | None:
        """Return the position that was last committed."""

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        """Commit what is found in messages, and the position with it."""

    def wanted(self, source: str) -> Sequence[tuple[int, str]]:
        """Return number and place of the alerting mails that are to be kept whole."""

    def keep(self, source: str, message: int, mail: bytes | None) -> None:
        """Keep a whole mail, or note that the source has it no more."""

    def checked(self, source: str) -> None:
        """Note that all there is was judged."""


class Condition(StrEnum):
    """How an account is doing."""

    STARTING = "starting"
    WATCHING = "watching"
    LOCKED = "locked"
    MISSING = "missing"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class Owner(Protocol):
    """Answers for the account; called from its thread."""

    def watches(self, sources: Sequence[str]) -> None:
        """Hear which folders are watched, as sources."""

    def became(self, condition: Condition, failure: WatcherError | None) -> None:
        """Hear of a change; of a refusal once the secret will not be tried again."""

    def settled(self) -> None:
        """Hear that all folders were looked into and something was read."""


class Waiting(Protocol):
    """The passing of time; each call blocks."""

    def pause(self, seconds: float) -> None:
        """Let time pass; `wake` ends it."""

    def idle(self, session: MailboxSession, seconds: float) -> bool:
        """Let time pass in IDLE; True where the server said something."""

    def wake(self) -> None:
        """End the current pause, or the next; from any thread."""


class RealTime:
    """Time as it passes."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def pause(self, seconds: float) -> None:
        """Wait so long, or until `wake`."""
        self._woken.wait(seconds)
        self._woken.clear()

    def idle(self, session: MailboxSession, seconds: float) -> bool:
        """Wait in IDLE, which only `stop` of the session ends."""
        return session.wait(seconds)

    def wake(self) -> None:
        """End a pause."""
        self._woken.set()
