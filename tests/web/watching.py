"""A tab of a real browser, and all that it asked for, tripped over or was asked to say."""

import re

from playwright.sync_api import BrowserContext, Request
from playwright.sync_api import Page as Tab

from watcher.store import Store
from watcher.web.start import Orders, Page


class Watching:
    """A tab, and all that it asked for, tripped over or was asked to say."""

    def __init__(self, context: BrowserContext) -> None:
        self.tab: Tab = context.new_page()
        self.outside: list[str] = []
        self.trouble: list[str] = []
        self.tab.on("request", self._asked)
        self.tab.on("console", lambda said: self.trouble.append(said.text))
        self.tab.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        self.base = ""

    def _asked(self, request: Request) -> None:
        if not re.match(r"http://127\.0\.0\.1:\d+/|file:///.+/page\.html$", request.url):
            self.outside.append(request.url)

    def enter(self, page: Page, path: str = "/") -> None:
        """Come in the way the desktop leads: by the file."""
        self.tab.goto(page.open(path).as_uri())
        self.tab.wait_for_url(re.compile(r"http://127\.0\.0\.1:\d+(?!/enter)"))
        self.tab.wait_for_selector("main")
        self.tab.wait_for_load_state()  # with its style sheet
        self.base = "/".join(self.tab.url.split("/")[:3])

    def go(self, path: str) -> None:
        self.tab.goto(self.base + path)


def numbers(orders: Orders) -> dict[str, int]:
    with Store.open_to_read(orders.state) as store:
        return {row.verdict.value: row.id for row in store.cases()}
