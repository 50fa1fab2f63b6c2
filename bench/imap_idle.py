"""How soon a new mail becomes an alert, and what watching costs while nothing comes.

`alert_s`: the slowest of some mails, from the moment the server has it to the alert in the
outbox, with IDLE, in real time. `alert_polled_s`: without IDLE, the interval of polling plus
the slowest delay behind a poll. The rest is of two hours in which nothing comes to a mailbox
with some mails, lived a hundred times as fast, the worse of a server with IDLE and one
without: how many waits of our threads ended by time alone in a minute, and the KB an hour
that TCP carried, TLS and all.
"""

import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from secrets import SystemRandom
from typing import Any

from bench.imap_server import NETEASE, PLAIN_SERVER, ImapServer, Personality
from bench.report import Numbers, load_rules, print_table
from watcher.clock import Clock, SystemClock
from watcher.control.scanning import MailDesk, OwnBench
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder, Loan, LoanStatus
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.imap.connection import Limits, Server
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import LIMITS, RealTime, Waiting, Watched
from watcher.sources.imap.rounds import POLL
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.sources.items import Item
from watcher.store import Store

FAST = 100
"""How many times as fast the idle hour is lived."""

LYING = 150
"""Mails that lie in the mailbox to which nothing comes."""

_WITHIN = 30.0


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--mails", type=int, help="how many alerts are timed, each way")
    parser.add_argument("--hours", type=float, help="how long nothing comes")


def measure(options: Namespace) -> Numbers:
    """Time alerts both ways, live an idle hour both ways, and print what was measured."""
    rules = load_rules()
    mails = options.mails or (4 if options.quick else 20)
    hours = options.hours or (0.1 if options.quick else 2.0)
    told = max(_alert_seconds(PLAIN_SERVER, mails, rules))
    polled = POLL + max(_alert_seconds(NETEASE, mails, rules))
    costs = [_idle_cost(kind, hours, rules) for kind in (PLAIN_SERVER, NETEASE)]
    print_table(
        "alerts",
        ("server", "mails", "slowest, seconds"),
        [("with IDLE", mails, told), (f"polled every {POLL:.0f} s", mails, polled)],
    )
    print_table(
        "while nothing comes",
        ("server", "hours", "waits ended by time, a minute", "KB an hour"),
        [(cost.name, hours, cost.wakeups_per_min, cost.kb_per_hour) for cost in costs],
    )
    return {
        "alert_s": round(told, 2),
        "alert_polled_s": round(polled, 2),
        "wakeups_per_min": round(max(cost.wakeups_per_min for cost in costs), 2),
        "kb_per_hour": round(max(cost.kb_per_hour for cost in costs), 1),
    }


class PolledOnDemand(RealTime):
    """Time in which a pause ends when it is told to, in place of after its interval."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = threading.Semaphore(0)

    def pause(self, seconds: float) -> None:
        """Say that a pause begins, and wait for its end."""
        self.paused.release()
        super().pause(_WITHIN * (seconds > 0))


class Quick(RealTime):
    """Time that passes `FAST` times as fast; counts the waits that ended by time alone."""

    def pause(self, seconds: float) -> None:
        """Wait, for less."""
        super().pause(seconds / FAST)

    def idle(self, session: MailboxSession, seconds: float) -> bool:
        """Wait in IDLE, for less."""
        return super().idle(session, seconds / FAST)


@dataclass(frozen=True, slots=True)
class QuickClock:
    """A clock that runs `FAST` times as fast."""

    def now(self) -> datetime:
        """Return the wall-clock moment."""
        return datetime.fromtimestamp(1_767_000_000 + self.monotonic(), UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return SystemClock().monotonic() * FAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What watching costs while nothing comes."""

    name: str
    wakeups_per_min: float
    kb_per_hour: float


def _alert_seconds(kind: Personality, mails: int, rules: Rules) -> list[float]:
    """Return for each of some mails how long it takes from the server to the outbox."""
    waiting = RealTime() if kind is PLAIN_SERVER else PolledOnDemand()
    found = []
    with ImapServer(personality=kind) as server, _watching(server, rules, waiting) as alerts:
        for number in range(mails):
            if isinstance(waiting, PolledOnDemand):
                waiting.paused.acquire(timeout=_WITHIN)
            else:
                server.until(
                    lambda: server.commands != () and server.commands[-1].name == "IDLE", _WITHIN
                )
            server.account().deliver("INBOX", _notice(number), received_at=SystemClock().now())
            began = time.perf_counter()
            waiting.wake()
            if not alerts.acquire(timeout=_WITHIN):
                raise AssertionError("a mail became no alert")
            found.append(time.perf_counter() - began)
    return found


