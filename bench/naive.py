"""The plain way to recognise a message, to compare with: `re.search` for each rule.

Every phrase and pattern is one compiled expression, searched for in the text as it came;
rules are tried one after another, and each only until it is clear whether it fits. It only
says which rules fit: no folding, no lenders, no sums, no matching, no verdict. Checks that
are no matter of words pass.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from watcher.core.rules import (
    Asserted,
    Check,
    Condition,
    Conditions,
    Literal,
    Pattern,
    Rule,
    Sequence,
    Together,
    Words,
)

Fits = Callable[[str], bool]


def naive_recogniser(
    rules: Iterable[Rule], words: Mapping[str, tuple[str, ...]]
) -> Callable[[str], list[str]]:
    """Return a function from a text to the ids of the rules that fit it."""
    compiled = [(rule.id, _conditions(rule.conditions, words)) for rule in rules]
    return lambda text: [identity for identity, fits in compiled if fits(text)]


def _conditions(conditions: Conditions, words: Mapping[str, tuple[str, ...]]) -> Fits:
    needed = [_condition(one, words) for one in conditions.all]
    either = [_condition(one, words) for one in conditions.any]
    never = [_condition(one, words) for one in conditions.none]
    return lambda text: (
        all(fits(text) for fits in needed)
        and (not either or any(fits(text) for fits in either))
        and not any(fits(text) for fits in never)
    )


def _condition(condition: Condition, words: Mapping[str, tuple[str, ...]]) -> Fits:
    match condition:
        case Check():
            return lambda _text: True
        case Conditions():
            return _conditions(condition, words)
        case Pattern():
            expression = condition.expression
        case Sequence():
            first, then = _spelt(condition.first, words), _spelt(condition.then, words)
            expression = f"{first}.{{0,{condition.within}}}?{then}"
        case Together():
            one, other = _spelt(condition.one, words), _spelt(condition.other, words)
            gap = f".{{0,{condition.within}}}?"
            expression = f"{one}{gap}{other}|{other}{gap}{one}"
        case Asserted():
            expression = _spelt(condition.of, words)
        case Literal() | Words():
            searches = [_search(re.escape(phrase)) for phrase in _phrases(condition, words)]
            return lambda text: any(search(text) is not None for search in searches)
    search = _search(expression)
    return lambda text: search(text) is not None


def _search(expression: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(expression, re.IGNORECASE | re.DOTALL).search


def _phrases(condition: Literal | Words, words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return (condition.phrase,) if isinstance(condition, Literal) else words[condition.name]


def _spelt(condition: Literal | Words, words: Mapping[str, tuple[str, ...]]) -> str:
    return f"(?:{'|'.join(map(re.escape, _phrases(condition, words)))})"
