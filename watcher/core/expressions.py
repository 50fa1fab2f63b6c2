"""What a pattern that ships cannot do without, read off the expression itself.

Most searches for a pattern end in nothing. They are cut short twice: a pattern is not tried
where phrases that every match contains are absent, and it is tried only at characters with
which a match can begin. Neither changes what is found. `re` parses; its syntax tree is what
is walked here, and where it holds something unknown, nothing is concluded from it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]  # the tree has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from watcher.core.spans import Span

Find = Callable[[str], Span | None]
"""A compiled pattern: where the first stretch of a text is that fits."""

Phrases = frozenset[str]
"""Phrases of which a match contains one."""

Way = tuple[Phrases, ...]
"""One way to match: it contains one of each."""

DIGIT: Phrases = frozenset("0123456789")
"""What a match with a digit in it contains."""

Node = tuple[Any, Any]
"""An operation of the syntax tree and its arguments."""

FEW_DIGITS = 3
"""So many digits, or more, are not found in every text."""

FEW_LETTERS = 4
"""One of more Latin letters than these stands in every text that has a word in Latin."""

MOST_SPELT, LONGEST = 96, 4
"""So many phrases are told apart, of so many characters at most."""

WIDEST = 400
"""Characters with which a match may begin, beyond which looking for them saves nothing."""

_NOT_TELLING = re.compile('[^\u3400-\u9fffa-z0-9"“”]+')
"""What may be written in several ways in folded texts, or is so common that it tells nothing."""

VERBOSE = "(?x)"
"""How a pattern begins in which blanks and line breaks mean nothing."""

_OPTIONS = re.compile(r"\(\?[a-zA-Z]+\)")

_ANY_DIGIT = [(sre.CATEGORY, sre.CATEGORY_DIGIT)]
_CLASSES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_SPACE: r"\s",
}
_ZERO_WIDTH = frozenset((sre.AT, sre.ASSERT, sre.ASSERT_NOT))
_REPEATS = frozenset((sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT))
_GROUPS = frozenset((sre.SUBPATTERN, sre.ATOMIC_GROUP))


@dataclass(frozen=True, slots=True)
class Expression:
    """A pattern ready to be searched for."""

    find: Find
    text: str

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to match; where there are none it may stand anywhere.

        Worked out at each look: kept for all patterns they take more memory than the rules.
        """
        return _ways(list(parser.parse(self.text)))


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Expression:
    """Compile a pattern that ships; whether it is fast is a matter of our tests."""
    return Expression(find=_when_needed(expression), text=expression)


