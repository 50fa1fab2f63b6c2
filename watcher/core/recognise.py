"""What a message is: its kind, and the marks that qualify it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from watcher.core.conditions import CompiledRule
from watcher.core.model import DEMANDING, Kind, Quote
from watcher.core.spans import Span
from watcher.core.view import View

ORDER: Mapping[Kind, int] = MappingProxyType({kind: at for at, kind in enumerate(Kind)})
"""Where several kinds fit, the earlier stands (docs/judgement.md, "Kinds")."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The kind of a message, and the words that show each kind and mark that was found."""

    kind: Kind
    kinds: Mapping[Kind, Quote]
    marks: Mapping[str, Quote]
    rules: tuple[str, ...]


NOTHING = Recognised(Kind.OTHER, MappingProxyType({}), MappingProxyType({}), ())


def quote_of(view: View, found: Span | Quote) -> Quote:
    """Turn what a condition found into a quote."""
    return found if isinstance(found, Quote) else view.quote(found)


def recognise(view: View, candidates: Iterable[CompiledRule]) -> Recognised:
    """Try the recognisers and settle on one kind.

    A text that also demands takes its demanding kind: "paid so far 500, still overdue 300"
    is a demand. Rules that count only alone come last, where nothing else gave a kind.
    """
    kinds: dict[Kind, Quote] = {}
    marks: dict[str, Quote] = {}
    rules: list[str] = []
    last = False
    for one in sorted(candidates, key=lambda one: one.rule.alone):
        rule = one.rule
        if rule.alone and not last:
            if kinds:
                break
            last = True
        if rule.draft or (rule.kind in kinds) or (rule.mark in marks):
            continue
        found = one.test(view)
        if found is None:
            continue
        rules.append(rule.id)
        if rule.kind is not None:
            kinds[rule.kind] = quote_of(view, found)
        elif rule.mark is not None:
            marks[rule.mark] = quote_of(view, found)
    if not rules:
        return NOTHING
    return Recognised(_settle(kinds, done=view.settled is not None), kinds, marks, tuple(rules))


STATING = frozenset({Kind.OVERDUE, Kind.STATEMENT, Kind.DUE_REMINDER})
"""Kinds that state a debt and press nobody: what an assignment or a payout says as well."""


RECEIPTS = frozenset({Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT})
"""Kinds of what is done; the words of a demand in them ask for nothing."""


def _settle(kinds: Iterable[Kind], *, done: bool) -> Kind:
    found = sorted(kinds, key=ORDER.__getitem__)
    demanding = [kind for kind in found if kind in DEMANDING]
    if done and not RECEIPTS.isdisjoint(found):
        demanding = []
    if Kind.DEBT_TRANSFER in found and STATING.issuperset(demanding):
        return Kind.DEBT_TRANSFER
    return (demanding or found or [Kind.OTHER])[0]
