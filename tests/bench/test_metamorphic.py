import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bench.additions import BARE, FILLER, LADEN
from bench.metamorphic import Base, try_base
from bench.transformations import (
    PADDED_BYTES,
    Change,
    add_bare,
    add_headers,
    add_hidden,
    as_mail,
    pad,
    rewrap,
)
from watcher.core.extract import find_amounts, find_days, find_people, find_tails
from watcher.core.history import History
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.markup import read_html
from watcher.core.model import Channel, Holder, Message, Strength, Verdict
from watcher.core.pipeline import process
from watcher.core.rules import Conditions, Literal, Rule, Text, VerdictRow

MESSAGE = Message(
    id="1",
    channel=Channel.SMS,
    received_at=datetime(2026, 5, 1, tzinfo=UTC),
    text="请把钱付到蓝色通道。号码 a1b2c3d4e5，今天办完！谢谢您的配合与支持，我们等您。",
)
TITLE = Text(zh="例", en="example")


def changes(change: Change, count: int = 60) -> list[Message]:
    choice = random.Random(5)  # noqa: S311  chance decides nothing secret
    return [change(MESSAGE, choice).message for _ in range(count)]


def said(message: Message) -> str:
    return (message.text or "") + (read_html(message.html).text if message.html else "")


def test_there_are_two_hundred_additions_and_none_twice() -> None:
    assert len({*BARE, *LADEN}) == len(BARE) + len(LADEN) >= 200


@pytest.mark.parametrize("text", [*BARE, *FILLER])
def test_a_bare_text_carries_no_sum_day_tail_or_person(text: str) -> None:
    assert find_amounts(text) == ()
    assert find_days(text, MESSAGE.received_at.date()) == ()
    assert find_tails(text) == ()
    assert find_people(text) == ()


@pytest.mark.parametrize("change", [add_bare, rewrap, pad, as_mail, add_headers, add_hidden])
def test_a_change_keeps_every_character_of_the_message_in_order(change: Change) -> None:
    wanted = "".join((MESSAGE.text or "").split())
    for message in changes(change):
        rest = iter("".join(said(message).split()))
        assert all(char in rest for char in wanted)


def test_a_line_is_never_broken_inside_a_word_of_letters_or_digits() -> None:
    wrapped = changes(rewrap)
    assert all("a1b2c3d4e5" in (one.text or "") for one in wrapped)
    assert any("\n" in (one.text or "") for one in wrapped)


def test_a_padded_message_has_ten_kilobytes() -> None:
    for message in changes(pad, 10):
        assert len((message.text or "").encode()) > PADDED_BYTES


def test_headers_and_hidden_texts_make_a_mail() -> None:
    assert all(one.channel is Channel.EMAIL and one.headers for one in changes(add_headers))
    assert all("<div style=" in (one.html or "") for one in changes(add_hidden))


def rules(*, gullible: bool) -> Rules:
    """A rule set with one fraud, which a gullible one lets pass beside calming words."""
    calm = tuple(Literal(word) for word in ("已还", "放心", "结清")) if gullible else ()
    signal = Rule(
        id="fraud.example",
        title=TITLE,
        strength=Strength.HARD,
        conditions=Conditions(all=(Literal("蓝色通道"),), none=calm),
    )
    row = VerdictRow(
        id="fraud", verdict=Verdict.FRAUDULENT, all=("signal.hard",), why=TITLE, summary="x"
    )
    other = VerdictRow(id="other", verdict=None, why=TITLE)
    return Rules.compile(RuleData(signals=(signal,), rows=(row, other)))


Tried = Callable[[Rules], int]


@pytest.fixture
def violations() -> Tried:
    def run(known: Rules) -> int:
        ledger = Ledger.of(Holder(), (), known.directory)
        case = process(MESSAGE, known, ledger, History.of(()))
        assert case.judgement.verdict is Verdict.FRAUDULENT
        base = Base(name="example", case=case, ledger=ledger, history=History.of(()))
        tried = try_base(base, known, 150)
        assert tried.pairs.total() == 150
        return len(tried.violations)

    return run


def test_a_rule_that_calming_words_switch_off_is_caught(violations: Tried) -> None:
    assert violations(rules(gullible=True)) > 5


def test_a_rule_that_nothing_switches_off_has_no_violation(violations: Tried) -> None:
    assert violations(rules(gullible=False)) == 0
