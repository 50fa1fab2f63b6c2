"""What a message must have for a rule to fit it, as far as one search for phrases can tell.

A rule is looked at only in messages that have what one of the ways to fit it needs, so that
the number of rules costs nothing where nothing of theirs is said. Needs are bits of a number:
whether all of a way are met is one step, however many they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from operator import add

from watcher.core.checks import CHECKS
from watcher.core.literals import LiteralTable, Need, Token, add_to_each
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

COMMONNESS = 24.0
"""Each further character makes a phrase about so many times rarer in ordinary Chinese text."""

MOST_WAYS = 24
"""Of a condition inside another so many ways are told apart; of more, what they share."""

Ways = tuple[frozenset[Need], ...]
"""Ways to meet a condition: of each, what it needs."""


@dataclass(frozen=True, slots=True)
class NeedsOf:
    """Works out the needs of conditions; `words` are the word lists as numbers of phrases."""

    literals: LiteralTable
    words: Mapping[str, frozenset[int]]

    def rule(self, rule: Rule) -> tuple[Ways, ...]:
        """Return the ways to meet each condition of a rule that needs anything."""
        return self.conditions(rule.conditions, shipped=rule.shipped)

    def number(self, rules: Iterable[Rule]) -> None:
        """Number what rules need whichever way they fit before anything else that has needs.

        What is asked of every rule that is started is then told by the lowest bits, in numbers
        that take little memory.
        """
        for rule in rules:
            self.literals.bits(_single(self.rule(rule)))

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
            return self.words[condition.name]
        return frozenset((self.literals.number(condition.phrase),))


def _one(need: Need) -> Ways:
    return (frozenset((need,)),)


def _single(every: Iterable[Ways]) -> set[Need]:
    """Return what conditions need that have one way to be met."""
    return {need for ways in every if len(ways) == 1 for need in ways[0]}


def _at_once(every: Iterable[Ways]) -> Ways:
    """Return the ways to meet all of some conditions, the single ones joined to each other."""
    joined: Ways = (frozenset(),)
    for ways in sorted(every, key=len):
        if len(joined) * len(ways) > MOST_WAYS:
            continue
        joined = tuple(one | other for one, other in product(joined, ways))
    return joined


Brings = tuple[int, tuple[int, ...]]
"""What a token brings: the needs that it meets, as bits, and rules to look at where it stands."""

_NOTHING: Brings = (0, ())


@dataclass(frozen=True, slots=True)
class Candidates:
    """Finds the rules worth a try; rules are numbered, the recognisers before the signals."""

    phrases: Sequence[Brings]
    """By the number of the phrase."""
    traits: Mapping[str, Brings]
    everything: int
    """All needs."""
    beside: tuple[int, ...]
    """Rules that nothing starts; they are looked at wherever others are."""
    needs: tuple[int, ...]
    """Rule -> its needs, whichever way it fits, but the one that starts it."""
    ways: tuple[tuple[tuple[int, ...], ...], ...]
    """Rule -> of each condition that several ways meet, the needs of each way."""
    brought: tuple[int, ...]
    """Rule -> needs that the kind it recognises meets."""

    @classmethod
    def of(
        cls, rules: Sequence[Rule], needs_of: NeedsOf, implied: Mapping[int, Iterable[str]]
    ) -> "Candidates":
        """Index rules by what they need; `implied` are the traits that a phrase brings along."""
        literals = needs_of.literals
        started: dict[Token, tuple[int, ...]] = {}
        beside: list[int] = []
        needs: list[int] = []
        several: list[tuple[tuple[int, ...], ...]] = []
        for at, rule in enumerate(rules):
            every = needs_of.rule(rule)
            start = needs_of.start(every)
            if start is None:
                beside.append(at)
            add_to_each(started, start or (), (), partial(add, (at,)))
            needs.append(literals.bits(_single(every) - {start}))
            several.append(
                tuple(tuple(map(literals.bits, ways)) for ways in every if len(ways) > 1)
            )
        everything = (1 << len(literals.needs)) - 1
        met = literals.met()
        for phrase, traits in implied.items():
            for trait in traits:
                met[phrase] = met.get(phrase, 0) | met.get(trait, 0)
                started[phrase] = (*started.get(phrase, ()), *started.get(trait, ()))

        known: dict[Brings, Brings] = {}  # most phrases bring the same

        def brings(token: Token) -> Brings:
            one = (met.get(token, 0), tuple(sorted(set(started.get(token, ())))))
            return known.setdefault(one, one)

        return cls(
            phrases=[brings(at) for at in range(len(literals.lengths))],
            traits={token: brings(token) for token in {*met, *started} if isinstance(token, str)},
            everything=everything,
            beside=tuple(beside),
            needs=tuple(needs),
            ways=tuple(several),
            brought=tuple(
                0 if rule.kind is None else met.get(trait_of_kind(rule.kind), 0) for rule in rules
            ),
        )

    def worth(self, phrases: Iterable[int], traits: Iterable[str]) -> tuple[list[int], int]:
        """Return the rules that may fit a text, in order, and the needs it lacks, as bits."""
        met = 0
        started: set[int] = set()
        brings = self.phrases
        for phrase in phrases:
            bits, rules = brings[phrase]
            if bits:  # or else the whole number would be copied
                met |= bits
            if rules:
                started.update(rules)
        for trait in traits:
            bits, rules = self.traits.get(trait, _NOTHING)
            met |= bits
            started.update(rules)
        lacking = self.everything & ~met
        return (self._worth(started, lacking) if started else []), lacking

    def _worth(self, started: Iterable[int], lacking: int) -> list[int]:
        """Leave out the rules that need what is lacking.

        A kind is taken for a trait as soon as a recogniser of it is worth a try.
        """
        looked_at = sorted((*self.beside, *started))
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
