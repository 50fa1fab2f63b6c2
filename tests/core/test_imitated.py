"""Which kind of notice a fraud poses as."""

from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Kind, Message, Verdict
from watcher.core.pipeline import process


def kind_of_fraud(text: str, rules: Rules) -> Kind:
    message = Message(
        id="m",
        channel=Channel.SMS,
        received_at=datetime(2026, 6, 15, 2, tzinfo=UTC),
        text=text,
    )
    ledger = Ledger.of(Holder(name="李晓"), (), rules.directory)
    case = process(message, rules, ledger, History())
    assert case.judgement.verdict is Verdict.FRAUDULENT
    return case.notice.kind


@pytest.mark.parametrize(
    "text",
    [
        "【信用报告中心】档案异常，请打开 http://pbccrc-cx.top/a 填验证码，超过今日按逾期登记。",
        "【还呗】您的认证已失效，请把身份证正反面照片和收到的验证码发到本号，否则计入逾期。",
    ],
)
def test_a_fraud_that_calls_something_late_and_speaks_of_no_payment_is_after_data(
    text: str, rules: Rules
) -> None:
    assert kind_of_fraud(text, rules) is Kind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "【还呗】您的借款已逾期，请打开 http://huanbei-hk.top/a 填写银行卡号和验证码完成还款。",
        "【招商银行】您尚欠913.50元已逾期，请打开 http://cmbchina-hk.top/a 登录补上。",
    ],
)
def test_a_fraud_that_asks_for_a_late_payment_poses_as_an_overdue_notice(
    text: str, rules: Rules
) -> None:
    assert kind_of_fraud(text, rules) is Kind.OVERDUE
