"""What is said and shown of a judged notice: summary, alert, and what keeps cases together."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar, cast

from watcher.core.facts import Facts, recheck_on
from watcher.core.model import (
    Alert,
    Evidence,
    Judgement,
    Kind,
    Match,
    Message,
    Notice,
    Phrase,
    PhraseValue,
    Verdict,
)
from watcher.core.parts import LONGEST, is_part
from watcher.core.rules import VerdictRow
from watcher.core.view import View

Shared = TypeVar("Shared", tuple[str, ...], frozenset[str], str | None, date | None)

REMEMBERED = frozenset(Kind) - {Kind.OTHER, Kind.MARKETING, Kind.CREDIT_REPAIR_OFFER}
"""Kinds that later messages are judged by."""


def values_of(notice: Notice, match: Match, facts: Facts) -> Mapping[str, PhraseValue]:
    """Return what fills the blanks of the summary and of every ground."""
    return {
        "lender": match.lender,
        "loan": match.loan.id if match.loan else None,
        "amount": notice.amount,
        "due_on": notice.due_on,
        "settled_on": facts.settled_on,
        "days": facts.days,
        "recheck_on": recheck_on(facts),
        "reason": None,
    }


def summarise(row: VerdictRow, values: Mapping[str, PhraseValue]) -> Phrase:
    """Return the sentence that a person reads first."""
    return Phrase(id=f"case.summary.{row.summary}", values=values)


def compose(judgement: Judgement, row: VerdictRow, facts: Facts) -> Alert | None:
    """Return the alert a verdict asks for, if it asks for one."""
    if row.urgency is None:
        return None
    lagging = judgement.verdict is Verdict.LAGGING
    return Alert(urgency=row.urgency, recheck_on=recheck_on(facts) if lagging else None)


def case_key(view: View, notice: Notice, match: Match, judgement: Judgement) -> str:
    """Return what notices on the same debt have in common.

    A different sum or day is never merged, nor is a court's message; without a sum and a
    day only the same words are the same case.
    """
    court = "court" in notice.marks
    whose = match.loan.id if match.loan else ",".join(notice.lenders) or match.lender or ""
    fraud = judgement.verdict is Verdict.FRAUDULENT
    if court or fraud or not whose or (notice.amount is None and notice.due_on is None):
        words = blake2b(view.reading.dense.encode("utf-8", "replace"), digest_size=12).hexdigest()
        return f"text:{words}"
    group = "owed" if judgement.verdict is Verdict.EXPECTED else "alert"
    return f"{group}:{whose}:{notice.amount}:{notice.due_on}"


_first_of_equal = lru_cache(maxsize=4096, typed=True)(lambda value: value)


def _shared(value: Shared) -> Shared:
    """Return one and the same of equal values: history keeps very many, and few differ."""
    return cast("Shared", _first_of_equal(value))


def remember(
    message: Message,
    notice: Notice,
    match: Match,
    judgement: Judgement,
) -> Evidence | None:
    """Return what history keeps of a message; a fraud is no evidence of anything."""
    fraud = judgement.verdict is Verdict.FRAUDULENT
    half = message.text if message.text and message.sender and is_part(message.text) else None
    # That a fee was waived closes what was open, though it is no receipt.
    kept = not fraud and (notice.kind in REMEMBERED or "write_off" in notice.marks)
    if half is None and not kept:
        return None
    if not kept:
        return Evidence(
            message_id=message.id,
            received_at=message.received_at,
            kind=Kind.OTHER,
            sender=message.sender,
            text=(half or "")[:LONGEST],
        )
    return Evidence(
        message_id=message.id,
        received_at=message.received_at,
        kind=notice.kind,
        verdict=judgement.verdict,
        sender=_shared(message.sender),
        lenders=_shared(notice.lenders),
        loan=match.loan.id if match.loan else None,
        amount=notice.amount,
        due_on=_shared(notice.due_on),
        account_tails=_shared(notice.account_tails),
        marks=_shared(notice.marks),
        signature=_shared(notice.signature),
        text=half[:LONGEST] if half else None,
    )
