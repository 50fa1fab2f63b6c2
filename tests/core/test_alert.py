"""What notices on one debt have in common, whatever way they came."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message
from watcher.core.pipeline import process

LOAN = Loan(
    id="one",
    lender="招联金融",
    product="好期贷",
    account_tails=("5512",),
    status=LoanStatus.SETTLED,
    settled_on=date(2026, 3, 2),
)
SMS = "【招联金融】您的好期贷（尾号5512）8月20日应还640.00元，请按时还款。"
TABLE = (
    "<html><body><p>尊敬的客户，您的好期贷账单如下：</p><table>"
    "<tr><td>合同尾号</td><td>5512</td></tr><tr><td>应还金额</td><td>{sum}元</td></tr>"
    "<tr><td>到期还款日</td><td>2026年8月20日</td></tr></table><p>招联金融</p></body></html>"
)


Judge = Callable[..., Case]


@pytest.fixture
def judged(rules: Rules) -> Judge:
    ledger = Ledger.of(Holder(name="宋雨桐"), (LOAN,), rules.directory)

    def judge(channel: Channel, *, text: str | None = None, html: str | None = None) -> Case:
        message = Message(
            id="m",
            channel=channel,
            received_at=datetime(2026, 8, 17, 2, tzinfo=UTC),
            text=text,
            html=html,
        )
        return process(message, rules, ledger, History())

    return judge


def test_the_same_notice_by_sms_and_by_mail_is_one_case(judged: Judge) -> None:
    sms = judged(Channel.SMS, text=SMS)
    mail = judged(Channel.EMAIL, html=TABLE.format(sum="640.00"))
    assert sms.key == mail.key
    assert sms.judgement.verdict is mail.judgement.verdict


def test_another_sum_or_day_is_another_case(judged: Judge) -> None:
    sms = judged(Channel.SMS, text=SMS)
    other_sum = judged(Channel.EMAIL, html=TABLE.format(sum="641.00"))
    other_day = judged(Channel.SMS, text=SMS.replace("8月20日", "8月21日"))
    assert sms.key != other_sum.key != other_day.key != sms.key
