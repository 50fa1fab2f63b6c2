"""The page that says how a message is judged: it names what exists, and what cites it is right."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from watcher.core.knowledge import Rules
from watcher.core.model import SEVERITY, Kind, Verdict

FOLDERS = ("watcher", "rules", "tests", "bench")
QUOTED = r"[“\"']([A-Z][\w ]+)[”\"']"
CITED = re.compile(rf"docs/judgement\.md[,:]? ?(?:{QUOTED}|(rules?) ([\d, and]+))")


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    return (checkout / "docs" / "judgement.md").read_text("utf-8")


def first_column(page: str, heading: str) -> list[str]:
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `?(\w+)`?", section, re.MULTILINE)


def citations(checkout: Path) -> Iterator[tuple[str, str]]:
    """Yield each heading of the page that is cited, with the file that cites it."""
    for folder in FOLDERS:
        for path in sorted((checkout / folder).rglob("*")):
            if path.suffix not in (".py", ".toml", ".md") or path == Path(__file__):
                continue
            for heading, _, numbers in CITED.findall(path.read_text("utf-8")):
                if heading:
                    yield heading, path.name
                for number in re.findall(r"\d+", numbers):
                    yield f"Rule {number}", path.name


def test_the_kinds_stand_in_the_order_in_which_they_win(page: str) -> None:
    assert first_column(page, "Kinds")[1:] == [kind.value for kind in Kind]


def test_the_verdicts_stand_from_the_gravest_to_none(page: str) -> None:
    named = first_column(page, "Verdicts")[1:]
    assert set(named) == {*(verdict.value for verdict in Verdict), "none"}
    grave = [SEVERITY[None if name == "none" else Verdict(name)] for name in named]
    assert grave == sorted(grave, reverse=True)


def test_every_cause_and_checklist_of_the_page_exists(page: str, rules: Rules) -> None:
    causes = page.partition("\n## Causes\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"\b[CN]\d+\b", causes)) == set(rules.causes)
    lists = page.partition("\n## Checklists\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"\b(?:F\+|FJ|[ESRMFC])(?![\w+])", lists)) == set(rules.checklists)


def test_every_heading_that_is_cited_stands_on_the_page(page: str, checkout: Path) -> None:
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    known = {*headings, *(heading.partition(":")[0] for heading in headings)}
    cited = list(citations(checkout))
    assert cited
    assert [(heading, file) for heading, file in cited if heading not in known] == []
