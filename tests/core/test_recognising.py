"""Which loan a message is about, what it says, and which sum: in words that nobody wrote down."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Kind, Loan, LoanStatus, Message, Verdict
from watcher.core.pipeline import process

LOANS = (
    Loan(
        id="car",
        lender="平安银行",
        product="乐驾贷",
        status=LoanStatus.ACTIVE,
        account_tails=("7306",),
        monthly_amount=Decimal("815.30"),
    ),
    Loan(id="bt", lender="京东白条", status=LoanStatus.SETTLED, settled_on=date(2026, 2, 1)),
    Loan(
        id="ayh",
        lender="马上消费",
        product="安逸花",
        status=LoanStatus.SETTLED,
        settled_on=date(2026, 1, 9),
        monthly_amount=Decimal("402.77"),
    ),
)


def judged(text: str, rules: Rules, subject: str | None = None, html: str | None = None) -> Case:
    message = Message(
        id="m",
        channel=Channel.EMAIL if html else Channel.SMS,
        received_at=datetime(2026, 6, 15, 2, tzinfo=UTC),
        text=text or None,
        subject=subject,
        html=html,
    )
    ledger = Ledger.of(Holder(name="李晓"), LOANS, rules.directory)
    return process(message, rules, ledger, History())


def loan_of(case: Case) -> str | None:
    return case.match.loan.id if case.match.loan else None


@pytest.mark.parametrize(
    ("text", "loan"),
    [
        ("您的乐驾贷本期应还815.30元，请存足。", "car"),
        ("7306号合同的款项已逾期，请尽快还款。", "car"),
        ("您的借款402.77元已逾期3天，请尽快还款。", "ayh"),
        ("您6月白条账单100.00元已逾期，请尽快还款。", "bt"),
        ("您的信用卡账单100.00元，请尽快还款。", "car"),
    ],
)
def test_a_loan_is_found_by_product_digits_or_sum(rules: Rules, text: str, loan: str) -> None:
    case = judged(text, rules)

    assert loan_of(case) == loan
    assert case.notice.demands


@pytest.mark.parametrize(
    "text",
    [
        "【马上消费】您反馈的问题已转交专人，稍后回复。",
        "【马上消费】受大雪影响，部分窗口今日暂停办理业务。",
    ],
)
def test_a_message_of_the_lender_that_claims_nothing_still_names_the_loan(
    rules: Rules, text: str
) -> None:
    case = judged(text, rules)

    assert (loan_of(case), case.judgement.verdict) == ("ayh", None)


def test_the_instalment_itself_is_claim_enough(rules: Rules) -> None:
    case = judged("【平安银行】乐驾贷又到月中啦，815.30元别迟到~", rules)

    assert (case.notice.kind, case.notice.amount) == (Kind.DUE_REMINDER, Decimal("815.30"))


@pytest.mark.parametrize(
    "text",
    [
        "【平安银行】您尾号7306的乐驾贷815.30元已成功扣取，谢谢。",
        "妈，乐驾贷那815.30元我已经还上了",
        "【平安银行】退款815.30元已原路返还，与您的还款无关。",
    ],
)
def test_what_only_counts_alone_makes_no_claim_of_a_receipt_or_chat(
    rules: Rules, text: str
) -> None:
    assert judged(text, rules).judgement.verdict is None


def test_an_open_sum_is_late_only_once_its_day_has_passed(rules: Rules) -> None:
    ahead = judged("【平安银行】乐驾贷尚有815.30元未还，6月20日到期。", rules)
    passed = judged("【平安银行】乐驾贷尚有815.30元未还，已于6月10日到期。", rules)

    assert (ahead.notice.kind, passed.notice.kind) == (Kind.DUE_REMINDER, Kind.OVERDUE)


def test_an_assignment_that_mentions_arrears_is_an_assignment(rules: Rules) -> None:
    case = judged("【平安银行】李晓违约的乐驾贷（7306）债权已卖予宏远资产。", rules)

    assert case.notice.kind is Kind.DEBT_TRANSFER


def test_the_total_of_a_table_is_the_sum_of_which_another_is_the_minimum(rules: Rules) -> None:
    table = (
        "<table><tr><th>上期</th><th>本期新增</th><th>应还</th><th>最低还款</th></tr>"
        "<tr><td>300.00</td><td>900.40</td><td>1,200.40</td><td>120.04</td></tr></table>"
    )
    case = judged("", rules, subject="信用卡账单", html=table)

    assert case.notice.amount == Decimal("1200.40")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("【平安银行】乐驾贷815.30元未按时归还，另加违约金2.20元，请今日交足817.50元。", "817.50"),
        ("【平安银行】乐驾贷本次还款817.50元入账：本金700.10、利息115.20、服务费2.20。", "817.50"),
        ("【平安银行】乐驾贷应收815.30元只收到700.00元，请补交115.30元。", "115.30"),
        ("【平安银行】乐驾贷还款入账815.30元，扣款账户余额12.44元。", "815.30"),
        ("【平安银行】乐驾贷这一期815.30元今天到期，尚欠本金总共7,020.00元。", "815.30"),
        ("【平安银行】乐驾贷还本付息815.30元，剩余本金7,020.00元。", "815.30"),
        ("【平安银行】乐驾贷上期账单815.30元逾期未还，产生违约金2.20元。", "815.30"),
        ("【平安银行】您的乐驾贷逾期，尚欠本金7,020.00元，请速还款。", "7020.00"),
    ],
)
def test_the_sum_is_the_whole_of_its_parts_and_not_what_is_short_of_it(
    text: str, amount: str, rules: Rules
) -> None:
    assert judged(text, rules).notice.amount == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "安逸花那点钱你几号能弄好？我等着报上去",
        "你安逸花的账拖成这样，给个准话吧",
    ],
)
def test_whoever_presses_in_spoken_words_and_does_not_sign_is_no_lender(
    rules: Rules, text: str
) -> None:
    case = judged(text, rules)

    assert case.notice.kind is Kind.COLLECTION
    assert "third_party" in case.notice.marks
    assert case.judgement.verdict is Verdict.STALE


@pytest.mark.parametrize("total", ["930.00", "1,530.20"])
def test_a_bill_stays_a_statement_where_a_part_of_it_is_told_as_done(
    total: str, rules: Rules
) -> None:
    html = (
        "<p>李晓您好，您的平安银行信用卡6月账单如下：</p><table><tr><th>本期应还金额</th>"
        f"<th>到期还款日</th></tr><tr><td>{total}</td><td>2026/07/07</td></tr></table>"
        "<p>上期账单已结清，谢谢。</p>"
    )
    case = judged("", rules, subject="平安银行信用卡电子账单", html=html)
    assert case.notice.kind is Kind.STATEMENT


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("【宏图社区】邀您参加民法典宣讲，解答欠款、催收、起诉等问题，周六上午九点。", Kind.OTHER),
        ("【马上消费】您的借款逾期未还，我们将上门催收，并向法院起诉。", Kind.LEGAL_THREAT),
        ("【浦发银行】您的信用卡已止付，需还清全部欠款8,120.55元后方可恢复使用。", Kind.OVERDUE),
    ],
)
def test_the_words_of_a_demand_are_none_where_nothing_is_worded_as_one(
    rules: Rules, text: str, kind: Kind
) -> None:
    assert judged(text, rules).notice.kind is kind


def test_a_debit_that_took_a_part_of_the_sum_failed(rules: Rules) -> None:
    case = judged("【中邮消费金融】应扣815.40元，只扣走700.00元，115.40元无法扣收。", rules)

    assert case.notice.kind is Kind.DEBIT_FAILED
    assert case.notice.amount == Decimal("115.40")
