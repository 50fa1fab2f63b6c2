"""What the wording of a text weighs, whatever stands around it."""

from datetime import UTC, datetime

import pytest

from watcher.core.knowledge import RuleData, Rules
from watcher.core.lenders import Lender
from watcher.core.model import Channel, Field, Message, Strength
from watcher.core.pieces import Part
from watcher.core.pipeline import open_view
from watcher.core.rules import Check, Conditions, Literal, Rule, Text
from watcher.core.view import View
from watcher.core.weights import Question, Weights
from watcher.core.wording import LONGEST_RUN, weighty_run

WEIGHTS = Weights(
    bias=-100,
    limit=100,
    phrases={"私了": 150, "消停": 120, "谢谢": -200, "招联": 500},
    lists={"example.pay": 80},
    traits={"phone.mobile": 90, "digits.6": 60, "decimal": -150},
)
RULE = Rule(
    id="example.wording",
    title=Text(zh="例", en="example"),
    strength=Strength.HARD,
    conditions=Conditions(all=(Check("wording", (("is", "fraud"),)),), any=(Literal("了"),)),
)
RULES = Rules.compile(
    RuleData(
        signals=(RULE,),
        words={"example.pay": ("打钱", "转钱")},
        weights={Question.FRAUD: WEIGHTS},
        lenders=(Lender(id="P1", name="招联金融", kind="platform", aliases=("招联",)),),
    )
)


def view_of(text: str) -> View:
    received = datetime(2026, 7, 20, 1, tzinfo=UTC)
    message = Message(id="1", channel=Channel.SMS, received_at=received, text=text)
    opened = open_view(message, Part(field=Field.TEXT, text=text), RULES)
    assert opened is not None
    return opened[0]


def weighty(text: str) -> str | None:
    view = view_of(text)
    run = weighty_run(view, Question.FRAUD)
    return None if run is None else view.reading.dense[slice(*run.span)]


def test_what_weighs_more_than_the_limit_is_found_with_its_features() -> None:
    run = weighty_run(view_of("今天私了,给你消停"), Question.FRAUD)
    assert run is not None
    assert run.weight == -100 + 150 + 120
    assert run.span == (0, 9)
    assert {RULES.scales.keys[one] for one in run.held} == {"私了", "消停"}


def test_what_weighs_no_more_than_the_limit_is_not_found() -> None:
    assert weighty("今天私了吧") is None


def test_a_phrase_that_is_repeated_weighs_no_more() -> None:
    assert weighty("私了,私了,私了吧") is None


def test_a_word_list_and_a_mobile_number_weigh_too() -> None:
    assert weighty("要了,打钱,转钱") is None
    assert weighty("私了,打钱") == "私了,打钱"
    assert weighty("私了,13812345678") == "私了,13812345678"


def test_how_long_a_number_is_weighs_and_whether_it_is_a_sum_with_decimals() -> None:
    assert weighty("私了,123456") == "私了,123456"
    assert weighty("私了,12345") is None
    assert weighty("私了,123456,25.50") is None


def test_a_phrase_hidden_by_blanks_and_full_width_signs_weighs_the_same() -> None:
    assert weighty("今天 私.了，给你消 停") is not None


@pytest.mark.parametrize(
    "added", ["谢谢。{}", "{}。谢谢", "谢谢!{}。谢谢", "{}?谢谢。" + "好。" * 500]
)
def test_sentences_around_it_take_nothing_from_it(added: str) -> None:
    assert weighty(added.format("今天私了,给你消停")) is not None


def test_words_of_the_same_sentence_speak_against_it() -> None:
    assert weighty("今天私了,给你消停,谢谢") is None


def test_sentences_near_one_another_are_weighed_together() -> None:
    assert weighty("今天私了。给你消停") == "今天私了。给你消停"
    between = "好" * LONGEST_RUN
    assert weighty(f"今天私了。{between}。给你消停") is not None
    assert weighty(f"今天私了。{between * 3}。给你消停") is None


def test_only_so_much_text_is_weighed_together() -> None:
    padded = "私了" + "好" * LONGEST_RUN
    assert weighty(f"今天{padded}。给你消停") is None


def test_a_sentence_put_between_takes_nothing_from_it() -> None:
    assert weighty("今天私了。谢谢您。给你消停") is not None


def test_a_lenders_name_weighs_nothing() -> None:
    assert weighty("招联还清了") is None


def test_a_text_of_which_nothing_is_left_weighs_nothing() -> None:
    view = view_of("今天私了,13812345678")
    whole = ((0, len(view.reading.dense)),)
    blank = view.without(whole)
    blank.lists = {"example.pay": [whole[0]]}
    assert weighty_run(blank, Question.FRAUD) is None


def test_without_weights_for_a_question_nothing_is_found() -> None:
    assert weighty_run(view_of("今天私了,给你消停"), Question.CLAIM) is None


def test_a_rule_may_ask_for_it() -> None:
    view = view_of("您好。今天私了,给你消停")
    (rule,) = RULES.compiled
    found = rule.test(view)
    assert isinstance(found, tuple)
    assert view.reading.dense[slice(*found)] == "今天私了,给你消停"
