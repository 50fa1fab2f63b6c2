"""What history proposes for a loan of the ledger: only what cannot be read two ways."""

from datetime import UTC, date, datetime

import pytest

from tests.core.proposing import (
    Propose,
    confirmed,
    given_out,
    loan,
    paid,
    reminded,
    returned,
    settled_loan,
    told,
)
from watcher.core.model import Evidence, Kind, Verdict
from watcher.core.proposals import Action


def test_a_confirmation_proposes_to_settle_the_loan(propose: Propose) -> None:
    found = propose.one([paid("2026-06-17"), confirmed("2026-07-17")], loan())
    assert (found.action, found.loan) == (Action.SETTLE, "mine")
    assert found.settled_on == date(2026, 7, 17)
    assert found.because.id == "proposal.because.confirmed"


def test_the_day_of_a_settlement_is_the_holders(propose: Propose) -> None:
    late = confirmed("2026-07-17")
    late = Evidence(
        message_id=late.message_id,
        received_at=datetime(2026, 7, 17, 16, 30, tzinfo=UTC),
        kind=late.kind,
        lenders=late.lenders,
    )
    assert propose.one([late], loan()).settled_on == date(2026, 7, 18)


def test_the_last_instalment_proposes_to_settle_the_loan(propose: Propose) -> None:
    last = paid("2026-07-17", marks=frozenset({"final"}))
    found = propose.one([paid("2026-06-17"), last], loan())
    assert found.settled_on == date(2026, 7, 17)
    assert found.because.id == "proposal.because.last"
    assert found.evidence == (last.message_id,)


def test_an_ordinary_instalment_proposes_nothing(propose: Propose) -> None:
    assert propose([paid("2026-06-17"), paid("2026-07-17")], loan()) == ()


@pytest.mark.parametrize(
    "end", [confirmed("2026-07-17"), paid("2026-07-17", marks=frozenset({"final"}))]
)
def test_a_returned_payment_takes_the_proposal_back(propose: Propose, end: Evidence) -> None:
    assert propose([end], loan())
    assert propose([end, returned("2026-07-18")], loan()) == ()


def test_a_short_payment_takes_the_proposal_back(propose: Propose) -> None:
    short = told(Kind.OVERDUE, "2026-07-19", "4.05", marks=frozenset({"residual"}))
    assert propose([confirmed("2026-07-17"), short], loan()) == ()


def test_a_returned_payment_that_is_made_good_settles_on_that_day(propose: Propose) -> None:
    history = [confirmed("2026-07-17"), returned("2026-07-18"), paid("2026-07-20")]
    found = propose.one(history, loan())
    assert found.settled_on == date(2026, 7, 20)
    assert found.because.id == "proposal.because.made_good"


def test_too_little_makes_nothing_good(propose: Propose) -> None:
    history = [confirmed("2026-07-17"), returned("2026-07-18"), paid("2026-07-20", "10.00")]
    assert propose(history, loan()) == ()


def test_a_failed_debit_takes_back_a_last_instalment_but_no_confirmation(propose: Propose) -> None:
    failed = told(Kind.DEBIT_FAILED, "2026-07-19", "1352.29")
    assert propose([paid("2026-07-17", marks=frozenset({"final"})), failed], loan()) == ()
    assert propose([confirmed("2026-07-17"), failed], loan())


def test_stale_demands_take_nothing_back(propose: Propose) -> None:
    dunned = told(Kind.COLLECTION, "2026-08-17", "1352.29", verdict=Verdict.STALE)
    assert propose([confirmed("2026-07-17"), dunned, reminded("2026-08-14")], loan())


def test_payments_that_go_on_show_that_another_loan_was_confirmed(propose: Propose) -> None:
    assert propose([confirmed("2026-07-17"), paid("2026-08-17")], loan()) == ()


def test_a_payout_after_the_settlement_begins_anew(propose: Propose) -> None:
    history = [confirmed("2026-07-17"), given_out("2026-07-20")]
    assert propose(history, loan()) == ()
    assert propose.one([*history, confirmed("2026-12-01")], loan()).settled_on == date(2026, 12, 1)


def test_one_confirmation_does_not_settle_a_line_of_several_payouts(propose: Propose) -> None:
    payouts = [given_out("2026-01-03", "5000"), given_out("2026-02-03", "3000")]
    assert propose([*payouts, confirmed("2026-07-17")], loan()) == ()
    named = confirmed("2026-07-17", tails=("9929",))
    assert propose([*payouts, named], loan(account_tails=("9929",)))


def test_of_two_loans_at_one_lender_the_last_digits_decide(propose: Propose) -> None:
    loans = loan("a", account_tails=("9929",)), loan("b", account_tails=("1188",))
    assert propose.one([confirmed("2026-07-17", tails=("1188",))], *loans).loan == "b"
    assert propose([confirmed("2026-07-17")], *loans) == ()


def test_a_certificate_may_be_of_the_loan_that_was_settled_long_ago(propose: Propose) -> None:
    loans = settled_loan("2024-03-01"), loan("open")
    assert propose([confirmed("2026-07-17")], *loans) == ()


def test_what_came_before_a_loan_was_opened_is_not_about_it(propose: Propose) -> None:
    history = [confirmed("2024-07-17")]
    found = propose.one(history, loan(opened_on=date(2025, 3, 1)))
    assert found.action is Action.ADD


def test_a_settled_loan_is_left_alone(propose: Propose) -> None:
    assert propose([confirmed("2026-07-17")], settled_loan("2026-07-17")) == ()


def test_a_fraud_proposes_nothing(propose: Propose) -> None:
    fraud = [
        given_out("2026-01-03", verdict=Verdict.FRAUDULENT),
        confirmed("2026-07-17", verdict=Verdict.FRAUDULENT),
    ]
    assert propose(fraud) == ()
    assert propose(fraud, loan()) == ()


@pytest.mark.parametrize("verdict", [Verdict.UNSURE, Verdict.NOT_MINE, Verdict.POSSIBLY_OWED])
def test_a_receipt_that_is_doubted_proposes_nothing(propose: Propose, verdict: Verdict) -> None:
    assert propose([confirmed("2026-07-17", verdict=verdict)], loan()) == ()
    assert propose([given_out("2026-07-17", verdict=verdict)]) == ()


def test_a_settlement_on_another_day_is_another_matter(propose: Propose) -> None:
    one = propose.one([confirmed("2026-07-17")], loan())
    assert one.matter != propose.one([confirmed("2026-09-17")], loan()).matter
    assert one.matter != propose.one([confirmed("2026-07-17")], loan("other")).matter
