"""Which rules are worth a try: those of whose needs each is met."""

import pytest

from watcher.core.knowledge import RuleData, Rules
from watcher.core.model import Kind, Strength
from watcher.core.rules import Check, Condition, Conditions, Literal, Rule, Text, Words

TITLE = Text(zh="例", en="example")
OVERDUE = Rule(
    id="example.overdue",
    title=TITLE,
    kind=Kind.OVERDUE,
    conditions=Conditions(all=(Literal("逾期"), Words("example.days"))),
)


def signal(*conditions: Condition) -> Rule:
    return Rule(
        id="example.signal",
        title=TITLE,
        strength=Strength.HARD,
        conditions=Conditions(all=conditions),
    )


def tried(text: str, *conditions: Condition) -> list[str]:
    data = RuleData(
        notices=(OVERDUE,),
        signals=(signal(*conditions),),
        words={"example.days": ("三天", "五天")},
    )
    hits = Rules.compile(data).search(text, ())
    return [] if hits is None else [one.rule.id for one in (*hits.notices, *hits.signals)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("已逾期三天", ["example.overdue"]),
        ("已逾期", []),
        ("过了五天", []),
        ("请加好友转账", ["example.signal"]),
        ("请加好友", []),
    ],
)
def test_a_rule_is_tried_only_where_something_of_each_need_stands(
    text: str, expected: list[str]
) -> None:
    assert tried(text, Literal("加好友"), Literal("转账")) == expected


def test_a_rule_that_waits_for_a_kind_is_tried_only_beside_a_recogniser_of_it() -> None:
    demanding = Check("kind", (("is", "demanding"),))
    assert tried("请加好友", Literal("加好友"), demanding) == []
    both = ["example.overdue", "example.signal"]
    assert tried("请加好友，逾期五天", Literal("加好友"), demanding) == both
