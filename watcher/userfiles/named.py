"""Puts what has a name in the place of its name: a shipped pattern, a word list among literals.

A pattern that several rules need is written once, in `[patterns]`, and named as `@name`.
"""

from collections.abc import Mapping
from dataclasses import replace

from watcher.core.rules import Condition, Conditions, Pattern, Rule


def spell_out(
    rule: Rule, patterns: Mapping[str, str], words: Mapping[str, tuple[str, ...]]
) -> Rule:
    """Return a rule of which each pattern stands as it is run; all names are known by then."""

    def group(conditions: Conditions) -> Conditions:
        return Conditions(
            all=tuple(map(one, conditions.all)),
            any=tuple(map(one, conditions.any)),
            none=tuple(map(one, conditions.none)),
        )

    def one(condition: Condition) -> Condition:
        if isinstance(condition, Conditions):
            return group(condition)
        if isinstance(condition, Pattern):
            return pattern(condition)
        return condition

    def pattern(condition: Pattern) -> Pattern:
        expression = condition.expression
        if rule.shipped and expression.startswith("@"):
            expression = patterns[expression[1:]]
        literals = tuple(
            phrase
            for literal in condition.literals
            for phrase in (words[literal[1:]] if literal[1:] and literal[0] == "@" else (literal,))
        )
        return replace(condition, expression=expression, literals=literals)

    return replace(rule, conditions=group(rule.conditions))
