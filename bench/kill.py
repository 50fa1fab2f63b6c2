"""Killed at any moment: whether an alert is lost, a case doubled, a pop-up repeated.

A daemon watches a folder into which exports fall, and shows what it finds on a real bus. It
is killed with signal 9 at a random moment of its life, again and again, and lives on from
what is on the disk. `lost` counts notices without a case or without a pop-up, `doubled` cases
and messages that are there twice; `repeated` is how often a pop-up was shown again at most.

In most rounds the daemon and its judge are forked from a process that has loaded everything and
read the rules, and it reads exports itself: so a round takes a fifth of a second. In each
fiftieth it is a program of its own, with children that read and judge for it. A minute of
pop-ups is short here, so that each is shown alone.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from argparse import ArgumentParser, Namespace
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy2
from time import monotonic

from bench.report import Numbers, print_table
from bench.resident import resident_home
from tests.daemon.home import FRAUD, STALE, Home, polled
from tests.notification_server import NotificationServer, Sent
from watcher.desktop.text import read_key

ROUNDS, QUICK_ROUNDS = 1_000, 100
WHOLE = 50
"""Each so manieth round is a program of its own."""
CAUGHT_UP = 25
"""Before each so manieth round a daemon lives until all was shown."""
TOLD = 2
"""Notices that come in a round."""
_WITHIN = 60.0
_LONGEST = 0.4
"""Seconds that a life lasts at most, however busy the machine is."""
_START = 1.5
"""Seconds that a program of its own takes to be where a forked one begins."""
_OLD = 60
"""Seconds: an export that was written so long ago is taken for whole at once."""

_DAEMON = """
import sys
from watcher.daemon import screen
from watcher.daemon.life import Pace
from watcher.daemon.start import run
screen.MINUTE = 0.05
def live():
    return run("zh", pace=Pace(poll=0.3, heartbeat=0.3, second_look=0.1))
"""
WHOLE_PROGRAM = _DAEMON + "sys.exit(live())\n"
FORKING = (
    _DAEMON
    + """
import gc, os, signal, socket, time
from functools import partial
from multiprocessing.connection import Connection
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Message
from watcher.core.pipeline import process
from watcher.daemon import folder
from watcher.judging import apart, child as judging
from watcher.judging.process import Child
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

rules, problems = read_rules(shipped_folder() / "rules")
judging.read_rules = lambda *_, **_as: (rules, problems)

class Forked(Child):
    def __init__(self):
        ours, theirs = socket.socketpair()
        self.forked = os.fork()
        if not self.forked:
            ours.close()
            judging.serve(Connection(theirs.detach()))
            os._exit(0)
        theirs.close()
        self._connection = Connection(ours.detach())
    pid = property(lambda self: self.forked)
    def end(self):
        self._connection.close()
        os.waitpid(self.forked, 0)

apart.Child = Forked
folder.read_path = partial(folder.read_path, sandbox=False)
nobody, now = Ledger.of(Holder(name="李晓"), (), rules.directory), SystemClock().now()
for text in TEXTS:  # patterns are compiled when they are first tried
    message = Message(id="", channel=Channel.SMS, sender="1069", received_at=now, text=text)
    process(message, rules, nobody, History())
gc.collect()
gc.freeze()
for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(live())
    print(child, flush=True)
    if line.strip():
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
).replace("TEXTS", repr((STALE, FRAUD)))
"""Forks a daemon for each line that it is given, and kills it after so many seconds.

Not the process in which the pop-ups arrive: it would kill when it is awake, just after one.
"""


@dataclass(kw_only=True)
class Feed:
    """Exports that fall into the watched folder, each with notices that no other has."""

    home: Home
    chance: random.Random
    texts: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def drop(self) -> None:
        """Let an export arrive; at times an earlier one again, under another name."""
        first = len(self.texts)
        told = [
            (FRAUD if number % 4 == 3 else STALE)  # noqa: PLR2004  one in four is a fraud
            .replace("1352.29", f"{number}.{number % 90 + 10}")
            .format(number=number)
            for number in range(first + 1_000, first + 1_000 + TOLD)
        ]
        self.texts += told
        self.home.drop(f"sms-{first}.xml", *told, seconds_old=_OLD)
        self.files.append(self.home.sms / f"sms-{first}.xml")
        if self.chance.random() < 0.2:  # noqa: PLR2004  as the docstring says
            copy = self.home.sms / f"copy-{first}.xml"
            copy2(self.chance.choice(self.files), copy.with_suffix(".part"))
            copy.with_suffix(".part").rename(copy)


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--rounds", type=int, help="how often it is killed")
    parser.add_argument("--seed", type=int, default=1, help="which moments chance takes")


def measure(options: Namespace) -> Numbers:
    """Kill, look at what is left, and print it."""
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    with resident_home() as home:
        return asyncio.run(_rounds(home, rounds, options.seed))


