"""The page of a letter: it holds itself, does nothing, and prints the letter and no more."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.example_page import CHROMIUM, browser
from tests.casework.noticed import SETTLED, case_of, ledger_of
from tests.needed import needs
from watcher.casework.letter_page import letter_page
from watcher.casework.letters import Draft, Known, write
from watcher.core.knowledge import Rules
from watcher.core.model import Holder, Verdict
from watcher.phrases import Phrases
from watcher.userfiles.letters import read_letters

HOSTILE = '<script>document.title="owned"</script>"><img src=//evil.example/a onerror=alert(1)>'


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    needs("chromium", CHROMIUM)
    with browser() as started:
        yield started


@pytest.fixture
def draft(checkout: Path, rules: Rules) -> Draft:
    """A complaint whose ledger tries to break out of the page."""
    letters, _ = read_letters(checkout / "rules", checklists=rules.checklists)
    assert letters is not None
    case = case_of(rules, ledger_of(rules), Verdict.STALE)
    loan = replace(SETTLED, product=HOSTILE)
    ledger = ledger_of(rules, loan, holder=Holder(name=HOSTILE))
    known = Known.of(case, [case], ledger, rules.directory, ("F+",))
    return write(letters["complaint"], known)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_has_no_script_no_address_and_everything_escaped(
    draft: Draft, language: str
) -> None:
    page = letter_page(draft, Phrases("en" if language == "en" else "zh"))
    assert not re.search(
        r"<(?:script|img|a|link|form|iframe|svg)\b|\b(?:src|href)\s*=(?!//evil)", page
    )
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert ("Complaint: " in page) == (language == "en")


def test_a_browser_shows_all_of_it_and_prints_only_the_letter_each_office_on_its_own_sheet(
    draft: Draft, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "letter.html"
    file.write_text(letter_page(draft, Phrases("zh")), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 390, "height": 800})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(file.as_uri())
    assert tab.title() == "投诉、举报和报警材料"
    assert asked == [file.as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.locator("aside").first.is_visible()
    tab.emulate_media(media="print")
    assert not tab.locator("aside").first.is_visible()
    assert tab.locator("main h2").count() == 3
    assert "12378" in tab.locator("main").inner_text()
    pages = tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pages)) == 3
    tab.close()
