"""A fraud whose words are broken up by characters of any kind is read without them."""

from datetime import UTC, datetime
from itertools import cycle

import pytest

from watcher.core.fillers import fillers_in
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Field, Holder, Message, Verdict
from watcher.core.pipeline import process

FRAUDS = (
    "您的网贷已严重逾期，请添加微信kefu7731协商还款，否则移交法务上门催收",
    "【监管中心】您名下校园贷账户涉嫌违规，请下载软件注销账户，否则影响征信",
    "您申请的借款因卡号填写错误被冻结，请缴纳解冻费5000元到指定账户",
)

ORDINARY = (
    "【浦江银行】您尾号2264的账户(活期)7月5日12时30分08秒支出35.00元(备付金)，余额(人民币)120.00元。",
    "会议于2026年7月5日9时30分开始，请于3楼3号厅3区签到",
    "A股、B股、H股都跌了，K线难看，T日再说。",
    "哈哈哈哈哈哈哈哈哈哈",
)

ENUMERATIONS = (
    "好的，谢谢，没事，我来，再见！",
    "第(一)项：姓名；第(二)项：住址；第(三)项：电话；第(四)项：单位",
    "苹果、香蕉、葡萄、西瓜、荔枝，样样都新鲜，欢迎选购。",
)


def judged(rules: Rules, text: str, subject: str | None = None) -> Case:
    message = Message(
        id="m",
        channel=Channel.SMS,
        received_at=datetime(2026, 6, 15, 2, tzinfo=UTC),
        subject=subject,
        text=text,
    )
    return process(message, rules, Ledger.of(Holder(name="林澄"), (), rules.directory), History())


def broken_up(text: str, fillers: str, size: int = 1) -> str:
    """Put the next of some fillers behind every `size` characters."""
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return "".join(piece + filler for piece, filler in zip(pieces, cycle(fillers), strict=False))


@pytest.mark.parametrize("fillers", ["(", "!", "，", "%", '"', "a", "の", "、", "(!%", "k7q"])
@pytest.mark.parametrize("text", FRAUDS)
def test_a_fraud_with_something_behind_every_character_is_still_one(
    text: str, fillers: str, rules: Rules
) -> None:
    assert judged(rules, text=text).judgement.verdict is Verdict.FRAUDULENT
    said = broken_up(text, fillers)
    case = judged(rules, text=said)
    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert case.judgement.signals
    for signal in case.judgement.signals:
        quote = signal.quote
        assert said[quote.start : quote.end] == quote.text


@pytest.mark.parametrize("fillers", ["(", "%", "a", "の", "，", "ghqdk"])
@pytest.mark.parametrize("text", FRAUDS)
def test_a_fraud_with_something_behind_every_second_character_is_still_one(
    text: str, fillers: str, rules: Rules
) -> None:
    case = judged(rules, text=broken_up(text, fillers, 2))
    assert case.judgement.verdict is Verdict.FRAUDULENT


@pytest.mark.parametrize("gap", ["    ", "……", " | ", "】【"])
@pytest.mark.parametrize("text", FRAUDS)
def test_a_fraud_spread_over_wide_gaps_is_still_one(text: str, gap: str, rules: Rules) -> None:
    case = judged(rules, text=gap.join(text))
    assert case.judgement.verdict is Verdict.FRAUDULENT


@pytest.mark.parametrize("filler", ["(", "!", "%", "x", "の"])
def test_a_fraud_of_which_only_the_telling_words_are_broken_up_is_still_one(
    filler: str, rules: Rules
) -> None:
    text = FRAUDS[2]
    for word in ("借款", "卡号", "冻结", "缴纳", "解冻", "账户"):
        text = text.replace(word, filler.join(word))
    assert judged(rules, text=text).judgement.verdict is Verdict.FRAUDULENT


def test_a_quote_from_a_subject_with_fillers_stands_in_the_subject(rules: Rules) -> None:
    subject = broken_up(FRAUDS[0], "%")
    case = judged(rules, subject=subject, text="详见正文，谢谢。")
    assert case.judgement.verdict is Verdict.FRAUDULENT
    quotes = [signal.quote for signal in case.judgement.signals]
    assert any(quote.field is Field.SUBJECT for quote in quotes)
    for quote in quotes:
        if quote.field is Field.SUBJECT:
            assert subject[quote.start : quote.end] == quote.text


def test_a_fraud_with_fillers_far_down_a_long_mail_is_found(rules: Rules) -> None:
    text = "天气很好，大家都去公园散步了。\n" * 1200 + broken_up(FRAUDS[1], "(")
    assert judged(rules, text=text).judgement.verdict is Verdict.FRAUDULENT


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_has_no_fillers(text: str) -> None:
    assert fillers_in(text) == []


@pytest.mark.parametrize("text", [*ORDINARY, *ENUMERATIONS])
def test_a_text_of_short_clauses_that_asks_nothing_says_nothing(text: str, rules: Rules) -> None:
    assert judged(rules, text=text).judgement.verdict is None


def test_a_genuine_notice_is_judged_no_otherwise_with_brackets_in_it(rules: Rules) -> None:
    bill = "【招商银行】您信用卡(尾号3309)6月账单(人民币)应还820.00元，还款日(最后)6月28日。"
    plain = bill.replace("(", "").replace(")", "")
    assert judged(rules, text=bill).judgement.verdict is judged(rules, text=plain).judgement.verdict
