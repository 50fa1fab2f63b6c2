"""Patterns of which most texts match none: phrases tell which of them are worth a search."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from watcher.core.expressions import Find
from watcher.core.spans import ENDLESS, Span
from watcher.core.ways import best_of, ways_of


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
    """The patterns of which one must match; `first` is the place of the first in the hints."""

    finds: tuple[Find, ...]
    first: int

    def match(self, text: str, may: int) -> bool:
        """Whether a text has a match of one that may have any, which bits tell (`Hints`)."""
        left = (may >> self.first) & ((1 << len(self.finds)) - 1)
        while left:
            lowest = left & -left
            if self.finds[lowest.bit_length() - 1](text) is not None:
                return True
            left ^= lowest
        return False
