"""One mail account in a thread of its own, as long as the daemon lives.

The thread waits for the server and for the ingest thread, and touches no store itself. What
the user has to know of an account is said once and taken back when it is true no more.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from watcher.clock import Clock
from watcher.core.model import Phrase, Urgency
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.worker import Desk, IngestThread
from watcher.errors import SourceUnavailable, WatcherError
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Condition, Watched
from watcher.sources.imap.signin import SignIn
from watcher.sources.items import Item
from watcher.store import Cursor

BLIND = 1_800.0
"""A folder that could not be read for so many seconds is told of."""

HANGS = 3_600.0
"""A thread that has asked for no secret and looked into no folder for so many seconds hangs.

However a server behaves, it does one of both far more often."""

AFTER_A_FAULT = 300.0
"""Seconds until an account is watched again in which a fault of ours was met."""

_SAYS: Mapping[Condition, str] = {
    Condition.REFUSED: "daemon.mail_refused",
    Condition.MISSING: "daemon.mail_no_code",
    Condition.LOCKED: "daemon.mail_locked",
    Condition.STARTING: "daemon.mail_blind",
    Condition.UNREACHABLE: "daemon.mail_blind",
    Condition.WATCHING: "daemon.mail_folder",
}
_AT_ONCE = frozenset({Condition.REFUSED, Condition.MISSING})

_UNKNOWN = ""
"""An earlier life of the program may have said something."""

_log = structlog.get_logger()


class MailAccount:
    """Watches an account; is its desk and its owner, and tells when it sees nothing for long.

    `number` is what the account is called in the log and in alerts: they may be seen by
    others than the user. `changed` is called when there may be something new to show.
    """

    def __init__(  # noqa: PLR0913  one place wires it
        self,
        number: int,
        watched: Watched,
        *,
        worker: IngestThread,
        files: UserFiles,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._number = number
        self._worker = worker
        self._files = files
        self._clock = clock
        self._changed = changed
        self._sign_in = watched.sign_in
        self._mailbox = Mailbox(
            replace(watched, sign_in=self._signing_in),
            desk=self,
            owner=self,
            clock=clock,
            random=secrets.SystemRandom(),
        )
        self._thread = threading.Thread(target=self._live, name=f"mail-{number}", daemon=True)
        self._stopping = threading.Event()
        self._condition = Condition.STARTING
        self._sign_of_life = clock.monotonic()
        self._seen: dict[str, float] = {}
        self._told: str | None = _UNKNOWN

    def start(self) -> None:
        """Begin to watch."""
        self._seen = {"": self._clock.monotonic()}
        self._thread.start()

    @property
    def condition(self) -> Condition:
        """How the account is doing."""
        return self._condition

    @property
    def is_alive(self) -> bool:
        """Whether its thread works and does not hang, or has been told to end."""
        late = self._clock.monotonic() - self._sign_of_life >= HANGS
        return self._stopping.is_set() or (self._thread.is_alive() and not late)

    def look_now(self) -> None:
        """Look at once: the machine has slept, or its clock was set."""
        self._mailbox.look_now()

    def stop(self) -> None:
        """End the thread soon; `has_ended` waits for that."""
        self._stopping.set()
        self._mailbox.stop()

    def has_ended(self, within: float) -> bool:
        """Wait for the end of the thread."""
        self._thread.join(within)
        return not self._thread.is_alive()

    async def beat(self) -> None:
        """Say what the user has to know now, and take back what is true no more.

        Raises:
            SourceUnavailable: the disk refuses.
        """
        says = self._to_say()
        if says == self._told or (says is None and self._condition is not Condition.WATCHING):
            return
        now = self._clock.now()

        def work(desk: Desk) -> None:
            for other in set(_SAYS.values()) - {says}:
                desk.store.withdraw(self._phrase(other))
            if says is not None:
                desk.store.announce(self._phrase(says), Urgency.NORMAL, now)

        await self._worker.do(work)
        self._told = says
        if says is not None:
            _log.warning("mail-told", source=self._number, says=says)

    def _to_say(self) -> str | None:
        """Return what has to be said of the account, as a phrase id."""
        if self._condition in _AT_ONCE:
            return _SAYS[self._condition]
        oldest = min(list(self._seen.values()))
        blind = self._clock.monotonic() - oldest >= BLIND
        return _SAYS[self._condition] if blind else None

    # As the desk of its mailbox.

    def cursor(self, source: str) -> Mapping[str, Any] | None:
        """Return the position that was last committed."""
        cursor = self._worker.ask(lambda desk: desk.store.cursor(source))
        return None if cursor is None else cursor.position

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        """Commit what is found in messages, and the position with it."""

        def work(desk: Desk) -> None:
            self._files.refresh(desk)
            summary = desk.ingest.run(
                items,
                source=source,
                first_run=first_run,
                cursor=Cursor(source=source, position=position),
                to_its_end=False,
            )
            if summary.messages:
                _log.info(
                    "mail-read",
                    source=self._number,
                    messages=summary.messages,
                    new=summary.opened,
                    count=summary.alerts,
                )

        self._worker.ask(work)
        self._lives()
        self._seen[source] = self._clock.monotonic()  # a long past is read, not looked away from
        self._changed()

    def wanted(self, source: str) -> Sequence[tuple[int, str]]:
        """Return number and place of the alerting mails that are to be kept whole."""
        return self._worker.ask(lambda desk: desk.store.wanted_originals(source))

    def keep(self, source: str, message: int, mail: bytes | None) -> None:
        """Keep a whole mail, or note that the source has it no more."""
        now = self._clock.now()
        self._worker.ask(lambda desk: desk.store.keep_original(message, mail, now, source))

    def checked(self, source: str) -> None:
        """Note that all there is was judged."""
        now = self._clock.now()
        self._worker.ask(lambda desk: desk.store.checked(source, now))
        self._lives()
        self._seen[source] = self._clock.monotonic()

    # As the owner of its mailbox.

    def watches(self, sources: Sequence[str]) -> None:
        """Wait for news of these folders, and of no other."""
        now = self._clock.monotonic()
        self._seen = {source: self._seen.get(source, now) for source in sources}

    def became(self, condition: Condition, failure: WatcherError | None) -> None:
        """Remember how the account is doing; the next beat says what is to be said."""
        self._condition = condition
        says = None if failure is None else failure.says
        _log.info("mail", source=self._number, state=condition.value, says=says)

    def settled(self) -> None:
        """Sum up what was left to a summary."""
        now = self._clock.now()
        self._worker.ask(lambda desk: desk.store.summarise(now))
        self._changed()
        self._worker.ask(Desk.clear)

    def _signing_in(self) -> SignIn:
        self._lives()
        return self._sign_in()

    def _lives(self) -> None:
        self._sign_of_life = self._clock.monotonic()

    def _phrase(self, says: str) -> Phrase:
        return Phrase(id=says, values={"account": self._number})

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                self._mailbox.run()
            except SourceUnavailable as failure:
                _log.warning("mail", source=self._number, says=failure.says)
            except Exception:  # noqa: BLE001  a fault met in one account must blind no other, nor this one for good
                _log.critical("uncaught", exc_info=True)
            self._stopping.wait(AFTER_A_FAULT)
