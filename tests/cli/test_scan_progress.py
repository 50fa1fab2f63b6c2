"""What a long scan shows while it goes on, and what an interrupted one leaves."""

import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli.running import LOANS, OVERDUE
from tests.sources.exports import sms, smses

MESSAGES = 12_000
START = "import sys; from watcher.__main__ import main; sys.exit(main())"


@pytest.fixture
def backup(home: Path) -> Path:
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    path = home.parent / "sms.xml"
    texts = (f"{OVERDUE}第{n}次" if n % 10 == 0 else f"明天{n}点见" for n in range(MESSAGES))
    path.write_text(smses(*(sms(text, number=n) for n, text in enumerate(texts))), encoding="utf-8")
    return path


@contextmanager
def scanning(backup: Path, checkout: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a scan whose standard error is a terminal; give the other end of it."""
    ours, theirs = os.openpty()
    environ = os.environ | {"PYTHONPATH": str(checkout), "TERM": "xterm", "COLUMNS": "120"}
    scan = subprocess.Popen(
        [sys.executable, "-c", START, "--lang", "zh", "scan", "--no-notify", str(backup)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield scan, ours
    finally:
        scan.kill()
        scan.communicate()
        os.close(ours)


def shown_on(terminal: int, until: str) -> str:
    """Read what is shown until some words come, or the scan ends."""
    shown = b""
    with suppress(OSError):  # the other end is closed
        while until not in shown.decode(errors="ignore"):
            shown += os.read(terminal, 4096)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="ignore"))


def recorded(home: Path) -> int:
    path = home / "state" / "loan-watcher" / "state.db"
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM seen").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_a_scan_shows_bytes_messages_notices_and_the_time_left(
    backup: Path, checkout: Path
) -> None:
    with scanning(backup, checkout) as (_scan, terminal):
        shown = shown_on(terminal, "2000 条消息")

    bar = shown[: shown.index("2000 条消息") + 30].splitlines()[-1]
    assert "sms.xml" in bar
    assert re.search(r"\d [kM]B/\d\.\d MB · 2000 条消息，\d+ 条通知", shown)
    assert re.search(r"\d:\d\d", bar)


def test_an_interrupted_scan_keeps_what_is_done_and_the_next_goes_on(
    backup: Path, checkout: Path, home: Path
) -> None:
    with scanning(backup, checkout) as (scan, terminal):
        shown_on(terminal, "1000 条消息")
        scan.send_signal(signal.SIGINT)
        shown = shown_on(terminal, "条通知）都已记下")
        assert scan.wait(20) == 130, shown
    said = re.search(r"已停下。之前查过的 (\d+) 条消息（(\d+) 条通知）", shown)
    assert said is not None, shown
    kept = recorded(home)
    assert 1000 <= int(said[1]) <= kept < MESSAGES
    assert int(said[2]) == int(said[1]) // 10
    assert "Traceback" not in shown

    ended = subprocess.run(
        [sys.executable, "-c", START, "scan", "--no-notify", "--json", str(backup)],
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        check=True,
    )
    found = json.loads(ended.stdout)
    assert (found["messages"], found["new"]) == (MESSAGES, MESSAGES - kept)
    assert recorded(home) == MESSAGES


def test_an_interrupt_during_the_reading_ends_the_child_too(
    backup: Path, checkout: Path, home: Path
) -> None:
    with scanning(backup, checkout) as (scan, _terminal):
        give_up = time.monotonic() + 20
        while not (children := Path(f"/proc/{scan.pid}/task/{scan.pid}/children").read_text()):
            assert time.monotonic() < give_up
        child = os.pidfd_open(int(children.split()[0]))
        signal.pidfd_send_signal(child, signal.SIGINT)  # as a terminal does, to both
        scan.send_signal(signal.SIGINT)
        assert scan.wait(20) == 130
    with os.fdopen(child):
        # Interrupted while it started the child, a scan only hangs up: the child then leaves.
        assert select.select([child], [], [], 20)[0]
    assert recorded(home) in range(0, MESSAGES, 1000)
