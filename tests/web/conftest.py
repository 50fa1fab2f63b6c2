import asyncio
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from bench.example_page import CHROMIUM, browser, example
from tests.needed import needs
from tests.web.watching import Watching
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.phrases import Phrases
from watcher.store import Store
from watcher.web.app import Pages, make_app
from watcher.web.asking import Asking
from watcher.web.book import Shelf
from watcher.web.guard import Guard, cookie_name
from watcher.web.rendering import Rendering
from watcher.web.serve import begin_copy
from watcher.web.sessions import Session, Sessions
from watcher.web.site import Site
from watcher.web.start import Orders, Page

PORT = 43117
HOST = f"127.0.0.1:{PORT}"
GIVE_UP = 40_000
"""Milliseconds that are waited for a browser beside much other work."""
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(slots=True)
class Clocked:
    """A clock whose monotonic time is set by the test."""

    passed: float = 0.0

    def now(self) -> Any:
        return SystemClock().now()

    def monotonic(self) -> float:
        return self.passed


@dataclass(slots=True, kw_only=True)
class Visitor:
    """A browser inside: the application behind its guard, called without a socket."""

    app: Guard
    session: Session
    sessions: Sessions
    state: Path
    config: Path

    def ask(  # noqa: PLR0913  one request
        self,
        method: str,
        path: str,
        *,
        headers: list[tuple[str, str]] | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        without: tuple[str, ...] = (),
    ) -> httpx.Response:
        """Send one request with the headers of our own browser, or exactly those given."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
                sent = self.own(method) if headers is None else headers
                request = client.build_request(
                    method, path, headers=sent, data=form, content=content, files=files
                )
                for name in without:
                    del request.headers[name]
                return await client.send(request)

        return asyncio.run(send())

    def own(self, method: str) -> list[tuple[str, str]]:
        """Return the headers that our own page's requests have."""
        cookie = ("Cookie", f"{cookie_name(PORT)}={self.session.cookie}")
        if method == "POST":
            return [
                ("Host", HOST),
                ("Origin", f"http://{HOST}"),
                ("Sec-Fetch-Site", "same-origin"),
                cookie,
            ]
        return [("Host", HOST), ("Sec-Fetch-Site", "none"), cookie]

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def post(self, path: str, **form: str) -> httpx.Response:
        return self.ask("POST", path, form={"csrf": self.session.csrf, **form})

    def store(self) -> Store:
        return Store.open_to_read(self.state)

    def number_of(self, verdict: str) -> int:
        with self.store() as store:
            return next(row.id for row in store.cases() if row.verdict.value == verdict)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, rules: Rules) -> tuple[Path, Orders]:
    """The example's files and state, made once."""
    folder = tmp_path_factory.mktemp("example") / "home"
    return folder, example(folder, rules)


@pytest.fixture
def orders(filled: tuple[Path, Orders], tmp_path: Path) -> Orders:
    """A copy of the example for one test."""
    folder, made = filled
    mine = tmp_path / "home"
    shutil.copytree(folder, mine)
    return Orders(language="zh", config=mine / "config", state=mine / "state", book=made.book)


@pytest.fixture
def enter(rules: Rules) -> Callable[[Orders], Visitor]:
    """Return what opens the application for a browser that is inside."""

    def make(orders: Orders) -> Visitor:
        sessions = Sessions(Clocked())
        site = Site(
            phrases=Phrases(orders.language),
            shelf=Shelf(orders.book),
            config=orders.config,
            state=orders.state,
            clock=SystemClock(),
            changes=lambda: Asking(config=orders.config, state=orders.state, rules=lambda: rules),
        )
        rendering = Rendering(site)
        pages = Pages(site, rendering, sessions, cookie_name(PORT))
        app = Guard(
            make_app(pages),
            port=PORT,
            sessions=sessions,
            closed=rendering.closed(),
            begin=partial(begin_copy, orders.state, SystemClock()),
        )
        entered = sessions.enter(sessions.issue("/"))
        assert entered is not None
        return Visitor(
            app=app,
            session=entered[0],
            sessions=sessions,
            state=orders.state,
            config=orders.config,
        )

    return make


@pytest.fixture
def visitor(enter: Callable[[Orders], Visitor], orders: Orders) -> Visitor:
    return enter(orders)


@pytest.fixture
def page(orders: Orders) -> Iterator[Page]:
    """The real child process over the example."""
    served = Page(lambda: orders)
    yield served
    served.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's browser; while it runs, this thread has an event loop."""
    needs("chromium", CHROMIUM)
    # Widths are looked at.
    needs("fonts-wqy-zenhei", "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")
    with browser() as started:
        yield started


@pytest.fixture
def watching(chromium: Browser) -> Iterator[Callable[..., Watching]]:
    """Return what opens a tab of its own, with the given settings.

    Nothing glides there: a click goes where a thing was when it was looked for, and without
    scripts nobody notices that it has moved on.
    """
    expect.set_options(timeout=GIVE_UP)
    opened: list[BrowserContext] = []

    def open_one(**settings: Any) -> Watching:
        opened.append(chromium.new_context(reduced_motion="reduce", **settings))
        opened[-1].set_default_timeout(GIVE_UP)
        return Watching(opened[-1])

    yield open_one
    for context in opened:
        context.close()
