"""Every phrase that is searched for, numbered, and what patterns need of them."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from operator import or_
from typing import TypeVar

from watcher.core.ways import DIGIT, Way, commonness, ways_of

Token = int | str
"""A phrase by its number, or a trait: what is no matter of words (`core.traits`)."""

Kept = TypeVar("Kept")
"""What is kept of a token: numbers or tuples, which can be keys."""

Need = frozenset[Token]
"""Tokens of which a rule needs one."""

HAS_DIGIT = "digit"
"""The trait of a text in which a digit stands."""

MOST_WAYS, MOST_NEEDS = 48, 3
"""So many ways to match a pattern are told apart, and so many phrases that each needs."""


class LiteralTable:
    """Every phrase that any rule needs, numbered, folded as messages are folded."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = cache(partial(_folded, fold))
        self.numbers: dict[str, int] = {}
        self.lengths: list[int] = []
        self.needs: dict[Need, int] = {}
        self._ways: dict[str, tuple[tuple[Need, ...], ...]] = {}

    def number(self, phrase: str) -> int:
        """Return the number of a phrase, a new one where it was not yet known."""
        folded = self._fold(phrase)
        if folded not in self.numbers:
            self.numbers[folded] = len(self.lengths)
            self.lengths.append(len(folded))
        return self.numbers[folded]

    def ways(self, expression: str) -> tuple[tuple[Need, ...], ...]:
        """Return what each way to match a shipped pattern needs; none where one needs nothing."""
        if expression not in self._ways:
            ways = [self._best(way) for way in ways_of(expression)]
            if len(ways) > MOST_WAYS and all(ways):
                shared = set(ways[0]).intersection(*ways)
                ways = [(frozenset().union(*(way[0] for way in ways)), *shared)]
            self._ways[expression] = tuple(ways) if all(ways) else ()
        return self._ways[expression]

    def bits(self, needs: Iterable[Need]) -> int:
        """Return needs as bits of a number; a need that several have is one bit."""
        return sum(1 << self.needs.setdefault(need, len(self.needs)) for need in set(needs))

    def bits_of_ways(self, expression: str, *also: Need) -> tuple[int, ...]:
        """Return what each way to match a shipped pattern needs, as bits, and `also` besides."""
        return tuple(self.bits((*also, *way)) for way in self.ways(expression) or ((),))

    def met(self) -> dict[Token, int]:
        """Return which of all needs each token meets, as bits; the needs are used up."""
        self._ways.clear()
        met: dict[Token, int] = {}
        while self.needs:  # what is done with goes at once: a peak is never given back whole
            need, at = self.needs.popitem()
            add_to_each(met, need, 0, partial(or_, 1 << at))
        return met

    def _best(self, way: Way) -> tuple[Need, ...]:
        """Number the needs of one way that are the least often met, if folding keeps them."""
        kept = [one for one in way if all(self._fold(phrase) == phrase for phrase in one)]
        kept.sort(key=commonness)
        words = [frozenset(map(self.number, one)) for one in kept if one != DIGIT][:MOST_NEEDS]
        return (*words, frozenset((HAS_DIGIT,))) if DIGIT in kept else tuple(words)


def add_to_each(
    known: dict[Token, Kept], tokens: Iterable[Token], nothing: Kept, add: Callable[[Kept], Kept]
) -> None:
    """Add to what is kept of each of some tokens; those with the same go on sharing one value."""
    added: dict[Kept, Kept] = {}
    for token in tokens:
        before = known.get(token, nothing)
        if before not in added:
            added[before] = add(before)
        known[token] = added[before]


def _folded(fold: Callable[[str], str], phrase: str) -> str:
    """Fold a phrase; most stay as they are, and need not be kept twice."""
    folded = fold(phrase)
    return phrase if folded == phrase else folded
