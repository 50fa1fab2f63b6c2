"""Digits of the account at a bank from which its loan is repaid are no contract of their own."""

from datetime import UTC, date, datetime

import pytest

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message
from watcher.core.pipeline import process

LOAN = Loan(
    id="snd",
    lender="农业银行",
    product="网捷贷",
    status=LoanStatus.ACTIVE,
    opened_on=date(2025, 1, 8),
    account_tails=("4471",),
)
CARD = Loan(
    id="card",
    lender="农业银行",
    product="信用卡",
    status=LoanStatus.ACTIVE,
    account_tails=("4471",),
)


def judged(text: str, loan: Loan, rules: Rules) -> Case:
    message = Message(
        id="m", channel=Channel.SMS, received_at=datetime(2026, 6, 15, 2, tzinfo=UTC), text=text
    )
    ledger = Ledger.of(Holder(name="李晓"), (loan,), rules.directory)
    return process(message, rules, ledger, History())


@pytest.mark.parametrize(
    "text",
    [
        "【农业银行】李晓，您的网捷贷6月18日应还812.40元，请在账户6650中留足资金。",
        "【农业银行】您的网捷贷本期应还812.40元，还款日6月18日，将从尾号6650账户扣款。",
        "【农业银行】您账户6650已归还贷款本息812.40元。",
    ],
)
def test_the_account_that_a_banks_loan_is_repaid_from_leaves_the_loan_the_only_one(
    text: str, rules: Rules
) -> None:
    assert judged(text, LOAN, rules).match.loan == LOAN


@pytest.mark.parametrize(
    ("text", "loan"),
    [
        ("【农业银行】李晓，您合同6650的贷款6月18日应还812.40元，请留足资金。", LOAN),
        ("【农业银行】您尾号6650的贷款账户本期应还812.40元，还款日6月18日。", LOAN),
        ("【农业银行】您尾号6650的信用卡本期账单812.40元，还款日6月18日。", CARD),
    ],
)
def test_digits_of_another_contract_or_card_are_not_taken_for_such_an_account(
    text: str, loan: Loan, rules: Rules
) -> None:
    assert judged(text, loan, rules).match.loan is None
