"""The life of one account: sign in, look into all folders, wait, look again; for years.

IDLE only wakes us up. What is true is what comparing UIDs says, and that is done after every
stretch of waiting, whether the server said something or not. Nothing here is ever given up:
each failure ends at most the session, and the next one begins where the last commit stands.
The clock, the waiting and chance are given, so that a year of it can be lived in seconds.
"""

import threading
from random import Random

from watcher.clock import Clock
from watcher.errors import CredentialsRefused, SourceUnavailable, WatcherError
from watcher.sources.imap.backoff import HEALTHY, MOST_TRIES, SHORT_LIVED, Backoff, Refusals
from watcher.sources.imap.ports import Condition, Desk, Owner, RealTime, Waiting, Watched
from watcher.sources.imap.rounds import IDLE, POLL, THOROUGH, Rounds
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.sources.sandbox import Sandbox

LIST_AGAIN = 21_600.0
"""After so many seconds one looks whether there are other folders now."""

ASK_AGAIN = 60.0
"""Seconds until a secret is read again that could not be read, or offered again."""

ASK_AGAIN_REFUSED = 900.0
"""Seconds until one looks whether a refused secret was replaced."""

JUMP = 5.0
"""A wall clock that is off the monotonic one by more was set, or the machine slept."""

SLEPT = 30.0
"""After a jump forward by more the connection is taken for dead."""

IDLE_DEATHS = 2
NO_IDLE = 3_600.0
"""A server that ends so many stretches of IDLE at once is polled for so many seconds."""

FRUITLESS = 8
FRUITLESS_WITHIN = 2.0
"""So many wake-ups for nothing, each after so few seconds, and the server is polled for a while."""


