"""Signals of fraud: every rule that fits is kept, never only the first."""

from collections.abc import Iterable

from watcher.core.conditions import CompiledRule
from watcher.core.model import Signal
from watcher.core.recognise import quote_of
from watcher.core.view import View


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
