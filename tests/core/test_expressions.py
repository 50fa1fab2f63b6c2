"""What is read off a pattern: where a match can begin, and what it must contain."""

import re

import pytest

from watcher.core.expressions import compiled
from watcher.core.knowledge import Rules
from watcher.core.rules import Pattern
from watcher.core.ways import alternatives_of, ways_of

DIGIT = "0|1|2|3|4|5|6|7|8|9"
PATTERNS = (
    "欠\\d+元",
    "(?:^|[,。])[^,。]{0,4}?(?:未还|拖着)",
    "(?x) 转 账? # 转给谁\n (?:我|主管) | [扫刷](?!描)码",
    "(?<![a-z])(?:vx|qq)[^a-z]{0,2}[a-z]{3,}",
    "\\d{2,}(?:元|块)|先付",
    "[^,]付",
    "(?:先)?(?:付)?",
    "A款|b款",
    "(付|给)(?:我|他)\\1",
    "(?>欠款|欠)项",
    "还|",
    "[一-龥]{2}费",
    "^(?!.*退)(?=.*(?:[付还]\\d|付)).+$",
)
TEXTS = (
    "",
    "欠20元",
    "还款,再拖着就算未还",
    "转账给主管",
    "转我。扫描,扫码",
    "av信 qq:abc",
    "12块先付",
    "付",
    ",付,再付",
    "a款A款b款",
    "付我付 给他给",
    "欠款项",
    "手续费",
)


@pytest.mark.parametrize("expression", PATTERNS)
def test_what_is_found_is_what_re_finds(expression: str) -> None:
    search = re.compile(expression, re.IGNORECASE).search
    for text in map(str.lower, TEXTS):
        found = search(text)
        assert compiled(expression)(text) == (found and found.span()), text


@pytest.mark.parametrize("expression", PATTERNS)
def test_every_match_goes_one_of_the_ways(expression: str) -> None:
    search = re.compile(expression, re.IGNORECASE).search
    ways = ways_of(expression)
    for text in map(str.lower, TEXTS):
        if search(text) is not None and ways:
            assert any(all(any(one in text for one in need) for need in way) for way in ways)


@pytest.mark.parametrize(
    ("expression", "ways"),
    [
        ("欠\\d+元", [["欠", DIGIT, "元"]]),
        ("(?:拖|未)(?!来)(?:还|付)?款", [["拖还款|拖付款|拖款|未还款|未付款|未款"]]),
        ("欠款[^。]{0,4}(?:转|汇)给|先付", [["欠款", "转给|汇给"], ["先付"]]),
        ("\\d+元?", [[DIGIT]]),
        ("还款|\\d", [["还款"], [DIGIT]]),
        ("[12][0-9]?[,;]", [[DIGIT]]),
        ("\\d?[,;]", []),
        ("\\D\\w", []),
        ("(?:很|非常){2}急", [["很|非常", "急"]]),
        ("一二三四五六", [["一二三四"]]),
        ("先付|(?:还款|\\d),", [["先付"], ["还款"], [DIGIT]]),
        ("^(?!.*退)(?=.*(?:付清|还掉)).+$", [["付清"], ["还掉"]]),
    ],
)
def test_the_ways_to_match_and_what_each_needs(expression: str, ways: list[list[str]]) -> None:
    assert ways_of(expression) == tuple(
        tuple(frozenset(need.split("|")) for need in way) for way in ways
    )


def test_the_patterns_that_ship_find_what_re_finds_in_every_example(rules: Rules) -> None:
    every = (*rules.notices, *rules.signals)
    texts = {test.text or "" for rule in every for test in rule.tests}
    folded = [rules.folding.read(text).dense for text in texts]
    some = sorted(folded)[::7]
    patterns = {
        one.expression
        for rule in every
        for one in rule.conditions.inside()
        if isinstance(one, Pattern)
    }
    for expression in {*patterns, *rules.data.patterns.values()}:
        search, find = re.compile(expression, re.IGNORECASE).search, compiled(expression)
        ways = ways_of(expression)
        for text in some:
            found = search(text)
            assert find(text) == (found and found.span())
            assert (
                found is None
                or not ways
                or any(all(any(one in text for one in need) for need in way) for way in ways)
            )


@pytest.mark.parametrize(
    ("expression", "alternatives"),
    [
        ("贷款", ["贷款"]),
        ("欠|还", ["欠", "还"]),
        ("(?:欠|借)款|还", ["(?:欠|借)款", "还"]),
        (r"[|(]欠|\\||\(还|", [r"[|(]欠", r"\\", "", r"\(还", ""]),
        (r"[]|]|[^]|]|[\]|]", ["[]|]", "[^]|]", r"[\]|]"]),
        ("(?x)欠 # |\n|还", ["(?x)欠 # |\n|还"]),
        ("(?!欠)还|借", ["(?!欠)还", "借"]),
    ],
)
def test_a_pattern_is_parted_where_its_own_alternatives_begin(
    expression: str, alternatives: list[str]
) -> None:
    assert list(alternatives_of(expression)) == alternatives
