"""How soon the local page is there.

`click_to_page_s`: from a click (the request to a running daemon) to the HTML of the inbox in
the browser's hands, with no page open before: the child is started, the file written, the token
swapped. `page_10000_cases_s`: the inbox of a store with 10,000 open cases, asked for again.
Medians; the browser's own start and drawing are not in them.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import httpx

from bench.example_page import example
from bench.report import Numbers, load_rules, print_table
from tests.processes import children
from watcher.clock import SystemClock
from watcher.control.asking import ask_daemon
from watcher.control.commands import OpenPage, PageReady, Ping
from watcher.core.model import Case
from watcher.store import Store
from watcher.web.start import Page

CASES = 10_000
ROUNDS, QUICK_ROUNDS = 15, 5
_ADDRESS = re.compile(r"url=(http://127\.0\.0\.1:\d+)(/enter\?token=[\w-]+)")
_FROM_FILE = {"Sec-Fetch-Site": "cross-site"}
_FROM_US = {"Sec-Fetch-Site": "same-origin"}


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    del parser


def measure(options: Namespace) -> Numbers:
    """Time both and print them."""
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        clicks = _clicks(Path(folder) / "click", rounds)
        looks = _looks(Path(folder) / "many", rounds)
    rows = [
        ("click to page", f"{median(clicks):.3f}", f"{max(clicks):.3f}"),
        ("inbox of 10,000 cases", f"{median(looks):.3f}", f"{max(looks):.3f}"),
    ]
    print_table("the local page, in seconds", ("what", "median", "longest"), rows)
    return {
        "click_to_page_s": round(median(clicks), 3),
        "page_10000_cases_s": round(median(looks), 3),
    }


def _clicks(folder: Path, rounds: int) -> list[float]:
    orders = example(folder, load_rules())
    environ = dict(os.environ)
    for name, made in (("XDG_CONFIG_HOME", orders.config), ("XDG_STATE_HOME", orders.state)):
        (folder / name).mkdir()
        made.rename(folder / name / "loan-watcher")
        environ[name] = str(folder / name)
    (folder / "XDG_CONFIG_HOME" / "loan-watcher" / "config.toml").unlink()
    state = folder / "XDG_STATE_HOME" / "loan-watcher"
    with _daemon(environ, state) as daemon:
        return [_click(state, daemon.pid) for _ in range(rounds)]


@contextmanager
def _daemon(environ: dict[str, str], state: Path) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, "-m", "watcher", "run"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while ask_daemon(Ping(), state) is None:
            if time.monotonic() > deadline:
                raise AssertionError("the daemon does not answer")
            time.sleep(0.05)
        yield running
    finally:
        running.terminate()
        running.wait()


def _click(state: Path, daemon: int) -> float:
    client = httpx.Client()  # a browser that is there
    begun = time.perf_counter()
    answer = ask_daemon(OpenPage(), state)
    if not isinstance(answer, PageReady):
        raise AssertionError(answer)  # noqa: TRY004  no page is no error of type
    base, token = _leads_to(answer.file)
    with client:
        client.get(base + token, headers=_FROM_FILE)
        shown = client.get(f"{base}/", headers=_FROM_US)
    taken = time.perf_counter() - begun
    if shown.status_code != 200 or "<main" not in shown.text:  # noqa: PLR2004  it is there
        raise AssertionError(shown)
    for child in children(daemon):
        os.kill(child, signal.SIGTERM)  # so that the next click starts one anew; the judge stays
    return taken


def _looks(folder: Path, rounds: int) -> list[float]:
    orders = example(folder, load_rules())
    now = SystemClock().now()
    with Store.open(orders.state, now) as store:
        [stale] = [row.id for row in store.cases() if row.verdict.value == "stale"]
        stored = store.case(stale)
        if stored is None:
            raise AssertionError(stale)
        store.record([_copy(stored.leading, number) for number in range(CASES)], now=now)
    page = Page(lambda: orders)
    try:
        base, token = _leads_to(page.open())
        with httpx.Client(base_url=base) as client:
            client.get(token, headers=_FROM_FILE)
            client.get("/", headers=_FROM_US)
            return [_look(client) for _ in range(rounds)]
    finally:
        page.close()


def _copy(case: Case, number: int) -> Case:
    message = replace(
        case.message,
        id=f"copy-{number}",
        text=f"{case.message.text} {number}",
        received_at=case.message.received_at + timedelta(minutes=number),
    )
    return replace(case, message=message, key=f"copy/{number}", evidence=None)


def _look(client: httpx.Client) -> float:
    begun = time.perf_counter()
    shown = client.get("/", headers=_FROM_US)
    taken = time.perf_counter() - begun
    if "10,00" not in shown.text and "1000" not in shown.text:
        raise AssertionError("not all cases were counted")
    return taken


def _leads_to(file: Path) -> tuple[str, str]:
    found = _ADDRESS.search(file.read_text(encoding="utf-8"))
    if found is None:
        raise AssertionError(file)
    return found[1], found[2]
