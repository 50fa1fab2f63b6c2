"""Read a folder of a server into a store and be killed at the n-th statement, for many n.

Says of each n in a line of JSON what the store holds once the folder was read again.
"""

import json
import os
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path

from bench.report import load_rules
from bench.workload import ledger
from tests.conftest import LONG
from watcher.clock import SystemClock
from watcher.control.scanning import MailDesk, OwnBench
from watcher.core.knowledge import Rules
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.imap.connection import Server
from watcher.sources.imap.cursor import FolderCursor
from watcher.sources.imap.reading import FolderReader
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.sources.sandbox import Sandbox
from watcher.store import Cursor, Store

SOURCE = "imap:zhou@mail.test/INBOX"
STRIDE = 1 if os.environ.get(LONG) else 14


def read(state: Path, server: Server, sign_in: SignIn, rules: Rules, step: int) -> bool:
    """Read the folder in a child that is killed at a statement; False where it was not."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    clock, left = SystemClock(), step

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store.open(state, clock.now()) as store, Sandbox() as sandbox:
        store._database.set_trace_callback(count)  # noqa: SLF001  nothing else tells of statements
        ingest = Ingest(judge=JudgeHere(rules, ledger(10, rules)), store=store, clock=clock)
        ask = OwnBench(store=store, ingest=ingest).ask
        FolderReader(
            folder="INBOX",
            source=SOURCE,
            history=timedelta(days=90),
            desk=MailDesk(ask, clock, lambda _: None, lambda _: None),
            sandbox=sandbox,
            clock=clock,
        ).look(MailboxSession.open(server, sign_in))
        store._database.set_trace_callback(None)  # noqa: SLF001  as above
    os._exit(0)


def main(folder: Path, host: str, port: int, ca_file: Path, uidvalidity: int) -> None:
    """Kill it at ever later statements, until there is none left."""
    server = Server(host=host, port=port, ca_file=ca_file)
    sign_in = SignIn(user="zhou@mail.test", secret="code-1234")  # noqa: S106  of the test's server
    rules, now = load_rules(), SystemClock().now()
    begun = FolderCursor(uidvalidity=uidvalidity, last_uid=0, known=((0, 0),))
    with Store.open(folder / "empty", now) as store:
        store.record((), cursor=Cursor(source=SOURCE, position=begun.to_position()), now=now)
    step, killed = 1, True
    while killed:
        state = folder / str(step)
        shutil.copytree(folder / "empty", state)
        killed = read(state, server, sign_in, rules, step)
        if killed and read(state, server, sign_in, rules, 0):
            raise AssertionError("it did not come to its end")
        with Store.open(state, now) as store:
            found = {
                "messages": sorted(message.subject or "" for message in store.messages()),
                "cases": len(list(store.cases())),
                "alerts": [alert.case_id for alert in store.pending_alerts(now)],
                "kept": len(list((state / "evidence").glob("*.eml"))),
            }
        print(json.dumps(found), flush=True)  # noqa: T201  what the test reads
        shutil.rmtree(state)
        step += STRIDE


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]))
