"""What answers the articles with which the project began: all of it exists, no topic is missing."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from watcher.cli import COMMANDS
from watcher.core.knowledge import Rules
from watcher.userfiles.dates import read_dates
from watcher.userfiles.letters import read_letters

EXPECTED = {
    *(f"C{number:02}" for number in range(1, 16)),
    *(f"N{number}" for number in range(1, 7)),
    *(f"A{number:02}" for number in range(1, 18)),
    *(f"P{number:02}" for number in range(1, 15)),
    *(f"F{number:02}" for number in range(1, 9)),
}
ANSWERS = {"answered_by", "later", "not_ours"}
LATER = {"credit report", "calls and screens", "missing notices"}
ONLY_WARNED_OF = {"A11", "A14", "A15"}
"""Advice of the articles that harms who follows it."""

Entries = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def entries(checkout: Path) -> Entries:
    data = tomllib.loads((checkout / "docs" / "articles.toml").read_text("utf-8"))
    return {
        f"{letter}{number}": entry for letter, ids in data.items() for number, entry in ids.items()
    }


@pytest.fixture(scope="module")
def existing(rules: Rules, checkout: Path) -> set[str]:
    """Everything that an answer may name."""
    letters, _ = read_letters(checkout / "rules", checklists=rules.checklists)
    dates, _ = read_dates(checkout / "rules")
    assert dates is not None
    example = (checkout / "config.example.toml").read_text("utf-8")
    return {
        *(f"rule:{rule.id}" for rule in (*rules.notices, *rules.signals)),
        *(f"cause:{id_}" for id_ in rules.causes),
        *(f"command:{name}" for name in COMMANDS),
        *(f"letter:{id_}" for id_ in letters or ()),
        *(f"date:{rule.id}" for rule in dates.rules),
        *(f"step:{one.id}.{step.id}" for one in rules.checklists.values() for step in one.steps),
        *(
            f"setting:{section}.{key}"
            for section, keys in tomllib.loads(example).items()
            if isinstance(keys, dict)
            for key in keys
        ),
    }


def test_no_topic_of_the_articles_is_forgotten_and_none_is_invented(entries: Entries) -> None:
    assert set(entries) == EXPECTED


def test_each_topic_is_answered_or_put_off_or_refused_and_never_two_of_these(
    entries: Entries,
) -> None:
    odd = [id_ for id_, entry in entries.items() if len(ANSWERS & entry.keys()) != 1]
    assert odd == []
    unknown = [id_ for id_, entry in entries.items() if entry.keys() - ANSWERS - {"topic"}]
    assert unknown == []


def test_everything_that_answers_a_topic_exists(entries: Entries, existing: set[str]) -> None:
    missing = {
        id_: set(entry["answered_by"]) - existing
        for id_, entry in entries.items()
        if "answered_by" in entry
        and (not entry["answered_by"] or set(entry["answered_by"]) - existing)
    }
    assert missing == {}


def test_what_is_put_off_waits_for_a_part_that_is_planned(entries: Entries) -> None:
    waiting = {id_: entry["later"] for id_, entry in entries.items() if "later" in entry}
    assert set(waiting.values()) <= LATER
    # No message can show these; they need the user's credit report, or notices that are missing.
    assert {"C05", "C06", "C14", "C15"} <= set(waiting)


def test_what_is_refused_is_a_short_list_with_reasons(entries: Entries) -> None:
    reasons = {id_: entry["not_ours"] for id_, entry in entries.items() if "not_ours" in entry}
    assert len(reasons) <= 6
    assert all(len(reason.split()) >= 5 for reason in reasons.values())


def test_harmful_advice_is_refused_or_appears_only_as_a_warning(
    entries: Entries, rules: Rules
) -> None:
    warnings = {
        f"step:{one.id}.{step.id}"
        for one in rules.checklists.values()
        for step in one.steps
        if step.warning
    }
    for id_ in ONLY_WARNED_OF:
        assert set(entries[id_].get("answered_by", ())) <= warnings, id_


def test_a_cause_is_answered_by_itself(entries: Entries) -> None:
    for id_, entry in entries.items():
        if id_[0] in "CN" and "answered_by" in entry:
            assert f"cause:{id_}" in entry["answered_by"], id_
