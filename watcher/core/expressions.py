"""Patterns that ship, ready to be searched for, and where a match of one can begin.

Most searches for a pattern end in nothing. They are cut short twice: a pattern is not tried
where phrases that every match contains are absent (`core.ways`), and it is tried only at
characters with which a match can begin. Neither changes what is found. `re` parses; its syntax
tree is what is walked, and where it holds something unknown, nothing is concluded from it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]  # the tree has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from watcher.core.spans import Span
from watcher.core.ways import GROUPS, REPEATS, ZERO_WIDTH, Node

Find = Callable[[str], Span | None]
"""A compiled pattern: where the first stretch of a text is that fits."""

WIDEST = 400
"""Characters with which a match may begin, beyond which looking for them saves nothing."""

VERBOSE = "(?x)"
"""How a pattern begins in which blanks and line breaks mean nothing."""

_OPTIONS = re.compile(r"\(\?[a-zA-Z]+\)")

_CLASSES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_SPACE: r"\s",
}


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Find:
    """Compile a pattern that ships at its first search; our tests see whether it is fast.

    Most are never tried by a program that ends soon, and their trees would take more memory
    than all else that is known of them.
    """
    made: list[Find] = []

    def find(text: str) -> Span | None:
        if not made:
            parsed = parser.parse(expression)
            made.append(_finder(expression, [] if parsed.state.groups > 1 else list(parsed)))
        return made[0](text)

    return find


def _finder(expression: str, tree: list[Node]) -> Find:
    """Compile a pattern; one without a tree, or whose tree tells nothing, is plainly searched."""
    flags = re.NOFLAG if tree and not any(map(_has_capital, tree)) else re.IGNORECASE
    begins = _First()
    try:
        known = not begins.add(tree)
    except ValueError:
        known = False
    if known and begins.at_start and not begins.found:
        return finding(re.compile(expression, flags).match)
    verbose = expression.startswith(VERBOSE)
    plain = expression.removeprefix(VERBOSE)
    if flags or not known or _OPTIONS.match(plain):
        return finding(re.compile(expression, flags).search)
    # A group inside a look-ahead, itself inside a look-behind of one character: only so does
    # `re` see that a match begins with one of few characters, and skip all others.
    first = "".join(sorted(begins.found))
    line = "\n" if verbose else ""
    quick = re.compile(
        f"[{first}](?<=(?=({plain}{line}))[\\s\\S])", re.VERBOSE if verbose else re.NOFLAG
    )
    return _beginning(quick, re.compile(expression) if begins.at_start else None)


def finding(search: Callable[[str], Any]) -> Find:
    """Return what finds where a search of some engine does."""

    def find(text: str) -> Span | None:
        found = search(text)
        return found.span() if found is not None else None

    return find


def _beginning(quick: re.Pattern[str], at_start: re.Pattern[str] | None) -> Find:
    """Search only where a match can begin; what counts at the start alone is tried there."""
    search = quick.search
    if at_start is None:

        def find(text: str) -> Span | None:
            found = search(text)
            return found.span(1) if found is not None else None

        return find
    match = at_start.match

    def find_from_start(text: str) -> Span | None:
        found = match(text)
        if found is not None:
            return found.span()
        found = search(text)
        return found.span(1) if found is not None else None

    return find_from_start


def _has_capital(node: Node) -> bool:
    """Whether a pattern says anything that folded texts, which are in small letters, do not."""
    operation, given = node
    if operation in (sre.LITERAL, sre.NOT_LITERAL):
        return chr(given) != chr(given).lower()
    if operation is sre.RANGE:
        return bool(given[0] <= ord("Z") and given[1] >= ord("A"))
    return any(map(_has_capital, _inside(node)))


def _inside(node: Node) -> Iterator[Node]:
    operation, given = node
    if operation is sre.IN:
        yield from given
    elif operation is sre.BRANCH:
        for one in given[1]:
            yield from one
    elif operation in GROUPS or operation in REPEATS or operation in (sre.ASSERT, sre.ASSERT_NOT):
        yield from given if operation is sre.ATOMIC_GROUP else given[-1]


class _First:
    """Collects with which characters a match can begin, as items of a character class."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.at_start = False
        """Whether there are matches that begin where the text does, and only there."""
        self._size = 0

    def add(self, nodes: Iterable[Node]) -> bool:
        """Take in a sequence; return whether it can be empty. `ValueError`: unknown."""
        for operation, given in nodes:
            if operation is sre.AT and given is sre.AT_BEGINNING:
                self.at_start = True
                return False
            if operation in ZERO_WIDTH:
                continue
            if not self._add(operation, given):
                return False
        return True

    def _add(self, operation: Any, given: Any) -> bool:
        if operation is sre.LITERAL:
            self._take(given, given)
        elif operation is sre.IN:
            self._take_all(given)
        elif operation is sre.BRANCH:
            empty = [self.add(one) for one in given[1]]
            return any(empty)
        elif operation in GROUPS:
            return self.add(given if operation is sre.ATOMIC_GROUP else given[-1])
        elif operation in REPEATS:
            return self.add(given[2]) or given[0] == 0
        else:
            raise ValueError(operation)
        return False

    def _take_all(self, items: Iterable[Node]) -> None:
        for operation, given in items:
            if operation is sre.LITERAL:
                self._take(given, given)
            elif operation is sre.RANGE:
                self._take(*given)
            elif operation is sre.CATEGORY and given in _CLASSES:
                self.found.add(_CLASSES[given])
            else:
                raise ValueError(operation)

    def _take(self, first: int, last: int) -> None:
        self._size += last - first + 1
        if self._size > WIDEST:
            raise ValueError(first)
        one = re.escape(chr(first))
        self.found.add(one if first == last else f"{one}-{re.escape(chr(last))}")
