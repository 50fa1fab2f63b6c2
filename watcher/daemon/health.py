"""What systemd is told of us: that we live, and in the user's words how we are."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from watcher.daemon.mail import MailAccount
from watcher.daemon.userfiles import UserFiles
from watcher.daemon.walls import UNSEEN, Wall, fallen
from watcher.daemon.worker import Desk, IngestThread
from watcher.phrases import Phrases
from watcher.sources.imap.ports import Condition
from watcher.systemd import notify

_SECOND: int = 1_000_000  # microseconds

_log = structlog.get_logger()


class Health:
    """Watches over the threads; `desktop` is whether the session bus was reached last time.

    `rest` is called on the ingest thread when it is asked whether it lives.
    """

    def __init__(  # noqa: PLR0913  one place wires it
        self,
        environ: Mapping[str, str],
        phrases: Phrases,
        *,
        worker: IngestThread,
        files: UserFiles,
        mail: Sequence[MailAccount],
        folders: int,
        rest: Callable[[], None],
    ) -> None:
        self._environ = environ
        self._phrases = phrases
        self._worker = worker
        self._files = files
        self._mail = mail
        self._folders = folders
        self._rest = rest
        self._said = ""
        self.desktop = True
        self.fallen: tuple[Wall, ...] = ()

    def pause(self, wished: float) -> float:
        """Return after how many seconds to beat again: thrice while systemd waits."""
        given = self._environ.get("WATCHDOG_USEC", "")
        return min(wished, int(given) / _SECOND / 3) if given.isdecimal() else wished

    async def look_at_walls(self) -> None:
        """Find out which walls of the unit do not stand."""
        self.fallen = await fallen(self._environ)
        for wall in self.fallen:
            _log.error("wall-fallen", state=wall.value)
        if UNSEEN in self._environ:
            _log.info("walls-looked-at", count=len(Wall) - len(self.fallen))

    async def beat(self) -> None:
        """Tell systemd that we live, once every thread has given a sign of life.

        The loop is alive, or this would not run; the ingest thread answers from within its
        longest jobs; a thread of an account gives a sign with each try and each look.
        """
        await self._worker.do(self._live)
        if all(account.is_alive for account in self._mail):
            notify(self._environ, "WATCHDOG=1")
        says = self._says()
        if says != self._said:
            notify(self._environ, f"STATUS={says}")
            self._said = says

    def _says(self) -> str:
        count = self._folders + len(self._mail)
        blind = sum(account.condition is not Condition.WATCHING for account in self._mail)
        wrong = sum(not problem.warning for problem in self._files.problems)
        parts = [
            self._phrases.say("daemon.status.watching", {"count": count}),
            *([self._phrases.say("daemon.status.blind", {"count": blind})] if blind else []),
            *([self._phrases.say("daemon.status.wrong", {"count": wrong})] if wrong else []),
            *([] if self.desktop else [self._phrases.say("daemon.status.no_desktop")]),
            *([self._phrases.say("daemon.status.walls")] if self.fallen else []),
        ]
        return " ".join(parts)

    def _live(self, _desk: Desk) -> None:
        """Be alive, and let go what has had nothing to do for long."""
        self._rest()
