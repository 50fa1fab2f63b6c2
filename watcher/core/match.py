"""Which loan of the ledger a notice is about, and what says so (docs/judgement.md, rule 5)."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from watcher.core.history import History
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import Kind, Loan, LoanStatus, Match, Notice, Phrase
from watcher.core.view import View

_NUMBER = re.compile(r"(?<![\d.-])(?<!\d:)\d{4,8}(?![\d.元-]|:\d|,\d{3}(?!\d))")
"""Digits that may be last digits; a colon or comma may stand beside them, but in no hour or sum."""

_SAYS = "case.match."
_ONLY_OPEN = "loan.only_open"

PERSONAL = "个人"
"""Contracts say 个人住房贷款 where messages say 住房贷款."""

WHOLE = 5
"""So many digits, all those of a loan, are no year and no other card's."""

RECEIPT_DAYS = 25
"""A receipt this recent (days) pays the instalment a new notice of the same loan speaks of."""


def match(
    view: View,
    notice: Notice,
    ledger: Ledger,
    directory: Directory,
    history: History,
) -> Match:
    """Find the loan; `rivals` are loans that nothing tells apart from it."""
    lender = _name(notice, ledger, directory)
    if not notice.lenders:
        return _without_lender(view, notice, ledger)
    held = [ledger.by_lender.get(key, ()) for key in notice.lenders]
    loans = list(
        held[0] if len(held) == 1 else {loan.id: loan for of in held for loan in of}.values()
    )
    if not loans:
        return Match(lender=lender)
    left, reasons = _narrow(view, notice, loans, ledger, history)
    if not left:
        return Match(lender=lender, reasons=reasons)
    loan = left[0] if len(left) == 1 else _likeliest(left)
    rivals = tuple(other for other in left if loan is None or other.id != loan.id)
    return Match(
        lender=loan.lender if loan else lender,
        loan=loan,
        rivals=rivals,
        reasons=reasons,
    )


def is_guess(found: Match) -> bool:
    """Whether nothing in the message points to the loan but that no other one is open."""
    return any(reason.id == f"{_SAYS}{_ONLY_OPEN}" for reason in found.reasons)


def _name(notice: Notice, ledger: Ledger, directory: Directory) -> str | None:
    for key in notice.lenders:
        if key in ledger.names:
            return ledger.names[key]
    if len(notice.lenders) != 1:
        return None
    row = directory.by_id.get(notice.lenders[0])
    return row.name if row else notice.lenders[0]


def _without_lender(view: View, notice: Notice, ledger: Ledger) -> Match:
    """Where no lender is named: the loan its tail or sum points to, else the only open one.

    A firm that signs in its own name, though unknown, is no hint at a loan of another, unless
    it gives the loan's whole number.
    """
    for tail in notice.account_tails:
        loans = ledger.with_tail(tail)
        if len(loans) == 1:
            return Match(
                lender=loans[0].lender, loan=loans[0], reasons=(_because("tail.fits", loans[0]),)
            )
    if notice.account_tails:
        return Match()
    signed = bool(view.signatures) and "third_party" not in notice.marks
    pointed = _pointed(view, notice, ledger, signed=signed)
    if pointed is not None:
        loan, reason = pointed
        return Match(lender=loan.lender, loan=loan, reasons=(_because(reason, loan),))
    active = () if signed else ledger.active
    if len(active) == 1 and (notice.demands or notice.kind is Kind.PAYMENT_RECEIPT):
        return Match(
            lender=active[0].lender,
            loan=active[0],
            reasons=(_because(_ONLY_OPEN, active[0]),),
        )
    return Match()


def _pointed(
    view: View, notice: Notice, ledger: Ledger, *, signed: bool
) -> tuple[Loan, str] | None:
    """Find the one loan whose last digits stand alone in a text, else whose instalment does.

    Where somebody signs, only a loan's whole number counts.
    """
    spoken = _spoken(view, ledger, digits=WHOLE if signed else 1)
    if len(spoken) == 1:
        return ledger.by_id[spoken.pop()], "tail.fits"
    if signed:
        return None
    sums = {one.value for one in view.amounts if one.currency == "CNY"}
    if notice.amount is not None:
        sums.add(notice.amount)
    fitting = [loan for sum_ in sums for loan in ledger.by_sum.get(sum_, ())]
    return (fitting[0], "amount.fits") if len(fitting) == 1 else None


