"""Signals that rest on words alone decide, but in a long text that is worded as honest ones are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Field, Holder, Message, Strength, Verdict
from watcher.core.pieces import Part
from watcher.core.pipeline import open_view, process
from watcher.core.rules import Check, Conditions, Literal, Rule, Text
from watcher.core.signals import find_signals
from watcher.core.weights import Question, Weights

WEIGHTS = Weights(bias=-100, limit=100, phrases={"私了": 150, "谢谢": -200})
FEE = Rule(
    id="example.fee",
    title=Text(zh="例", en="example"),
    strength=Strength.HARD,
    conditions=Conditions(all=(Literal("手续费"),)),
)
PROMISE = replace(FEE, id="example.promise", conditions=Conditions(all=(Literal("包过"),)))
ACCOUNT = replace(
    FEE,
    id="example.account",
    conditions=Conditions(all=(Literal("手续费"), Check("account"))),
)
LETTER = "您三月来信询问的事项，现答复如下，谢谢您的耐心。" * 5


def strengths(text: str, *rules: Rule, weights: Weights | None = WEIGHTS) -> set[Strength]:
    """Return the strengths of the signals that a text shows."""
    weighed = {Question.FRAUD: weights} if weights else {}
    compiled = Rules.compile(RuleData(signals=rules, weights=weighed))
    received = datetime(2026, 7, 20, 1, tzinfo=UTC)
    message = Message(id="1", channel=Channel.EMAIL, received_at=received, text=text)
    opened = open_view(message, Part(field=Field.TEXT, text=text), compiled)
    assert opened is not None
    view, hits = opened
    return {one.strength for one in find_signals(view, hits.signals)}


def test_in_a_short_text_words_decide() -> None:
    assert strengths("手续费已收，谢谢。", FEE) == {Strength.HARD}


def test_in_a_long_text_worded_as_honest_ones_are_they_are_strong() -> None:
    assert strengths(LETTER + "手续费已收。", FEE) == {Strength.STRONG}


def test_in_a_long_text_of_which_one_sentence_is_worded_as_a_fraud_they_decide() -> None:
    assert strengths(LETTER + "先交手续费，私了。", FEE) == {Strength.HARD}


@pytest.mark.parametrize(
    "rule",
    [replace(FEE, firm=True), replace(FEE, shipped=False), ACCOUNT],
    ids=["firm", "of the user's own", "with an account"],
)
def test_what_rests_on_more_than_words_decides_in_any_text(rule: Rule) -> None:
    assert strengths(LETTER + "手续费打到6217001234567890123。", rule) == {Strength.HARD}


def test_beside_one_that_rests_on_more_words_decide_too() -> None:
    said = LETTER + "手续费打到6217001234567890123。包过。"
    assert strengths(said, PROMISE) == {Strength.STRONG}
    assert strengths(said, PROMISE, ACCOUNT) == {Strength.HARD}


def test_without_weights_nothing_speaks_against_words() -> None:
    assert strengths(LETTER + "手续费已收。", FEE, weights=None) == {Strength.HARD}


def test_a_sign_that_only_the_wording_doubts_is_never_laid_to_another_person(rules: Rules) -> None:
    letter = (
        "致：陆先生\n受江城小额贷款有限公司委托，本所就借款合同一事函告如下：\n"
        "一、您于2019年5月签订借款合同，本金三万元，期限一年，合同约定按月付息，到期还本。\n"
        "二、合同到期后，委托人多次联系，您均表示知悉，并在电话中同意分期履行，此后未见履行。\n"
        "三、依据民法典第六百七十五条、第六百七十六条，借款人应当按照约定的期限返还借款。\n"
        "请您收函后五日内与本所联系，说明还款计划。{asked}\n此函。\n律师事务所"
    )
    ledger = Ledger.of(Holder(name="林澄"), (), rules.directory)
    verdicts = []
    for asked in ("", "本所人员周五到访，请备好现金当面交付，由其开具收条。"):
        message = Message(
            id="1",
            channel=Channel.EMAIL,
            received_at=datetime(2026, 7, 20, 1, tzinfo=UTC),
            text=letter.format(asked=asked),
        )
        verdicts.append(process(message, rules, ledger, History()).judgement.verdict)
    assert verdicts == [Verdict.NOT_MINE, Verdict.UNSURE]
