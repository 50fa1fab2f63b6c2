"""Mend a damaged store and be killed at the n-th step, for every n; then open it again.

Says of each n in a line of JSON how it was found afterwards.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from watcher.store import Store

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEPS = {"open", "os.rename", "os.remove", "sqlite3.connect", "shutil.copyfile"}


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Run work in a child that is killed at a step of it; False where it ended before."""
    child = os.fork()
    if not child:
        left = step

        def count(event: str, _: object) -> None:
            nonlocal left
            left -= event in STEPS
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


def main(damaged: Path, folder: Path) -> None:
    """Mend it as often as it takes."""
    step, killed = 0, True
    while killed:
        step += 1
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(damaged, folder)
        killed = killed_at(step, lambda: Store.open(folder, NOW).close())
        with Store.open(folder, NOW) as store:
            found = {
                "cases": len(list(store.cases())),
                "told": [one.summary.id for one in store.pending_alerts(NOW)],
                "aside": len(list(folder.glob("state.db.damaged-*"))),
                "half": [path.name for path in folder.glob("*restored*")],
            }
        print(json.dumps(found), flush=True)  # noqa: T201  what the test reads


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
