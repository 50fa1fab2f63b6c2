"""The ledger on the page: loans with their cases and proofs, and what history proposes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from watcher.casework import proofs
from watcher.casework.looks import Looks, looks_at
from watcher.casework.proofs import LARGEST, Proof
from watcher.core.model import Loan, LoanStatus
from watcher.errors import UserError
from watcher.web.site import Site
from watcher.web.story import Story, story_of

if TYPE_CHECKING:
    from watcher.core.proposals import Proposal
    from watcher.web.upload import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class LoansView:
    """All loans, the open ones first; `given` is what was typed into a form that was refused."""

    loans: Sequence[Loan] = field(repr=False)
    proposals: Sequence["Proposal"] = field(repr=False)
    problems: Sequence[str]
    lenders: Sequence[str] = field(repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLine:
    """A file that proves something of a loan; `condition` says how it looks."""

    proof: Proof = field(repr=False)
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanView:
    """One loan."""

    story: Story
    proofs: Sequence[ProofLine]
    largest: int = LARGEST // 1024**2


def loans_view(site: Site, given: Mapping[str, str]) -> LoansView:
    """Return the ledger with what the whole history proposes for it."""
    from watcher.core.proposals import proposals  # noqa: PLC0415  it takes a fifth of a second

    found = site.loans()
    offered: tuple[Proposal, ...] = ()
    with site.store() as store:
        if store is not None:
            unwanted = store.overview.dismissed()
            every = proposals(store.told(), found.ledger, site.shelf.directory)
            offered = tuple(one for one in every if one.matter not in unwanted)
    return LoansView(
        loans=sorted(found.ledger.loans, key=lambda loan: loan.status is LoanStatus.SETTLED),
        proposals=offered,
        problems=found.problems,
        lenders=sorted({lender.name for lender in site.shelf.book.lenders if not lender.dead}),
        given=given,
    )


def loan_view(site: Site, id_: str) -> LoanView | None:
    """Return a loan with its story and proofs; None where the ledger has no such loan."""
    loan = site.loans().ledger.by_id.get(id_)
    if loan is None:
        return None
    with site.store() as store:
        happenings = store.overview.of_loan(id_) if store else ()
    return LoanView(
        story=story_of(loan, happenings, site.zone()),
        proofs=[
            ProofLine(proof=one, condition=_condition(one))
            for one in proofs.of_loan(site.state, id_)
        ],
    )


def keep_proof(site: Site, loan: str, upload: "Upload") -> None:
    """Keep an uploaded file as proof for a loan.

    Raises:
        UserError: there is no such loan, no file came, or it is empty or too big.
        SourceUnavailable: the disk refuses.
    """
    if upload.failure is not None:
        raise upload.failure
    if upload.staged is None:
        raise UserError("web.proofs.no_file")
    if loan not in site.loans().ledger.by_id:
        raise UserError("web.proofs.no_loan")
    proofs.claim(site.state, upload.staged, loan, site.clock.now())


def _condition(proof: Proof) -> str:
    try:
        looks = looks_at(proof.path)
    except OSError:
        return "gone"
    return "" if looks is Looks.USUAL else looks.value
