"""What history proposes to change in the ledger: a loan to settle, a loan to add.

Nothing here changes anything: the user confirms each proposal, or it stays one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import Evidence, Phrase


class Action(StrEnum):
    """What a proposal would do to the ledger."""

    SETTLE = "settle"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One change of the ledger that the evidence speaks for.

    `id` is made of everything a person sees of the proposal, so that a yes to one that has
    since become another names none. `loan` is the ledger's id where one is to be settled.
    A loan to add is settled where `settled_on` is known, else open. `evidence` are the ids
    of the messages, oldest first.
    """

    id: str
    action: Action
    lender: str
    because: Phrase
    evidence: tuple[str, ...]
    loan: str | None = None
    product: str | None = None
    account_tail: str | None = field(default=None, repr=False)
    principal: Decimal | None = field(default=None, repr=False)
    opened_on: date | None = None
    settled_on: date | None = None
    due_day: int | None = None
    monthly_amount: Decimal | None = field(default=None, repr=False)


def proposals(
    history: Iterable[Evidence], ledger: Ledger, directory: Directory
) -> tuple[Proposal, ...]:
    """Return what the whole history speaks for, loans to settle first."""
    del history, ledger, directory
    return ()
