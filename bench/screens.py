"""`python -m bench.screens [FOLDER]`: pictures of every page, light, dark and narrow.

They look best with the fonts of the package `fonts-noto-cjk`.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from bench.example_page import browser, example
from bench.report import load_rules
from watcher.casework.proofs import claim, receive
from watcher.clock import SystemClock
from watcher.core.model import Verdict
from watcher.store import Store
from watcher.web.start import Orders, Page

COLOURS: Final = 128
SCREENS: Final = {
    "inbox": "/",
    "fraud": "/cases/{fraudulent}",
    "stale": "/cases/{stale}",
    "lagging": "/cases/{lagging}",
    "owed": "/cases/{possibly_owed}",
    "letter": "/cases/{stale}/letters/T1",
    "dates": "/dates",
    "loans": "/loans",
    "loan": "/loan/haoqidai",
    "sources": "/sources",
    "rules": "/rules",
}
Scheme = Literal["light", "dark"]
WIDE: Final = 1180
LOOKS: Final[tuple[tuple[str, Scheme, int], ...]] = (
    ("light", "light", WIDE),
    ("dark", "dark", WIDE),
    ("narrow", "light", 375),
)
ENGLISH: Final = ("inbox", "lagging", "letter", "dates")
"""Pages that are shown in English too."""


def take(
    tab: Tab, folder: Path, look: str, places: dict[str, str], names: Iterable[str] = SCREENS
) -> None:
    """Save a picture of every page in one look, or of those named."""
    start = tab.url.split("/")[:3]
    for name in names:
        path = SCREENS[name]
        tab.goto("/".join(start) + path.format(**places))
        drawn = Image.open(BytesIO(tab.screenshot(full_page=True))).convert("RGB")
        # A repository keeps every version of a picture: few colours make it a third.
        drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(
            folder / f"{name}-{look}.png", optimize=True
        )


def main(arguments: list[str]) -> int:
    """Take all pictures into a folder."""
    folder = Path(arguments[0] if arguments else "docs/screens")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch, browser() as chromium:
        home = Path(scratch) / "home"
        orders = example(home, load_rules())
        _go_on(orders)
        os.environ["HOME"] = str(home)  # the page writes paths as they look from home
        for look, scheme, width in LOOKS:
            with _opened(chromium, orders, scheme, width) as tab:
                take(tab, folder, look, _places(tab))
        with _opened(chromium, replace(orders, language="en"), "light", WIDE) as tab:
            take(tab, folder, "english", _places(tab), ENGLISH)
    return 0


@contextmanager
def _opened(chromium: Browser, orders: Orders, scheme: Scheme, width: int) -> Iterator[Tab]:
    """Serve the page, and open it in a window of its own."""
    page = Page(lambda: orders)
    context = chromium.new_context(
        color_scheme=scheme, locale="zh-CN", viewport={"width": width, "height": 820}
    )
    try:
        tab = context.new_page()
        tab.goto(page.open().as_uri())
        tab.wait_for_selector("main")
        yield tab
    finally:
        context.close()
        page.close()


def _go_on(orders: Orders) -> None:
    """Do what a user would have done by now: a letter is under way, a certificate is kept."""
    now = SystemClock().now()
    with Store.open(orders.state, now) as store:
        [case] = [row.id for row in store.cases() if row.verdict is Verdict.POSSIBLY_OWED]
        sent_on = (now - timedelta(days=3)).date()
        store.life.sent(case, "T5", sent_on, now, answer_due=True, objects_from=None)
    chunks = (b"%PDF-1.7\n", b" " * 184_000, b"%%EOF\n")
    claim(orders.state, receive(orders.state, "结清证明.pdf", chunks, now), "haoqidai", now)


def _places(tab: Tab) -> dict[str, str]:
    """Return the number of the first case of each verdict."""
    found: dict[str, str] = {}
    for link in tab.locator("a.case").all():
        verdict = str(link.get_attribute("class")).partition("v-")[2]
        found.setdefault(verdict, str(link.get_attribute("href")).rpartition("/")[2])
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
