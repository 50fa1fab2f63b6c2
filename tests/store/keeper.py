"""Keep a whole mail and be killed at the n-th step on the disk or in the database."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from watcher.store import Store

MAIL = b"Subject: =?utf-8?B?5YKs5pS2?=\r\n\r\n" + b"line\r\n" * 40_000
NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEPS = {"open", "os.mkdir", "os.chmod", "os.rename", "os.remove"}


def main(folder: Path, steps: int) -> None:
    """Keep the mail of every message that is wanted."""
    left = steps

    def step() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store.open(folder, NOW) as store:
        sys.addaudithook(lambda event, _: step() if event in STEPS else None)
        store._database.set_trace_callback(lambda _: step())  # noqa: SLF001  nothing else tells of statements
        for message, _ in store.wanted_originals("imap:me@mail.test/INBOX"):
            store.keep_original(message, MAIL, NOW)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
