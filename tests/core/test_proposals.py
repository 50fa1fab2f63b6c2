"""What history proposes for the ledger: only what cannot be read two ways."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Evidence, Holder, Kind, Loan, LoanStatus, Verdict
from watcher.core.proposals import Action, Proposal, proposals

LENDER, OTHER = "L050", "L004"
NAME = "招联消费金融"
_numbers = count()


def told(  # noqa: PLR0913  each is what some test varies
    kind: Kind,
    day: str,
    amount: str | None = None,
    *,
    tails: tuple[str, ...] = (),
    marks: frozenset[str] = frozenset(),
    verdict: Verdict | None = None,
    lenders: tuple[str, ...] = (LENDER,),
    due: str | None = None,
    signature: str | None = None,
) -> Evidence:
    return Evidence(
        message_id=f"{kind}/{day}/{next(_numbers)}",
        received_at=datetime.fromisoformat(f"{day}T04:00:00+00:00"),
        kind=kind,
        verdict=verdict,
        lenders=lenders,
        amount=None if amount is None else Decimal(amount),
        due_on=None if due is None else date.fromisoformat(due),
        account_tails=tails,
        marks=marks,
        signature=signature,
    )


def given_out(day: str, amount: str | None = "12000", **more: object) -> Evidence:
    return told(Kind.DISBURSEMENT, day, amount, **more)  # type: ignore[arg-type]


def paid(day: str, amount: str | None = "1352.29", **more: object) -> Evidence:
    return told(Kind.PAYMENT_RECEIPT, day, amount, **more)  # type: ignore[arg-type]


def confirmed(day: str, **more: object) -> Evidence:
    return told(Kind.SETTLEMENT_RECEIPT, day, None, **more)  # type: ignore[arg-type]


def reminded(day: str, amount: str = "1352.29", **more: object) -> Evidence:
    return told(Kind.DUE_REMINDER, day, amount, verdict=Verdict.NOT_MINE, **more)  # type: ignore[arg-type]


def returned(day: str, amount: str | None = "1352.29", **more: object) -> Evidence:
    marks = frozenset({"returned"})
    return told(Kind.DEBIT_FAILED, day, amount, marks=marks, verdict=Verdict.NOT_MINE, **more)  # type: ignore[arg-type]


def loan(id_: str = "mine", **more: object) -> Loan:
    return Loan(**{"id": id_, "lender": "招联金融", "status": LoanStatus.ACTIVE, **more})  # type: ignore[arg-type]


def settled_loan(day: str, **more: object) -> Loan:
    settled = {"status": LoanStatus.SETTLED, "settled_on": date.fromisoformat(day)}
    return loan(**{**settled, **more})  # type: ignore[arg-type]


class Propose:
    def __init__(self, rules: Rules) -> None:
        self.directory = rules.directory

    def __call__(self, history: Iterable[Evidence], *loans: Loan) -> tuple[Proposal, ...]:
        return proposals(history, Ledger.of(Holder(), loans, self.directory), self.directory)

    def one(self, history: Iterable[Evidence], *loans: Loan) -> Proposal:
        (found,) = self(history, *loans)
        return found


@pytest.fixture(scope="session")
def propose(rules: Rules) -> Propose:
    return Propose(rules)


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


KINDS = st.sampled_from(
    [*Kind, Kind.DISBURSEMENT, Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.PAYMENT_RECEIPT]
)
PIECES = st.builds(
    Evidence,
    message_id=st.uuids().map(str),
    received_at=st.integers(0, 900).map(
        lambda day: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)
    ),
    kind=KINDS,
    verdict=st.sampled_from([None, None, None, *Verdict]),
    lenders=st.sampled_from([(LENDER,), (OTHER,), (LENDER, OTHER), ()]),
    amount=st.sampled_from([None, Decimal("1352.29"), Decimal("0.00"), Decimal(12000), Decimal(5)]),
    due_on=st.none() | st.dates(date(2024, 1, 1), date(2026, 6, 1)),
    account_tails=st.sampled_from([(), (), ("9929",), ("1188",), ("29",), ("9929", "8043")]),
    marks=st.frozensets(
        st.sampled_from(["returned", "short", "residual", "final", "write_off"]), max_size=1
    ),
    signature=st.sampled_from([None, "招联金融", "好期贷", "青松小贷"]),
)
HISTORIES = st.lists(PIECES, max_size=14, unique_by=lambda one: one.received_at)
LOANS = st.lists(
    st.sampled_from(
        [
            loan("a"),
            loan("b", account_tails=("9929",), opened_on=date(2024, 6, 1)),
            settled_loan("2025-01-01", id_="c", lender="微粒贷"),
            loan("d", lender="青松小贷"),
        ]
    ),
    unique_by=lambda one: one.id,
)


def as_loan(one: Proposal) -> Loan:
    return Loan(
        id=f"new-{one.id}",
        lender=one.lender,
        status=LoanStatus.SETTLED if one.settled_on else LoanStatus.ACTIVE,
        product=one.product,
        account_tails=(one.account_tail,) if one.account_tail else (),
        principal=one.principal,
        opened_on=one.opened_on,
        settled_on=one.settled_on,
        due_day=one.due_day,
        monthly_amount=one.monthly_amount,
    )


@given(HISTORIES, LOANS)
def test_any_history_proposes_only_what_a_ledger_takes(
    propose: Propose, history: list[Evidence], loans: list[Loan]
) -> None:
    found = propose(history, *loans)
    assert found == propose(reversed(history), *loans)
    assert len({one.id for one in found}) == len(found)
    told_of = {one.message_id: one for one in history}
    for one in found:
        assert one.lender
        assert one.evidence
        assert all(told_of[id_].verdict in (None, Verdict.EXPECTED) for id_ in one.evidence)
        assert one.opened_on is None or one.settled_on is None or one.opened_on <= one.settled_on
        assert one.account_tail is None or 3 <= len(one.account_tail) <= 8 or one.loan
        assert one.due_day is None or 1 <= one.due_day <= 31
        if one.action is Action.SETTLE:
            (meant,) = (each for each in loans if each.id == one.loan)
            assert meant.status is LoanStatus.ACTIVE
            assert one.settled_on is not None


@given(HISTORIES)
def test_what_was_confirmed_is_not_proposed_again(
    propose: Propose, history: list[Evidence]
) -> None:
    again = propose(history, *(as_loan(one) for one in propose(history)))
    assert all(one.action is Action.SETTLE for one in again)


@given(HISTORIES, LOANS)
def test_a_returned_payment_at_the_end_leaves_no_settlement_at_that_lender(
    propose: Propose, history: list[Evidence], loans: list[Loan]
) -> None:
    end = Evidence(
        message_id="end",
        received_at=datetime(2027, 1, 1, tzinfo=UTC),
        kind=Kind.DEBIT_FAILED,
        lenders=(LENDER,),
        marks=frozenset({"returned"}),
    )
    for one in propose([*history, end], *loans):
        assert one.action is Action.ADD or one.lender != "招联金融"


def test_every_lender_of_the_directory_is_found_again_by_the_name_that_is_proposed(
    propose: Propose, rules: Rules
) -> None:
    for row in rules.directory.lenders:
        history = [given_out("2026-03-01", lenders=(row.id,))]
        found = propose.one(history)
        assert propose(history, as_loan(found)) == ()


def test_what_a_proposal_is_about_stays_the_same_as_more_becomes_known(propose: Propose) -> None:
    first = propose.one([given_out("2026-03-05", tails=("4471",))])
    more = propose.one(
        [given_out("2026-03-05", tails=("4471",)), confirmed("2026-07-17", tails=("4471",))]
    )
    assert first.id != more.id
    assert first.matter == more.matter
    other = propose.one([given_out("2026-03-05", tails=("9902",))])
    assert other.matter != first.matter


def test_a_settlement_on_another_day_is_another_matter(propose: Propose) -> None:
    one = propose.one([confirmed("2026-07-17")], loan())
    assert one.matter != propose.one([confirmed("2026-09-17")], loan()).matter
    assert one.matter != propose.one([confirmed("2026-07-17")], loan("other")).matter
