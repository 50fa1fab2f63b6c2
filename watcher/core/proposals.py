"""What history proposes to change in the ledger: a loan to settle, a loan to add.

Nothing here changes anything: the user confirms each proposal, or it stays one. Where the
evidence can be read two ways nothing is proposed, or the field stays empty: a loan that is
marked as settled by mistake makes a true notice look like an old one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from operator import attrgetter
from zoneinfo import ZoneInfo

from watcher.core.contracts import Contract, Keys, contracts
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.match import accepts_tail
from watcher.core.model import Evidence, Kind, Loan, LoanStatus, Phrase, PhraseValue, Verdict
from watcher.core.standing import Basis, Standing, day_of, opens, stand

SLACK = timedelta(days=31)
"""A ledger may date the opening of a loan so much later than the lender's message."""


class Action(StrEnum):
    """What a proposal would do to the ledger."""

    SETTLE = "settle"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One change of the ledger that the evidence speaks for.

    `id` is made of everything a person sees of the proposal, so that a yes to one that has
    since become another names none. `loan` is the ledger's id where one is to be settled.
    A loan to add is settled where `settled_on` is known, else open. `last_told` is the day
    of the latest message, `evidence` are the ids of all, oldest first.
    """

    id: str = ""
    action: Action
    lender: str
    because: Phrase
    last_told: date
    evidence: tuple[str, ...] = field(repr=False)
    loan: str | None = None
    product: str | None = None
    account_tail: str | None = field(default=None, repr=False)
    principal: Decimal | None = field(default=None, repr=False)
    opened_on: date | None = None
    settled_on: date | None = None
    due_day: int | None = None
    monthly_amount: Decimal | None = field(default=None, repr=False)

    @property
    def matter(self) -> str:
        """What it is about, whatever else becomes known: who dismisses it has done with that.

        A loan that is settled on another day after all is another matter.
        """
        about: list[object]
        if self.action is Action.SETTLE:
            about = [self.loan, self.settled_on]
        elif self.account_tail:
            about = [self.lender, self.account_tail]
        else:
            about = [self.lender, self.product, self.principal, self.opened_on]
        named = "\n".join([self.action.value, *map(str, about)])
        return blake2b(named.encode("utf-8", "replace"), digest_size=8).hexdigest()


_UNSEEN = {"id", "because", "last_told", "evidence"}


def _numbered(one: Proposal) -> Proposal:
    seen = [f"{part.name}={getattr(one, part.name)}" for part in fields(one)]
    shown = "\n".join(text for text in seen if text.partition("=")[0] not in _UNSEEN)
    return replace(one, id=blake2b(shown.encode("utf-8", "replace"), digest_size=8).hexdigest())


def proposals(
    history: Iterable[Evidence], ledger: Ledger, directory: Directory
) -> tuple[Proposal, ...]:
    """Return what the whole history speaks for: loans to settle, then loans to add.

    Of each, those that were told of latest come first.
    """
    evidence = sorted(
        (one for one in history if one.verdict is not Verdict.FRAUDULENT),
        key=attrgetter("received_at"),
    )
    zone = ZoneInfo(ledger.holder.timezone)
    keys = Keys(directory)
    owned, unowned = _by_owner(evidence, ledger, keys, zone)
    settle = [_settle(loan, owned.get(loan.id, ()), zone) for loan in ledger.active]
    add = [_add(one, directory) for one in contracts(unowned, keys, zone)]
    found = [_numbered(one) for one in (*settle, *add) if one is not None]
    found.sort(key=lambda one: (one.action is Action.ADD, -one.last_told.toordinal(), one.lender))
    return tuple(found)


def _by_owner(
    evidence: Iterable[Evidence], ledger: Ledger, keys: Keys, zone: ZoneInfo
) -> tuple[dict[str, list[Evidence]], list[Evidence]]:
    """Part the evidence by the loan of the ledger that it is about, and what can be of none.

    What shows something to be open stands against each loan that it can be about.
    """
    owned: dict[str, list[Evidence]] = {}
    unowned: list[Evidence] = []
    for one in evidence:
        loans = _owners(one, ledger, keys, zone)
        if not loans or _is_new(one, loans, zone):
            unowned.append(one)
        elif len(loans) == 1 or opens(one, confirmed=False):
            for loan in loans:
                owned.setdefault(loan.id, []).append(one)
    return owned, unowned


def _owners(one: Evidence, ledger: Ledger, keys: Keys, zone: ZoneInfo) -> list[Loan]:
    """Return the loans of the ledger that a message can be about.

    A loan settled long ago is among them: lenders issue certificates years later.
    """
    key = keys.of(one)
    named = (key,) if key else one.lenders
    if not named:
        loan = ledger.by_id.get(one.loan or "")
        loans = [loan] if loan else []
    else:
        held = (loan for each in named for loan in ledger.by_lender.get(each, ()))
        loans = list({loan.id: loan for loan in held}.values())
    if not loans:
        return []
    day = day_of(one.received_at, zone)
    slack = SLACK if one.kind is Kind.DISBURSEMENT else timedelta(0)
    loans = [loan for loan in loans if loan.opened_on is None or loan.opened_on - slack <= day]
    if one.account_tails:
        loans = [loan for loan in loans if any(accepts_tail(loan, at) for at in one.account_tails)]
        loans = [loan for loan in loans if loan.account_tails] or loans
    if len(loans) > 1 and one.amount is not None:
        alike = [loan for loan in loans if loan.monthly_amount == one.amount]
        loans = alike if len(alike) == 1 else loans
    return loans


def _is_new(one: Evidence, loans: Sequence[Loan], zone: ZoneInfo) -> bool:
    """Whether a payout came after all loans it could be of were settled."""
    day = day_of(one.received_at, zone)
    return one.kind is Kind.DISBURSEMENT and all(
        loan.status is LoanStatus.SETTLED and loan.settled_on is not None and loan.settled_on < day
        for loan in loans
    )


def _settle(loan: Loan, evidence: Sequence[Evidence], zone: ZoneInfo) -> Proposal | None:
    tails = frozenset(at for one in evidence for at in one.account_tails if loan.account_tails)
    standing = stand(evidence, zone, tails)
    day = standing.settled_on
    if day is None or standing.basis is None or (loan.opened_on and day < loan.opened_on):
        return None
    return Proposal(
        action=Action.SETTLE,
        lender=loan.lender,
        because=_settled_because(standing),
        last_told=day,
        evidence=standing.settling,
        loan=loan.id,
        product=loan.product,
        account_tail=loan.account_tails[0] if loan.account_tails else None,
        principal=loan.principal,
        opened_on=loan.opened_on,
        settled_on=day,
        due_day=loan.due_day,
        monthly_amount=loan.monthly_amount,
    )


def _add(contract: Contract, directory: Directory) -> Proposal:
    row = directory.by_id.get(contract.lender)
    standing = contract.standing
    return Proposal(
        action=Action.ADD,
        lender=row.name if row else contract.lender,
        because=_added_because(contract),
        last_told=contract.last_told,
        evidence=tuple(one.message_id for one in contract.evidence),
        product=contract.product,
        account_tail=contract.account_tail,
        principal=contract.principal,
        opened_on=contract.opened_on,
        settled_on=standing.settled_on,
        due_day=contract.due_day,
        monthly_amount=contract.monthly_amount,
    )


def _settled_because(standing: Standing) -> Phrase:
    basis = standing.basis or Basis.CONFIRMED
    return _say(basis.value, day=standing.settled_on)


def _added_because(contract: Contract) -> Phrase:
    standing = contract.standing
    payouts = standing.payouts
    if len(payouts) > 1:
        doubted = standing.doubted or standing.settled_on is not None
        name = "payouts_doubted" if doubted else "payouts"
        return _say(name, count=len(payouts), day=payouts[-1][0])
    if standing.settled_on is not None:
        return _settled_because(standing)
    if payouts:
        day, _ = payouts[0]
        count = len(standing.receipts)
        return _say("payout", day=day, count=count) if count else _say("given", day=day)
    return _say("receipts", day=contract.last_told, count=len(standing.receipts))


def _say(name: str, **values: PhraseValue) -> Phrase:
    return Phrase(id=f"proposal.because.{name}", values=values)
