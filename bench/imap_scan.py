"""Speed of reading a mailbox of a real Dovecot on loopback, from its list to the store.

`headers_per_s`: mails a second through headers and BODYSTRUCTURE. `texts_per_s`: mails a
second whose text is fetched, parsed in the child, judged and recorded, with all that a first
scan does. Time is what passes, with server, child and judging on the same machine.
"""

import os
import shutil
import tempfile
import time
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from functools import partial
from pathlib import Path
from secrets import SystemRandom

from bench.imap_mails import mails
from bench.report import Numbers, Unmeasured, load_rules, print_table
from bench.workload import ledger
from tests.dovecot import PASSWORD, USER, Dovecot, dovecot
from watcher.clock import SystemClock
from watcher.control.scanning import MailDesk, OwnBench, join
from watcher.ingest import Ingest, Summary
from watcher.judging.here import JudgeHere
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Watched
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.store import Store

MAILS, QUICK_MAILS = 20_000, 1_000
WINDOW = 1_000


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--mails", type=int, help="how many mails the mailbox holds")


def measure(options: Namespace) -> Numbers:
    """Fill a mailbox, read it in both ways and print what was timed.

    Raises:
        Unmeasured: Dovecot is not installed, or may not be started.
    """
    if shutil.which("dovecot") is None or os.geteuid() != 0:
        raise Unmeasured("this needs Dovecot (dovecot-imapd), and root to start it")
    count = options.mails or (QUICK_MAILS if options.quick else MAILS)
    rules = load_rules()
    now = SystemClock().now()
    with dovecot() as server:
        server.deliver(mails(count, rules, now))
        _session(server).close()  # Dovecot builds its index now
        outlined = _outlines(server)
        with tempfile.TemporaryDirectory() as folder:
            clock = SystemClock()
            total = Summary()
            with Store.open(Path(folder), now) as store:
                ingest = Ingest(judge=JudgeHere(rules, ledger(10, rules)), store=store, clock=clock)
                ask = OwnBench(store=store, ingest=ingest).ask
                desk = MailDesk(ask, clock, partial(join, total), lambda _read: None)
                judged = _scan(server, desk)
    if total.messages != count:
        raise AssertionError(f"{total.messages} of {count} mails were read")
    rows = [
        ("headers and structure", count, outlined),
        ("text, judged and recorded", count, judged),
    ]
    print_table(
        "a mailbox of Dovecot on loopback",
        ("read", "mails", "seconds", "a second"),
        [(name, number, took, number / took) for name, number, took in rows],
    )
    return {"headers_per_s": round(count / outlined), "texts_per_s": round(count / judged)}


def _session(server: Dovecot) -> MailboxSession:
    session = MailboxSession.open(server.server, SignIn(user=USER, secret=PASSWORD))
    session.examine("INBOX")
    return session


def _outlines(server: Dovecot) -> float:
    """Return how long it takes to get the headers and the structure of all mails."""
    session = _session(server)
    exists = session.examine("INBOX").exists
    began = time.perf_counter()
    for first in range(1, exists + 1, WINDOW):
        entries = session.entries(first, min(exists, first + WINDOW - 1))
        session.outlines([entry.uid for entry in entries])
    took = time.perf_counter() - began
    session.close()
    return took


def _scan(server: Dovecot, desk: MailDesk) -> float:
    """Return how long a first scan takes."""
    sign_in = SignIn(user=USER, secret=PASSWORD)
    mailbox = Mailbox(
        Watched(
            address=USER,
            sign_in=lambda: sign_in,
            connect=lambda known: MailboxSession.open(server.server, known),
            choose=lambda _listed: ("INBOX",),
            history=timedelta(days=3650),
        ),
        desk=desk,
        owner=desk,
        clock=SystemClock(),
        random=SystemRandom(),
    )
    began = time.perf_counter()
    mailbox.once()
    return time.perf_counter() - began
