"""The child process of the page: `python -m watcher.web.serve`, its orders on standard input.

The first line says what to serve; every further one asks for a file that leads a browser to a
path, once. Each is answered with a line on standard output. The process ends when the page
was left alone for a quarter of an hour, or when standard input closes.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from watcher.casework.proofs import Copying
from watcher.clock import Clock, SystemClock
from watcher.errors import UserError
from watcher.phrases import Language, Phrases
from watcher.store import codec
from watcher.systemd import leave_no_core, log_to_journal, log_what_nobody_catches
from watcher.userfiles.ledger_file import write_private
from watcher.web.app import Pages, make_app
from watcher.web.book import Book, Shelf
from watcher.web.browser import REDIRECT
from watcher.web.changes import Changes
from watcher.web.guard import Guard, cookie_name
from watcher.web.rendering import Rendering
from watcher.web.server import IDLE_SECONDS, PageServer, bind, port_of
from watcher.web.sessions import ENTRY, TOKEN_SECONDS, Sessions
from watcher.web.site import Site

if TYPE_CHECKING:
    from watcher.core.knowledge import Rules

_LINE_LIMIT: Final = 16 * 1024 * 1024


def main() -> None:
    """Serve what the first line orders."""
    os.umask(0o077)
    leave_no_core()
    log_to_journal(sys.stderr, os.environ)
    log_what_nobody_catches()
    asyncio.run(_live())


async def _live() -> None:
    orders = await _lines()
    first = await orders.readline()
    if first:
        await Serving(json.loads(first)).until_the_end(orders)


class Serving:
    """The page as it is ordered: where its files are, what it says, who carries out changes."""

    def __init__(self, orders: Mapping[str, Any]) -> None:
        clock = SystemClock()
        language: Language = orders["language"]
        self._state = Path(orders["state"])
        self._sessions = Sessions(clock)
        self._bound = bind()
        self._port = port_of(self._bound)
        site = Site(
            phrases=Phrases(language),
            shelf=Shelf(codec.loads(Book, orders["book"])),
            config=Path(orders["config"]),
            state=self._state,
            clock=clock,
            changes=partial(_changes, Path(orders["config"]), self._state),
        )
        self._rendering = Rendering(site)
        pages = Pages(site, self._rendering, self._sessions, cookie_name(self._port))
        guarded = Guard(
            make_app(pages),
            port=self._port,
            sessions=self._sessions,
            closed=self._rendering.closed(),
            begin=partial(begin_copy, self._state, clock),
        )
        idle = orders.get("idle_seconds", IDLE_SECONDS)
        self._removal: asyncio.TimerHandle | None = None
        self._server = PageServer(guarded, self._bound, idle_seconds=idle)

    async def until_the_end(self, orders: asyncio.StreamReader) -> None:
        """Serve, and answer orders as they come."""
        listening: list[asyncio.Task[None]] = []

        def ready() -> None:
            _answer({"port": self._port})
            listening.append(asyncio.create_task(self._obey(orders)))

        try:
            await self._server.serve(ready)
        finally:
            self._remove()
            for task in listening:
                task.cancel()

    async def _obey(self, orders: asyncio.StreamReader) -> None:
        while line := await orders.readline():
            self._server.touch()
            _answer({"file": str(self._lead_to(json.loads(line)["path"]))})
            if self._removal is not None:
                self._removal.cancel()
            loop = asyncio.get_running_loop()
            self._removal = loop.call_later(TOKEN_SECONDS, self._remove)
        self._server.stop()

    def _lead_to(self, path: str) -> Path:
        """Write the file that leads a browser to a path; the token stands nowhere else."""
        token = self._sessions.issue(path)
        file = self._state / REDIRECT
        address = f"http://127.0.0.1:{self._port}{ENTRY}?token={token}"
        write_private(file, self._rendering.redirect(address))
        return file

    def _remove(self) -> None:
        (self._state / REDIRECT).unlink(missing_ok=True)


def begin_copy(state: Path, clock: Clock, name: str) -> Copying:
    """Make a place for a file that is uploaded."""
    return Copying(state, name, clock.now())


def _changes(config: Path, state: Path) -> Changes:
    from watcher.web.asking import Asking  # noqa: PLC0415  it loads much, and most only look

    return Asking(config=config, state=state, rules=cache(partial(_rules, config / "rules")))


def _rules(own: Path) -> "Rules":
    from watcher.userfiles.rules import read_rules  # noqa: PLC0415  as above
    from watcher.userfiles.shipped import shipped_folder  # noqa: PLC0415  as above

    rules, problems = read_rules(shipped_folder() / "rules", *([own] if own.is_dir() else []))
    if rules is None:
        raise UserError("cli.problems", problems=problems)
    return rules


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


def _answer(value: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
