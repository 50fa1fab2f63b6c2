"""Conditions of rules, compiled: each becomes a function from a view to the span that shows it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from watcher.core.checks import CHECKS
from watcher.core.expressions import Find, compiled, finding
from watcher.core.guards import guards_of
from watcher.core.literals import LiteralTable
from watcher.core.model import Quote
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
from watcher.core.spans import (
    SENTENCE_ENDS,
    Span,
    around,
    distance,
    sentences_with,
    stands_near,
    starts_within,
)
from watcher.core.view import View

Found = Span | Quote
Test = Callable[[View], Found | None]
Spans = Callable[[View], list[Span]]

NOTHING: Found = (0, 0)
"""Shows that conditions hold of which none is shown by words."""

NOWHERE: list[Span] = []


class Stretch(Protocol):
    """What an engine for patterns finds."""

    def span(self) -> Span:
        """Return where it begins and where it ends."""
        ...


Search = Callable[[str], Stretch | None]
"""A compiled pattern: the first stretch of a text that fits."""


def shipped_pattern(expression: str) -> Search:
    """Compile a pattern without a bound on its time."""
    return re.compile(expression, re.IGNORECASE).search


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule with its test."""

    rule: Rule
    test: Test


class Compiler:
    """Turns conditions into functions.

    `user_pattern` compiles the patterns of rules that do not ship. A condition that several of
    `rules` have is tested once in each view.
    """

    def __init__(
        self,
        literals: LiteralTable,
        rules: Iterable[Rule],
        user_pattern: Callable[[str], Search] = shipped_pattern,
    ) -> None:
        self._literals = literals
        self._guards = guards_of(rules, literals)
        self._shared = _shared(rules)
        self._user_pattern = user_pattern
        self._shipped = True

    def rule(self, rule: Rule) -> CompiledRule:
        """Compile one rule."""
        self._shipped = rule.shipped
        return CompiledRule(rule=rule, test=self._conditions(rule.conditions))

    def _condition(self, condition: Condition) -> Test:
        test = self._test(condition)
        if condition not in self._shared:
            return test
        return _remembered(test, (self._shipped, self._shared[condition]))

    def _test(self, condition: Condition) -> Test:  # noqa: PLR0911  one return a form
        match condition:
            case Literal() | Words():
                return _first_of(self._spans(condition))
            case Pattern():
                return self._guarded(condition)
            case Sequence():
                first, then = self._spans(condition.first), self._spans(condition.then)
                return _sequence(first, then, condition.within)
            case Together():
                one, other = self._spans(condition.one), self._spans(condition.other)
                return _together(one, other, condition.within)
            case Asserted():
                said = self._spans(condition.of)
                lead = self._spans(condition.lead) if condition.lead else _no_spans
                trail = self._spans(condition.trail) if condition.trail else _no_spans
                return _asserted(said, lead, trail, (condition.within, condition.trail_within))
            case Check():
                return CHECKS[condition.name].bind(dict(condition.parameters))
            case Conditions():
                return self._conditions(condition)

    def _conditions(self, conditions: Conditions) -> Test:
        """Try what costs least first; what is shown is what the first condition found."""
        parts = [(_cost(one), self._condition(one)) for one in conditions.all]
        if conditions.any:
            # Which alternative holds matters only where it is what is shown.
            either = sorted(conditions.any, key=_cost) if parts else conditions.any
            tests = tuple(map(self._condition, either))
            parts.append((max(map(_cost, either)), _any_of(tests)))
        parts += ((_cost(one), _absent(self._condition(one))) for one in conditions.none)
        if len(parts) == 1:
            return parts[0][1]
        shown = parts[0][1] if parts else None
        return _all_of(tuple(test for _, test in sorted(parts, key=lambda one: one[0])), shown)

    def _guarded(self, pattern: Pattern) -> Test:
        guard, ways = self._guards[self._shipped, pattern]
        if self._shipped:
            find = compiled(pattern.expression)
        else:
            find = finding(self._user_pattern(pattern.expression))
        unless = tuple(one.name for one in pattern.unless)
        near = (pattern.near.name, pattern.within) if pattern.near else None
        whole = not (unless or near)
        test = _pattern(find, guard) if whole else _in_sentences(find, guard, unless, near)
        return _where(ways, test)

    def _spans(self, condition: Literal | Words) -> Spans:
        if isinstance(condition, Words):
            name = condition.name
            return lambda view: view.lists.get(name, NOWHERE)
        number = self._literals.number(condition.phrase)
        return lambda view: view.hits.get(number, NOWHERE)


def _shared(rules: Iterable[Rule]) -> Mapping[Condition, int]:
    """Number the conditions that occur more than once, cost something and never change."""
    times = Counter(chain.from_iterable(rule.conditions.inside() for rule in rules))
    often = (one for one, count in times.items() if count > 1 and _cost(one) and _is_steady(one))
    return {condition: number for number, condition in enumerate(often)}


