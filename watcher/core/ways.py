"""What every match of a pattern that ships must contain, read off the expression itself.

Where the syntax tree holds something unknown, nothing is concluded from it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from re import _constants as sre  # type: ignore[attr-defined]  # the tree has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

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

_NOT_TELLING = re.compile('[^\u3400-\u9fffa-z0-9"“”]+')
"""What may be written in several ways in folded texts, or is so common that it tells nothing."""

_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)
"""What tells the alternatives of a pattern apart, and what hides that."""

ANYTHING: Node = (sre.ANY, None)
DEEPEST = 3
"""So many levels of alternatives inside alternatives are told apart."""

_ANY_DIGIT = [(sre.CATEGORY, sre.CATEGORY_DIGIT)]
ZERO_WIDTH = frozenset((sre.AT, sre.ASSERT, sre.ASSERT_NOT))
REPEATS = frozenset((sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT))
GROUPS = frozenset((sre.SUBPATTERN, sre.ATOMIC_GROUP))

Spelt = frozenset[str] | None
"""All that a stretch can be, spelt out; None where that is too much."""

_EMPTY = frozenset(("",))


def alternatives_of(expression: str) -> tuple[str, ...]:
    """Split a pattern into those of which one must match; itself alone where it says more."""
    if expression.startswith("(?") and expression[2:3].isalpha():
        return (expression,)  # options count for all of it
    cuts = [-1]
    depth = 0
    for part in _PARTS.finditer(expression):
        if part[0] == "|" and not depth:
            cuts.append(part.start())
        depth += (part[0] == "(") - (part[0] == ")")
    return tuple(expression[start + 1 : end] for start, end in pairwise((*cuts, len(expression))))


def ways_of(expression: str) -> tuple[Way, ...]:
    """Return the ways to match, each with what it must contain; none where one needs nothing."""
    ways = tuple(_Tree().ways(list(_level(parser.parse(expression))), 1))
    return ways if all(ways) else ()


def _level(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield a sequence with what must lie ahead or behind as part of it, apart from the rest."""
    for node in nodes:
        if node[0] is sre.ASSERT:
            yield from (ANYTHING, *_level(node[1][1]), ANYTHING)
        else:
            yield node


def _alternatives(node: Node) -> list[list[Node]]:
    operation, given = node
    while operation is sre.SUBPATTERN and len(given[-1]) == 1:
        operation, given = given[-1][0]
    return [list(one) for one in given[1]] if operation is sre.BRANCH else []


class _Tree:
    """The syntax tree of one pattern, of which no node is read twice: ways share most of them."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[Node, tuple[Spelt, Way]]] = {}

    def ways(self, nodes: list[Node], depth: int) -> Iterator[Way]:
        """Tell the alternatives of a sequence apart, and theirs again where one needs nothing."""
        widest = max(range(len(nodes)), key=lambda at: len(_alternatives(nodes[at])), default=None)
        split = _alternatives(nodes[widest]) if widest is not None and depth <= DEEPEST else []
        if widest is None or len(split) <= 1:
            yield self._needed(nodes)[1]
            return
        before, behind = nodes[:widest], nodes[widest + 1 :]
        for one in split:
            inner = [*before, *_level(one), *behind]
            way = self._needed(inner)[1]
            if way:
                yield way
            else:
                yield from self.ways(inner, depth + 1)

    def _needed(self, nodes: Iterable[Node]) -> tuple[Spelt, Way]:
        """Return what a sequence can be where that is little, and what it must contain."""
        whole = True
        said = _EMPTY
        needs: list[Phrases] = []
        for node in nodes:
            if node[0] in ZERO_WIDTH:
                continue
            spelt, inner = self._of(node)
            joined = _joined(said, spelt) if spelt is not None else None
            if joined is not None:
                said = joined
                continue
            needs += _one_of(said)
            needs += inner
            whole = False
            said = _EMPTY if spelt is None else spelt
        needs += _one_of(said)
        return (said if whole else None), tuple(needs)

    def _of(self, node: Node) -> tuple[Spelt, Way]:
        """Read a node that may have been read; it is kept, so that no other gets its identity."""
        known = self._read.get(id(node))
        if known is None:
            known = self._read[id(node)] = (node, self._of_node(node))
        return known[1]

    def _of_node(  # noqa: PLR0911  one return an operation
        self, node: Node
    ) -> tuple[Spelt, Way]:
        operation, given = node
        if operation is sre.LITERAL:
            return frozenset((chr(given),)), ()
        if operation is sre.IN:
            return _of_class(given), (DIGIT,) if given == _ANY_DIGIT else ()
        if operation is sre.BRANCH:
            return _of_branches([self._needed(one) for one in given[1]])
        if operation in GROUPS:
            return self._needed(given if operation is sre.ATOMIC_GROUP else given[-1])
        if operation in REPEATS:
            least, most, inner = given
            spelt, needs = self._needed(inner)
            if (least, most) == (1, 1):
                return spelt, needs
            if (least, most) == (0, 1) and spelt is not None:
                return spelt | _EMPTY, ()
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
    if "" in spelt:
        return
    said = set(map(_telling, spelt))
    letters = sum(len(one) == 1 and one.isascii() for one in said)
    if "" in said or letters > FEW_LETTERS or len(said) > MOST_SPELT:
        if not any(DIGIT.isdisjoint(one) for one in spelt):
            yield DIGIT
        return
    if len(set(map(len, said))) > 1:  # else none holds another
        said = {one for one in said if said.isdisjoint(_inside(one))}
    yield frozenset(said)


@lru_cache(maxsize=1024)
def _inside(text: str) -> tuple[str, ...]:
    """Return the shorter stretches of a text."""
    size = len(text)
    spans = combinations(range(size + 1), 2)
    return tuple(text[start:end] for start, end in spans if end - start < size)


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
