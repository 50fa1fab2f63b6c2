"""Connection faults while a mailbox is watched: is a notice lost, doubled, or late?

A scripted server drops, resets, refuses, cuts after a random byte, says BYE or NO, falls
silent and is down for up to half an hour, while notices arrive before, during and after. The
clock is injected: waiting costs nothing and counts in full, as does the time that really
passes. `lost` and `doubled` are counted in the store at the end. `back_within_60s` is the
share of faults after which all folders were looked into within 60 seconds, counted from
where we met the fault, or from where the server was there again if that was later.
"""

import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random

from bench.imap_server import (
    NETEASE,
    PLAIN_SERVER,
    QQ,
    Ending,
    ImapServer,
    Personality,
    Script,
    cut,
    reply,
    stall,
    stop,
)
from bench.report import Numbers, load_rules, print_table, share
from watcher.clock import SystemClock
from watcher.control.scanning import MailDesk, OwnBench
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder, Loan, LoanStatus
from watcher.errors import WatcherError
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.imap.connection import Limits, Server
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import LIMITS, Condition, Watched
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.sources.sandbox import Sandbox
from watcher.store import Store

FAULTS, QUICK_FAULTS = 10_000, 120
FEW = 50
"""Fewer are not worth a process for each kind of server."""

PERSONALITIES = (PLAIN_SERVER, NETEASE, QQ)
BACK = 60.0
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


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--faults", type=int, help="how many faults are injected")
    parser.add_argument("--seed", type=int, default=1, help="which faults they are")


def measure(options: Namespace) -> Numbers:
    """Live through the faults with each kind of server and print what became of the notices."""
    faults = options.faults or (QUICK_FAULTS if options.quick else FAULTS)
    each = -(-faults // len(PERSONALITIES))
    work = [(kind, each, options.seed + at) for at, kind in enumerate(PERSONALITIES)]
    if each < FEW:
        rules = load_rules()
        runs = [_run(*one, rules) for one in work]
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            runs = list(pool.map(_run, *zip(*work, strict=True)))
    waits = sorted(wait for run in runs for wait in run.waits)
    print_table(
        "faults on the way to a mail server",
        ("server", "faults", "hours", "connections", "notices", "lost", "doubled", "slowest back"),
        [run.row() for run in runs],
    )
    return {
        "faults": sum(run.faults for run in runs),
        "lost": sum(run.lost for run in runs),
        "doubled": sum(run.doubled for run in runs),
        "back_within_60s": share(sum(wait <= BACK for wait in waits), len(waits)),
    }


@dataclass(kw_only=True)
class Run:
    """What happened with one kind of server."""

    name: str
    faults: int = 0
    hours: float = 0.0
    connections: int = 0
    notices: int = 0
    lost: int = 0
    doubled: int = 0
    waits: list[float] = field(default_factory=list)

    def row(self) -> tuple[object, ...]:
        """Return a row of the table."""
        seen = (self.name, self.faults, self.hours, self.connections, self.notices)
        return (*seen, self.lost, self.doubled, max(self.waits, default=0.0))


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


@dataclass(frozen=True, slots=True)
class Desk(MailDesk):
    """The store, and an ear for what was looked into and what ended."""

    weather: Weather

    def checked(self, source: str) -> None:
        """Note it, and tell the weather."""
        MailDesk.checked(self, source)
        self.weather.looked(source)

    def became(self, condition: Condition, failure: WatcherError | None) -> None:
        """Tell the weather how a session ended."""
        if condition is Condition.UNREACHABLE and failure is not None:
            self.weather.failed(failure.says)


def _run(kind: Personality, faults: int, seed: int, rules: Rules | None = None) -> Run:
    """Watch one server through so many faults."""
    rules = rules or load_rules()
    loan = Loan(id="zl", lender="招联金融", status=LoanStatus.SETTLED, settled_on=date(2026, 1, 17))
    known = Ledger.of(Holder(name="李晓"), (loan,), rules.directory)
    clock = Clock()
    began = clock.monotonic()
    with (
        tempfile.TemporaryDirectory() as state,
        ImapServer(personality=kind) as server,
        Store.open(Path(state), clock.now()) as store,
        Sandbox() as sandbox,
    ):
        account = server.account()
        weather = Weather(server, clock, faults, seed)
        ingest = Ingest(judge=JudgeHere(rules, known), store=store, clock=clock)
        ask = OwnBench(store=store, ingest=ingest).ask
        desk = Desk(ask, clock, lambda _: None, lambda _: None, weather)
        place = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
        sign_in = SignIn(user=account.user, secret=account.password)
        mailbox = Mailbox(
            Watched(
                address=account.user,
                sign_in=lambda: sign_in,
                connect=lambda known: MailboxSession.open(place, known, limits=SHORT),
                choose=lambda _listed: tuple(FOLDERS),
            ),
            desk=desk,
            owner=desk,
            clock=clock,
            random=Random(seed),  # noqa: S311  as above
            waiting=weather,
            sandbox=sandbox,
        )
        weather.over = mailbox.stop
        mailbox.run()
        stored = Counter(message.subject for message in store.messages())
        if server.violations:
            raise AssertionError("a command was sent that may change something")
    return Run(
        name=kind.name,
        faults=weather.faults,
        hours=(clock.monotonic() - began) / 3_600,
        connections=server.connections[-1].number,
        notices=weather.notices,
        lost=weather.notices - len(stored),
        doubled=stored.total() - len(stored),
        waits=weather.waits,
    )


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
