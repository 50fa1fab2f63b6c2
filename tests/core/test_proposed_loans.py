"""Which loans history proposes to add to the ledger, and what it says of them."""

from datetime import date
from decimal import Decimal

from tests.core.proposing import (
    LENDER,
    NAME,
    OTHER,
    Propose,
    confirmed,
    given_out,
    loan,
    paid,
    reminded,
    settled_loan,
    told,
)
from watcher.core.knowledge import Rules
from watcher.core.model import Kind, Verdict
from watcher.core.proposals import Action


def test_demands_alone_propose_no_loan(propose: Propose) -> None:
    demands = [
        reminded("2026-07-14", due="2026-07-17"),
        told(Kind.OVERDUE, "2026-07-20", "1352.29", verdict=Verdict.NOT_MINE),
        told(Kind.COLLECTION, "2026-07-25", "1352.29", verdict=Verdict.NOT_MINE),
    ]
    assert propose(demands) == ()


def test_a_loan_of_an_unknown_lender_is_read_off_its_messages(propose: Propose) -> None:
    history = [
        given_out("2026-03-01"),
        reminded("2026-04-14", due="2026-04-17", tails=("9929",)),
        paid("2026-04-17", tails=("9929",)),
        paid("2026-05-17"),
    ]
    found = propose.one(history)
    assert found.action is Action.ADD
    assert (found.lender, found.account_tail) == (NAME, "9929")
    assert (found.principal, found.opened_on) == (Decimal(12000), date(2026, 3, 1))
    assert (found.monthly_amount, found.due_day) == (Decimal("1352.29"), 17)
    assert found.settled_on is None
    assert found.evidence == tuple(one.message_id for one in history if one.verdict is None)


def test_a_settled_loan_of_an_unknown_lender_is_added_as_settled(propose: Propose) -> None:
    found = propose.one([given_out("2025-03-01"), confirmed("2026-01-05")])
    assert found.settled_on == date(2026, 1, 5)


def test_sums_that_differ_are_no_monthly_amount(propose: Propose) -> None:
    payments = [paid("2026-04-17", "640"), paid("2026-05-17", "712.10"), paid("2026-06-17", "88")]
    assert propose.one(payments).monthly_amount is None
    twice = [*payments, paid("2026-07-17", "640"), paid("2026-08-17", "88")]
    assert propose.one(twice).monthly_amount is None


def test_a_sum_twice_in_one_month_is_no_monthly_amount(propose: Propose) -> None:
    assert propose.one([paid("2026-04-02"), paid("2026-04-17")]).monthly_amount is None


def test_due_days_that_differ_are_none(propose: Propose) -> None:
    history = [
        paid("2026-04-17"),
        reminded("2026-03-14", due="2026-03-17"),
        reminded("2026-03-20", due="2026-03-28"),
    ]
    assert propose.one(history).due_day is None


def test_one_reminder_of_another_sum_gives_no_due_day(propose: Propose) -> None:
    history = [reminded("2026-03-14", "99.00", due="2026-03-17"), paid("2026-04-17")]
    assert propose.one(history).due_day is None


def test_several_payouts_give_no_principal(propose: Propose) -> None:
    found = propose.one([given_out("2026-01-03", "59"), given_out("2026-02-03", "120")])
    assert found.principal is None
    assert found.because.id == "proposal.because.payouts"


def test_a_confirmation_that_may_be_of_one_of_several_leaves_the_loan_open(
    propose: Propose,
) -> None:
    payouts = [given_out("2026-01-03", "59"), given_out("2026-02-03", "120")]
    found = propose.one([*payouts, confirmed("2026-07-17")])
    assert found.settled_on is None
    assert found.because.id == "proposal.because.payouts_doubted"