class Mailbox:
    """Watches one account; `run` belongs to one thread, `stop` and `look_now` to any."""

    def __init__(  # noqa: PLR0913  everything that a life rests on
        self,
        watched: Watched,
        *,
        desk: Desk,
        owner: Owner,
        clock: Clock,
        random: Random,
        waiting: Waiting | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self._watched = watched
        self._owner = owner
        self._clock = clock
        self._waiting = waiting or RealTime()
        self._rounds = Rounds(watched, desk, clock, sandbox)
        self._backoff = Backoff(random)
        self._refusals = Refusals()
        self._accepted: SignIn | None = None
        self._no_idle_until = 0.0
        self._idle_deaths = 0
        self._quick_wakes = 0
        self._turned_away = 0
        self._condition: tuple[Condition, str] = (Condition.STARTING, "")
        self._offset = self._now_offset()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._session: MailboxSession | None = None

    def run(self) -> None:
        """Watch until `stop`."""
        hurried = False
        while not self._stopping.is_set():
            wait = self._one_session()
            jumped = self._sees_jump() or self._hurry.is_set()
            self._hurry.clear()
            # A clock that jumps all the time must not make us storm the server.
            hurried = jumped and not hurried
            if not hurried and not self._stopping.is_set():
                self._waiting.pause(wait)
                self._sees_jump()
                self._hurry.clear()

    def once(self) -> None:
        """Look once into all folders, and raise what keeps one from it."""
        session = self._watched.connect(self._watched.sign_in())
        self._session = session
        try:
            self._owner.watches(self._rounds.begin(session))
            read, gone = self._rounds.look(session, everything=True, idles=False)
        finally:
            self._session = None
            session.close()
        if read:
            self._owner.settled()
        if gone is not None:
            raise gone

    def stop(self) -> None:
        """End `run` soon, whatever it is blocked in."""
        self._stopping.set()
        self._break_off()

    def look_now(self) -> None:
        """Look at once: the machine may have slept, and no connection is to be trusted."""
        self._hurry.set()
        self._break_off()

    def _break_off(self) -> None:
        session = self._session
        if session is not None:
            session.stop()
        self._waiting.wake()

    def _one_session(self) -> float:
        """Sign in and watch until the session ends; return how long to wait before the next."""
        sign_in = self._secret()
        if isinstance(sign_in, float):
            return sign_in
        if not self._refusals.may_try(sign_in):
            return ASK_AGAIN_REFUSED
        try:
            session = self._watched.connect(sign_in)
        except CredentialsRefused as failure:
            self._accepted = None
            return self._refused(failure, told=self._was_last_try(sign_in))
        except SourceUnavailable as failure:
            self._became(Condition.UNREACHABLE, failure)
            return self._backoff.unreachable()
        self._accepted = sign_in
        self._refusals.accepted()
        began = self._clock.monotonic()
        self._session = session
        try:
            self._watch(session, began)
        except SourceUnavailable as failure:
            if not (self._stopping.is_set() or self._hurry.is_set()):
                self._became(Condition.UNREACHABLE, failure)
        except CredentialsRefused as failure:
            # So NetEase treats a program that it takes for a stranger, until its user has signed
            # in on the web page. The secret stays the same, so it is tried again.
            self._turned_away += 1
            return self._refused(failure, told=self._turned_away >= MOST_TRIES)
        finally:
            self._session = None
            self._rounds.end()
            session.close()
        return self._backoff.ended(self._clock.monotonic() - began)

    def _was_last_try(self, sign_in: SignIn) -> bool:
        """Note that a server did not take a secret; True where it is to be told of."""
        if sign_in.mechanism == "password":
            return self._refusals.refused(sign_in)
        # A token is another one each time; that it is new does not make it better.
        self._turned_away += 1
        return self._turned_away >= MOST_TRIES

    def _refused(self, failure: CredentialsRefused, *, told: bool) -> float:
        """Return how long to wait after a refusal; it is told of once it was the last try."""
        if not told:
            return ASK_AGAIN
        self._became(Condition.REFUSED, failure)
        return ASK_AGAIN_REFUSED

    def _secret(self) -> SignIn | float:
        """Read the secret, or return how long to wait until it is read again.

        One that the server took outlives a keyring that is locked later.
        """
        try:
            return self._watched.sign_in()
        except CredentialsRefused as failure:
            self._became(Condition.REFUSED, failure)
            return ASK_AGAIN_REFUSED
        except WatcherError as failure:
            if self._accepted is not None:
                return self._accepted
            locked = isinstance(failure, SourceUnavailable)
            self._became(Condition.LOCKED if locked else Condition.MISSING, failure)
            return ASK_AGAIN

    def _watch(self, session: MailboxSession, began: float) -> None:
        """Look and wait, again and again, until the session ends."""
        self._owner.watches(self._rounds.begin(session))
        listed_at = self._clock.monotonic()
        everything = True
        while not self._stopping.is_set() and not self._hurry.is_set():
            idles = self._idles(session)
            read, _ = self._rounds.look(session, everything=everything, idles=idles)
            if read:
                self._quick_wakes = 0
                self._owner.settled()
            self._became(Condition.WATCHING, None)
            self._turned_away = 0
            if self._clock.monotonic() - began >= HEALTHY:
                self._backoff.healthy()
            self._wait(session, idles=idles and self._rounds.may_idle)
            if self._jumped() > SLEPT:
                self._hurry.set()
            everything = self._sees_jump()
            if self._clock.monotonic() - listed_at > LIST_AGAIN:
                self._owner.watches(self._rounds.begin(session))
                listed_at = self._clock.monotonic()

    def _wait(self, session: MailboxSession, *, idles: bool) -> None:
        """Wait in IDLE where that works, else without."""
        if not idles:
            self._waiting.pause(POLL)
            return
        began = self._clock.monotonic()
        try:
            woken = self._waiting.idle(session, min(IDLE, self._rounds.seconds_left()))
        except SourceUnavailable:
            lived = self._clock.monotonic() - began
            self._idle_deaths = self._idle_deaths + 1 if lived < SHORT_LIVED else 0
            if self._idle_deaths >= IDLE_DEATHS:
                self._do_without_idle(NO_IDLE)
            raise
        self._idle_deaths = 0
        quick = woken and self._clock.monotonic() - began < FRUITLESS_WITHIN
        self._quick_wakes = self._quick_wakes + 1 if quick else 0
        if self._quick_wakes >= FRUITLESS:
            self._do_without_idle(THOROUGH)

    def _do_without_idle(self, seconds: float) -> None:
        if not (self._stopping.is_set() or self._hurry.is_set()):
            self._no_idle_until = self._clock.monotonic() + seconds
        self._idle_deaths = self._quick_wakes = 0

    def _idles(self, session: MailboxSession) -> bool:
        asked = self._watched.may_idle and session.can_idle
        return asked and self._clock.monotonic() >= self._no_idle_until

    def _now_offset(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _jumped(self) -> float:
        """Return by how many seconds the wall clock has left the monotonic one behind."""
        return self._now_offset() - self._offset

    def _sees_jump(self) -> bool:
        """Tell whether the clock was set or the machine slept since this was last asked."""
        jumped = abs(self._jumped()) > JUMP
        self._offset = self._now_offset()
        return jumped

    def _became(self, condition: Condition, failure: WatcherError | None) -> None:
        new = (condition, "" if failure is None else failure.says)
        if new != self._condition:
            self._condition = new
            self._owner.became(condition, failure)
