"""dates.toml: what ships is whole, and mistakes in it are told with their place."""

from pathlib import Path

import pytest

from watcher.core.dates import BEGINNINGS, DateKind, Dates
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.dates import read_dates

GOOD = """
[[letters]]
id = "T1"
title = { zh = "信", en = "letter" }
[[dates]]
id = "one"
kind = "answer"
after = "T1"
days = 15
title = { zh = "期限", en = "day" }
text = { zh = "看", en = "look" }
"""


@pytest.fixture(scope="module")
def shipped(checkout: Path) -> Dates:
    dates, problems = read_dates(checkout / "rules")
    assert not problems
    assert dates is not None
    return dates


def test_every_date_follows_from_something_and_every_beginning_has_a_date(shipped: Dates) -> None:
    begun = {one for rule in shipped.rules for one in rule.after}
    assert begun <= {*shipped.letters, *BEGINNINGS}
    assert begun >= set(BEGINNINGS)


def test_every_letter_that_can_be_written_can_be_noted(shipped: Dates, checkout: Path) -> None:
    written = {
        line.removeprefix('id = "').rstrip('"')
        for file in (checkout / "rules" / "letters").glob("*.toml")
        for line in file.read_text("utf-8").splitlines()[:4]
        if line.startswith('id = "')
    }
    assert written
    assert written <= shipped.letters.keys()


def test_a_day_that_the_law_sets_names_its_source(shipped: Dates) -> None:
    for rule in shipped.rules:
        legal = rule.kind is DateKind.ANSWER and not rule.id.endswith("-others")
        assert bool(rule.sources) >= legal, rule.id


def test_titles_fit_any_calendar_and_name_nobody(shipped: Dates) -> None:
    for rule in shipped.rules:
        assert len(rule.title.zh) <= 30, rule.id
        assert len(rule.title.en) <= 70, rule.id
        assert "{" not in rule.title.zh + rule.title.en


def test_every_kind_of_date_has_the_words_of_its_alert() -> None:
    for language in LANGUAGES:
        spoken = Phrases(language)
        for kind in DateKind:
            assert spoken.say(f"calendar.due_{kind}", {"case": 3, "count": 2})


@pytest.mark.parametrize(
    ("found", "replaced", "says", "line"),
    [
        ('after = "T1"', 'after = "T9"', "problem.expected-one-of", 8),
        ('kind = "answer"', 'kind = "anser"', "problem.expected-one-of", 7),
        ("days = 15", "days = 400", "problem.expected-number", 9),
        ("days = 15", 'each_year = ["02-30"]', "problem.expected-texts", 9),
        ("days = 15", "dayz = 15", "problem.unknown-key", 9),
        ('[[dates]]\nid = "one"', "[[dates]]", "problem.key-missing", 5),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, found: str, replaced: str, says: str, line: int
) -> None:
    (tmp_path / "dates.toml").write_text(GOOD.replace(found, replaced), "utf-8")
    dates, [problem] = read_dates(tmp_path)
    assert dates is None
    assert (problem.says, problem.line) == (says, line)


def test_a_file_without_mistakes_is_read(tmp_path: Path) -> None:
    (tmp_path / "dates.toml").write_text(GOOD, "utf-8")
    dates, problems = read_dates(tmp_path)
    assert not problems
    assert dates is not None
    assert dates.awaits_answer("T1")