def test_contracts_are_told_apart_by_their_last_digits(propose: Propose) -> None:
    history = [
        paid("2026-04-17", "640", tails=("9929",)),
        paid("2026-04-20", "88", tails=("1188",)),
        confirmed("2026-05-17", tails=("1188",)),
        given_out("2026-03-01"),
    ]
    found = {one.account_tail: one for one in propose(history)}
    assert set(found) == {"9929", "1188"}
    assert found["1188"].settled_on == date(2026, 5, 17)
    assert found["9929"].settled_on is None
    assert {one.principal for one in found.values()} == {None}


def test_last_digits_of_which_one_ends_the_other_are_one_contract(propose: Propose) -> None:
    found = propose.one([paid("2026-04-17", tails=("99",)), paid("2026-05-17", tails=("640199",))])
    assert found.account_tail == "640199"


def test_one_loan_after_another_is_two_proposals(propose: Propose) -> None:
    history = [given_out("2024-03-01"), confirmed("2024-09-01"), given_out("2025-03-01", "5000")]
    found = propose(history)
    assert [(one.opened_on, one.settled_on) for one in found] == [
        (date(2025, 3, 1), None),
        (date(2024, 3, 1), date(2024, 9, 1)),
    ]


def test_a_payout_after_all_loans_were_settled_is_a_new_loan(propose: Propose) -> None:
    found = propose.one([given_out("2026-03-01")], settled_loan("2024-09-01"))
    assert (found.action, found.opened_on) == (Action.ADD, date(2026, 3, 1))
    assert propose([given_out("2024-03-01")], settled_loan("2024-09-01")) == ()


def test_other_last_digits_at_a_lender_of_the_ledger_are_another_loan(propose: Propose) -> None:
    mine = loan(account_tails=("9929",))
    found = propose.one([given_out("2026-03-01", tails=("1188",))], mine)
    assert (found.action, found.account_tail) == (Action.ADD, "1188")


def test_a_name_of_several_lenders_proposes_nothing(propose: Propose) -> None:
    assert propose([given_out("2026-03-01", lenders=(LENDER, OTHER))]) == ()


def test_a_firm_that_nobody_knows_is_named_as_it_signs(propose: Propose, rules: Rules) -> None:
    (bank,) = rules.directory.by_name["建设银行"]
    found = propose.one([given_out("2026-03-01", lenders=(bank,), signature="青松小贷")])
    assert found.lender == "青松小贷"
    assert propose([paid("2026-03-01", lenders=(), signature="力行健身")]) == ()


def test_a_firm_that_signs_with_a_lenders_name_and_more_speaks_for_that_lender(
    propose: Propose,
) -> None:
    assert propose.one([given_out("2026-03-01", signature="招联金融客服")]).lender == NAME


def test_a_payment_before_the_payout_leaves_open_when_the_loan_began(propose: Propose) -> None:
    found = propose.one([paid("2026-02-17"), given_out("2026-03-01")])
    assert (found.opened_on, found.principal) == (None, None)


def test_a_payout_that_came_back_is_no_loan(propose: Propose) -> None:
    assert propose([given_out("2026-03-01", marks=frozenset({"returned"}))]) == ()


def test_the_id_changes_with_what_is_seen_and_with_nothing_else(propose: Propose) -> None:
    first = [given_out("2026-03-01"), paid("2026-04-17", "10")]
    more = [*first, paid("2026-05-17", "20")]
    assert propose.one(first).id == propose.one(more).id
    assert propose.one(first).id != propose.one([*first, confirmed("2026-06-01")]).id


def test_what_a_proposal_is_about_stays_the_same_as_more_becomes_known(propose: Propose) -> None:
    first = propose.one([given_out("2026-03-05", tails=("4471",))])
    more = propose.one(
        [given_out("2026-03-05", tails=("4471",)), confirmed("2026-07-17", tails=("4471",))]
    )
    assert first.id != more.id
    assert first.matter == more.matter
    other = propose.one([given_out("2026-03-05", tails=("9902",))])
    assert other.matter != first.matter
