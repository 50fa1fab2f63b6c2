"""How long to wait before a server is asked again, and when a refused secret is tried again.

Rules for this file: no clock and no waiting; whoever waits says how long things lasted.

A server that cannot be reached is asked often, for mail waits behind it. One that takes the
sign-in and then drops the line is at work on something: it is left more time, and so a server
that drops every session at once sees a dozen connections an hour and not a thousand.
"""

from random import Random

UNREACHABLE_CAP = 45.0
SHORT_LIVED_CAP = 300.0
SHORT_LIVED = 60.0
"""A session that ended within so many seconds of its sign-in did not live."""

HEALTHY = 600.0
"""After so many seconds in one session all earlier failures are forgotten."""

MOST_TRIES = 2
"""How often one secret is offered to a server that refuses it; more may lock the account."""

_FIRST = 1.0
_GROWTH = 2.0
_FIRST_SHORT = 5.0
_GROWTH_SHORT = 3.0
_STEPS = 16


class Backoff:
    """Growing, jittered waits between the connections of one account, in seconds."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0
        self._short = 0
        self._deaths = 0

    def unreachable(self) -> float:
        """Return how long to wait after a connection that came to no sign-in."""
        wait = min(UNREACHABLE_CAP, _FIRST * _GROWTH ** min(self._failures, _STEPS))
        self._failures += 1
        return self._jittered(wait)

    def ended(self, lived: float) -> float:
        """Return how long to wait after a session that lived so long after its sign-in."""
        self._failures = 0
        if lived < SHORT_LIVED:
            wait = min(SHORT_LIVED_CAP, _FIRST_SHORT * _GROWTH_SHORT ** min(self._short, _STEPS))
            self._short += 1
            return self._jittered(wait)
        if lived >= HEALTHY:
            self.healthy()
        wait = min(UNREACHABLE_CAP, _FIRST * _GROWTH ** min(self._deaths, _STEPS))
        self._deaths += 1
        return self._jittered(wait)

    def healthy(self) -> None:
        """Forget all failures: a session has lived for `HEALTHY` seconds."""
        self._failures = 0
        self._short = 0
        self._deaths = 0

    def _jittered(self, wait: float) -> float:
        """Shorten a wait at random, so that not all programs come back in the same second."""
        return wait * self._random.uniform(0.8, 1.0)


class Refusals:
    """Counts how often a server has refused one and the same secret."""

    def __init__(self) -> None:
        self._secret: object = None
        self._tries = 0

    def refused(self, secret: object) -> bool:
        """Note a refusal; True where it was the last try of this secret, and once only."""
        self._tries = self._tries + 1 if secret == self._secret else 1
        self._secret = secret
        return self._tries == MOST_TRIES

    def may_try(self, secret: object) -> bool:
        """Tell whether a secret may be offered: another one always, a refused one once more."""
        return secret != self._secret or self._tries < MOST_TRIES

    def accepted(self) -> None:
        """Forget all refusals."""
        self._secret = None
        self._tries = 0