def _narrow(
    view: View,
    notice: Notice,
    loans: list[Loan],
    ledger: Ledger,
    history: History,
) -> tuple[list[Loan], tuple[Phrase, ...]]:
    """Apply tail, product, amount, due date and history in turn, each where it leaves some."""
    reasons: list[Phrase] = []
    if notice.account_tails:
        fitting = [
            loan for loan in loans if any(accepts_tail(loan, tail) for tail in notice.account_tails)
        ]
        exact = [loan for loan in fitting if loan.account_tails]
        loans = exact or _named(view, ledger, loans) or fitting
        if not loans:
            return [], (Phrase(id="case.match.tail_unknown"),)
        if loans is not fitting:
            reasons.append(_because("tail.fits", loans[0]))
    elif named := _named(view, ledger, loans):
        loans = named
        reasons.append(_because("tail.fits", loans[0]))
    dense = view.reading.dense
    amount, due = notice.amount, notice.due_on
    if len(loans) > 1 and ledger.products and not reasons:
        # Where each is named by its digits, a product named as well singles out none.
        named_too = [loan for loan in loans if loan.product and _says(dense, loan.product)]
        loans = _told_apart(loans, named_too, "product.fits", reasons)
    if len(loans) > 1 and amount in ledger.by_sum:
        alike = [loan for loan in loans if loan.monthly_amount == amount]
        loans = _told_apart(loans, alike, "amount.fits", reasons)
    if len(loans) > 1 and due is not None:
        day = due.day
        that_day = [loan for loan in loans if loan.due_day == day]
        loans = _told_apart(loans, that_day, "due_day.fits", reasons)
    if len(loans) > 1 and notice.demands:
        loans = _by_history(view, notice, loans, history, reasons)
    if not reasons and len(loans) == 1:
        reasons.append(_because("loan.only_one", loans[0]))
    return loans, tuple(reasons)


def _says(dense: str, product: str) -> bool:
    """Whether a text has a product's name, be it without what only a contract adds to it."""
    return product.removeprefix(PERSONAL).lower() in dense


def _told_apart(
    loans: list[Loan], fitting: list[Loan], name: str, reasons: list[Phrase]
) -> list[Loan]:
    """Keep the loans that fit, where they are some and not all."""
    if not fitting or len(fitting) == len(loans):
        return loans
    reasons.append(_because(name, fitting[0]))
    return fitting


def _by_history(
    view: View,
    notice: Notice,
    loans: list[Loan],
    history: History,
    reasons: list[Phrase],
) -> list[Loan]:
    """Drop loans whose instalment was just receipted; keep the one a sender wrote of before."""
    at = view.message.received_at
    unpaid = [
        loan
        for loan in loans
        if loan.id not in history.loans or not _receipted(loan, notice, history, at)
    ]
    if unpaid and len(unpaid) < len(loans):
        reasons.append(_because("history.receipted", unpaid[0]))
        loans = unpaid
    if len(loans) > 1 and view.message.sender and not view.sender_is_claimed:
        written = {
            loan.id
            for loan in loans
            for one in history.of_loan(loan.id, at)
            if one.sender == view.message.sender and one.kind is notice.kind
        }
        if len(written) == 1:
            loans = [loan for loan in loans if loan.id in written]
            reasons.append(_because("history.series", loans[0]))
    return loans


def _receipted(loan: Loan, notice: Notice, history: History, at: datetime) -> bool:
    return any(
        one.kind is Kind.PAYMENT_RECEIPT
        and (at - one.received_at).days <= RECEIPT_DAYS
        and (notice.amount is None or one.amount is None or one.amount == notice.amount)
        for one in history.of_loan(loan.id, at)
    )


def _likeliest(loans: Iterable[Loan]) -> Loan | None:
    """Of loans that are all settled, the one settled last; between settled and open, none."""
    rows = list(loans)
    if all(loan.status is LoanStatus.SETTLED for loan in rows):
        return max(rows, key=lambda loan: loan.settled_on or date.min)
    return None


def _spoken(view: View, ledger: Ledger, digits: int = 1) -> set[str]:
    """Find loans whose last digits, so many or more, stand alone in the text (安逸花8830账单)."""
    return {
        loan.id
        for number in _NUMBER.findall(view.reading.dense)
        if len(number) >= digits
        for loan in ledger.tails.get(number, ())
    }


def _named(view: View, ledger: Ledger, loans: Iterable[Loan]) -> list[Loan]:
    """Return those of some loans whose last digits stand in the text alone."""
    spoken = _spoken(view, ledger)
    return [loan for loan in loans if loan.id in spoken] if spoken else []


def accepts_tail(loan: Loan, tail: str) -> bool:
    """Whether last digits can be this loan's; a loan without any accepts all."""
    return not loan.account_tails or any(
        own.endswith(tail) or tail.endswith(own) for own in loan.account_tails
    )


def _because(reason: str, loan: Loan) -> Phrase:
    return Phrase(id=f"{_SAYS}{reason}", values={"lender": loan.lender, "loan": loan.id})
