"""What proposals are made from: pieces of evidence, loans, and the question itself."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import count

from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Evidence, Holder, Kind, Loan, LoanStatus, Verdict
from watcher.core.proposals import Proposal, proposals

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
