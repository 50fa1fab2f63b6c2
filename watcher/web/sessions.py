"""Who may look: a token that works once becomes a cookie that the browser keeps to itself."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from watcher.clock import Clock

ENTRY: Final = "/enter"
"""The one route that needs no cookie, and that a `file://` page may lead to."""

TOKEN_SECONDS: Final = 60.0
MOST: Final = 8
_BYTES: Final = 32


@dataclass(slots=True)
class Session:
    """One browser that came in with a token; `csrf` stands in each of its forms."""

    cookie: str = field(repr=False)
    csrf: str = field(repr=False)


class Sessions:
    """Tokens not yet used, and the browsers that used one; nothing of it outlives the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: list[tuple[str, str, float]] = []
        self._sessions: list[Session] = []

    def issue(self, path: str) -> str:
        """Return a token for one look at a path, good for a minute."""
        self._expire()
        token = secrets.token_urlsafe(_BYTES)
        self._tokens = [*self._tokens[-(MOST - 1) :], (token, path, self._clock.monotonic())]
        return token

    def enter(self, token: str) -> tuple[Session, str] | None:
        """Swap a token for a session and the path it was issued for; None if it is not good."""
        self._expire()
        for one in self._tokens:
            if _same(one[0], token):
                self._tokens.remove(one)
                session = Session(secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES))
                self._sessions = [*self._sessions[-(MOST - 1) :], session]
                return session, one[1]
        return None

    def of_cookie(self, cookie: str) -> Session | None:
        """Return the session of a cookie."""
        return next((one for one in self._sessions if _same(one.cookie, cookie)), None)

    def _expire(self) -> None:
        now = self._clock.monotonic()
        self._tokens = [one for one in self._tokens if now - one[2] < TOKEN_SECONDS]


def allows(session: Session, csrf: str) -> bool:
    """Return whether a form carries the token of its session."""
    return _same(session.csrf, csrf)


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))
