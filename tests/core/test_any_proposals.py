"""What holds of all proposals, whatever came before and whichever lender it is."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.core.proposing import LENDER, OTHER, Propose, given_out, loan, settled_loan
from watcher.core.knowledge import Rules
from watcher.core.model import Evidence, Kind, Loan, LoanStatus, Verdict
from watcher.core.proposals import Action, Proposal

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
