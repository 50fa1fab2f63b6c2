"""Brings together what an evidence pack is made of, from the store and the ledger."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from watcher.casework import proofs
from watcher.casework.evidence import Material
from watcher.core.ledger import Ledger
from watcher.core.match import is_guess
from watcher.core.model import Verdict
from watcher.store import Store

StepWords = Callable[[str, str], str | None]
"""Says a step of a checklist in words; None where the rules know it no more."""


def gather(
    store: Store, state: Path, number: int, ledger: Ledger, step_words: StepWords
) -> Material | None:
    """Return the material of a case, of its loan as it stands now; None without such a case.

    A pack is given to others: a loan to which nothing in the message points stays out of it,
    and so does the user's own where somebody else is meant.
    """
    stored, papers = store.case(number), store.papers(number)
    if stored is None or papers is None:
        return None
    row, leading = stored.row, stored.leading
    judged_by = leading.match.loan
    if is_guess(leading.match) or leading.judgement.verdict is Verdict.NOT_MINE:
        judged_by, papers = None, replace(papers, receipts=())
        row = replace(row, loan=None, lender=row.lender if leading.notice.lenders else None)
    loan = None if judged_by is None else ledger.by_id.get(judged_by.id, judged_by)
    ticks = store.casework(number).ticks
    return Material(
        row=row,
        leading=leading,
        papers=papers,
        zone=ZoneInfo(ledger.holder.timezone),
        loan=loan,
        happenings=() if loan is None else store.overview.of_loan(loan.id),
        ticks=tuple(
            (tick, words) for tick in ticks if (words := step_words(tick.checklist, tick.step))
        ),
        changes=store.life.changes(number),
        proofs=() if loan is None else proofs.of_loan(state, loan.id),
    )
