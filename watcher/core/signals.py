"""Signals of fraud: every rule that fits is kept, never only the first."""

from collections.abc import Iterable, Mapping

from watcher.core.conditions import CompiledRule
from watcher.core.model import DEMANDING, Kind, Signal, Strength
from watcher.core.recognise import quote_of
from watcher.core.rules import Rule
from watcher.core.view import View


WEAK_KINDS = frozenset({Kind.OTHER, Kind.MARKETING, Kind.CREDIT_REPAIR_OFFER})


def imitated(kind: Kind, signals: Iterable[Signal], rules: Mapping[str, Rule]) -> Kind:
    """Return the kind that a fraud imitates: its own demand, else its pretext, else what it asks."""
    if kind not in WEAK_KINDS:
        return kind
    named = [rules[signal.rule].imitates for signal in signals if signal.strength is Strength.HARD]
    kinds = [one for one in named if one is not None]
    lures = [one for one in kinds if one not in DEMANDING]
    return next(iter(lures or kinds), kind)


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
