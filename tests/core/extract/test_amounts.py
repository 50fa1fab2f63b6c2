from decimal import Decimal

import pytest

from watcher.core.extract import find_amounts


@pytest.mark.parametrize(
    ("text", "value", "quote"),
    [
        ("本期应还1286.40元,请准备", "1286.40", "1286.40元"),
        ("账单1,604.12元", "1604.12", "1,604.12元"),
        ("还有1352块2毛9没交", "1352.29", "1352块2毛9"),
        ("还有912块零8分没交", "912.08", "912块零8分"),
        ("745块3,今晚弄掉", "745.3", "745块3"),
        ("欠九百一十三块五,今晚还", "913.5", "九百一十三块五"),
        ("共计 ¥1,286.40 请查收", "1286.40", "¥1,286.40"),
        ("支付RMB 88.00", "88.00", "RMB 88.00"),
        ("ßß支付rmb 88.00", "88.00", "rmb 88.00"),
        ("人民币1286元4角", "1286.4", "人民币1286元4角"),
        ("收1286元4角5分", "1286.45", "1286元4角5分"),
        ("借3块5", "3.5", "3块5"),
        ("额度1.2万可用", "12000", "1.2万"),
        ("额度1万2千可用", "12000", "1万2千"),
        ("额度5万元", "50000", "5万元"),
        ("借5万用于装修", "50000", "5万"),
        ("4471万用金,本期应还88.20元", "88.20", "88.20元"),
        ("4471百万医疗,每月88.20元", "88.20", "88.20元"),
        ("欠3千5百元", "3500", "3千5百元"),
        ("大写壹仟贰佰元伍角整", "1200.5", "壹仟贰佰元伍角整"),
        ("还一千二百元", "1200", "一千二百元"),
        ("借两万块", "20000", "两万块"),
        ("欠三万多", "30000", "三万"),
        ("欠 5 0 0 0 元", "5000", "5 0 0 0 元"),
        ("欠1 286.40元", "1286.40", "1 286.40元"),
        ("20k元", "20000", "20k元"),
        ("本期应还款 316.50", "316.50", "316.50"),
        ("退款:¥-500.00", "500.00", "¥-500.00"),
        ("0.01元", "0.01", "0.01元"),
        ("明天扣815.30,卡里留够", "815.30", "815.30"),
        ("欠八百一十五块三毛二", "815.32", "八百一十五块三毛二"),
        ("尾号4402人民币账单 815.30", "815.30", "815.30"),
        ("你那边还有642.7没还,抽空弄一下", "642.7", "642.7"),
        ("还差1500没结清", "1500", "1500"),
        ("手机那单289还欠着,今天弄掉", "289", "289"),
        ("那笔1187.3没划上去", "1187.3", "1187.3"),
        ("15240扣了三回没扣着", "15240", "15240"),
    ],
)
def test_a_sum_is_read_exactly_however_it_is_written(text: str, value: str, quote: str) -> None:
    (amount,) = find_amounts(text)

    assert (amount.value, amount.currency) == (Decimal(value), "CNY")
    assert text[amount.start : amount.end] == quote


@pytest.mark.parametrize(
    ("text", "currency"),
    [("消费50美元", "USD"), ("HKD 300.00", "HKD"), ("港币300", "HKD"), ("200日元", "JPY"),
     ("USD12.00", "USD"), ("€9.90", "EUR"), ("HK$30", "HKD"), ("99欧元", "EUR")],
)  # fmt: skip
def test_another_currency_is_named(text: str, currency: str) -> None:
    assert [amount.currency for amount in find_amounts(text)] == [currency]


@pytest.mark.parametrize(
    "text",
    [
        "图书馆还有3本书没还",
        "从2025年还到现在,2027没还清",
        "尾号那张7720拖着没还",
        "6月15没还上",
        "138123456789没还",
        "尾号640118",
        "2026年7月15日",
        "13812345678",
        "共36期,第3期",
        "利率7.20%",
        "20万人次",
        "千万不要相信",
        "一元复始",
        "百分之五十",
        "3块屏幕",
        "元旦快乐",
        "验证码583920",
        "1" * 20 + "元",
        "金额见账单",
    ],
)
def test_a_number_without_a_mark_of_money_is_no_sum(text: str) -> None:
    assert find_amounts(text) == ()


def test_all_sums_of_a_bill_are_found_in_order() -> None:
    text = "人民币账单金额2,310.77元,最低还款231.00元,另有美元账单12.50美元"

    assert [(str(one.value), one.currency) for one in find_amounts(text)] == [
        ("2310.77", "CNY"),
        ("231.00", "CNY"),
        ("12.50", "USD"),
    ]


def test_a_comma_between_two_sums_does_not_join_them() -> None:
    values = [str(one.value) for one in find_amounts("本金100元,500.00元利息,共1,234,567.89元")]

    assert values == ["100", "500.00", "1234567.89"]


def test_no_more_than_fifty_sums_are_read() -> None:
    assert len(find_amounts("1元," * 200)) == 50