def _idle_cost(kind: Personality, hours: float, rules: Rules) -> Cost:
    """Return what an hour costs in which nothing comes."""
    seconds = hours * 3_600 / FAST
    limits = Limits(connect=LIMITS.connect, command=LIMITS.command / FAST, idle=LIMITS.idle / FAST)
    with ImapServer(personality=kind) as server:
        now = QuickClock().now()
        server.account().deliver("INBOX", *map(_chat, range(LYING)), received_at=now)
        with _watching(server, rules, Quick(), clock=QuickClock(), limits=limits):
            waits = "IDLE" if kind is PLAIN_SERVER else "STATUS"
            server.until(lambda: any(one.name == waits for one in server.commands), _WITHIN)
            before = server.traffic
            with _timeouts() as counted:
                time.sleep(seconds)
                after = server.traffic
            idled = sum(one.name == "DONE" for one in server.commands)
        if len(server.connections) != 1:
            raise AssertionError("the connection did not last")
    return Cost(
        name=kind.name,
        wakeups_per_min=(counted[0] + idled) / (hours * 60),
        kb_per_hour=(after - before) / 1_000 / hours,
    )


@contextmanager
def _timeouts() -> Iterator[list[int]]:
    """Count the waits of all threads that end by time alone."""
    counted = [0]
    original = threading.Condition.wait

    def wait(condition: threading.Condition, timeout: float | None = None) -> bool:
        woken = original(condition, timeout)
        counted[0] += not woken
        return woken

    threading.Condition.wait = wait  # type: ignore[method-assign, assignment]
    try:
        yield counted
    finally:
        threading.Condition.wait = original  # type: ignore[method-assign]


@contextmanager
def _watching(
    server: ImapServer,
    rules: Rules,
    waiting: Waiting,
    *,
    clock: Clock | None = None,
    limits: Limits = LIMITS,
) -> Iterator[threading.Semaphore]:
    """Watch a server from a thread; yields what is released for each alert in the outbox."""
    loan = Loan(id="zl", lender="招联金融", status=LoanStatus.SETTLED, settled_on=date(2026, 1, 17))
    known = Ledger.of(Holder(name="李晓"), (loan,), rules.directory)
    clock = clock or SystemClock()
    alerts = threading.Semaphore(0)
    account = server.account()
    place = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
    sign_in = SignIn(user=account.user, secret=account.password)
    ready: list[Mailbox] = []
    watching = threading.Event()

    def live() -> None:
        with tempfile.TemporaryDirectory() as state, Store.open(Path(state), clock.now()) as store:
            ingest = Ingest(judge=JudgeHere(rules, known), store=store, clock=clock)
            ask = OwnBench(store=store, ingest=ingest).ask
            desk = _Listening(ask, clock, lambda _: None, lambda _: None, store, alerts)
            mailbox = Mailbox(
                Watched(
                    address=account.user,
                    sign_in=lambda: sign_in,
                    connect=lambda given: MailboxSession.open(place, given, limits=limits),
                    choose=lambda _listed: ("INBOX", "垃圾邮件"),
                ),
                desk=desk,
                owner=desk,
                clock=clock,
                random=SystemRandom(),
                waiting=waiting,
            )
            ready.append(mailbox)
            watching.set()
            mailbox.run()

    thread = threading.Thread(target=live)
    thread.start()
    watching.wait(_WITHIN)
    try:
        yield alerts
    finally:
        for mailbox in ready:
            mailbox.stop()
        thread.join()


@dataclass(frozen=True, slots=True)
class _Listening(MailDesk):
    """The store, and a signal for each alert that waits to be shown."""

    store: Store
    alerts: threading.Semaphore

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        """Record, and tell of new alerts."""
        before = len(self.store.pending_alerts(self.clock.now()))
        MailDesk.judge(self, items, source=source, first_run=first_run, position=position)
        for _ in range(before, len(self.store.pending_alerts(self.clock.now()))):
            self.alerts.release()


def _chat(number: int) -> bytes:
    return f"Subject: {number}\n\nhello {number}\n".encode()


def _notice(number: int) -> bytes:
    made = EmailMessage()
    made["From"] = "招联金融 <notice@zhaolian.test>"
    made["Subject"] = f"编号{number}"
    made["Date"] = format_datetime(SystemClock().now() + timedelta(0))
    made["Message-ID"] = f"<{number}@zhaolian.test>"
    made.set_content(
        f"【招联金融】李晓，您的好期贷借款本期应还{number}52.29元已逾期，请打开招联金融APP还款。"
    )
    return made.as_bytes()
