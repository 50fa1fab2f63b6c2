"""Patterns with `unless`: which sentences they look at."""

from datetime import UTC, datetime

import pytest

from watcher.core.knowledge import RuleData, Rules
from watcher.core.model import Channel, Field, Message, Strength
from watcher.core.pieces import Part
from watcher.core.pipeline import open_view
from watcher.core.rules import Conditions, Pattern, Rule, Text, Words
from watcher.core.spans import sentence_ends, sentences_with

RULE = Rule(
    id="example.asks",
    title=Text(zh="例", en="example"),
    strength=Strength.HARD,
    conditions=Conditions(
        all=(Pattern("(?:^|,)请?加群\\d+", ("加群",), (Words("example.warns"),)),),
    ),
)


def found_in(text: str) -> str | None:
    rules = Rules.compile(RuleData(signals=(RULE,), words={"example.warns": ("骗子", "小心")}))
    received = datetime(2026, 7, 20, 1, tzinfo=UTC)
    message = Message(id="1", channel=Channel.SMS, received_at=received, text=text)
    opened = open_view(message, Part(field=Field.TEXT, text=text), rules)
    if opened is None:
        return None
    view, hits = opened
    for rule in hits.signals:
        found = rule.test(view)
        if isinstance(found, tuple):
            return view.reading.dense[slice(*found)]
    return None


@pytest.mark.parametrize(
    "text",
    [
        "小心。加群123",
        "加群123。骗子多,小心",
        "骗子说加群100。加群123",
        "加群!你好,加群123;小心",
    ],
)
def test_what_another_sentence_says_takes_nothing_back(text: str) -> None:
    assert str(found_in(text)).endswith("加群123")


@pytest.mark.parametrize("text", ["骗子说,加群123", "加群123,小心", "小心骗子,请加群123。再见"])
def test_a_word_in_the_same_sentence_takes_it_back(text: str) -> None:
    assert found_in(text) is None


def test_the_start_of_a_sentence_is_the_start_of_what_the_pattern_sees() -> None:
    assert found_in("您好。加群123") == "加群123"
    assert found_in("您好 加群123") is None


def test_sentences_are_found_once_each_and_end_with_their_mark() -> None:
    text = "甲乙。丙丁戊!己"
    assert list(sentences_with([(0, 1), (1, 2), (4, 5), (7, 8)], sentence_ends(text))) == [
        (0, 3),
        (3, 7),
        (7, 8),
    ]