async def _rounds(home: Home, rounds: int, seed: int) -> Numbers:
    chance = random.Random(seed)  # noqa: S311  chance decides nothing secret
    feed = Feed(home=home, chance=chance)
    loop = asyncio.get_running_loop()
    begun = monotonic()
    async with AsyncExitStack() as left_open, NotificationServer.at(home.bus) as desktop:
        forking = await _program(home, FORKING)
        left_open.push_async_callback(_end, forking)
        await _live_until(
            forking, lambda: polled(home)
        )  # what came before its first look is no news
        longest = min(_LONGEST, max([await _live_on(forking, feed) for _ in range(3)]))
        for number in range(rounds):
            if number % CAUGHT_UP == CAUGHT_UP - 1:  # short lives alone would fall behind
                await _live_on(forking, feed)
            if chance.random() < 0.5:  # noqa: PLR2004  as often before it lives as while it does
                feed.drop()
            else:
                loop.call_later(chance.uniform(0, longest), feed.drop)
            if number % WHOLE == WHOLE - 1:
                whole = await _program(home, WHOLE_PROGRAM)
                await asyncio.sleep(chance.uniform(0, longest + _START))
                await _end(whole)
            else:
                await _live(forking, chance.uniform(0, longest))
        await asyncio.sleep(longest)  # what was to come later has come
        await _live_on(forking, feed)
        shown = Counter(map(_alert_of, desktop.sent))
    return judged(feed, shown, rounds, monotonic() - begun)


async def _program(home: Home, program: str) -> Process:
    with (home.folder / "log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", program),
            env=home.environ,
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            start_new_session=True,
        )


async def _end(program: Process) -> None:
    """Kill a program with all that it started, which else might keep its output open."""
    os.killpg(program.pid, signal.SIGKILL)
    await program.wait()


async def _live(forking: Process, seconds: float) -> None:
    """Let a daemon live for some seconds."""
    stdin, stdout = _streams(forking)
    stdin.write(f"{seconds}\n".encode())
    await stdout.readline()
    await stdout.readline()


async def _live_until(forking: Process, content: Callable[[], bool]) -> float:
    """Let a daemon live until one is content; return how long it did."""
    stdin, stdout = _streams(forking)
    stdin.write(b"\n")
    pid = int(await stdout.readline())
    begun = monotonic()
    try:
        while not content():
            if monotonic() - begun > _WITHIN:
                raise AssertionError("it has not done what it was to do")
            await asyncio.sleep(0.01)
    finally:
        os.kill(pid, signal.SIGKILL)
    await stdout.readline()
    return monotonic() - begun


def _streams(program: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if program.stdin is None or program.stdout is None:
        raise AssertionError("it has no streams")
    return program.stdin, program.stdout


async def _live_on(forking: Process, feed: Feed) -> float:
    """Let an export come, and the daemon live until all there is was shown and noted."""
    feed.drop()
    return await _live_until(forking, lambda: _shown(feed.home) >= len(feed.texts))


def _shown(home: Home) -> int:
    """Return how many cases have been shown."""
    with _reading(home) as database:
        rows = database.execute(
            "SELECT count(*) FROM alerts WHERE state = 'shown' AND case_id IS NOT NULL"
        )
        return int(rows.fetchone()[0])


def judged(feed: Feed, shown: Mapping[int | None, int], rounds: int, seconds: float) -> Numbers:
    """Compare what came with what is stored and what was shown."""
    with _reading(feed.home) as database:
        [(whole,)] = database.execute("PRAGMA integrity_check(1)")
        stored = database.execute(
            "SELECT messages.text, cases.id, alerts.id FROM messages"
            " LEFT JOIN case_messages ON message = messages.id"
            " LEFT JOIN cases ON cases.id = case_messages.case_id"
            " LEFT JOIN alerts ON alerts.case_id = cases.id"
        ).fetchall()
    if whole != "ok":
        raise AssertionError(whole)
    alerts = {text: alert for text, _, alert in stored}
    lost = sum(not shown.get(alerts.get(text)) for text in feed.texts)
    doubled = len(stored) - len(alerts)
    print_table(
        "killed with signal 9",
        ("rounds", "notices", "pop-ups", "lost", "doubled", "shown again", "seconds"),
        [
            (
                rounds,
                len(feed.texts),
                sum(shown.values()),
                lost,
                doubled,
                sum(shown.values()) - len(shown),
                seconds,
            )
        ],
    )
    return {
        "rounds": rounds,
        "lost": lost,
        "doubled": doubled,
        "repeated": max(shown.values(), default=1) - 1,
    }


@contextmanager
def _reading(home: Home) -> Iterator[sqlite3.Connection]:
    address = f"{(home.state / 'state.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=_WITHIN)) as database:
        yield database


def _alert_of(sent: Sent) -> int | None:
    """Return the number of the alert that a pop-up is for; its buttons carry it."""
    read = [read_key(key) for key in sent.keys]
    return next((one[1] for one in read if one is not None and one[1] is not None), None)
