"""A notice on an instalment that was paid: what is said of a loan that is still open."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message, Verdict
from watcher.core.pipeline import process
from watcher.phrases import LANGUAGES, Language, Phrases

ZONE = ZoneInfo("Asia/Shanghai")
OPEN = Loan(
    id="open",
    lender="微粒贷",
    status=LoanStatus.ACTIVE,
    due_day=10,
    monthly_amount=Decimal("1500.00"),
)
PAID_ON = date(2026, 11, 10)


CARD = Loan(id="card", lender="光大银行", product="信用卡", status=LoanStatus.ACTIVE, due_day=6)


def told(rules: Rules, loan: Loan, *said: tuple[date, str]) -> Case:
    """Judge messages on one loan in turn; return what is made of the last."""
    ledger = Ledger.of(Holder(), [loan], rules.directory)
    history = History.of(())
    cases = []
    for on, text in said:
        at = datetime(on.year, on.month, on.day, 10, tzinfo=ZONE)
        message = Message(id=text, channel=Channel.SMS, received_at=at, sender="95384", text=text)
        cases.append(process(message, rules, ledger, history))
        if cases[-1].evidence is not None:
            history.add(cases[-1].evidence)
    return cases[-1]


def noticed(rules: Rules, days: int) -> Case:
    """Judge a demand for an instalment so many days after it was paid."""
    return told(
        rules,
        OPEN,
        (PAID_ON, "【微众银行】您的微粒贷本期已成功还款1500.00元。"),
        (
            PAID_ON + timedelta(days=days),
            "【微众银行】您的微粒贷11月10日应还1500.00元已逾期，请尽快还款。",
        ),
    )


@pytest.mark.parametrize(
    "moved",
    [
        "【微众银行】您申请的延期已办妥，微粒贷11月10日应还的1500.00元改至2027年2月10日。",
        "【微众银行】因系统维护，微粒贷11月10日的扣款1500.00元顺延到2026年12月20日。",
    ],
)
def test_an_instalment_that_was_put_off_is_not_late(rules: Rules, moved: str) -> None:
    late = "【微众银行】您的微粒贷11月10日应还1500.00元已逾期10天，请尽快还款。"
    case = told(rules, OPEN, (date(2026, 11, 5), moved), (date(2026, 11, 20), late))
    assert case.judgement.verdict is Verdict.STALE


PAID = "【光大银行】您尾号3190信用卡收到还款1,846.37元。"
LATE = "【光大银行】您信用卡账单1,846.37元已过到期还款日，请及时存入。"


def test_a_bill_whose_very_sum_was_paid_is_old_data(rules: Rules) -> None:
    case = told(rules, CARD, (date(2026, 9, 24), PAID), (date(2026, 11, 8), LATE))
    assert case.judgement.verdict is Verdict.STALE


def test_a_new_bill_of_the_same_sum_is_owed(rules: Rules) -> None:
    bill = "【光大银行】您信用卡账单已出，应还1,846.37元，到期还款日11月24日。"
    case = told(
        rules,
        CARD,
        (date(2026, 9, 24), PAID),
        (date(2026, 11, 5), bill),
        (date(2026, 11, 26), LATE),
    )
    assert case.judgement.verdict is Verdict.EXPECTED


@pytest.mark.parametrize(
    ("paid", "verdict"),
    [(date(2026, 12, 5), Verdict.LAGGING), (date(2026, 10, 5), Verdict.EXPECTED)],
)
def test_what_was_paid_late_is_paid_and_what_was_paid_the_month_before_is_not(
    rules: Rules, paid: date, verdict: Verdict
) -> None:
    receipt = "【微众银行】您的微粒贷本期已成功还款1500.00元。"
    late = "【微众银行】您的微粒贷本期应还1500.00元已逾期，请尽快还款。"
    case = told(rules, OPEN, (paid, receipt), (date(2026, 12, 6), late))
    assert case.judgement.verdict is verdict


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("days", "verdict"), [(1, Verdict.LAGGING), (30, Verdict.STALE)])
def test_a_loan_that_is_open_is_not_called_settled(
    rules: Rules, days: int, verdict: Verdict, language: Language
) -> None:
    case = noticed(rules, days)
    assert case.judgement.verdict is verdict
    said = Phrases(language).render(case.summary)
    assert ("还没有结清" if language == "zh" else "still open") in said
    assert "—" not in said  # nothing that is not known stands in it


def test_an_instalment_just_paid_is_looked_at_again_when_records_must_have_caught_up(
    rules: Rules,
) -> None:
    alert = noticed(rules, 1).alert
    assert alert is not None
    assert alert.recheck_on == PAID_ON + timedelta(days=8)
    assert noticed(rules, 30).alert is not None
    assert noticed(rules, 30).alert.recheck_on is None  # type: ignore[union-attr]


MONTHLY = Loan(
    id="monthly",
    lender="中邮消费金融",
    product="邮你贷",
    status=LoanStatus.ACTIVE,
    due_day=20,
    monthly_amount=Decimal("640.10"),
)


@pytest.mark.parametrize(
    ("month", "verdict"),
    [("8月", Verdict.STALE), ("十月", Verdict.EXPECTED), ("", Verdict.EXPECTED)],
)
def test_the_month_of_a_bill_tells_which_instalment_is_meant(
    rules: Rules, month: str, verdict: Verdict
) -> None:
    paid = "【中邮消费金融】您的邮你贷8月账单640.10元已还款成功。"
    late = f"【中邮消费金融】您的邮你贷{month}账单640.10元仍未还清，请尽快还款。"
    case = told(rules, MONTHLY, (date(2026, 8, 22), paid), (date(2026, 10, 25), late))
    assert case.judgement.verdict is verdict


GONE = Loan(
    id="gone",
    lender="工商银行",
    product="融e借",
    status=LoanStatus.SETTLED,
    settled_on=date(2026, 3, 1),
)
REST = "【工商银行】您的融e借尚欠利息{}元未缴，请尽快存入。"


@pytest.mark.parametrize(
    ("last", "verdict"), [("9.40", Verdict.STALE), ("2.05", Verdict.POSSIBLY_OWED)]
)
def test_a_rest_that_was_paid_is_not_opened_by_being_told_again_and_again(
    rules: Rules, last: str, verdict: Verdict
) -> None:
    case = told(
        rules,
        GONE,
        (date(2026, 3, 8), REST.format("9.40")),
        (date(2026, 3, 12), "【工商银行】融e借利息9.40元已收，贷款已结清。"),
        (date(2026, 4, 1), REST.format(last)),
        (date(2026, 4, 8), "【工商银行】您的融e借仍有欠款未结清，请尽快处理。"),
    )
    assert case.judgement.verdict is verdict


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("【工商银行】融e借利息9.40元经核实已全额减免，您无需再付。", Verdict.STALE),
        ("【工商银行】融e借利息9.40元的减免申请已收到，请等候答复。", Verdict.POSSIBLY_OWED),
    ],
)
def test_a_rest_that_was_waived_is_closed_by_it(rules: Rules, said: str, verdict: Verdict) -> None:
    case = told(
        rules,
        GONE,
        (date(2026, 3, 8), REST.format("9.40")),
        (date(2026, 3, 12), said),
        (date(2026, 4, 1), "【工商银行】您的融e借仍有欠款9.40元未结清，请尽快处理。"),
    )
    assert case.judgement.verdict is verdict
