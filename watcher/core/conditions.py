"""Conditions of rules, compiled: each becomes a function from a view to the span that shows it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Protocol

from watcher.core.checks import CHECKS
from watcher.core.expressions import Find, compiled, finding
from watcher.core.guards import guards_of
from watcher.core.literals import LiteralTable
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
from watcher.core.said import (
    NOWHERE,
    Found,
    Spans,
    Test,
    absent,
    all_of,
    any_of,
    asserted,
    no_spans,
    of_list,
    of_phrase,
    says_none_of,
    says_one_of,
    says_phrase,
    sequence,
    together,
)
from watcher.core.spans import Span, sentences_with, stands_near, starts_within
from watcher.core.view import View

Matches = Callable[[View], Iterable[Span]]
"""Where a pattern matches in a view."""


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
        self._beside = _beside(rules)
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
            case Literal():
                return says_phrase(self._literals.number(condition.phrase))
            case Words():
                return says_one_of((condition.name,))
            case Pattern():
                return self._guarded(condition)
            case Sequence():
                first, then = self._spans(condition.first), self._spans(condition.then)
                return sequence(first, then, condition.within)
            case Together():
                one, other = self._spans(condition.one), self._spans(condition.other)
                return together(one, other, condition.within)
            case Asserted():
                said = self._spans(condition.of)
                lead = self._spans(condition.lead) if condition.lead else no_spans
                trail = self._spans(condition.trail) if condition.trail else no_spans
                return asserted(said, lead, trail, (condition.within, condition.trail_within))
            case Check():
                return CHECKS[condition.name].bind(dict(condition.parameters))
            case Conditions():
                return self._conditions(condition)

    def _conditions(self, conditions: Conditions) -> Test:
        """Try what costs least first; what is shown is what the first condition found."""
        parts = [(_cost(one), self._condition(one), True) for one in conditions.all]
        if conditions.any:
            # Which alternative holds matters only where it is what is shown.
            either = sorted(conditions.any, key=_cost) if parts else conditions.any
            parts.append((max(map(_cost, either)), self._any(either), True))
        unwanted = [one.name for one in conditions.none if isinstance(one, Words)]
        if unwanted:
            parts.append((0, says_none_of(unwanted), True))
        parts += (
            (_cost(one), self._condition(one), False)
            for one in conditions.none
            if not isinstance(one, Words)
        )
        if len(parts) == 1:
            _, test, wanted = parts[0]
            return test if wanted else absent(test)
        shown = parts[0][1] if conditions.all or conditions.any else None
        ordered = sorted(parts, key=lambda one: one[0])
        return all_of(((test, wanted) for _, test, wanted in ordered), shown)

    def _any(self, either: Iterable[Condition]) -> Test:
        """Test for the first of some alternatives; word lists in a row are asked for at once."""
        tests: list[Test] = []
        for are_words, some in groupby(either, lambda one: isinstance(one, Words)):
            if are_words:
                tests.append(says_one_of([one.name for one in some if isinstance(one, Words)]))
            else:
                tests += map(self._condition, some)
        return any_of(tests)

    def _guarded(self, pattern: Pattern) -> Test:
        guard, ways = self._guards[self._shipped, pattern]
        if self._shipped:
            find = compiled(pattern.expression)
        else:
            find = finding(self._user_pattern(pattern.expression))
        if not (pattern.unless or pattern.near):
            return _where(ways, _anywhere(find, guard))
        matches = _in_sentences(find, guard, tuple(one.name for one in pattern.unless))
        number = self._beside.get(replace(pattern, near=None, within=0))
        if number is not None:
            matches = _kept(matches, number if self._shipped else ~number)
        if pattern.near:
            return _where(ways, _near(matches, pattern.near.name, pattern.within))
        return _where(ways, _first(matches))

    def _spans(self, condition: Literal | Words) -> Spans:
        if isinstance(condition, Words):
            return of_list(condition.name)
        return of_phrase(self._literals.number(condition.phrase))


def _shared(rules: Iterable[Rule]) -> Mapping[Condition, int]:
    """Number the conditions that occur more than once, cost something and never change."""
    times = Counter(chain.from_iterable(rule.conditions.inside() for rule in rules))
    often = (one for one, count in times.items() if count > 1 and _cost(one) and _is_steady(one))
    return {condition: number for number, condition in enumerate(often)}


def _beside(rules: Iterable[Rule]) -> Mapping[Pattern, int]:
    """Number the patterns that are looked for both beside some words and beside others or none."""
    every = {one for rule in rules for one in rule.conditions.inside() if isinstance(one, Pattern)}
    times = Counter(replace(one, near=None, within=0) for one in every)
    often = (one for one, count in times.items() if count > 1)
    return {pattern: number for number, pattern in enumerate(often)}


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


def _where(ways: tuple[int, ...], test: Test) -> Test:
    """Try a pattern only where what one of its ways to match needs stands in the text."""

    def guarded(view: View) -> Found | None:
        lacking = view.lacking
        for way in ways:
            if not way & lacking:
                return test(view)
        return None

    return guarded


def _anywhere(find: Find, guard: frozenset[int]) -> Test:
    def test(view: View) -> Found | None:
        return None if view.hits.keys().isdisjoint(guard) else find(view.reading.dense)

    return test


def _in_sentences(find: Find, guard: frozenset[int], unless: tuple[str, ...]) -> Matches:
    """Find the matches of a pattern, one a sentence, where none of some words stands beside it."""

    def matches(view: View) -> Iterator[Span]:
        lists = view.lists
        for start, end in _sentences(view, guard):
            found = find(view.reading.dense[start:end])
            if found is None:
                continue
            for name in unless:
                if starts_within(lists.get(name, NOWHERE), start, end):
                    break
            else:
                yield start + found[0], start + found[1]

    return matches


def _sentences(view: View, guard: frozenset[int]) -> Iterable[Span]:
    """Return the sentences in which one of some phrases stands."""
    hits, ends = view.hits, view.sentence_ends
    if isinstance(hits, dict):
        here: Iterable[int] = guard.intersection(hits)
    else:
        here = [number for number in guard if number in hits]
    if ends[0] == ends[-1]:
        return ((0, ends[0]),) if here else ()
    return sentences_with((span for number in here for span in hits[number]), ends)


def _kept(matches: Matches, number: int) -> Matches:
    """Look for matches once in each view."""

    def kept(view: View) -> Iterable[Span]:
        found = view.matched.get(number)
        if found is None:
            found = view.matched[number] = tuple(matches(view))
        return found

    return kept


def _first(matches: Matches) -> Test:
    def test(view: View) -> Found | None:
        for span in matches(view):
            return span
        return None

    return test


def _near(matches: Matches, name: str, within: int) -> Test:
    """Test for a match beside which a word of a list stands."""

    def test(view: View) -> Found | None:
        words = view.lists.get(name)
        if not words:
            return None
        for span in matches(view):
            if stands_near(words, span, within):
                return span
        return None

    return test
