"""A sentence that carries nothing never makes a verdict milder, wherever it is put."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import (
    SEVERITY,
    Case,
    Channel,
    Field,
    Holder,
    Loan,
    LoanStatus,
    Message,
    Verdict,
)
from watcher.core.pieces import leaving, parts_of
from watcher.core.pipeline import open_view, process

LOANS = (
    Loan(
        id="jd",
        lender="京东白条",
        status=LoanStatus.ACTIVE,
        account_tails=("7306",),
        monthly_amount=Decimal("615.30"),
    ),
    Loan(id="hb", lender="还呗", status=LoanStatus.SETTLED, settled_on=date(2026, 2, 1)),
)

DEMANDS = (
    "【还呗】周四扣815.30元，卡里放够哦。",
    "【京东白条】本期615.30元，21日扣，记得留足。",
    "【还呗】6月20日前请备好402.77元，到期自动划扣。",
    "【德惠商务】您有一笔欠款1,500元，请到柜台办理。",
    "刘老板，你那笔借款到6月还没个说法，尽快还上或者给我回个话。",
    "李晓，你那笔钱拖了这么久，今天给我回个电话！",
    "【京东白条】6月账单615.30元，19日前还款，已还请忽略",
)

BARE = (
    "结清证书早就寄给您了。",
    "恭喜，全都还完啦！",
    "您名下再无欠款。",
    "账户注销手续办妥，谢谢配合。",
    "您订的鲜花已放在门卫处。",
    "亲爱的老妈，我要加班，别等我吃饭。",
    "活动红包已放入卡包，欢迎抢购。",
    "【安全提醒】",
)


def judged(text: str, rules: Rules) -> Case:
    message = Message(
        id="m", channel=Channel.SMS, received_at=datetime(2026, 6, 15, 2, tzinfo=UTC), text=text
    )
    return process(
        message, rules, Ledger.of(Holder(name="李晓"), LOANS, rules.directory), History()
    )


def around(text: str, said: str) -> Iterator[str]:
    yield f"{said}{text}"
    yield f"{text}{said}"
    yield f"{said}\n{text}"
    yield f"{text}\n{said}"


@pytest.mark.parametrize(("demand", "said"), [*product(DEMANDS, BARE)])
def test_a_bare_sentence_beside_a_demand_takes_nothing_away(
    rules: Rules, demand: str, said: str
) -> None:
    before = judged(demand, rules).judgement.verdict
    assert before is not None
    for text in around(demand, said):
        assert SEVERITY[judged(text, rules).judgement.verdict] >= SEVERITY[before], text


@pytest.mark.parametrize(
    "ends", ["点击查看", "详见App详情", "请按时还款", "谢谢", "不用您动手", "到时自动扣"]
)
def test_a_bare_sentence_right_behind_a_reminder_without_a_full_stop_takes_nothing_away(
    ends: str, rules: Rules
) -> None:
    demand = f"【京东白条】6月账单615.30元，19日前还款，{ends}"
    before = judged(demand, rules).judgement.verdict
    assert before is not None
    after = judged(f"{demand}您名下再无欠款。", rules).judgement.verdict
    assert SEVERITY[after] >= SEVERITY[before]


def test_what_is_found_in_less_of_a_text_is_quoted_as_it_came(rules: Rules) -> None:
    text = f"{BARE[0]}{BARE[1]}\n您的信用报告有污点，加微信zx88fix可洗白征信，先付定金500元。"
    case = judged(text, rules)
    assert case.judgement.verdict is Verdict.FRAUDULENT
    for signal in case.judgement.signals:
        if signal.quote.field is Field.TEXT:
            assert text[signal.quote.start : signal.quote.end] == signal.quote.text


def test_a_quote_that_begins_with_the_break_behind_the_subject_is_of_the_body(
    rules: Rules,
) -> None:
    subject, text = "温馨提示", "您的网贷已逾期，请还款。"
    message = Message(
        id="m",
        channel=Channel.EMAIL,
        received_at=datetime(2026, 6, 15, 2, tzinfo=UTC),
        subject=subject,
        text=text,
    )
    whole = next(parts_of(message))
    opened = open_view(message, leaving(whole, [(0, len(subject))]), rules)
    assert opened is not None
    quote = opened[0].quote((0, 6))
    assert (quote.field, quote.text) == (Field.TEXT, "您的网贷已")
    assert text[quote.start : quote.end] == quote.text


@pytest.mark.parametrize(
    "receipt",
    [
        "【还呗】您6月12日的还款402.77元已入账。感谢您的支持！祝您生活愉快。",
        "【京东白条】您的白条账单已还清。感谢信任，期待再次为您服务。",
        "读者问：网贷怎么还？\n编辑部答：先查清楚。\n下期话题：提前还房贷值不值。",
        "【京东白条】还款成功！5月账单615.30元，由余额支付。",
        "【反诈中心】凡自称客服要您注销学生贷的，都是骗子！不转账、不共享屏幕，有疑问请致电96110。",
        "图书到期提醒\n您借的书快到期了。请到公众号续借一次。",
    ],
)
def test_a_receipt_or_chat_stays_one_when_it_is_read_without_its_bare_sentences(
    rules: Rules, receipt: str
) -> None:
    assert judged(receipt, rules).judgement.verdict is None
