"""Rules without a mistake that do no good: what a check warns of, and what it leaves alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rule_data

Doubted = list[tuple[str, str | None, int | None]]
Check = Callable[..., Doubted]

TESTS = """
tests = [
  { text = "一", hit = true }, { text = "二", hit = true },
  { text = "三", hit = false }, { text = "四", hit = false },
]
"""
WORDS = '[words]\nurge = ["马上还款", "立即还款"]\npaid = ["还款"]\nmixed = ["还款", "谢谢"]\n'


def rule(conditions: str, id_: str = "mine.one", extra: str = 'strength = "weak"') -> str:
    title = 'title = { zh = "我的", en = "mine" }'
    return f'[[rules]]\nid = "{id_}"\n{title}\n{extra}\n{conditions}\n{TESTS}'


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Check one file of the user's beside a shipped rule; return each warning with its place."""
    shipped, own = tmp_path / "shipped", tmp_path / "rules"
    for folder in (shipped, own):
        folder.mkdir()
    (shipped / "a.toml").write_text(
        rule('all = ["逾期", "@urge"]', "shipped.one")
        + '[words]\nurge = ["快还"]\n[look_alikes]\n"ё" = "e"\n',
        encoding="utf-8",
    )

    def checked(*rules: str, words: str = WORDS, thorough: bool = True) -> Doubted:
        text = "".join(rules) + words.replace("urge", "hurry")
        (own / "mine.toml").write_text(text.replace("@urge", "@hurry"), encoding="utf-8")
        data, problems = read_rule_data(shipped, own, today=date(2026, 8, 1), thorough=thorough)
        assert data is not None
        for problem in problems:
            assert problem.warning
            for language in LANGUAGES:
                assert "{" not in render(problem, Phrases(language))
        return [(one.says, one.key, one.line) for one in problems]

    return checked


@pytest.mark.parametrize(
    "conditions",
    [
        'all = ["还款"]\nnone = ["还款"]',
        'all = ["马上还款"]\nnone = ["还款"]',
        'all = ["馬上還款"]\nnone = ["馬 上 還 款"]',
        'all = ["@urge"]\nnone = ["@paid"]',
        'all = ["@urge"]\nnone = ["还款"]',
        'any = ["马上还款", "立即还款"]\nnone = ["还款"]',
        'all = [{ first = "马上还款", then = "谢谢", within = 9 }]\nnone = ["@mixed"]',
        'all = [{ one = "再见", other = "谢谢", within = 9 }]\nnone = ["@mixed"]',
        'all = [{ of = "马上还款", lead = "不必", within = 4 }]\nnone = ["还款"]',
        'all = [{ pattern = "还款\\\\d+元", literal = "还款" }]\nnone = ["还款"]',
        'all = [{ check = "link" }]\nnone = [{ check = "link" }]',
        'all = ["还款", "谢谢"]\nnone = [{ all = ["谢谢", { any = ["还款", "再见"] }] }]',
        'all = [{ any = ["马上还款", "立即还款"] }]\nnone = ["还款"]',
    ],
)
def test_a_rule_whose_exception_always_holds_is_named_with_that_exception(
    check: Check, conditions: str
) -> None:
    assert check(rule(conditions)) == [("problem.never-fires", "rules[0].none[0]", 6)]


@pytest.mark.parametrize(
    "conditions",
    [
        'all = ["还款"]\nnone = ["马上还款"]',
        'all = ["@mixed"]\nnone = ["还款"]',
        'any = ["马上还款", "再见"]\nnone = ["还款"]',
        'all = ["还款"]\nnone = [{ of = "还款", lead = "不必", within = 4 }]',
        'all = ["还款"]\nnone = [{ all = ["还款", "谢谢"] }]',
        'all = ["还款"]\nnone = [{ any = ["还款"], none = ["谢谢"] }]',
        'all = ["还款"]\nnone = [{ first = "还款", then = "谢谢", within = 3 }]',
        'all = [{ check = "link", host = "short" }]\nnone = [{ check = "link", host = "listed" }]',
        'all = ["还款"]\nany = ["还款", "谢谢"]',
    ],
)
def test_a_rule_that_can_fire_is_left_alone(check: Check, conditions: str) -> None:
    assert check(rule(conditions)) == []


def test_an_exception_inside_a_group_is_found_with_its_own_place(check: Check) -> None:
    inside = 'any = ["再见", { all = ["马上还款"], none = ["还款"] }]'
    assert check(rule(inside)) == [("problem.never-fires", "rules[0].any[1].none[0]", 5)]


def test_two_rules_of_the_same_conditions_and_effect_are_named_with_both_places(
    check: Check,
) -> None:
    one, two = rule('all = ["还款", "谢谢"]'), rule('all = ["谢 谢", "还.款"]', "mine.two")
    assert check(one, two) == [("problem.same-rule", "rules[1]", 11)]


def test_a_list_and_the_phrases_it_consists_of_say_the_same(check: Check) -> None:
    by_phrase, by_list = rule('all = ["快还", "逾期"]'), rule('all = ["@urge", "逾期"]')
    same = [("problem.same-rule", "rules[0]", 1)]
    assert check(by_phrase) == same
    assert check(by_list, words='[words]\nurge = ["快还"]') == same
    assert check(by_list, words='[words]\nurge = ["快还", "请还"]') == []


def test_the_same_conditions_with_another_effect_are_two_rules(check: Check) -> None:
    kind = rule('all = ["还款"]', "mine.two", 'kind = "collection"')
    mark = rule('all = ["还款"]', "mine.three", 'mark = "court"')
    strong = rule('all = ["还款"]', "mine.four", 'strength = "strong"')
    assert check(rule('all = ["还款"]'), kind, mark, strong) == []


def test_a_pattern_that_waits_for_a_character_no_text_has_is_told_the_right_one(
    check: Check,
) -> None:
    full_width = '{ pattern = "还款，谢谢", literal = "还款" }'
    traditional = '{ pattern = "wёb", literal = "还款" }'
    both = '{ pattern = "还款[,，]谢谢", literal = "还款" }'
    assert check(rule(f"all = [{full_width}]")) == [
        ("problem.pattern-unfolded", "rules[0].all[0].pattern", 5)
    ]
    assert check(rule(f"all = ['再见']\nany = [{traditional}]")) == [
        ("problem.pattern-unfolded", "rules[0].any[0].pattern", 6)
    ]
    assert check(rule(f"all = [{both}]")) == []


def test_a_signal_that_decides_alone_must_say_how_it_is_known(check: Check) -> None:
    hard = 'strength = "hard"'
    assert check(rule('all = ["还款"]', extra=hard)) == [("problem.no-sources", "rules[0]", 1)]
    assert check(rule('all = ["还款"]', extra=hard + '\nsources = ["反诈中心"]')) == []


def test_a_rule_past_its_time_is_named(check: Check) -> None:
    old = rule('all = ["还款"]', extra='strength = "weak"\nvalid_until = 2026-07-31')
    assert check(old) == [("problem.expired", "rules[0].valid_until", 5)]


def test_doubts_are_for_checking_and_cost_a_run_nothing(check: Check) -> None:
    assert check(rule('all = ["还款"]\nnone = ["还款"]'), thorough=False) == []