def _is_steady(condition: Condition) -> bool:
    """Whether a condition asks nothing that is still being found out, as checks may."""
    if isinstance(condition, Conditions):
        return not any(isinstance(one, Check) for one in condition.inside())
    return not isinstance(condition, Check)


def _remembered(test: Test, key: tuple[bool, int]) -> Test:
    def remembered(view: View) -> Found | None:
        if key not in view.known:
            view.known[key] = test(view)
        return view.known[key]

    return remembered


def _cost(condition: Condition) -> int:
    """Rank conditions by what it takes to test them."""
    match condition:
        case Literal() | Words():
            return 0
        case Check():
            return CHECKS[condition.name].cost
        case Sequence() | Together() | Asserted():
            return 1
        case Pattern():
            return 3
        case Conditions():
            inner = (*condition.all, *condition.any, *condition.none)
            return max(map(_cost, inner), default=0)


def _first_of(said: Spans) -> Test:
    def test(view: View) -> Found | None:
        spans = said(view)
        return spans[0] if spans else None

    return test


def _where(ways: tuple[int, ...], test: Test) -> Test:
    """Try a pattern only where what one of its ways to match needs stands in the text."""

    def guarded(view: View) -> Found | None:
        lacking = view.lacking
        for way in ways:
            if not way & lacking:
                return test(view)
        return None

    return guarded


def _pattern(find: Find, guard: frozenset[int]) -> Test:
    def test(view: View) -> Found | None:
        return None if view.hits.keys().isdisjoint(guard) else find(view.reading.dense)

    return test


def _in_sentences(
    find: Find, guard: frozenset[int], unless: tuple[str, ...], near: tuple[str, int] | None
) -> Test:
    def test(view: View) -> Found | None:
        dense, hits, lists = view.reading.dense, view.hits, view.lists
        if near is not None and near[0] not in lists:
            return None
        spans = [span for number in guard & hits.keys() for span in hits[number]]
        for start, end in sentences_with(spans, view.sentence_ends):
            found = find(dense[start:end])
            if found is None or any(
                starts_within(lists.get(name, NOWHERE), start, end) for name in unless
            ):
                continue
            span = (start + found[0], start + found[1])
            if near is None or stands_near(lists[near[0]], span, near[1]):
                return span
        return None

    return test


def _sequence(first: Spans, then: Spans, within: int) -> Test:
    def test(view: View) -> Found | None:
        ones = first(view)
        if not ones:
            return None
        others = then(view)
        if not others:
            return None
        for start, end in ones:
            for start_then, end_then in around(others, end, end + within):
                if 0 <= start_then - end <= within:
                    return (start, end_then)
        return None

    return test


def _together(one: Spans, other: Spans, within: int) -> Test:
    def test(view: View) -> Found | None:
        ones = one(view)
        others = other(view) if ones else NOWHERE
        if not others:
            return None
        for span in ones:
            for near in around(others, span[0] - within, span[1] + within):
                if distance(span, near) <= within:
                    return (min(span[0], near[0]), max(span[1], near[1]))
        return None

    return test


def _no_spans(_view: View) -> list[Span]:
    return NOWHERE


def _asserted(said: Spans, lead: Spans, trail: Spans, reach: tuple[int, int]) -> Test:
    before, after = reach

    def test(view: View) -> Found | None:
        leads, trails = lead(view), trail(view)
        for span in said(view):
            if _in_sentence(view, leads, span, before=before):
                continue
            if _in_sentence(view, trails, span, after=after):
                continue
            return span
        return None

    return test


def _in_sentence(
    view: View, spans: list[Span], span: Span, *, before: int = -1, after: int = -1
) -> bool:
    """Whether a word stands near a span, with no end of a sentence between the two."""
    dense = view.reading.dense
    for one in around(spans, span[0] - max(before, 0), span[1] + max(after, 0)):
        if 0 <= span[0] - one[1] <= before:
            between = dense[one[1] : span[0]]
        elif 0 <= one[0] - span[1] <= after:
            between = dense[span[1] : one[0]]
        else:
            continue
        if not any(end in between for end in SENTENCE_ENDS):
            return True
    return False


def _all_of(tests: Iterable[Test], shown_by: Test | None) -> Test:
    def test(view: View) -> Found | None:
        shown: Found | None = NOTHING
        for part in tests:
            found = part(view)
            if found is None:
                return None
            if part is shown_by:
                shown = found
        return shown

    return test


def _any_of(tests: Iterable[Test]) -> Test:
    def test(view: View) -> Found | None:
        for part in tests:
            found = part(view)
            if found is not None:
                return found
        return None

    return test


def _absent(part: Test) -> Test:
    return lambda view: NOTHING if part(view) is None else None
