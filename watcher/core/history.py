"""What earlier messages showed: receipts, confirmations, failed debits, notices.

An append-only index, ordered by the time of the messages. Questions look at no more than
the latest `LOOK_BACK` pieces of evidence of a loan or lender, so that a long history costs
nothing; a loan has about a dozen a year.
"""

from bisect import bisect_right, insort
from collections.abc import Container, Iterable, Iterator
from datetime import datetime

from watcher.core.model import Evidence

LOOK_BACK = 96


class History:
    """Evidence by loan, and by lender where no loan is known."""

    __slots__ = ("_by_lender", "_by_loan", "_parts", "_size")

    def __init__(self) -> None:
        self._by_loan: dict[str, list[Evidence]] = {}
        self._by_lender: dict[str, list[Evidence]] = {}
        self._parts: dict[str, list[Evidence]] = {}
        self._size = 0

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> "History":
        """Build an index over evidence in any order."""
        history = cls()
        for one in evidence:
            history.add(one)
        return history

    def __len__(self) -> int:
        """Count the pieces of evidence."""
        return self._size

    def add(self, evidence: Evidence) -> None:
        """Take in one more piece of evidence."""
        self._size += 1
        if evidence.text is not None and evidence.sender is not None:
            _insert(self._parts.setdefault(evidence.sender, []), evidence)
        if evidence.loan is not None:
            _insert(self._by_loan.setdefault(evidence.loan, []), evidence)
        for lender in evidence.lenders:
            _insert(self._by_lender.setdefault(lender, []), evidence)

    @property
    def loans(self) -> Container[str]:
        """Ids of the loans on which there is evidence."""
        return self._by_loan

    def of_loan(self, loan: str, until: datetime) -> Iterator[Evidence]:
        """Yield the evidence on a loan up to a moment, the latest first."""
        return _latest(self._by_loan.get(loan, ()), until)

    def of_lender(self, lender: str, until: datetime) -> Iterator[Evidence]:
        """Yield the evidence at a lender up to a moment, the latest first."""
        return _latest(self._by_lender.get(lender, ()), until)

    def parts(self, sender: str, until: datetime) -> Iterator[Evidence]:
        """Yield the halves of notices from a sender up to a moment, the latest first."""
        return _latest(self._parts.get(sender, ()), until)


def _moment(evidence: Evidence) -> datetime:
    return evidence.received_at


def _insert(ordered: list[Evidence], evidence: Evidence) -> None:
    if not ordered or ordered[-1].received_at <= evidence.received_at:
        ordered.append(evidence)
    else:
        insort(ordered, evidence, key=_moment)


def _latest(ordered: "list[Evidence] | tuple[()]", until: datetime) -> Iterator[Evidence]:
    if not ordered:
        return
    end = (
        len(ordered)
        if ordered[-1].received_at <= until
        else bisect_right(ordered, until, key=_moment)
    )
    for at in range(end - 1, max(end - 1 - LOOK_BACK, -1), -1):
        yield ordered[at]
