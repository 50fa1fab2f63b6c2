"""What the service costs while nothing comes, and how soon it is there.

`rss_mb`: memory of the daemon without its children, once it has judged mails and exports and
shown pop-ups; also printed is that of the child in which it judges, as long as that stays.
`wakeups_per_min`: waits of all its threads that end by time alone.
`cpu_percent`: of one core. `ready_s`: from the start of the program to READY=1 with 100,000
cases stored, the best of some starts. It watches a mailbox with IDLE and a folder, on a bus.
A quick run lives the idle time faster, `FASTER` times, and has fewer cases. A
full one also shows what memory judging a million messages takes, and `slope_mb` is what the
second half of them adds.
"""

import asyncio
import json
import sqlite3
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from os import getpid
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.imap_server import ImapServer
from bench.many_cases import store_many_cases
from bench.report import CHECKOUT, Numbers, load_rules, print_table
from bench.resident import cpu_seconds, megabytes, resident_home, switches
from tests.daemon.home import SERVICE, STALE, Home, end, ready
from tests.notification_server import NotificationServer
from tests.processes import children
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Loan, LoanStatus, Message
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.store import Store

CASES, QUICK_CASES = 100_000, 10_000
FASTER = 20
"""How many times as fast a quick run lives."""
FULL_SECONDS, QUICK_SECONDS = 300.0, 6.0
STARTS, QUICK_STARTS = 7, 3
MAILS = 40
TEXTS = 1_200
"""So many messages stand in the export, taken evenly from all authors."""
JUDGED, QUICK_JUDGED = 1_000_000, 10_000
_WITHIN = 240.0
_CHECKED = "SELECT source FROM cursors WHERE checked_at IS NOT NULL"
_MESSAGES = CHECKOUT / "bench" / "messages"

WATCHED = """
import os, selectors, sys, threading, time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from watcher.clock import SystemClock
from watcher.daemon.start import run
from watcher.daemon.life import Pace
from watcher.sources.imap.ports import RealTime

FASTER, TOLD = {faster}, os.open("{told}", os.O_WRONLY | os.O_APPEND)
began, first = SystemClock().now(), SystemClock().monotonic()

class Clock:
    def now(self):
        return began + timedelta(seconds=(SystemClock().monotonic() - first) * FASTER)
    def monotonic(self):
        return first + (SystemClock().monotonic() - first) * FASTER

def count():
    os.write(TOLD, b".")

def counting(wait, ended_by_time):
    def counted(*given, **named):
        answer = wait(*given, **named)
        if ended_by_time(answer, *given, **named):
            count()
        return answer
    return counted

def asked_for(place, given, named):
    seconds = given[place] if len(given) > place else named.get("timeout")
    return seconds is not None and seconds > 0

def by_time(answer, *given, **named):
    return not answer and asked_for(1, given, named)

threading.Condition.wait = counting(threading.Condition.wait, by_time)
selectors.EpollSelector.select = counting(selectors.EpollSelector.select, by_time)
time.sleep = counting(time.sleep, lambda *_: True)
pause, idle = RealTime.pause, RealTime.idle
RealTime.pause = lambda self, seconds: pause(self, seconds / FASTER)
RealTime.idle = counting(
    lambda self, session, seconds: idle(self, session, seconds / FASTER), lambda told, *_: not told
)
kept = ("second_look", "farewell", "request")
usual = asdict(Pace())
pace = Pace(**{{name: each if name in kept else each / FASTER for name, each in usual.items()}})
sys.exit(run("zh", pace=pace, clock=Clock()))
"""
"""The daemon, with time that passes faster and a byte for each wait that ended by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a daemon costs while nothing comes."""

    rss_mb: float
    judge_mb: float
    """Memory of the child that judges, before it leaves."""
    wakeups_per_min: float
    cpu_percent: float
    switches_per_min: float
    """Times that any thread gave up its core: waits that end by time, and all others."""


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--seconds", type=float, help="how long nothing comes")
    parser.add_argument("--starts", type=int, help="how many starts are timed")


