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
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from random import Random

from bench.imap_server import (
    NETEASE,
    PLAIN_SERVER,
    QQ,
    ImapServer,
    Personality,
)
from bench.imap_weather import FOLDERS, SHORT, Clock, Weather
from bench.report import Numbers, load_rules, print_table, share
from watcher.control.scanning import MailDesk, OwnBench
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder, Loan, LoanStatus
from watcher.errors import WatcherError
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.imap.connection import Server
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Condition, Watched
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.sources.sandbox import Sandbox
from watcher.store import Store

FAULTS, QUICK_FAULTS = 10_000, 120
FEW = 50
"""Fewer are not worth a process for each kind of server."""

PERSONALITIES = (PLAIN_SERVER, NETEASE, QQ)
BACK = 60.0


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
