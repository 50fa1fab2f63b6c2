"""Whom a message speaks for, and whom it only names as a place to pay."""

from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Loan, LoanStatus, Message, Verdict
from watcher.core.pipeline import process

RECEIVED_AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def judged(rules: Rules, text: str) -> Verdict | None:
    loan = Loan(id="hb", lender="花呗", status=LoanStatus.ACTIVE, due_day=9)
    message = Message(id="m", channel=Channel.SMS, received_at=RECEIVED_AT, text=text)
    ledger = Ledger.of(Holder(name="赵明"), (loan,), rules.directory)
    return process(message, rules, ledger, History()).judgement.verdict


@pytest.mark.parametrize(
    "text",
    [
        "【国家开发银行】您的助学贷款本息3,260.00元将于12月20日到期，请登录支付宝还款。",
        "【中银消费】您本期应还612.30元，12月9日到期，可通过支付宝还款。",
        "【哈银消费金融】您的贷款已逾期3天，应还4,120.00元，请打开支付宝还款。",
    ],
)
def test_where_to_pay_a_lender_is_not_the_lender(rules: Rules, text: str) -> None:
    assert judged(rules, text) is Verdict.NOT_MINE


@pytest.mark.parametrize(
    "text",
    [
        "【花呗】您本期应还612.30元，12月9日到期，请登录支付宝还款。",
        "您12月账单应还612.30元，12月9日到期，请登录支付宝还款。",
    ],
)
def test_a_lender_paid_in_its_own_app_stays_the_lender(rules: Rules, text: str) -> None:
    assert judged(rules, text) is Verdict.EXPECTED


@pytest.mark.parametrize(
    ("signature", "verdict"), [("湘川公积金", Verdict.EXPECTED), ("川湘公积金", Verdict.NOT_MINE)]
)
def test_a_signature_may_be_short_for_a_lender_that_only_the_ledger_knows(
    rules: Rules, signature: str, verdict: Verdict
) -> None:
    loan = Loan(
        id="gj",
        lender="湘川市住房公积金管理中心",
        status=LoanStatus.ACTIVE,
        account_tails=("5512",),
    )
    message = Message(
        id="m",
        channel=Channel.SMS,
        received_at=RECEIVED_AT,
        text=f"【{signature}】您的贷款本期应还1,204.60元，将于11月25日扣款，请存足。",
    )
    ledger = Ledger.of(Holder(name="赵明"), (loan,), rules.directory)

    assert process(message, rules, ledger, History()).judgement.verdict is verdict
