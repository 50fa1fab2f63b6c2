from dataclasses import replace

from bench.rule_mutation import mutants_of, survivors
from watcher.core.knowledge import RuleData, Rules
from watcher.core.model import Kind, Strength
from watcher.core.rules import Check, Conditions, Literal, Rule, RuleTest, Text

RULE = Rule(
    id="example.late",
    title=Text(zh="例", en="example"),
    kind=Kind.OVERDUE,
    conditions=Conditions(
        all=(Literal("账单"), Conditions(any=(Literal("晚了"), Literal("迟了")))),
        none=(Literal("不是"),),
    ),
    tests=(
        RuleTest(text="账单晚了", hit=True),
        RuleTest(text="账单迟了", hit=True),
        RuleTest(text="账单来了", hit=False),
        RuleTest(text="人晚了", hit=False),
        RuleTest(text="账单不是晚了", hit=False),
    ),
)


def alive(rule: Rule, *others: Rule) -> set[str]:
    every = (rule, *others)
    rules = Rules.compile(
        RuleData(
            notices=tuple(one for one in every if one.strength is None),
            signals=tuple(one for one in every if one.strength is not None),
        )
    )
    return {one.change.partition(":")[0] for one in survivors(list(mutants_of(rule)), rules)}


def test_each_condition_is_dropped_and_negated_at_every_depth() -> None:
    changes = {one.change.partition(":")[0] for one in mutants_of(RULE)}
    places = ("all[0]", "all[1]", "all[1].any[0]", "all[1].any[1]", "none[0]")
    assert changes == {f"{how} {place}" for how in ("drop", "negate") for place in places}


def test_tests_on_both_sides_of_every_condition_kill_all_mutants() -> None:
    assert alive(RULE) == set()


def test_a_condition_that_no_near_miss_needs_survives_its_dropping() -> None:
    tests = tuple(test for test in RULE.tests if "不是" not in test.text)
    assert alive(replace(RULE, tests=tests)) == {"drop none[0]"}


def test_a_word_that_no_hit_needs_survives_its_dropping() -> None:
    tests = tuple(test for test in RULE.tests if "迟了" not in test.text)
    assert "drop all[1].any[1]" in alive(replace(RULE, tests=tests))


def test_the_mutants_of_one_rule_do_not_change_what_another_is_told() -> None:
    signal = Rule(
        id="example.signal",
        title=RULE.title,
        strength=Strength.STRONG,
        conditions=Conditions(all=(Literal("通道"), Check("kind", (("is", "overdue"),)))),
        tests=(
            RuleTest(text="账单晚了，走通道", hit=True),
            RuleTest(text="账单不是晚了，走通道", hit=False),
            RuleTest(text="账单晚了", hit=False),
        ),
    )
    assert alive(signal, RULE) == set()
