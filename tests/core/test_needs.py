"""Which rules are worth a try: those of whose needs each is met."""

from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory, Lender
from watcher.core.model import Channel, Holder, Kind, Loan, LoanStatus, Message, Strength
from watcher.core.pieces import parts_of
from watcher.core.pipeline import open_view, process
from watcher.core.rules import Check, Condition, Conditions, Literal, Pattern, Rule, Text, Words

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TITLE = Text(zh="例", en="example")
OVERDUE = Rule(
    id="example.overdue",
    title=TITLE,
    kind=Kind.OVERDUE,
    conditions=Conditions(all=(Literal("逾期"), Words("example.days"))),
)


LENDERS = (
    Lender(id="green", name="绿叶消费金融", kind="consumer_finance", signatures=("绿叶",)),
    Lender(id="grey", name="灰叶小贷", kind="closed", dead=True, signatures=("灰叶",)),
)


def owing(lender: str, product: str | None = None) -> Ledger:
    loan = Loan(id="mine", lender=lender, status=LoanStatus.ACTIVE, product=product)
    return Ledger.of(Holder(), (loan,), Directory.of(LENDERS))


NOBODY = Ledger.of(Holder(), (), Directory.of(LENDERS))


def signal(*conditions: Condition) -> Rule:
    return Rule(
        id="example.signal",
        title=TITLE,
        strength=Strength.HARD,
        conditions=Conditions(all=conditions),
    )


def tried(text: str, *conditions: Condition, ledger: Ledger = NOBODY) -> list[str]:
    data = RuleData(
        notices=(OVERDUE,),
        signals=(signal(*conditions),),
        words={"example.days": ("三天", "五天")},
        lenders=LENDERS,
    )
    message = Message(id="m", channel=Channel.SMS, received_at=NOON, text=text)
    (part,) = parts_of(message)
    opened = open_view(message, part, Rules.compile(data), ledger)
    return (
        [] if opened is None else [one.rule.id for one in (*opened[1].notices, *opened[1].signals)]
    )


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请加好友 4120", []),
        ("请加好友，尾号4120", ["example.signal"]),
        ("请加好友，XXX4120", ["example.signal"]),
        ("请加好友，ending in 4120", ["example.signal"]),
    ],
)
def test_a_rule_that_asks_for_last_digits_is_tried_only_where_some_may_stand(
    text: str, expected: list[str]
) -> None:
    assert tried(text, Literal("加好友"), Check("tail", ())) == expected


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [("请拨打", []), ("请拨打我的电话", []), ("请拨打９５", ["example.signal"])],
)
def test_a_pattern_with_a_digit_in_it_is_tried_only_where_a_digit_stands(
    text: str, expected: list[str]
) -> None:
    assert tried(text, Pattern("拨打\\d{5,}|\\d{5,}拨打", ("拨打",))) == expected


@pytest.mark.parametrize(
    ("state", "text", "expected"),
    [
        ("named", "请加好友", []),
        ("named", "【系统通知】请加好友", []),
        ("named", "【绿叶】请加好友", ["example.signal"]),
        ("named", "绿叶消费金融请您加好友", ["example.signal"]),
        ("dead", "绿叶消费金融请您加好友", []),
        ("dead", "灰叶小贷请您加好友", ["example.signal"]),
        ("dead", "【灰叶】请加好友", ["example.signal"]),
    ],
)
def test_a_rule_that_waits_for_a_lender_is_tried_only_where_one_is_named(
    state: str, text: str, expected: list[str]
) -> None:
    assert tried(text, Literal("加好友"), Check("lender", (("is", state),))) == expected


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        (owing("邻家商行"), ["example.signal"]),
        (owing("绿叶消费金融", "叶子贷"), ["example.signal"]),
        (NOBODY, []),
    ],
    ids=["lender", "product", "nothing"],
)
def test_names_that_only_the_ledger_knows_count_as_well(
    ledger: Ledger, expected: list[str]
) -> None:
    named = Check("lender", (("is", "named"),))
    text = "邻家商行的叶子贷，请加好友"
    assert tried(text, Literal("加好友"), named, ledger=ledger) == expected


def test_a_message_of_the_ledgers_lender_is_told_from_others_though_no_rule_fits() -> None:
    rules = Rules.compile(RuleData(lenders=LENDERS))
    message = Message(
        id="m", channel=Channel.SMS, received_at=NOON, text="【绿叶消费金融】祝您佳节快乐"
    )
    mine, other = (
        process(message, rules, ledger, History.of(()))
        for ledger in (owing("绿叶消费金融"), owing("灰叶小贷"))
    )
    assert mine.match.loan is not None
    assert other.match.loan is None
