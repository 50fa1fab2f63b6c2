from dataclasses import replace
from datetime import UTC, datetime

from watcher.core.knowledge import RuleData, Rules
from watcher.core.model import Channel, Kind, Message, Strength
from watcher.core.rules import (
    Check,
    Condition,
    Conditions,
    Literal,
    Pattern,
    Rule,
    RuleTest,
    Sequence,
    Text,
)
from watcher.core.ruletests import lonely_rules, run_rule_tests

TITLE = Text(zh="例", en="example")
LATE = Rule(
    id="example.late",
    title=TITLE,
    kind=Kind.OVERDUE,
    conditions=Conditions(all=(Literal("已经晚了"),), none=(Literal("没有"),)),
)


def demand(*conditions: Condition, tests: tuple[RuleTest, ...]) -> Rule:
    return Rule(
        id="example.signal",
        title=TITLE,
        strength=Strength.HARD,
        conditions=Conditions(all=conditions),
        tests=tests,
    )


def hit(
    text: str, *, sender: str | None = None, subject: str | None = None, html: str | None = None
) -> RuleTest:
    return RuleTest(text=text, hit=True, sender=sender, subject=subject, html=html)


def miss(text: str) -> RuleTest:
    return RuleTest(text=text, hit=False)


def failing(rule: Rule) -> list[tuple[int, bool]]:
    is_signal = rule.strength is not None
    notices = (LATE,) if is_signal else (rule,)
    rules = Rules.compile(RuleData(notices=notices, signals=(rule,) if is_signal else ()))
    return [(one.at, one.overlooked) for one in run_rule_tests(rules)]


def test_a_rule_that_does_what_its_tests_say_passes() -> None:
    rule = replace(LATE, tests=(hit("您的账单已经晚了"), miss("没有已经晚了"), miss("早呢")))
    assert failing(rule) == []


def test_a_missed_hit_and_a_wrong_hit_both_fail() -> None:
    rule = replace(LATE, tests=(hit("早呢"), miss("已经晚了"), miss("没有已经晚了")))
    assert failing(rule) == [(0, False), (1, False)]


def test_a_signal_can_ask_for_the_kind_of_the_text() -> None:
    rule = demand(
        Literal("蓝色通道"),
        Check("kind", (("is", "overdue"),)),
        tests=(hit("已经晚了，请走蓝色通道"), miss("请走蓝色通道")),
    )
    assert failing(rule) == []


def test_words_hidden_by_signs_between_them_are_found_as_in_a_message() -> None:
    rule = demand(
        Sequence(Literal("蓝色"), Literal("通道"), 3),
        tests=(hit("蓝.色 走 通 道"), miss("蓝色的海，海边有一条通道")),
    )
    assert failing(rule) == []


def test_a_subject_is_read_with_the_text_and_html_instead_of_it() -> None:
    rule = demand(
        Literal("蓝色通道"),
        tests=(
            hit("见标题", subject="走蓝色通道"),
            hit("", html="<p>走蓝色<b>通道</b></p>"),
            miss("见标题"),
        ),
    )
    assert failing(rule) == []


def test_a_sender_can_be_tested() -> None:
    rule = demand(
        Literal("蓝色通道"),
        Check("sender", (("form", "foreign"),)),
        tests=(hit("蓝色通道", sender="+85290000000"), miss("蓝色通道")),
    )
    assert failing(rule) == []


def test_a_rule_that_fits_but_is_never_looked_at_fails() -> None:
    rule = demand(Check("day"), tests=(hit("已经晚了，5月3日见"), hit("5月3日见")))
    assert failing(rule) == [(1, True)]


def test_a_pattern_is_only_tried_beside_its_phrase() -> None:
    rule = demand(
        Pattern("(?:蓝|绿)色通道", ("蓝色",)),
        tests=(hit("走蓝色通道"), hit("走绿色通道"), miss("走红色通道")),
    )
    assert failing(rule) == [(1, False)]


def test_drafts_are_tested_too() -> None:
    assert failing(replace(LATE, draft=True, tests=(hit("早呢"),))) == [(0, False)]


def test_a_rule_that_only_its_own_tests_reach_is_lonely_until_some_message_fits() -> None:
    late = replace(LATE, tests=(hit("您的账单已经晚了"), miss("早呢")))
    channel = demand(Literal("蓝色通道"), tests=(hit("走蓝色通道"), miss("已经晚了")))
    both = replace(channel, id="example.both", tests=(hit("已经晚了，走蓝色通道"),))
    assert lonely(late, channel) == (late.id, channel.id)
    assert lonely(late, channel, both) == ()
    assert lonely(late, channel, message="走蓝色通道") == (late.id,)
    # What must not hit says nothing about how common a rule's words are.
    assert lonely(late, replace(channel, tests=(miss("已经晚了"),))) == (late.id, channel.id)


def lonely(notice: Rule, *signals: Rule, message: str | None = None) -> tuple[str, ...]:
    rules = Rules.compile(RuleData(notices=(notice,), signals=signals))
    received = datetime(2026, 7, 1, tzinfo=UTC)
    texts = () if message is None else (message,)
    messages = (
        Message(id="1", channel=Channel.SMS, received_at=received, text=text) for text in texts
    )
    return lonely_rules(rules, messages)
