"""Which rules are worth a try: those of whose needs each is met."""

from datetime import UTC, datetime

import pytest

from watcher.core.checks import traits_of
from watcher.core.knowledge import RuleData, Rules
from watcher.core.model import Channel, Kind, Message, Strength
from watcher.core.rules import Check, Condition, Conditions, Literal, Pattern, Rule, Text, Words

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
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
    rules = Rules.compile(data)
    message = Message(id="m", channel=Channel.SMS, received_at=NOON, text=text)
    reading = rules.folding.read(text)
    hits = rules.search(reading.dense, traits_of(message, reading, html=False))
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请加好友", []),
        ("请加好友，12元", ["example.signal"]),
        ("请加好友，十二块", ["example.signal"]),
        ("请加好友，十二位", []),
    ],
)
def test_a_rule_that_asks_for_a_sum_is_tried_only_where_one_may_stand(
    text: str, expected: list[str]
) -> None:
    assert tried(text, Literal("加好友"), Check("amount", ())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请加好友。谢谢", []),
        ("请加好友 a.cn", ["example.signal"]),
        ("请加好友 a点cn", ["example.signal"]),
    ],
)
def test_a_rule_that_asks_for_a_link_is_tried_only_where_one_may_stand(
    text: str, expected: list[str]
) -> None:
    assert tried(text, Literal("加好友"), Check("link", ())) == expected


EITHER = Conditions(
    any=(
        Conditions(all=(Literal("加好友"), Literal("转账"))),
        Conditions(all=(Literal("红包"), Literal("扫码"))),
    ),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请加好友转账", ["example.signal"]),
        ("扫码领红包", ["example.signal"]),
        ("请加好友扫码", []),
        ("领红包转账", []),
    ],
)
def test_a_rule_with_two_ways_to_fit_is_tried_only_where_one_is_open(
    text: str, expected: list[str]
) -> None:
    assert tried(text, EITHER) == expected


def test_of_two_conditions_with_ways_both_must_be_open() -> None:
    either = Conditions(any=(Literal("今天"), Literal("明天")))
    assert tried("请加好友转账", EITHER, either) == []
    assert tried("请明天加好友转账", EITHER, either) == ["example.signal"]


def test_more_ways_than_are_told_apart_hide_no_rule() -> None:
    digits = Conditions(any=tuple(Literal(f"{at}号") for at in range(9)))
    pair = Conditions(any=(Conditions(all=(digits, digits, Literal("转账"))), Literal("红包")))
    assert tried("转账到8号", pair) == ["example.signal"]
    assert tried("转账", pair) == []


def test_a_pattern_of_very_many_ways_still_needs_what_all_of_them_share() -> None:
    names = "|".join(f"{one}{other}组" for one in "甲乙丙丁戊己" for other in "子丑寅卯辰巳")
    many = Pattern(f"暗号(?:{names})[^。]*?接头", ("组",))
    assert tried("暗号乙卯组速接头", many) == ["example.signal"]
    assert tried("暗号乙卯组", many) == []
