"""Patterns of users: the engine that runs them, and what it does to a hostile text."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Message
from watcher.core.pipeline import process
from watcher.userfiles.patterns import user_pattern
from watcher.userfiles.rules import read_rules

MEGABYTE = 1_000_000
RULE = """
[[rules]]
id = "mine.pattern"
title = { zh = "我的", en = "mine" }
strength = "weak"
all = [{ pattern = '%s', literal = "月亮借条" }]
"""
Judge = Callable[[str, str], Case]


@pytest.fixture
def judge(checkout: Path, tmp_path: Path) -> Judge:
    """Judge a text with one pattern of the user's added to the shipped rules."""

    def judged(pattern: str, text: str) -> Case:
        (tmp_path / "mine.toml").write_text(RULE % pattern, encoding="utf-8")
        loaded, _ = read_rules(checkout / "rules", tmp_path)
        assert loaded is not None
        received = datetime(2026, 7, 20, 1, tzinfo=UTC)
        message = Message(id="1", channel=Channel.SMS, received_at=received, text=text)
        ledger = Ledger.of(Holder(), (), loaded.directory)
        return process(message, loaded, ledger, History.of(()))

    return judged


@pytest.mark.parametrize("evil", ["(a+)+$", "(a|aa)+$", "(.*)*=", "(a?){25}a{25}$"])
def test_a_pattern_that_hangs_others_costs_little_on_a_megabyte(evil: str) -> None:
    search = user_pattern(evil)
    text = "a" * MEGABYTE + "!"
    search(text)
    started = process_time()
    search(text)
    assert process_time() - started < 0.2


def test_a_users_pattern_is_run_by_that_engine_when_a_message_is_judged(judge: Judge) -> None:
    started = process_time()
    judge("(a+)+$", "月亮借条" + "a" * 40 + "!")
    assert process_time() - started < 20  # `re` would take days; reading the rules takes a second
    case = judge("(?i)MOON\\d+", "月亮借条 moon42 到期")
    assert [(one.rule, one.quote.text) for one in case.judgement.signals] == [
        ("mine.pattern", "moon42")
    ]


def test_letters_match_in_either_case_as_in_shipped_patterns(judge: Judge) -> None:
    case = judge("ABC\\d", "月亮借条 abc7")
    assert [one.quote.text for one in case.judgement.signals] == ["abc7"]


def test_what_is_found_is_quoted_from_the_characters_received(judge: Judge) -> None:
    text = "您好😀月亮借条：第\u200b7\u200b期\ud800未还"
    case = judge("第\\d期未还", text)
    (signal,) = case.judgement.signals
    assert text[signal.quote.start : signal.quote.end] == signal.quote.text
    assert signal.quote.text.startswith("第\u200b7")


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_no_text_once_folded_is_refused_by_the_engine(rules: Rules, text: str) -> None:
    dense = rules.folding.read(text).dense
    found = user_pattern(".$")(dense)
    assert found is None or found.span()[1] <= len(dense)


def test_lone_surrogates_do_come_up_in_texts_and_are_gone_once_folded(rules: Rules) -> None:
    text = "逾\ud83d期\udc00"
    with pytest.raises(UnicodeEncodeError):
        user_pattern("期")(text)
    dense = rules.folding.read(text).dense
    found = user_pattern("期")(dense)
    assert found is not None
    start, end = found.span()
    assert dense[start:end] == "期"


@pytest.mark.parametrize(
    "refused", ["(", "(?=x)", "(x)\\1", "((x?){30}){30}", "((x{100}){100}){100}", "\ud800"]
)
def test_what_the_engine_cannot_bound_is_refused(refused: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        user_pattern(refused)
