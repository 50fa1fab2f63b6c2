"""Which loan digits in a text point to, and which digits are those of the card that pays."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message, Verdict
from watcher.core.pipeline import process


def loan(name: str, tail: str, monthly: str, lender: str = "分期乐", product: str = "") -> Loan:
    return Loan(
        id=name,
        lender=lender,
        product=product or None,
        status=LoanStatus.ACTIVE,
        account_tails=(tail,),
        monthly_amount=Decimal(monthly),
    )


def judged(rules: Rules, text: str, *loans: Loan) -> Case:
    message = Message(
        id="m", channel=Channel.SMS, received_at=datetime(2026, 6, 15, 2, tzinfo=UTC), text=text
    )
    return process(
        message, rules, Ledger.of(Holder(name="李晓"), loans, rules.directory), History()
    )


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("【分期乐】您好：7714借款今日应还302.50元，请留足余额。", "one"),
        ("【分期乐】302.50元已入账，2086借款6月期还好了。", "two"),
        ("【分期乐】2086，6月，302.50元，还款成功。", "two"),
        ("【分期乐】6月15日20:2086分，应还302.50元，请留足余额。", None),
    ],
)
def test_a_comma_or_colon_before_last_digits_does_not_hide_them(
    rules: Rules, text: str, of: str | None
) -> None:
    found = judged(rules, text, loan("one", "7714", "302.50"), loan("two", "2086", "302.50"))

    assert (found.match.loan.id if found.match.loan else None) == of


@pytest.mark.parametrize(
    "text",
    [
        "【招联金融】好期贷7714应还302.50元扣款失败，请今天把钱打进建行3391卡。",
        "【招联金融】好期贷7714本期302.50元将于今日扣款，请往中行3391卡里存够。",
    ],
)
def test_digits_behind_a_banks_short_name_are_those_of_the_card_that_pays(
    rules: Rules, text: str
) -> None:
    found = judged(rules, text, loan("one", "7714", "302.50", lender="招联金融"))

    assert found.match.loan is not None
    assert found.notice.card_tails == ("3391",)


def test_of_loans_that_are_both_named_by_digits_the_sum_chooses(rules: Rules) -> None:
    text = "【建设银行】您6月20日有两笔应还：房贷7714 3,302.50元，快贷2086 915.00元。"
    found = judged(
        rules,
        text,
        loan("one", "7714", "3302.50", lender="建设银行", product="个人住房贷款"),
        loan("two", "2086", "915.00", lender="建设银行", product="快贷"),
    )

    assert found.judgement.verdict is Verdict.EXPECTED


def test_digits_that_fit_no_loan_hide_none_that_stand_alone_and_fit(rules: Rules) -> None:
    text = "【海尔消费金融】6月18日是够花7714的还款日，302.50元，请确认工行卡（3391）里有钱。"
    found = judged(rules, text, loan("one", "7714", "302.50", lender="海尔消费金融"))

    assert found.match.loan is not None
    assert found.judgement.verdict is Verdict.EXPECTED


@pytest.mark.parametrize(("number", "of"), [("77014", "car"), ("7701", None), ("77015", None)])
def test_under_an_unknown_signature_only_the_whole_number_points_to_a_loan(
    rules: Rules, number: str, of: str | None
) -> None:
    found = judged(
        rules,
        f"【远途贷后服务】您的合同{number}已逾期12天，请尽快归还2,655元。",
        loan("car", "77014", "2655.00", lender="奇瑞徽银汽车金融", product="新车分期"),
    )

    assert (found.match.loan.id if found.match.loan else None) == of


def test_a_product_is_named_without_what_only_its_contract_adds(rules: Rules) -> None:
    found = judged(
        rules,
        "【建设银行】您的住房贷款将于6月20日扣款，请存足。",
        loan("house", "3061", "5483.27", lender="建设银行", product="个人住房贷款"),
        loan("quick", "7719", "946.10", lender="建设银行", product="快贷"),
    )

    assert found.match.loan is not None
    assert found.match.loan.id == "house"
