"""The list of cases, the most urgent first, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from watcher.store import CaseLine, CaseStatus, WaitingAlert
from watcher.web.site import Site
from watcher.web.sources import Sources, sources_of

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cases of one urgency; `name` is the end of a phrase id."""

    name: str
    lines: Sequence[CaseLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One page of the cases of a status."""

    status: CaseStatus
    counts: Mapping[CaseStatus, int]
    groups: Sequence[Group]
    page: int
    pages: int
    announcements: Sequence[WaitingAlert]
    sources: Sources
    no_loans: bool
    tabs: Sequence[CaseStatus] = (CaseStatus.OPEN, CaseStatus.SNOOZED, CaseStatus.DONE)


def inbox_of(site: Site, status: CaseStatus, page: int) -> Inbox:
    """Return a page of cases; one beyond the last is the last."""
    lines: Sequence[CaseLine] = ()
    counts: Mapping[CaseStatus, int] = dict.fromkeys(CaseStatus, 0)
    announcements: Sequence[WaitingAlert] = ()
    pages = 1
    with site.store() as store:
        if store is not None:
            counts = store.overview.counts()
            pages = max(1, -(-counts[status] // PER_PAGE))
            page = max(1, min(page, pages))
            lines = store.overview.page(status, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
            announcements = store.overview.announcements()
    return Inbox(
        status=status,
        counts=counts,
        groups=[
            Group(name=name, lines=tuple(members)) for name, members in groupby(lines, key=_group)
        ],
        page=page,
        pages=pages,
        announcements=announcements,
        sources=sources_of(site),
        no_loans=not site.loans().ledger.loans,
    )


def _group(line: CaseLine) -> str:
    return "none" if line.row.urgency is None else line.row.urgency.value
