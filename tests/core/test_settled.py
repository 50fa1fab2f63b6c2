"""What a message says is done, and whether it asks for more."""

from datetime import UTC, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Kind, Message
from watcher.core.pipeline import process

RECEIPT = "【招联金融】结清成功，您已一次性还款2,000.00元，名下借款全部还清。"


def kind_of(text: str, rules: Rules) -> Kind:
    message = Message(
        id="m", channel=Channel.SMS, received_at=datetime(2026, 8, 17, 2, tzinfo=UTC), text=text
    )
    return process(message, rules, Ledger.of(Holder(), (), rules.directory), History()).notice.kind


@pytest.mark.parametrize(
    "text",
    [
        RECEIPT,
        "【招联金融】您好期贷的逾期款项500.00元现已结清，感谢您的支持。",
        "【招联金融】好期贷已提前还清1,000.00元，名下无未结清借款。",
        "【招联金融】好期贷本期300.00元已扣款成功，下期还款日9月5日。",
        "【招联金融】好期贷7月应还1,300.00元，搞定。",
        "【招联金融】好期贷末期应扣1,300.00元，实扣1,300.00元，感谢使用。",
        "【招联金融】逾期的500.00元补扣到位，罚息0.40元一并收讫，状态恢复正常。",
        "【招联金融】好期贷8123于8月14日扣款500.00元成功。",
        "【招联金融】好期贷8123今日归还本息500.00元，记账完成。",
        "【招联金融】好期贷8123今日办妥提前结清，双方借贷关系随之终止。",
        "【招联金融】好期贷8123的末期已顺利走完，后会有期。",
        "【招联金融】14日扣收500.00元完成，您已连续按时还款6期。",
        "【招联金融】鉴于您结清了逾期的欠款，我司已撤回对您的诉讼。",
        "【招联金融】好期贷到期，1,300.00元从钱包付清，您已无在贷余额。",
        "【招联金融】8月14日柜面还款500.00元，好期贷当前无拖欠。",
    ],
)
def test_the_words_of_a_demand_in_a_receipt_are_no_demand(rules: Rules, text: str) -> None:
    assert kind_of(text, rules) in (Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT)


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】好期贷末期应扣1,300.00元，实扣1,200.00元，尚有100.00元未清。",
        "【招联金融】好期贷本期应扣1,300.00元，实扣0元，请换一张卡。",
        "【招联金融】您担保的人断供了，银行让你先把这期1,300.00元还了。",
        "【招联金融】请确保8月14日扣款500.00元成功。",
        "【招联金融】8月账单已生成：应还500.00元，14日自动扣款。",
        "【招联金融】您好期贷的还款500.00元已由银行受理，结果另行通知。",
        "【招联金融】好期贷今日须办妥提前结清，否则明日扣款500.00元。",
        "【招联金融】好期贷8月账单500.00元14日到期，全额还清无利息。",
    ],
)
def test_what_was_paid_in_part_or_is_to_be_paid_is_not_done(rules: Rules, text: str) -> None:
    assert kind_of(text, rules) not in (Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT)


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】您申请的好期贷8,000.00元已打款至尾号5512的卡，每月9日还款734.20元，共12期。",
        "【招联金融】您的借款申请已审批通过，首期还款日9月9日，请保持账户余额充足。",
        "【招联金融】8,000.00元已提现到您的储蓄卡，分12期，按月还。",
    ],
)
def test_how_money_just_lent_is_to_be_paid_back_is_no_demand(rules: Rules, text: str) -> None:
    assert kind_of(text, rules) is Kind.DISBURSEMENT


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】您的借款已打款至尾号5512的卡，本期应还734.20元，请今日还款。",
        "【招联金融】您的申请已审批通过。您的好期贷本期734.20元已逾期，请尽快还款。",
    ],
)
def test_a_sum_asked_for_now_beside_money_lent_is_a_demand(rules: Rules, text: str) -> None:
    assert kind_of(text, rules) in (Kind.OVERDUE, Kind.DUE_REMINDER)


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】致歉：昨日的逾期通知系我司误发，给您添麻烦了。",
        "【华诚服务】受招联金融委托的欠款案件，今已撤案归档。",
    ],
)
def test_a_notice_withdrawn_and_a_case_closed_ask_for_nothing(rules: Rules, text: str) -> None:
    assert kind_of(text, rules) is Kind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】昨日的短信系误发，好期贷本期应还500.00元，请今日还清。",
        "【华诚服务】您拖欠招联金融500.00元，付清才撤案，速处理。",
        "【招联金融】好期贷本期应还500.00元，尽快还上，成了。",
        "【招联金融】好期贷本期应还500.00元，今日到期。成了。",
        "【招联金融】好期贷昨日扣款500.00元失败，今晚再扣。",
    ],
)
def test_a_demand_with_words_of_completion_stays_a_demand(rules: Rules, text: str) -> None:
    kind = kind_of(text, rules)
    assert kind in (Kind.OVERDUE, Kind.DUE_REMINDER, Kind.DEBIT_FAILED, Kind.COLLECTION)


@pytest.mark.parametrize(
    "asks",
    [
        "另有罚息12.00元待还，请尽快支付。",
        "剩余300.00元已逾期，请尽快还款。",
        "本期300.00元将于明日扣款，请存足。",
    ],
)
def test_a_text_that_confirms_and_also_demands_is_a_demand(rules: Rules, asks: str) -> None:
    kind = kind_of(RECEIPT + asks, rules)
    assert kind in (Kind.OVERDUE, Kind.DUE_REMINDER, Kind.DEBIT_FAILED, Kind.COLLECTION)


def test_soothing_words_put_behind_a_demand_leave_it_a_demand(rules: Rules) -> None:
    demand = "【招联金融】您的好期贷借款（尾号5512）已逾期，应还640.00元，请尽快还款。"
    assert kind_of(demand + "您已还清，无需再还。", rules) is kind_of(demand, rules)


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】您提交的500.00元还款银行正在核对，明早通知您。",
        "【招联金融】好期贷8123的还款500.00元已受理，请耐心等待。",
        "【招联金融】上月多扣的500.00元已于14日退还至您尾号5512的卡。",
    ],
)
def test_a_payment_under_way_or_given_back_is_neither_receipt_nor_demand(
    rules: Rules, text: str
) -> None:
    assert kind_of(text, rules) is Kind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】您提交的还款正在处理。好期贷本期500.00元已逾期，请尽快还款。",
        "【招联金融】您的逾期款500.00元正在处理，请今日还款。",
        "【招联金融】好期贷8123有500.00元没还，今日到App交上。您的借款合同已履行完毕。",
    ],
)
def test_a_payment_under_way_hides_no_demand(rules: Rules, text: str) -> None:
    assert kind_of(text, rules) in (Kind.OVERDUE, Kind.DUE_REMINDER)
