"""Rows of digits that may be an account to pay into."""

import pytest

from watcher.core.extract import find_accounts


@pytest.mark.parametrize(
    "written",
    ["6217000112233445566", "6217 0001 1223 3445 566", "6217-0001-1223-3445-566"],
)
def test_an_account_is_found_however_it_is_spaced(written: str) -> None:
    (span,) = find_accounts(f"转到{written}张三")
    assert span == (2, 2 + len(written))


@pytest.mark.parametrize(
    "what",
    ["订单编号:", "保单号", "合同编号 ", "交易流水号:", "退款原因[", "会员卡号是", "您的卡号"],
)
def test_a_number_of_something_else_is_no_account(what: str) -> None:
    assert find_accounts(f"{what}2406010080800792069") == ()


@pytest.mark.parametrize("digits", ["110101199003071234", "1069012345678901234"])
def test_identity_and_bulk_sender_numbers_are_no_accounts(digits: str) -> None:
    assert find_accounts(digits) == ()
