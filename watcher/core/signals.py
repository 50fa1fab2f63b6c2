"""Signals of fraud: every rule that fits is kept, never only the first."""

from collections.abc import Iterable, Mapping

from watcher.core.conditions import CompiledRule
from watcher.core.model import Kind, Signal, Strength
from watcher.core.recognise import quote_of
from watcher.core.rules import Rule
from watcher.core.view import View


WEAK_KINDS = frozenset({Kind.OTHER, Kind.MARKETING, Kind.CREDIT_REPAIR_OFFER})


def imitated(kind: Kind, signals: Iterable[Signal], rules: Mapping[str, Rule]) -> Kind:
    """Return the kind that a fraud imitates: its demand, else what its signals say."""
    if kind not in WEAK_KINDS:
        return kind
    kinds = [rules[signal.rule].imitates for signal in signals if signal.strength is Strength.HARD]
    return next((named for named in kinds if named is not None), kind)


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
