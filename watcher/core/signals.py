"""Signals of fraud: every rule that fits is kept, never only the first."""

from collections.abc import Iterable, Mapping

from watcher.core.conditions import CompiledRule
from watcher.core.model import DEMANDING, Kind, Signal, Strength
from watcher.core.recognise import Recognised, quote_of
from watcher.core.rules import Rule
from watcher.core.view import View

ASKED = frozenset({Kind.COLLECTION, Kind.OVERDUE})
"""What the signals of asks imitate; a pretext imitates something else."""

OWED_WORDS = ("collect.owe", "due.weak", "due.state", "due.act", "residual", "imitates.owed")
"""Word lists of which a fraud has one where it pretends that something is owed."""


def imitated(
    view: View, recognised: Recognised, signals: Iterable[Signal], rules: Mapping[str, Rule]
) -> Kind:
    """Return the kind a fraud imitates: its pretext, else its own demand, else what it asks."""
    named = [rules[signal.rule].imitates for signal in signals if signal.strength is Strength.HARD]
    kinds = [one for one in named if one is not None]
    pretext = next((one for one in kinds if one not in ASKED), None)
    if pretext is not None:
        return pretext
    if recognised.kind in DEMANDING or not kinds:
        return recognised.kind
    if "court_wording" in recognised.marks:
        return Kind.LEGAL_THREAT
    if Kind.CREDIT_REPAIR_OFFER in recognised.kinds:
        return Kind.CREDIT_REPAIR_OFFER
    return kinds[0] if any(name in view.lists for name in OWED_WORDS) else Kind.OTHER


def find_signals(view: View, candidates: Iterable[CompiledRule]) -> tuple[Signal, ...]:
    """Try the signal rules on a view whose kind and lenders are settled."""
    found: list[Signal] = []
    for one in candidates:
        rule = one.rule
        if rule.draft or rule.strength is None:
            continue
        shown = one.test(view)
        if shown is not None:
            found.append(
                Signal(rule=rule.id, strength=rule.strength, quote=quote_of(view, shown)),
            )
    return tuple(found)
