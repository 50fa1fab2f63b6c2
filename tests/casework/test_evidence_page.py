"""The page of an evidence pack as a browser shows and prints it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from bench.example_page import CHROMIUM, browser
from tests.casework.packed import PDF, Desk
from tests.needed import needs
from watcher.casework.evidence import Condition, attachments
from watcher.casework.pages import time_line
from watcher.phrases import Phrases


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    needs("chromium", CHROMIUM)
    with browser() as started:
        yield started


@pytest.fixture
def opened(chromium: Browser, desk: Desk, tmp_path: Path) -> Iterator[tuple[Page, list[str]]]:
    """The page of a stale case with a proof of a long name, and what it asked for."""
    desk.add_proof(desk.stale(), PDF, f"{'招联金融结清证明' * 8}.pdf")
    material = desk.material(desk.stale())
    conditions = {one.name: Condition.USUAL for one in attachments(material)}
    file = tmp_path / "time-line.html"
    file.write_bytes(time_line(material, conditions, Phrases("zh")))
    asked: list[str] = []

    def remember(request: Request) -> None:
        asked.append(request.url)

    page = chromium.new_page()
    page.on("request", remember)
    page.goto(file.as_uri())
    yield page, asked
    page.close()


def test_the_page_asks_for_nothing_and_fits_a_phone_and_a_sheet_of_paper(
    opened: tuple[Page, list[str]], tmp_path: Path
) -> None:
    page, asked = opened
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    printed = page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert printed.startswith(b"%PDF-")
    assert [url for url in asked if not url.startswith("file:")] == []
    assert len(asked) == 1
    assert page.locator("tr.here").count() == 1
    assert page.locator("a, script, img").count() == 0
