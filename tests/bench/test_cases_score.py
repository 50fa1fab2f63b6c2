from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bench.case_files import CaseMessage, Expected, Person
from bench.cases import Scored, figures, score
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.model import (
    Case,
    Channel,
    Holder,
    Judgement,
    Kind,
    Loan,
    LoanStatus,
    Match,
    Message,
    Notice,
    Phrase,
    Verdict,
)

MESSAGE = Message(id="1", channel=Channel.SMS, received_at=datetime(2026, 5, 1, tzinfo=UTC))


def scored(  # noqa: PLR0913  what a case can say and what it may be expected to say
    got: Verdict | None,
    *accepted: Verdict | None,
    harmful: frozenset[Verdict | None] = frozenset(),
    amount: Decimal | None = None,
    wanted_amount: str | None = None,
    loan: str | None = None,
    wanted_loan: str | None = None,
    wanted_checklist: str | None = None,
) -> Scored:
    found = Loan(id=loan, lender="x", status=LoanStatus.ACTIVE) if loan else None
    return Scored(
        person="p",
        given=CaseMessage(
            message=MESSAGE,
            expected=Expected(
                kinds=frozenset({Kind.OVERDUE}),
                verdicts=frozenset(accepted),
                harmful=harmful,
                amount=wanted_amount,
                loan=wanted_loan,
                checklist=wanted_checklist,
            ),
        ),
        case=Case(
            message=MESSAGE,
            notice=Notice(kind=Kind.OVERDUE, amount=amount),
            match=Match(loan=found),
            judgement=Judgement(verdict=got, row="r", checklists=("S",)),
            summary=Phrase(id="x"),
            key="",
        ),
    )


def test_fraud_counts_only_where_nothing_else_is_accepted() -> None:
    frauds = [
        scored(Verdict.FRAUDULENT, Verdict.FRAUDULENT),
        scored(Verdict.UNSURE, Verdict.FRAUDULENT),
        scored(Verdict.LAGGING, Verdict.FRAUDULENT),
        scored(None, Verdict.FRAUDULENT),
        scored(Verdict.UNSURE, Verdict.FRAUDULENT, Verdict.UNSURE),
    ]
    numbers = figures(frauds)
    assert numbers["fraud_recall"] == 0.25
    assert numbers["fraud_reassured"] == 2
    assert numbers["verdict"] == 0.4
    assert numbers["false_fraud"] == 0


def test_a_message_that_may_be_fraud_is_no_false_fraud() -> None:
    numbers = figures(
        [
            scored(Verdict.FRAUDULENT, Verdict.STALE),
            scored(Verdict.FRAUDULENT, Verdict.STALE, Verdict.FRAUDULENT),
            scored(Verdict.STALE, Verdict.STALE),
        ]
    )
    assert numbers["false_fraud"] == 0.5


def test_noise_is_any_verdict_on_what_asks_nothing() -> None:
    numbers = figures(
        [
            scored(None, None),
            scored(Verdict.EXPECTED, None),
            scored(Verdict.EXPECTED, None, Verdict.EXPECTED),
        ]
    )
    assert numbers["noise"] == 0.5


def test_harm_is_counted_apart() -> None:
    harmful = frozenset({Verdict.EXPECTED})
    numbers = figures(
        [
            scored(Verdict.EXPECTED, Verdict.STALE, harmful=harmful),
            scored(Verdict.LAGGING, Verdict.STALE, harmful=harmful),
        ]
    )
    assert numbers["harmful"] == 1
    assert numbers["verdict"] == 0


@pytest.mark.parametrize(
    ("got", "wanted", "right"),
    [
        (Decimal("88.5"), "88.50", True),
        (Decimal("88.5"), "88.51", False),
        (None, "88.50", False),
        (None, "none", True),
        (Decimal(1), "none", False),
        (Decimal(1), None, None),
    ],
)
def test_an_amount_is_scored_where_one_is_expected(
    got: Decimal | None,
    wanted: str | None,
    right: bool | None,  # noqa: FBT001  a row of the table above
) -> None:
    one = scored(None, None, amount=got, wanted_amount=wanted)
    assert one.amount is right


def test_a_loan_and_a_checklist_are_compared_with_what_was_found() -> None:
    one = scored(None, None, loan="m", wanted_loan="none", wanted_checklist="FJ")
    assert one.wrong == ["loan", "checklist"]
    assert scored(None, None, loan="m", wanted_loan="m", wanted_checklist="S").wrong == []


def test_each_message_is_judged_with_the_persons_own_ledger_and_in_order() -> None:
    rules = Rules.compile(RuleData())
    ledger = Ledger.of(Holder(), (), rules.directory)
    given = scored(None, None).given
    person = Person(name="p", author="a", ledger=ledger, messages=(given, given))
    assert [one.got for one in score([person], rules)] == [None, None]
