"""The parent's side of the page: starts the child when it is asked for, and asks it for files."""

import json
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from watcher.control.letters import shipped_dates
from watcher.errors import Problem, SourceUnavailable
from watcher.phrases import Language, Phrases
from watcher.store import codec
from watcher.userfiles.letters import read_letters
from watcher.userfiles.shipped import shipped_folder
from watcher.web.book import Book

if TYPE_CHECKING:  # who stays in memory has no rules of its own
    from watcher.core.knowledge import Rules

ANSWER_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a page is to serve; `idle_seconds` is for tests, which do not wait so long."""

    language: Language
    config: Path
    state: Path
    book: Book = field(repr=False)
    idle_seconds: float | None = None


def write_book(rules: "Rules", problems: Iterable[Problem], phrases: Phrases, own: Path) -> Book:
    """Take together what a page says: words of the rules, letters, and what is known of dates.

    `own` is the user's folder of rules; letters in it that are wrong are left out and told of.
    """
    shipped, checklists = shipped_folder() / "rules", rules.checklists.keys()
    letters, wrong = read_letters(shipped, *([own] if own.is_dir() else []), checklists=checklists)
    if letters is None:
        letters, _ = read_letters(shipped, checklists=checklists)
    return Book.of(
        rules, (*problems, *wrong), phrases, letters=(letters or {}).values(), dates=shipped_dates()
    )


class Page:
    """The page of one parent: at most one child, started anew when it has ended.

    Threads may share it. `orders` are asked for at each look: where they have changed, as the
    rules do, the child is started anew too.
    """

    def __init__(self, orders: Callable[[], Orders]) -> None:
        self._orders = orders
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._served: Orders | None = None

    def open(self, path: str = "/") -> Path:
        """Return a file that leads a browser to a path of the page, once, within a minute.

        Raises:
            SourceUnavailable: the child did not start or answer.
        """
        with self._lock:
            orders = self._orders()
            if self._child is not None and orders == self._served:
                try:
                    return self._lead_to(self._child, path)
                except SourceUnavailable:
                    pass  # it went idle just now
            self._end()
            self._child, self._served = _start(orders), orders
            return self._lead_to(self._child, path)

    def wait(self) -> None:
        """Wait until the child has ended by itself."""
        child = self._child
        if child is not None:
            child.wait()

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            self._end()

    def _lead_to(self, child: subprocess.Popen[bytes], path: str) -> Path:
        return Path(_ask(child, {"path": path})["file"])

    def _end(self) -> None:
        if self._child is not None:
            _end(self._child)
            self._child = None


def _start(orders: Orders) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "watcher.web.serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the parent, whose end ends the child
    )
    try:
        _ask(
            child,
            {
                "language": orders.language,
                "config": str(orders.config),
                "state": str(orders.state),
                "book": codec.dumps(orders.book),
                **({"idle_seconds": orders.idle_seconds} if orders.idle_seconds else {}),
            },
        )
    except SourceUnavailable:
        _end(child)
        raise
    # Else a child that went idle would stay as a zombie until the next look.
    threading.Thread(target=child.wait, daemon=True).start()
    return child


def _ask(child: subprocess.Popen[bytes], order: dict[str, Any]) -> dict[str, Any]:
    """Write a line to a child and return the one that it answers."""
    stdin, stdout = child.stdin, child.stdout
    if stdin is None or stdout is None:
        raise SourceUnavailable("web.not_started")
    try:
        stdin.write(json.dumps(order).encode() + b"\n")
        stdin.flush()
        with selectors.DefaultSelector() as ready:
            ready.register(stdout, selectors.EVENT_READ)
            line = stdout.readline() if ready.select(ANSWER_SECONDS) else b""
    except OSError:
        line = b""
    if not line:
        raise SourceUnavailable("web.not_started")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                continue
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
