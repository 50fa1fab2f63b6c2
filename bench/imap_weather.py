"""What goes wrong between a mailbox and its server, and when; the clock passes meanwhile."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

from bench.imap_server import Ending, ImapServer, Script, cut, reply, stall, stop
from watcher.clock import SystemClock
from watcher.sources.imap.connection import Limits
from watcher.sources.imap.ports import LIMITS
from watcher.sources.imap.session import MailboxSession

SHORT = Limits(connect=0.5, command=0.5, idle=0.5)
"""How long a silence really lasts here; it counts as long as it would (`LIMITS`)."""

SILENT = 0.005
"""Share of faults in which the server says nothing more and the line stays."""

KEPT = 60
"""Mails in a folder; older ones are deleted once they were judged."""

FOLDERS = {"INBOX": (), "垃圾邮件": ("\\Junk",)}
MOMENTS = ("accept", "tls", "greeting", "LOGIN", "LOGIN.done", "LIST", "STATUS", "EXAMINE",
            "FETCH", "FETCH.done", "literal", "idling", "NOOP")  # fmt: skip
SAYS_NO = (
    reply("LOGIN", "NO [UNAVAILABLE] try again later"),
    reply("LIST", "BAD system busy"),
    reply("EXAMINE", "NO [INUSE] mailbox is locked"),
    reply("FETCH", "NO [SERVERBUG] internal error"),
)


class Clock:
    """The system's clock, ahead by what was let pass."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self._ahead = 0.0

    def now(self) -> datetime:
        """Return the wall-clock moment."""
        return self._system.now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return self._system.monotonic() + self._ahead

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += max(0.0, seconds)


class Weather:
    """Decides what goes wrong and when, and lets time pass meanwhile."""

    def __init__(self, server: ImapServer, clock: Clock, most: int, seed: int) -> None:
        self.faults = 0
        self.notices = 0
        self.waits: list[float] = []
        self.over = _nothing
        self._server = server
        self._folders = {
            name: server.account().folder(name, flags=flags) for name, flags in FOLDERS.items()
        }
        self._clock = clock
        self._most = most
        self._random = Random(seed)  # noqa: S311  chance decides nothing secret
        self._next = clock.monotonic() + 60
        self._down_until: float | None = None
        self._since: float | None = None
        self._looked: set[str] = set()

    def pause(self, seconds: float) -> None:
        """Let time pass, with what happens in it."""
        ends = self._clock.monotonic() + seconds
        while (now := self._clock.monotonic()) < ends:
            self._clock.passes(min(ends, self._due()) - now)
            self._happen()

    def idle(self, session: MailboxSession, seconds: float) -> bool:
        """Let time pass until something happens, and hear whether the server says so."""
        now = self._clock.monotonic()
        self._clock.passes(min(now + seconds, self._due()) - now)
        self._happen()
        return session.wait(0.01)

    def wake(self) -> None:
        """End no pause: nobody hurries us."""

    def failed(self, says: str) -> None:
        """Hear that a session ended; a silence lasts as long as a command may."""
        if self._since is None:
            self._since = self._clock.monotonic()
        self._looked.clear()
        if says == "imap.timeout":
            self._clock.passes(LIMITS.command - SHORT.command)

    def looked(self, source: str) -> None:
        """Hear that a folder was read to its end."""
        name = source.rpartition("/")[2]
        folder = self._folders[name]
        mails = folder.mails()
        if len(mails) > KEPT:
            folder.expunge(*(mail.uid for mail in mails[: KEPT // 2]))
        if self._since is None or self._down_until is not None:
            return
        self._looked.add(name)
        if len(self._looked) == len(self._folders):
            self.waits.append(self._clock.monotonic() - self._since)
            self._since = None

    def _due(self) -> float:
        return self._next if self._down_until is None else min(self._next, self._down_until)

    def _happen(self) -> None:
        now = self._clock.monotonic()
        if self._down_until is not None and now >= self._down_until:
            self._down_until = None
            self._server.up()
            if self._since is not None:
                self._since = now
                self._looked.clear()
        if now < self._next:
            return
        self._next = now + 60 + self._random.expovariate(1 / 1_800)
        if self.faults >= self._most:
            if self._since is None:
                self.over()
        elif self._down_until is None:
            self._deliver()
            self._break()
            self._deliver()

    def _break(self) -> None:
        """Have something go wrong; the shares are those of what goes wrong."""
        chance = self._random
        kind = chance.random()
        self.faults += 1
        if kind < SILENT:
            self._spoil(stall(chance.choice(("FETCH", "STATUS", "EXAMINE", "LOGIN"))))
        elif kind < 0.02:  # noqa: PLR2004
            chance.choice(list(self._folders.values())).renumber()
        elif kind < 0.25:  # noqa: PLR2004
            self._server.down()
            seconds = chance.choice((2, 20, 200, 1_800)) * chance.random()
            self._down_until = self._clock.monotonic() + seconds
        elif kind < 0.55:  # noqa: PLR2004
            self._spoil(cut(chance.randint(0, 6_000), self._ending()))
        elif kind < 0.8:  # noqa: PLR2004
            self._spoil(stop(chance.choice(MOMENTS), self._ending()))
        elif kind < 0.88:  # noqa: PLR2004
            self._spoil(chance.choice(SAYS_NO))
        else:
            self._server.drop_all(self._ending())

    def _spoil(self, script: Script) -> None:
        """End all connections, which is a fault too, and spoil the next."""
        self.faults += 1
        self._server.fault_next(script)
        self._server.drop_all(self._ending())

    def _ending(self) -> Ending:
        return self._random.choice((Ending.CLOSE, Ending.RESET, Ending.BYE, Ending.CLOSE_TLS))

    def _deliver(self) -> None:
        now = self._clock.now()
        for _ in range(self._random.randint(0, 2)):
            self.notices += 1
            [folder] = self._random.choices(list(self._folders.values()), (4, 1))
            folder.deliver(_notice(self.notices, now), received_at=now)


def _nothing() -> None:
    pass


def _notice(number: int, at: datetime) -> bytes:
    made = EmailMessage()
    made["From"] = "招联金融 <notice@zhaolian.test>"
    made["To"] = "zhou@mail.test"
    made["Subject"] = f"编号{number}"
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{number}@zhaolian.test>"
    made.set_content(
        f"【招联金融】李晓，您的好期贷借款本期应还{number}.29元已逾期，请打开招联金融APP还款。"
    )
    return made.as_bytes()
