"""Tests of what a text says in words: phrases and word lists, near each other or not denied.

A test is a function from a view to the span that shows it. These run for every message that a
rule may fit, many of them for nothing, so each asks as little as it can.
"""

from collections.abc import Callable, Iterable

from watcher.core.model import Quote
from watcher.core.spans import SENTENCE_ENDS, Span, around, distance
from watcher.core.view import View

Found = Span | Quote
Test = Callable[[View], Found | None]
Spans = Callable[[View], list[Span]]

NOTHING: Found = (0, 0)
"""Shows that conditions hold of which none is shown by words."""

NOWHERE: list[Span] = []


def of_list(name: str) -> Spans:
    """Find the words of a list."""
    return lambda view: view.lists.get(name, NOWHERE)


def of_phrase(number: int) -> Spans:
    """Find a phrase."""
    return lambda view: view.hits.get(number, NOWHERE)


def no_spans(_view: View) -> list[Span]:
    """Find nothing."""
    return NOWHERE


def says_phrase(number: int) -> Test:
    """Test for a phrase."""

    def test(view: View) -> Found | None:
        spans = view.hits.get(number)
        return spans[0] if spans else None

    return test


def says_one_of(names: Iterable[str]) -> Test:
    """Test for a word of some lists; the first list of which there is one shows it."""
    first, *others = names
    if others:
        names = tuple(names)

        def test_several(view: View) -> Found | None:
            lists = view.lists
            for name in names:
                if name in lists:
                    return lists[name][0]
            return None

        return test_several

    def test(view: View) -> Found | None:
        spans = view.lists.get(first)
        return spans[0] if spans else None

    return test


def says_none_of(names: Iterable[str]) -> Test:
    """Test that there is no word of some lists."""
    unwanted = frozenset(names)
    return lambda view: NOTHING if view.lists.keys().isdisjoint(unwanted) else None


def sequence(first: Spans, then: Spans, within: int) -> Test:
    """Test for one thing closely followed by another."""

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


def together(one: Spans, other: Spans, within: int) -> Test:
    """Test for two things close to each other."""

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


def asserted(said: Spans, lead: Spans, trail: Spans, reach: tuple[int, int]) -> Test:
    """Test for a thing that no word close ahead or behind takes back."""
    before, after = reach

    def test(view: View) -> Found | None:
        spans = said(view)
        if not spans:
            return None
        leads, trails = lead(view), trail(view)
        for span in spans:
            if leads and _in_sentence(view, leads, span, before=before):
                continue
            if trails and _in_sentence(view, trails, span, after=after):
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


def all_of(tests: Iterable[tuple[Test, bool]], shown_by: Test | None) -> Test:
    """Test for all of some, those that must find nothing (False) included."""
    parts = tuple(tests)

    def test(view: View) -> Found | None:
        shown: Found | None = NOTHING
        for part, wanted in parts:
            found = part(view)
            if (found is None) is wanted:
                return None
            if part is shown_by:
                shown = found
        return shown

    return test


def any_of(tests: Iterable[Test]) -> Test:
    """Test for the first that there is of some."""
    parts = tuple(tests)
    if len(parts) == 1:
        return parts[0]

    def test(view: View) -> Found | None:
        for part in parts:
            found = part(view)
            if found is not None:
                return found
        return None

    return test


def absent(part: Test) -> Test:
    """Test that something is not found."""
    return lambda view: NOTHING if part(view) is None else None
