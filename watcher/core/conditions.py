"""Conditions of rules, compiled: each becomes a function from a view to the span that shows it.

A rule is looked at only in messages that contain one of its anchors, so that the number of
rules costs nothing where nothing of theirs is said.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from watcher.core.checks import CHECKS
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
    starts_within,
)
from watcher.core.view import View

Found = Span | Quote
Test = Callable[[View], Found | None]
Spans = Callable[[View], list[Span] | None]

COMMONNESS = 8
"""Each further character makes a phrase about so many times rarer in ordinary Chinese text."""

NOWHERE: list[Span] = []


class Stretch(Protocol):
    """What an engine for patterns finds."""

    def span(self) -> Span:
        """Return where it begins and where it ends."""
        ...


Search = Callable[[str], Stretch | None]
"""A compiled pattern: the first stretch of a text that fits."""


def shipped_pattern(expression: str) -> Search:
    """Compile a pattern that ships; whether it is fast is a matter of our tests."""
    return re.compile(expression, re.IGNORECASE).search


class LiteralTable:
    """Every phrase that any rule needs, numbered, folded as messages are folded."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self.numbers: dict[str, int] = {}
        self.lengths: list[int] = []

    def length(self, number: int) -> int:
        """Return how many characters a phrase has."""
        return self.lengths[number]

    def number(self, phrase: str) -> int:
        """Return the number of a phrase, a new one where it was not yet known."""
        folded = self._fold(phrase)
        if folded not in self.numbers:
            self.numbers[folded] = len(self.lengths)
            self.lengths.append(len(folded))
        return self.numbers[folded]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule with its test; `anchors` are literals of which it needs one (None: needs none)."""

    rule: Rule
    test: Test
    anchors: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    test: Test
    anchors: frozenset[int] | None


class Compiler:
    """Turns conditions into functions.

    `words` are the word lists as numbers of literals; `user_pattern` compiles the patterns
    of rules that do not ship.
    """

    def __init__(
        self,
        literals: LiteralTable,
        words: Mapping[str, tuple[int, ...]],
        user_pattern: Callable[[str], Search] = shipped_pattern,
    ) -> None:
        self._literals = literals
        self._words = words
        self._user_pattern = user_pattern
        self._pattern: Callable[[str], Search] = shipped_pattern

    def rule(self, rule: Rule) -> CompiledRule:
        """Compile one rule."""
        self._pattern = shipped_pattern if rule.shipped else self._user_pattern
        compiled = self._conditions(rule.conditions)
        return CompiledRule(rule=rule, test=compiled.test, anchors=compiled.anchors)

    def _condition(self, condition: Condition) -> _Compiled:  # noqa: PLR0911  one return a form
        match condition:
            case Literal():
                number = self._literals.number(condition.phrase)
                return _Compiled(_first_hit(number), frozenset((number,)))
            case Words():
                return _Compiled(
                    _first_listed(condition.name), frozenset(self._words[condition.name])
                )
            case Pattern():
                numbers = tuple(self._literals.number(phrase) for phrase in condition.literals)
                search = self._pattern(condition.expression)
                unless = tuple(words.name for words in condition.unless)
                test = (
                    _pattern_in_sentence(search, numbers, unless)
                    if unless
                    else _pattern(search, numbers)
                )
                return _Compiled(test, frozenset(numbers))
            case Sequence():
                first, then = self._spans(condition.first), self._spans(condition.then)
                anchors = self._rarest(
                    [self._numbers(condition.first), self._numbers(condition.then)]
                )
                return _Compiled(_sequence(first, then, condition.within), anchors)
            case Together():
                one, other = self._spans(condition.one), self._spans(condition.other)
                anchors = self._rarest(
                    [self._numbers(condition.one), self._numbers(condition.other)]
                )
                return _Compiled(_together(one, other, condition.within), anchors)
            case Asserted():
                said = self._spans(condition.of)
                lead = self._spans(condition.lead) if condition.lead else _no_spans
                trail = self._spans(condition.trail) if condition.trail else _no_spans
                return _Compiled(
                    _asserted(said, lead, trail, (condition.within, condition.trail_within)),
                    self._numbers(condition.of),
                )
            case Check():
                return _Compiled(CHECKS[condition.name].bind(dict(condition.parameters)), None)
            case Conditions():
                return self._conditions(condition)

    def _conditions(self, conditions: Conditions) -> _Compiled:
        needed = [self._condition(condition) for condition in conditions.all]
        either = [self._condition(condition) for condition in conditions.any]
        never = tuple(self._condition(condition).test for condition in conditions.none)
        anchors = [compiled.anchors for compiled in needed if compiled.anchors is not None]
        if either and all(compiled.anchors is not None for compiled in either):
            anchors.append(frozenset().union(*(compiled.anchors or () for compiled in either)))
        return _Compiled(
            _all_any_none(
                tuple(compiled.test for compiled in needed),
                tuple(compiled.test for compiled in either),
                never,
            ),
            self._rarest(anchors) if anchors else None,
        )

    def _rarest(self, sets: list[frozenset[int]]) -> frozenset[int]:
        """Choose the set whose phrases are the least likely to stand in an ordinary text."""
        return min(
            sets, key=lambda numbers: sum(COMMONNESS ** -self._literals.length(n) for n in numbers)
        )

    def _spans(self, condition: Literal | Words) -> Spans:
        if isinstance(condition, Words):
            name = condition.name
            return lambda view: view.lists.get(name)
        number = self._literals.number(condition.phrase)
        return lambda view: view.hits.get(number)

    def _numbers(self, condition: Literal | Words) -> frozenset[int]:
        if isinstance(condition, Words):
            return frozenset(self._words[condition.name])
        return frozenset((self._literals.number(condition.phrase),))


def _first_hit(number: int) -> Test:
    def test(view: View) -> Found | None:
        spans = view.hits.get(number)
        return spans[0] if spans else None

    return test


def _first_listed(name: str) -> Test:
    def test(view: View) -> Found | None:
        spans = view.lists.get(name)
        return spans[0] if spans else None

    return test


def _pattern(search: Search, numbers: tuple[int, ...]) -> Test:
    def test(view: View) -> Found | None:
        if not any(number in view.hits for number in numbers):
            return None
        found = search(view.reading.dense)
        return found.span() if found else None

    return test


def _pattern_in_sentence(search: Search, numbers: tuple[int, ...], unless: tuple[str, ...]) -> Test:
    def test(view: View) -> Found | None:
        hits = sorted(span for number in numbers for span in view.hits.get(number, ()))
        dense = view.reading.dense
        for start, end in sentences_with(hits, dense):
            found = search(dense[start:end])
            if found is not None and not any(
                starts_within(view.lists.get(name) or NOWHERE, start, end) for name in unless
            ):
                first, last = found.span()
                return (start + first, start + last)
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
        others = other(view) if ones else None
        if not ones or not others:
            return None
        for span in ones:
            for near in around(others, span[0] - within, span[1] + within):
                if distance(span, near) <= within:
                    whole = (min(span[0], near[0]), max(span[1], near[1]))
                    if not _is_warned(view, whole):
                        return whole
        return None

    return test


def _is_warned(view: View, span: Span) -> bool:
    """Whether a stretch lies in a sentence that warns of fraud."""
    return any(first <= span[0] and span[1] <= last for first, last in view.warned)


def _no_spans(_view: View) -> list[Span] | None:
    return None


def _asserted(said: Spans, lead: Spans, trail: Spans, reach: tuple[int, int]) -> Test:
    before, after = reach

    def test(view: View) -> Found | None:
        leads, trails = lead(view) or NOWHERE, trail(view) or NOWHERE
        for span in said(view) or NOWHERE:
            if _in_sentence(view, leads, span, before=before):
                continue
            if _in_sentence(view, trails, span, after=after):
                continue
            if _is_warned(view, span):
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


def _all_any_none(
    needed: tuple[Test, ...],
    either: tuple[Test, ...],
    never: tuple[Test, ...],
) -> Test:
    def test(view: View) -> Found | None:
        found: Found | None = None
        for part in needed:
            shown = part(view)
            if shown is None:
                return None
            found = found or shown
        if either:
            for part in either:
                shown = part(view)
                if shown is not None:
                    break
            else:
                return None
            found = found or shown
        for part in never:
            if part(view) is not None:
                return None
        return found if found is not None else (0, 0)

    return test
