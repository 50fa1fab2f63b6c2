"""What a message must have for a rule to fit it, as far as one search for phrases can tell.

A rule is looked at only in messages that have what one of the ways to fit it needs, so that
the number of rules costs nothing where nothing of theirs is said. Needs are bits of a number:
whether all of a way are met is one step, however many they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from watcher.core.checks import CHECKS, trait_of_kind
from watcher.core.literals import LiteralTable, Need, Token
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

COMMONNESS = 8.0
"""Each further character makes a phrase about so many times rarer in ordinary Chinese text."""

MOST_WAYS = 24
"""Of a condition inside another so many ways are told apart; of more, what they share."""

NONE: tuple[int, ...] = ()

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

    def rarest(self, needs: Iterable[Need]) -> Need:
        """Choose what is the least likely to stand in an ordinary text."""
        return min(needs, key=self._commonness)

    def starting(self, ways: Ways) -> Need | None:
        """Return phrases of which one stands wherever one of some ways is gone, if there are."""
        said = [list(filter(only_phrases, way)) for way in ways]
        return frozenset().union(*map(self.rarest, said)) if all(said) else None

    def _commonness(self, need: Need) -> float:
        lengths = self.literals.lengths
        return sum(COMMONNESS ** -lengths[token] for token in need if isinstance(token, int))

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
                return (declared, tuple(map(frozenset, ways))) if ways else (declared,)
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


def only_phrases(need: Need) -> bool:
    """Whether nothing but a phrase meets a need."""
    return all(isinstance(token, int) for token in need)


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


@dataclass(frozen=True, slots=True)
class Candidates:
    """Finds the rules worth a try; rules are numbered, the recognisers before the signals."""

    started: Mapping[int, tuple[int, ...]]
    """Phrase -> rules that are looked at where it stands."""
    beside: tuple[int, ...]
    """Rules that no phrase starts; they are looked at wherever others are."""
    met: Mapping[Token, int]
    """Token -> needs that it meets, as bits."""
    everything: int
    """All needs."""
    needs: tuple[int, ...]
    """Rule -> its needs, whichever way it fits, but the one that starts it."""
    ways: tuple[tuple[tuple[int, ...], ...], ...]
    """Rule -> of each condition that several ways meet, the needs of each way."""
    brought: tuple[int, ...]
    """Rule -> needs that the kind it recognises meets."""

    @classmethod
    def of(cls, rules: Sequence[Rule], needs_of: NeedsOf) -> "Candidates":
        """Index rules by what they need."""
        literals = needs_of.literals
        started: dict[int, list[int]] = {}
        beside: list[int] = []
        needs: list[int] = []
        several: list[tuple[tuple[int, ...], ...]] = []
        for at, rule in enumerate(rules):
            every = needs_of.rule(rule)
            single = {need for ways in every if len(ways) == 1 for need in ways[0]}
            starts = [*filter(only_phrases, single)]
            starts += filter(None, map(needs_of.starting, every))
            if starts:
                rarest = needs_of.rarest(starts)
                single.discard(rarest)
                for token in rarest:
                    if isinstance(token, int):
                        started.setdefault(token, []).append(at)
            else:
                beside.append(at)
            needs.append(literals.bits(single))
            several.append(
                tuple(tuple(map(literals.bits, ways)) for ways in every if len(ways) > 1)
            )
        met = literals.met()
        return cls(
            started={token: tuple(at) for token, at in started.items()},
            beside=tuple(beside),
            met=met,
            everything=(1 << len(literals.needs)) - 1,
            needs=tuple(needs),
            ways=tuple(several),
            brought=tuple(
                0 if rule.kind is None else met.get(trait_of_kind(rule.kind), 0) for rule in rules
            ),
        )

    def among(self, phrases: Iterable[int]) -> set[int]:
        """Return the rules that phrases start, and with them those beside; else none."""
        found: set[int] = set()
        for phrase in phrases:
            found.update(self.started.get(phrase, NONE))
        if found:
            found.update(self.beside)
        return found

    def lacking(self, phrases: Iterable[int], traits: Iterable[str] = ()) -> int:
        """Return the needs that nothing of a text meets, as bits."""
        met = 0
        for phrase in phrases:
            met |= self.met.get(phrase, 0)
        for trait in traits:
            met |= self.met.get(trait, 0)
        return self.everything & ~met

    def worth(self, looked_at: Iterable[int], lacking: int) -> Iterator[int]:
        """Yield those of some rules that may fit where so much is lacking, in order.

        A kind is taken for a trait as soon as a recogniser of it is worth a try.
        """
        needs, several, brought = self.needs, self.ways, self.brought
        for at in sorted(looked_at):
            if needs[at] & lacking:
                continue
            for ways in several[at]:
                for way in ways:
                    if not way & lacking:
                        break
                else:
                    break
            else:
                yield at
                if brought[at]:
                    lacking &= ~brought[at]
