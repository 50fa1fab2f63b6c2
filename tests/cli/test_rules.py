"""Looking at the rules, checking and testing them."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Run

RULE = """
[[rules]]
id = "mine.moon"
title = { zh = "月亮", en = "Moon" }
strength = "weak"
all = ["月亮借条"]
[[rules.tests]]
text = "月亮借条提醒您"
hit = true
[[rules.tests]]
text = "您的月亮借条到期"
hit = true
[[rules.tests]]
text = "今晚月亮很圆"
hit = false
[[rules.tests]]
text = "借条写好了"
hit = false
"""


@pytest.fixture
def folder(home: Path) -> Path:
    own = home / "config" / "loan-watcher" / "rules" / "signals"
    own.mkdir(parents=True, mode=0o700)
    (own / "mine.toml").write_text(RULE, encoding="utf-8")
    return own


def test_the_shipped_rules_have_no_mistake_and_pass_their_own_tests(run: Run) -> None:
    assert run("rules", "check").code == 0
    tested = run("rules", "test")
    assert tested.code == 0, tested.out


def test_rules_of_ones_own_are_listed_with_the_shipped_ones(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    listed = json.loads(run("rules", "list", "--json").out)
    mine = [rule for rule in listed if not rule["shipped"]]
    assert [rule["id"] for rule in mine] == ["mine.moon"]
    assert len(listed) > 50
    assert "月亮" in run("rules", "list").out


def test_a_rule_that_fails_its_own_test_is_named_with_the_text(run: Run, folder: Path) -> None:
    wrong = RULE.replace("今晚月亮很圆", "撕掉月亮借条")
    (folder / "mine.toml").write_text(wrong, encoding="utf-8")
    ran = run("rules", "test")
    assert ran.code == 2
    assert "mine.moon" in ran.out
    assert "撕掉月亮借条" in ran.out


def test_every_mistake_of_a_rule_file_is_reported_with_its_line(run: Run, folder: Path) -> None:
    wrong = RULE.replace('strength = "weak"', 'strength = "loud"').replace("all = [", "al = [")
    (folder / "mine.toml").write_text(wrong, encoding="utf-8")
    ran = run("rules", "check")
    assert ran.code == 2
    assert "mine.toml:5" in ran.err
    assert "mine.toml:6" in ran.err


def test_a_mistake_in_a_file_of_mail_providers_is_found_too(run: Run, folder: Path) -> None:
    (folder.parent / "providers.toml").write_text("[[providers]]\nhots = 'a.test'\n")
    checked = run("rules", "check")
    assert checked.code == 2
    assert "rules/providers.toml:2: providers[0].hots" in checked.err
    assert "“host”" in checked.err


def test_a_rule_is_shown_with_what_it_does_and_its_tests(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    shown = run("rules", "show", "mine.moon")
    assert "月亮借条提醒您" in shown.out
    assert "不应命中" in shown.out


def test_an_unknown_rule_is_answered_with_the_nearest_one(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    ran = run("rules", "show", "mine.mon")
    assert ran.code == 2
    assert "mine.moon" in ran.err


def test_doubts_are_said_with_their_line_and_are_no_mistake(run: Run, folder: Path) -> None:
    doubtful = RULE.replace('all = ["月亮借条"]', 'all = ["月亮借条"]\nnone = ["月亮"]')
    (folder / "mine.toml").write_text(doubtful, encoding="utf-8")
    ran = run("rules", "check")
    assert ran.code == 0
    assert "mine.toml:7" in ran.err
    assert "“月亮”" in ran.err


def test_a_rule_past_its_time_is_said_to_be(run: Run, folder: Path) -> None:
    old = RULE.replace('strength = "weak"', 'strength = "weak"\nvalid_until = 2020-01-31')
    (folder / "mine.toml").write_text(old, encoding="utf-8")
    ran = run("rules", "check")
    assert ran.code == 0
    assert "mine.toml:6" in ran.err


def test_rules_that_only_their_own_tests_reach_are_named_on_request(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    assert "mine.moon" not in run("rules", "check").out
    assert "mine.moon" in run("rules", "check", "--verbose").out
