"""The ledger on the page: loans with their cases, and what history proposes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watcher.core.model import Loan, LoanStatus
from watcher.web.site import Site
from watcher.web.story import Story, story_of

if TYPE_CHECKING:
    from watcher.core.proposals import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class LoansView:
    """All loans, the open ones first; `given` is what was typed into a form that was refused."""

    loans: Sequence[Loan] = field(repr=False)
    proposals: Sequence["Proposal"] = field(repr=False)
    problems: Sequence[str]
    lenders: Sequence[str] = field(repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)


def loans_view(site: Site, given: Mapping[str, str]) -> LoansView:
    """Return the ledger with what the whole history proposes for it."""
    from watcher.core.proposals import proposals  # noqa: PLC0415  it takes a fifth of a second

    found = site.loans()
    offered: tuple[Proposal, ...] = ()
    with site.store() as store:
        if store is not None:
            offered = proposals(store.history(), found.ledger, site.shelf.directory)
    return LoansView(
        loans=sorted(found.ledger.loans, key=lambda loan: loan.status is LoanStatus.SETTLED),
        proposals=offered,
        problems=found.problems,
        lenders=sorted({lender.name for lender in site.shelf.book.lenders if not lender.dead}),
        given=given,
    )


def loan_story(site: Site, id_: str) -> Story | None:
    """Return a loan's story; None where the ledger has no such loan."""
    loan = site.loans().ledger.by_id.get(id_)
    if loan is None:
        return None
    with site.store() as store:
        happenings = store.overview.of_loan(id_) if store else ()
    return story_of(loan, happenings, site.zone())
