"""Patterns of which most texts match none: phrases tell which of them are worth a search."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ahocorasick_rs import AhoCorasick

from watcher.core.expressions import Find
from watcher.core.spans import ENDLESS, Span
from watcher.core.ways import best_of, ways_of

_START = itemgetter(0)


class Hints:
    """Phrases without which patterns have no match; most clauses have none and are not searched."""

    def __init__(self, patterns: Sequence[str]) -> None:
        meant: dict[str, int] = {}
        self.always = 0
        for at, pattern in enumerate(patterns):
            ways = ways_of(pattern)
            if not ways:
                self.always |= 1 << at
            for phrase in frozenset().union(*map(best_of, ways)):
                meant[phrase] = meant.get(phrase, 0) | 1 << at
        self._meant = tuple(meant.values())
        self._finder = AhoCorasick(list(meant))

    def at(self, text: str) -> list[tuple[int, int]]:
        """Return where a phrase ends, in order, and the patterns it is of, as bits."""
        found = self._finder.find_matches_as_indexes(text, overlapping=True)
        meant = self._meant
        return [(end, meant[number]) for number, _, end in found]

    def of_parts(self, hits: Sequence[tuple[int, int]], parts: Iterable[Span]) -> Iterator[int]:
        """Yield, of parts of the text in their order, the patterns that may have a match there."""
        left = iter((*hits, (ENDLESS, 0)))
        end, meant = next(left)
        for first, last in parts:
            while end <= first:
                end, meant = next(left)
            met = self.always
            while end <= last:
                met |= meant
                end, meant = next(left)
            yield met


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Patterns of which any may match; `first` is the place of the first in the hints.

    Bits tell which of them may have a match in a text (`Hints`).
    """

    finds: tuple[Find, ...]
    first: int

    def match(self, text: str, may: int) -> bool:
        """Whether any has a match."""
        return next(self._found(text, may), None) is not None

    def find(self, text: str, may: int) -> Span | None:
        """Return the match that begins first; of several that begin there, the first pattern's."""
        return min(self._found(text, may), key=_START, default=None)

    def _found(self, text: str, may: int) -> Iterator[Span]:
        left = (may >> self.first) & ((1 << len(self.finds)) - 1)
        while left:
            lowest = left & -left
            found = self.finds[lowest.bit_length() - 1](text)
            if found is not None:
                yield found
            left ^= lowest
