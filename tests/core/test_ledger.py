"""The ledger finds loans by whatever a notice may name."""

import gc
from time import process_time

import pytest

from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger, LenderNames
from watcher.core.lenders import Directory, Lender
from watcher.core.model import Holder, Loan, LoanStatus

DIRECTORY = Directory.of(
    (
        Lender(
            id="P1", name="青禾花", kind="platform", aliases=("青禾支付",), products=("青禾花",)
        ),
        Lender(
            id="P2", name="青禾借", kind="platform", aliases=("青禾支付",), products=("备用金",)
        ),
        Lender(id="P3", name="远山银行", kind="bank", products=("信用卡", "远山贷")),
        Lender(
            id="P4",
            name="Yuanshan消费金融",
            kind="consumer_finance",
            aliases=("远山银行",),
            company="远山消费金融有限公司",
        ),
    ),
)
HOLDER = Holder(name="王小明")


def loan(id_: str, lender: str, product: str | None = None, *tails: str) -> Loan:
    return Loan(
        id=id_, lender=lender, product=product, account_tails=tails, status=LoanStatus.ACTIVE
    )


def ledger(*loans: Loan) -> Ledger:
    return Ledger.of(HOLDER, loans, DIRECTORY)


def test_a_loan_is_found_under_the_directory_row_of_its_lender() -> None:
    kept = loan("a", "青禾花")
    assert ledger(kept).by_lender == {"P1": (kept,)}


def test_a_lender_is_found_by_its_company_and_in_any_width_or_case() -> None:
    names = LenderNames.of(DIRECTORY)
    assert names.resolve("远山消费金融有限公司") == ("P4",)
    assert names.resolve(" ＹＵＡＮＳＨＡＮ 消费金融") == ("P4",)


def test_a_lender_in_traditional_characters_is_found(rules: Rules) -> None:
    kept = loan("a", "招聯金融", "好期貸")
    found = Ledger.of(HOLDER, (kept,), rules.directory)
    assert set(found.by_lender) == set(rules.directory.by_name["招联金融"])


def test_an_alias_of_several_lenders_is_narrowed_by_the_product() -> None:
    names = LenderNames.of(DIRECTORY)
    assert names.resolve("青禾支付", "备用金") == ("P2",)
    assert names.resolve("青禾支付", "青禾花分期") == ("P1",)


def test_an_alias_of_several_lenders_means_the_row_of_that_name_where_no_product_tells() -> None:
    assert LenderNames.of(DIRECTORY).resolve("远山银行") == ("P3",)


def test_an_alias_that_nothing_narrows_stands_under_all_its_lenders() -> None:
    kept = loan("a", "青禾支付", "某贷")
    found = ledger(kept)
    assert found.by_lender == {"P1": (kept,), "P2": (kept,)}
    assert found.lenders["a"] == ("P1", "P2")
    assert found.names == {"P1": "青禾支付", "P2": "青禾支付"}


def test_an_unknown_lender_is_kept_under_its_own_name_and_reported_once() -> None:
    first, second = loan("a", "无名小贷"), loan("b", "无名小贷")
    found = ledger(first, second)
    assert found.unknown_lenders == ("无名小贷",)
    assert found.by_lender == {"无名小贷": (first, second)}


def test_the_name_of_a_lender_is_the_one_the_ledger_uses() -> None:
    assert ledger(loan("a", "远山贷")).names == {"P3": "远山贷"}


def test_loans_are_found_by_each_of_their_tails() -> None:
    first, second = loan("a", "青禾花", None, "1234", "987"), loan("b", "无名小贷", None, "1234")
    assert ledger(first, second).tails == {"1234": (first, second), "987": (first,)}


def test_of_two_loans_with_one_id_the_first_counts() -> None:
    first = loan("a", "青禾花")
    assert ledger(first, loan("a", "青禾借")).by_id == {"a": first}


def test_a_ledger_shows_no_tails_when_printed() -> None:
    assert "1234" not in repr(ledger(loan("a", "青禾花", None, "1234")))


def test_five_times_as_many_loans_take_far_less_than_their_square() -> None:
    def seconds(count: int) -> float:
        many = [
            loan(str(number), f"无名小贷{number % 500}", f"产品{number % 7}", f"{number:05}")
            for number in range(count)
        ]
        gc.disable()  # what else lives in this process is no matter of the ledger's
        try:
            started = process_time()
            assert len(ledger(*many).loans) == count
            return process_time() - started
        finally:
            gc.enable()

    assert min(seconds(10_000) for _ in range(3)) < 15 * min(seconds(2_000) for _ in range(3))


@pytest.mark.parametrize("short", ["云溪农商行", "云溪农商", "云溪银行"])
def test_a_name_that_leaves_characters_out_is_short_for_the_lender(short: str) -> None:
    assert ledger(loan("a", "云溪农村商业银行")).shortened(short) == ("云溪农村商业银行",)


@pytest.mark.parametrize(
    "other", ["云溪", "溪云农商行", "农村商业银行", "远溪农商行", "云溪农商行卡"]
)
def test_a_name_too_short_turned_about_or_of_any_lender_is_short_for_none(other: str) -> None:
    assert ledger(loan("a", "云溪农村商业银行")).shortened(other) == ()