def _when_needed(expression: str) -> Find:
    """Compile at the first search: most patterns are never tried by a program that ends soon.

    Their trees would take more memory than all else that is known of them.
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
    elif operation in _GROUPS or operation in _REPEATS or operation in (sre.ASSERT, sre.ASSERT_NOT):
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
            if operation in _ZERO_WIDTH:
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
        elif operation in _GROUPS:
            return self.add(given if operation is sre.ATOMIC_GROUP else given[-1])
        elif operation in _REPEATS:
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


Spelt = frozenset[str] | None
"""All that a stretch can be, spelt out; None where that is too much."""


def _ways(tree: list[Node]) -> tuple[Way, ...]:
    """Return the ways to match, each with what it must contain; none where one needs nothing."""
    widest = max(range(len(tree)), key=lambda at: len(_alternatives(tree[at])), default=None)
    split = [tree]
    if widest is not None and len(_alternatives(tree[widest])) > 1:
        before, behind = tree[:widest], tree[widest + 1 :]
        split = [[*before, *one, *behind] for one in _alternatives(tree[widest])]
    ways = tuple(_needed(one)[1] for one in split)
    return ways if all(ways) else ()


def _alternatives(node: Node) -> list[list[Node]]:
    operation, given = node
    while operation is sre.SUBPATTERN and len(given[-1]) == 1:
        operation, given = given[-1][0]
    return [list(one) for one in given[1]] if operation is sre.BRANCH else []


def _needed(nodes: Iterable[Node]) -> tuple[Spelt, Way]:
    """Return what a sequence can be where that is little, and what it must contain."""
    whole = True
    said: frozenset[str] = frozenset(("",))
    needs: list[Phrases] = []
    for node in nodes:
        if node[0] in _ZERO_WIDTH:
            continue
        spelt, inner = _of_node(node)
        joined = _joined(said, spelt) if spelt is not None else None
        if joined is not None:
            said = joined
            continue
        needs += _one_of(said)
        needs += inner
        whole = False
        said = frozenset(("",)) if spelt is None else spelt
    needs += _one_of(said)
    return (said if whole else None), tuple(needs)


def _of_node(  # noqa: PLR0911  one return an operation
    node: Node,
) -> tuple[Spelt, Way]:
    operation, given = node
    if operation is sre.LITERAL:
        return frozenset((chr(given),)), ()
    if operation is sre.IN:
        return _of_class(given), (DIGIT,) if given == _ANY_DIGIT else ()
    if operation is sre.BRANCH:
        return _of_branches([_needed(one) for one in given[1]])
    if operation in _GROUPS:
        return _needed(given if operation is sre.ATOMIC_GROUP else given[-1])
    if operation in _REPEATS:
        least, most, inner = given
        spelt, needs = _needed(inner)
        if (least, most) == (1, 1):
            return spelt, needs
        if (least, most) == (0, 1) and spelt is not None:
            return spelt | {""}, ()
        return None, needs if least else ()
    return None, ()


def _of_class(items: Sequence[Node]) -> Spelt:
    spelt: set[str] = set()
    for operation, given in items:
        if operation is sre.LITERAL:
            spelt.add(chr(given))
        elif operation is sre.RANGE and given[1] - given[0] < MOST_SPELT:
            spelt.update(map(chr, range(given[0], given[1] + 1)))
        else:
            return None
    return frozenset(spelt)


def _of_branches(branches: list[tuple[Spelt, Way]]) -> tuple[Spelt, Way]:
    every = [spelt for spelt, _ in branches if spelt is not None]
    if len(every) == len(branches):
        union = frozenset().union(*every)
        if len(union) <= MOST_SPELT:
            return union, ()
    needs = [best_of(way) for _, way in branches]
    if all(needs):
        return None, tuple(_one_of(frozenset().union(*needs)))
    return None, ()


def _joined(ahead: frozenset[str], behind: frozenset[str]) -> Spelt:
    if len(ahead) * len(behind) > MOST_SPELT:
        return None
    return frozenset(one + other for one in ahead for other in behind)


def _one_of(spelt: Collection[str]) -> Iterator[Phrases]:
    """Yield what must stand in a text where one of some stretches does, if that tells anything."""
    said = {part for one in spelt for part in (_telling(one),)}
    letters = sum(len(one) == 1 and one.isascii() for one in said)
    if "" in said or letters > FEW_LETTERS or len(said) > MOST_SPELT:
        if not any(DIGIT.isdisjoint(one) for one in spelt):
            yield DIGIT
        return
    if len(set(map(len, said))) > 1:  # else none holds another
        said = {one for one in said if not any(other != one and other in one for other in said)}
    yield frozenset(said)


@lru_cache(maxsize=1024)
def _telling(text: str) -> str:
    """Return the first stretch of a text that every spelling of it shares, cut to some length."""
    parts = _NOT_TELLING.split(text)
    told = [one for one in parts if len(one) >= FEW_DIGITS or not one.isdigit()]
    return max(told, key=len, default="")[:LONGEST]


def best_of(way: Way) -> Phrases:
    """Return the need that is met the least often."""
    return min(way, key=commonness, default=frozenset())


def commonness(phrases: Phrases) -> float:
    """Estimate how often one of some phrases stands in a text."""
    return sum(8.0 ** -len(phrase) for phrase in phrases)