def measure(options: Namespace) -> Numbers:
    """Watch a daemon do nothing, time starts, and print what was measured."""
    seconds = options.seconds or (QUICK_SECONDS if options.quick else FULL_SECONDS)
    starts = options.starts or (QUICK_STARTS if options.quick else STARTS)
    cases = QUICK_CASES if options.quick else CASES
    rules = load_rules()
    with resident_home() as home:
        cost = asyncio.run(_idle(home, seconds, FASTER if options.quick else 1))
    with resident_home() as home:
        store_many_cases(home.state, rules, _ledger(rules), cases)
        timed = [_start(home) for _ in range(starts)]
    taken, cpu = zip(*timed, strict=True)
    print_table(
        "while nothing comes",
        (
            "memory, MB",
            "its judge",
            "waits ended by time, a minute",
            "CPU, percent",
            "switches a minute",
        ),
        [astuple(cost)],
    )
    print_table(
        f"from start to READY=1 with {cases:,} cases, seconds",
        ("starts", "best", "longest", "least CPU"),
        [(starts, min(taken), max(taken), min(cpu))],
    )
    grown = list(_growth(rules, QUICK_JUDGED if options.quick else JUDGED))
    print_table("memory of judging", ("messages", "MB"), grown)
    return {
        "rss_mb": round(cost.rss_mb, 1),
        "wakeups_per_min": round(cost.wakeups_per_min, 2),
        "cpu_percent": round(cost.cpu_percent, 3),
        "ready_s": round(min(taken), 2),
        "slope_mb": round(grown[-1][1] - grown[len(grown) // 2 - 1][1], 1),
    }


async def _idle(home: Home, seconds: float, faster: int) -> Cost:
    """Have a daemon read and show, then leave it alone and look at it."""
    told = home.folder / "told"
    told.touch()
    with ImapServer() as server:
        _watch_mailbox(home, server)
        async with NotificationServer.at(home.bus) as desktop:
            program = WATCHED.format(faster=faster, told=told)
            pid = (await asyncio.to_thread(ready, home, program)).pid
            _feed(home, server)
            await desktop.next(within=_WITHIN)
            await asyncio.to_thread(_until_read, home, server)
            judge = sum(map(megabytes, children(pid)))
            counted, cpu, switched = told.stat().st_size, cpu_seconds(pid), switches(pid)
            await asyncio.sleep(seconds)
            minutes = seconds * faster / 60
            return Cost(
                rss_mb=megabytes(pid),
                judge_mb=judge,
                wakeups_per_min=(told.stat().st_size - counted) / minutes,
                cpu_percent=(cpu_seconds(pid) - cpu) / minutes / 60 * 100,
                switches_per_min=(switches(pid) - switched) / minutes,
            )


def _watch_mailbox(home: Home, server: ImapServer) -> None:
    account = server.account()
    code = home.folder / "code"
    code.touch(mode=0o600)
    code.write_text(account.password, encoding="utf-8")
    with home.config.open("a", encoding="utf-8") as config:
        config.write(
            f'[[accounts]]\naddress = "{account.user}"\n'
            f'host = "{server.host}"\nport = {server.port}\n'
            f'ca_file = "{server.ca_file}"\ncode_file = "{code}"\n'
        )


def _feed(home: Home, server: ImapServer) -> None:
    """Give it mails with HTML, and messages of every kind in an export."""
    for number in range(MAILS):
        server.account().deliver("INBOX", _mail(number), received_at=SystemClock().now())
    texts = [
        text
        for file in sorted(_MESSAGES.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if (text := json.loads(line).get("text"))
    ]
    home.drop("sms-1.xml", *texts[:: max(len(texts) // TEXTS, 1)][:TEXTS])


def _mail(number: int) -> bytes:
    made = EmailMessage()
    made["From"] = "招联金融 <notice@zhaolian.test>"
    made["Subject"] = f"还款提醒{number}"
    made["Date"] = format_datetime(SystemClock().now())
    made["Message-ID"] = f"<{number}@zhaolian.test>"
    text = STALE.replace("1352.29", f"{number}52.29")
    made.set_content(text)
    made.add_alternative(f"<html><body><p>{text}</p></body></html>", subtype="html")
    return made.as_bytes()


def _until_read(home: Home, server: ImapServer) -> None:
    """Wait until all was judged and shown, and the daemon waits for what comes."""
    deadline = time.monotonic() + _WITHIN
    while not (
        server.commands[-1].name == "IDLE"
        and _is_read(home)
        and all(state != "pending" for state, _ in home.alerts())
    ):
        if time.monotonic() > deadline:
            raise AssertionError("the daemon has not come to rest")
        time.sleep(0.5)
    time.sleep(0.5)


def _is_read(home: Home) -> bool:
    """Whether the export was read, and the folders of the mailbox."""
    with closing(sqlite3.connect(f"{(home.state / 'state.db').as_uri()}?mode=ro", uri=True)) as db:
        read = {str(source)[:4] for (source,) in db.execute(_CHECKED)}
    return len(read) > 1


def _start(home: Home) -> tuple[float, float]:
    """Start the program as systemd does; return the seconds until it is ready, and of CPU."""
    begun = time.perf_counter()
    daemon = ready(home, SERVICE)
    taken, cpu = time.perf_counter() - begun, cpu_seconds(daemon.pid)
    if end(daemon)[0] != 0:
        raise AssertionError("the daemon did not end well")
    return taken, cpu


def _growth(rules: Rules, judged: int) -> Iterator[tuple[int, float]]:
    """Judge very many messages as the ingest thread does; yield memory on the way."""
    now = SystemClock().now()
    with TemporaryDirectory() as folder, Store.open(Path(folder), now) as store:
        ingest = Ingest(judge=JudgeHere(rules, _ledger(rules)), store=store, clock=SystemClock())
        step = judged // 10
        for first in range(0, judged, step):
            ingest.run(
                (
                    Message(
                        id=str(number),
                        channel=Channel.SMS,
                        sender="13800000000",
                        received_at=now - timedelta(seconds=judged - number),
                        text=f"晚上一起吃饭吗，我在老地方等你{number}，逾期不候",
                    )
                    for number in range(first, first + step)
                ),
                source="sms:growth",
            )
            yield first + step, megabytes(getpid())


def _ledger(rules: Rules) -> Ledger:
    loan = Loan(id="zl", lender="招联金融", status=LoanStatus.SETTLED, settled_on=date(2024, 1, 17))
    return Ledger.of(Holder(name="李晓"), (loan,), rules.directory)
