"""`python -m bench.screens [FOLDER]`: pictures of every page, light, dark and narrow.

They look best with the fonts of the package `fonts-noto-cjk`.
"""

import os
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Page as Tab

from bench.example_page import browser, example
from bench.report import load_rules
from watcher.web.start import Page

COLOURS: Final = 128
SCREENS: Final = {
    "inbox": "/",
    "fraud": "/cases/{fraudulent}",
    "stale": "/cases/{stale}",
    "lagging": "/cases/{lagging}",
    "letter": "/cases/{stale}/letters/T1",
    "dates": "/dates",
    "loans": "/loans",
    "loan": "/loan/haoqidai",
    "sources": "/sources",
    "rules": "/rules",
}
LOOKS: Final[tuple[tuple[str, Literal["light", "dark"], int], ...]] = (
    ("light", "light", 1180),
    ("dark", "dark", 1180),
    ("narrow", "light", 375),
)


def take(tab: Tab, folder: Path, look: str, places: dict[str, str]) -> None:
    """Save a picture of every page in one look."""
    start = tab.url.split("/")[:3]
    for name, path in SCREENS.items():
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
        os.environ["HOME"] = str(home)  # the page writes paths as they look from home
        page = Page(lambda: orders)
        try:
            for look, scheme, width in LOOKS:
                context = chromium.new_context(
                    color_scheme=scheme, locale="zh-CN", viewport={"width": width, "height": 820}
                )
                tab = context.new_page()
                tab.goto(page.open().as_uri())
                tab.wait_for_selector("main")
                take(tab, folder, look, _places(tab))
                context.close()
        finally:
            page.close()
    return 0


def _places(tab: Tab) -> dict[str, str]:
    """Return the number of the first case of each verdict."""
    found: dict[str, str] = {}
    for link in tab.locator("a.case").all():
        verdict = str(link.get_attribute("class")).partition("v-")[2]
        found.setdefault(verdict, str(link.get_attribute("href")).rpartition("/")[2])
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
