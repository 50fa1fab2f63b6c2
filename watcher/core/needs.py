"""What a message must have for a rule to fit it, as far as one search for phrases can tell.

A rule is looked at only in messages that have what one of the ways to fit it needs, so that
the number of rules costs nothing where nothing of theirs is said. Needs are bits of a number:
whether all of a way are met is one step, however many they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from watcher.core.checks import CHECKS
from watcher.core.literals import LiteralTable, Need
from watcher.core.rules import (
    Asserted,
    Check,
    Condition,
    Conditions,
    Literal,
    Pattern,
    Rule,
    Together,
    Words,
)
from watcher.core.rules import Sequence as InOrder
from watcher.core.traits import is_kind, trait_of_kind

COMMONNESS = 8.0
"""Each further character makes a phrase about so many times rarer in ordinary Chinese text."""

MOST_WAYS = 24
"""Of a condition inside another so many ways are told apart; of more, what they share."""

Ways = tuple[frozenset[Need], ...]
"""Ways to meet a condition: of each, what it needs."""


@dataclass(frozen=True, slots=True)
class NeedsOf:
    """Works out the needs of conditions; `words` are the word lists as numbers of phrases."""

    literals: LiteralTable
    words: Mapping[str, Iterable[int]]

    def rule(self, rule: Rule) -> tuple[Ways, ...]:
        """Return the ways to meet each condition of a rule that needs anything."""
        return self.conditions(rule.conditions, shipped=rule.shipped)

    def conditions(self, conditions: Conditions, *, shipped: bool) -> tuple[Ways, ...]:
        """Return the ways to meet each; only a shipped pattern is read for more than it says."""
        every = [ways for one in conditions.all for ways in self._condition(one, shipped=shipped)]
        either = [self._condition(one, shipped=shipped) for one in conditions.any]
        if either and all(either):
            every.append(tuple(way for one in either for way in _at_once(one)))
        return tuple(every)

    def start(self, every: Iterable[Ways]) -> Need | None:
        """Choose of what a text has something where a rule fits, and the least often elsewhere."""
        starts = [start for ways in every if (start := self._start(ways)) is not None]
        return min(starts, key=self._commonness, default=None)

    def _start(self, ways: Ways) -> Need | None:
        """Choose from each way what it needs; kinds start nothing, for rules find them out."""
        either = [[need for need in way if not any(map(is_kind, need))] for way in ways]
        if not all(either):
            return None
        return frozenset().union(*(min(needs, key=self._commonness) for needs in either))

    def _commonness(self, need: Need) -> tuple[bool, float, list[str]]:
        """Rank needs by how often an ordinary text meets them; phrases come before traits."""
        lengths = self.literals.lengths
        phrases = [token for token in need if isinstance(token, int)]
        traits = sorted(token for token in need if isinstance(token, str))
        return bool(traits), sum(COMMONNESS ** -lengths[token] for token in phrases), traits

    def _condition(  # noqa: PLR0911  one return a form
        self, condition: Condition, *, shipped: bool
    ) -> tuple[Ways, ...]:
        match condition:
            case Conditions():
                return self.conditions(condition, shipped=shipped)
            case Check():
                traits = CHECKS[condition.name].traits_needed(dict(condition.parameters))
                return () if traits is None else (_one(traits),)
            case Pattern():
                declared = _one(frozenset(map(self.literals.number, condition.literals)))
                ways = self.literals.ways(condition.expression) if shipped else ()
                beside = (_one(self._phrases(condition.near)),) if condition.near else ()
                return (
                    (declared, tuple(map(frozenset, ways)), *beside)
                    if ways
                    else (declared, *beside)
                )
            case InOrder():
                return _one(self._phrases(condition.first)), _one(self._phrases(condition.then))
            case Together():
                return _one(self._phrases(condition.one)), _one(self._phrases(condition.other))
            case Asserted():
                return (_one(self._phrases(condition.of)),)
            case Literal() | Words():
                return (_one(self._phrases(condition)),)

    def _phrases(self, condition: Literal | Words) -> Need:
        if isinstance(condition, Words):
            return frozenset(self.words[condition.name])
        return frozenset((self.literals.number(condition.phrase),))


def _one(need: Need) -> Ways:
    return (frozenset((need,)),)


def _at_once(every: Iterable[Ways]) -> Ways:
    """Return the ways to meet all of some conditions, the single ones joined to each other."""
    joined: Ways = (frozenset(),)
    for ways in sorted(every, key=len):
        if len(joined) * len(ways) > MOST_WAYS:
            continue
        joined = tuple(one | other for one, other in product(joined, ways))
    return joined


_MOST_KNOWN = 4096


@dataclass(frozen=True, slots=True)
class Candidates:
    """Finds the rules worth a try; rules are numbered, the recognisers before the signals."""

    phrases: Sequence[int]
    """Phrase -> needs that it meets, as bits."""
    traits: Mapping[str, int]
    """Trait -> the same."""
    everything: int
    """All needs."""
    starts: int
    """Needs of which each starts rules."""
    started: Mapping[int, tuple[int, ...]]
    """Such a need, as a bit -> rules that are looked at where it is met."""
    beside: tuple[int, ...]
    """Rules that nothing starts; they are looked at wherever others are."""
    needs: tuple[int, ...]
    """Rule -> its needs, whichever way it fits, but the one that starts it."""
    ways: tuple[tuple[tuple[int, ...], ...], ...]
    """Rule -> of each condition that several ways meet, the needs of each way."""
    brought: tuple[int, ...]
    """Rule -> needs that the kind it recognises meets."""
    _known: dict[int, Sequence[int]] = field(default_factory=dict, repr=False, compare=False)
    """What `worth` said lately: most messages lack all but the same few needs."""

    @classmethod
    def of(
        cls, rules: Sequence[Rule], needs_of: NeedsOf, implied: Mapping[int, Iterable[str]]
    ) -> "Candidates":
        """Index rules by what they need; `implied` are the traits that a phrase brings along."""
        literals = needs_of.literals
        started: dict[int, list[int]] = {}
        beside: list[int] = []
        needs: list[int] = []
        several: list[tuple[tuple[int, ...], ...]] = []
        for at, rule in enumerate(rules):
            every = needs_of.rule(rule)
            start = needs_of.start(every)
            if start is None:
                beside.append(at)
            else:
                started.setdefault(literals.bits((start,)), []).append(at)
            single = {need for ways in every if len(ways) == 1 for need in ways[0]}
            needs.append(literals.bits(single - {start}))
            several.append(
                tuple(tuple(map(literals.bits, ways)) for ways in every if len(ways) > 1)
            )
        met = literals.met()
        for phrase, traits in implied.items():
            for trait in traits:
                met[phrase] = met.get(phrase, 0) | met.get(trait, 0)
        return cls(
            phrases=[met.get(at, 0) for at in range(len(literals.lengths))],
            traits={token: bits for token, bits in met.items() if isinstance(token, str)},
            everything=(1 << len(literals.needs)) - 1,
            starts=sum(started),
            started={bit: tuple(at) for bit, at in started.items()},
            beside=tuple(beside),
            needs=tuple(needs),
            ways=tuple(several),
            brought=tuple(
                0 if rule.kind is None else met.get(trait_of_kind(rule.kind), 0) for rule in rules
            ),
        )

    def lacking(self, phrases: Iterable[int], traits: Iterable[str]) -> int:
        """Return the needs that nothing of a text meets, as bits."""
        met = 0
        meets = self.phrases
        for phrase in phrases:
            bits = meets[phrase]
            if bits:  # or else the whole number would be copied
                met |= bits
        for trait in traits:
            met |= self.traits.get(trait, 0)
        return self.everything & ~met

    def worth(self, lacking: int) -> Sequence[int]:
        """Return the rules that may fit where so much is lacking, in order.

        A kind is taken for a trait as soon as a recogniser of it is worth a try.
        """
        worth = self._known.get(lacking)
        if worth is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            worth = self._known[lacking] = self._worth(lacking)
        return worth

    def _worth(self, lacking: int) -> list[int]:
        starts = self.starts & ~lacking
        if not starts:
            return []
        looked_at = [*self.beside]
        while starts:
            bit = starts & -starts
            starts ^= bit
            looked_at += self.started[bit]
        looked_at.sort()
        needs, several, brought = self.needs, self.ways, self.brought
        worth: list[int] = []
        for at in looked_at:
            if needs[at] & lacking:
                continue
            for ways in several[at]:
                for way in ways:
                    if not way & lacking:
                        break
                else:
                    break
            else:
                worth.append(at)
                if brought[at]:
                    lacking &= ~brought[at]
        return worth
