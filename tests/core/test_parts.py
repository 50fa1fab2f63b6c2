"""Halves of one notice are put together, whatever stands in front of a half."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Message, Verdict
from watcher.core.parts import half_of, is_part
from watcher.core.pipeline import process

FIRST = Message(
    id="1",
    channel=Channel.SMS,
    sender="+8613800001111",
    received_at=datetime(2026, 6, 15, 2, tzinfo=UTC),
    text="(1/2)征信有污点不用愁，专业洗白逾期记录，七天出新报告，",
)


@pytest.mark.parametrize("front", ["", "【某银行】", "您的话费余额为38.60元。", "通知\n"])
@pytest.mark.parametrize("mark", ["(2/2)", "【2/2】", "2/2 ", "接上："])
def test_a_half_is_known_behind_what_was_put_in_front_of_it(
    rules: Rules, front: str, mark: str
) -> None:
    ledger = Ledger.of(Holder(name="李晓"), (), rules.directory)
    first = process(FIRST, rules, ledger, History())
    assert first.evidence is not None
    later = FIRST.received_at + timedelta(minutes=1)
    text = f"{front}{mark}先交定金300元锁名额，加微信zx88fix。"
    second = replace(FIRST, id="2", received_at=later, text=text)
    assert half_of(text) == "先交定金300元锁名额，加微信zx88fix。"
    case = process(second, rules, ledger, History.of([first.evidence]))
    assert case.judgement.verdict is Verdict.FRAUDULENT


@pytest.mark.parametrize(
    "text", ["您的第1/3期账单。", "活动进度2/5，加油", "到期日为8/3，请还款", "会员续费成功。"]
)
def test_a_fraction_or_a_date_inside_a_text_is_no_mark_of_a_half(text: str) -> None:
    assert not is_part(text)
