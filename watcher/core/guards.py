"""What each pattern of the rules needs before it is tried: known before any rule is compiled.

Every phrase has its number and every need its bit by then, so that which of them a text meets
can be worked out, and forgotten again, before the functions of rules take memory.
"""

from collections.abc import Iterable, Mapping

from watcher.core.literals import LiteralTable
from watcher.core.rules import (
    Asserted,
    Condition,
    Literal,
    Pattern,
    Rule,
    Sequence,
    Together,
    Words,
)

Guard = tuple[frozenset[int], tuple[int, ...]]
"""Phrases of which one must stand near a match, and what each way to match needs, as bits."""


def guards_of(
    rules: Iterable[Rule], literals: LiteralTable
) -> Mapping[tuple[bool, Pattern], Guard]:
    """Number what all conditions look for; return the guards of patterns that ship or do not."""
    guards: dict[tuple[bool, Pattern], Guard] = {}
    for rule in rules:
        for condition in rule.conditions.inside():
            if isinstance(condition, Pattern):
                guards[rule.shipped, condition] = _guard(condition, literals, rule.shipped)
            for said in _looked_for(condition):
                if isinstance(said, Literal):
                    literals.number(said.phrase)
    return guards


def _guard(pattern: Pattern, literals: LiteralTable, shipped: bool) -> Guard:  # noqa: FBT001  a trait of the rule
    guard = frozenset(map(literals.number, pattern.literals))
    if shipped:
        return guard, literals.bits_of_ways(pattern.expression, guard)
    return guard, (literals.bits((guard,)),)


def _looked_for(condition: Condition) -> tuple[Literal | Words | None, ...]:
    match condition:
        case Literal() | Words():
            return (condition,)
        case Sequence():
            return condition.first, condition.then
        case Together():
            return condition.one, condition.other
        case Asserted():
            return condition.of, condition.lead, condition.trail
        case _:
            return ()
