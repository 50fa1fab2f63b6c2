"""Make the tables of a new database and be killed at the n-th statement."""

import os
import signal
import sqlite3
import sys

from watcher.store.schema import migrate

left = int(sys.argv[2])


def count(_: str) -> None:
    global left  # noqa: PLW0603  a callback of SQLite has nowhere else to count
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)


database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.set_trace_callback(count)
migrate(database, lambda _: None)
database.close()
