"""Make the tables of a new database and be killed at the n-th statement, for every n.

Says of each n in a line of JSON what was left.
"""

import json
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from watcher.store import Store
from watcher.store.schema import is_whole, migrate, version

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def killed_at(path: Path, statement: int) -> bool:
    """Migrate in a child that is killed at a statement; False where it ended before."""
    child = os.fork()
    if not child:
        left = statement

        def count(_: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.set_trace_callback(count)
        migrate(database, lambda _: None)
        database.close()
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


def main(folder: Path) -> None:
    """Migrate as often as it takes."""
    path, statement, killed = folder / "state.db", 0, True
    reached: set[int] = set()
    while killed:
        statement += 1
        for file in folder.iterdir():
            file.unlink()
        path.touch(mode=0o600)
        killed = killed_at(path, statement)
        database = sqlite3.connect(path)
        tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        found = {"version": version(database), "tables": tables, "whole": is_whole(database)}
        database.close()
        if found["version"] not in reached:  # from each version it goes on
            reached.add(found["version"])
            Store.open(folder, NOW).close()
        print(json.dumps(found), flush=True)  # noqa: T201  what the test reads


if __name__ == "__main__":
    main(Path(sys.argv[1]))
