"""Whom a notice is about, as senders write names."""

from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Message
from watcher.core.pipeline import process

RECEIVED_AT = datetime(2026, 7, 20, 2, tzinfo=UTC)


def row_of(rules: Rules, text: str) -> str:
    ledger = Ledger.of(Holder(name="宁致远"), (), rules.directory)
    message = Message(id="1", channel=Channel.SMS, received_at=RECEIVED_AT, text=text)
    return process(message, rules, ledger, History()).judgement.row


@pytest.mark.parametrize("name", ["宁致远", "致远", "宁先生", "宁*远", "**远"])
def test_the_holder_is_known_by_every_form_of_the_name(rules: Rules, name: str) -> None:
    assert row_of(rules, f"{name}，你欠的钱到底什么时候还，明天我们去你单位") != "another-person"


@pytest.mark.parametrize("name", ["宁致清", "明远", "李致远"])
def test_a_name_that_differs_is_somebody_elses(rules: Rules, name: str) -> None:
    assert row_of(rules, f"{name}，你欠的钱到底什么时候还，明天我们去你单位") == "another-person"


def test_a_brand_that_begins_like_a_surname_is_no_person(rules: Rules) -> None:
    said = "宁来花用户您好：上期816.40元还没有还，请在App处理。【宁银消费金融】"
    assert row_of(rules, said) != "another-person"


def test_a_name_before_the_number_of_a_contract_is_the_debtors(rules: Rules) -> None:
    said = "【还呗】何明山，3310借款的520.16元还差一步，请在App还款。"
    assert row_of(rules, said) == "another-person"
