"""In a box, as its user: what is done on the page that a pop-up's button has opened.

`journey.py PORT FOLDER` takes over the browser that shows a case, ticks steps, looks at the
letter, takes the evidence and closes the case; it prints what came of it as JSON.
"""

import json
import re
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserType, Error, Page, sync_playwright

WITHIN = 60.0
STEPS = 2
"""Each is a whole round to the service and back."""


def started(chromium: BrowserType, port: int) -> Browser:
    """Wait for the browser."""
    ends = time.monotonic() + WITHIN
    while True:
        try:
            return chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        except Error:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


def shown(browser: Browser) -> Page:
    """Wait for the tab in which the case was opened; that of an earlier one is blank."""
    [context] = browser.contexts
    open_now = [page for page in context.pages if page.url != "about:blank"]
    page = open_now[0] if open_now else context.wait_for_event("page", timeout=WITHIN * 1000)
    page.wait_for_url(re.compile(r"^http://127\.0\.0\.1:\d+/cases/\d+$"), timeout=WITHIN * 1000)
    return page


def walk(page: Page, folder: Path) -> dict[str, object]:
    page.wait_for_selector("main")
    case = page.url
    page.screenshot(path=folder / "case.png")
    found: dict[str, object] = {"path": case.split("/", 3)[3], "title": page.inner_text("h1")}
    for ticked in range(STEPS):
        page.locator("li.step:not(.ticked) button.tick").first.click()
        page.locator("li.step.ticked").nth(ticked).wait_for()
    found["ticked"] = page.locator("li.step.ticked").count()
    letters = page.locator("#papers ul.letters a")
    if letters.count():
        letters.first.click()
        page.wait_for_selector("article.paper")
        found["letter"] = page.inner_text("article.paper")
        page.screenshot(path=folder / "letter.png")
        page.goto(case)
    with page.expect_download() as waiting:
        page.locator("#papers a[href$='/evidence.zip']").click()
    waiting.value.save_as(folder / "pack.zip")
    page.locator("form[action$='/done'] button").first.click()
    page.wait_for_url(re.compile(r":\d+/(\?.*)?$"))
    page.goto(case)
    found["closed"] = page.locator("form[action$='/reopen']").count() == 1
    page.screenshot(path=folder / "done.png")
    page.goto("about:blank")
    return found


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        print(json.dumps(walk(shown(started(playwright.chromium, port)), folder)))  # noqa: T201  its answer


if __name__ == "__main__":
    main()
