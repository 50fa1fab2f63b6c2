"""What a message must have for a rule to fit it, as far as one search for phrases can tell.

A rule is looked at only in messages that have one thing of each of its needs, so that the
number of rules costs nothing where nothing of theirs is said.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

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

COMMONNESS = 8
"""Each further character makes a phrase about so many times rarer in ordinary Chinese text."""

NONE: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedsOf:
    """Works out the needs of conditions; `words` are the word lists as numbers of phrases."""

    literals: LiteralTable
    words: Mapping[str, Iterable[int]]

    def rule(self, rule: Rule) -> tuple[Need, ...]:
        """Return the needs of a rule, each of which must be met."""
        return self.conditions(rule.conditions, shipped=rule.shipped)

    def conditions(self, conditions: Conditions, *, shipped: bool) -> tuple[Need, ...]:
        """Return the needs of conditions; only a shipped pattern is read for more than it says."""
        needs = [need for one in conditions.all for need in self._condition(one, shipped=shipped)]
        either = [self._condition(one, shipped=shipped) for one in conditions.any]
        if either and all(either):
            needs.append(frozenset(chain.from_iterable(map(self.rarest, either))))
        return tuple(needs)

    def rarest(self, needs: Iterable[Need]) -> Need:
        """Choose what is the least likely to stand in an ordinary text; phrases before traits."""
        return min(needs, key=self._commonness)

    def _commonness(self, need: Need) -> tuple[bool, float]:
        lengths = self.literals.lengths
        return not only_phrases(need), sum(
            COMMONNESS ** -lengths[token] for token in need if isinstance(token, int)
        )

    def _condition(  # noqa: PLR0911  one return a form
        self, condition: Condition, *, shipped: bool
    ) -> tuple[Need, ...]:
        match condition:
            case Conditions():
                return self.conditions(condition, shipped=shipped)
            case Check():
                traits = CHECKS[condition.name].traits_needed(dict(condition.parameters))
                return () if traits is None else (traits,)
            case Pattern():
                declared = frozenset(map(self.literals.number, condition.literals))
                return declared, *(self._of_ways(condition.expression) if shipped else ())
            case InOrder():
                return self._phrases(condition.first), self._phrases(condition.then)
            case Together():
                return self._phrases(condition.one), self._phrases(condition.other)
            case Asserted():
                return (self._phrases(condition.of),)
            case Literal() | Words():
                return (self._phrases(condition),)

    def _of_ways(self, expression: str) -> tuple[Need, ...]:
        ways = self.literals.ways(expression)
        if len(ways) == 1:
            return ways[0]
        telling = self.literals.telling(expression)
        return () if telling is None else (telling,)

    def _phrases(self, condition: Literal | Words) -> Need:
        if isinstance(condition, Words):
            return frozenset(self.words[condition.name])
        return frozenset((self.literals.number(condition.phrase),))


def only_phrases(need: Need) -> bool:
    """Whether nothing but a phrase meets a need."""
    return all(isinstance(token, int) for token in need)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Finds the rules worth a try; rules are numbered, the recognisers before the signals."""

    rules: Sequence[Rule]
    started: Mapping[int, tuple[int, ...]]
    """Phrase -> rules that are looked at where it stands."""
    beside: tuple[int, ...]
    """Rules that no phrase starts; they are looked at wherever others are."""
    met: Mapping[Token, tuple[int, ...]]
    """Token -> needs that it meets, by number; a need of several rules has one number."""
    needs: tuple[frozenset[int], ...]
    """Rule -> its needs but the one that starts it."""
    brought: tuple[tuple[int, ...], ...]
    """Rule -> needs that the kind it recognises meets."""

    @classmethod
    def of(cls, rules: Sequence[Rule], needs_of: NeedsOf) -> "Candidates":
        """Index rules by what they need."""
        numbers: dict[Need, int] = {}
        started: dict[int, list[int]] = {}
        beside: list[int] = []
        needs: list[frozenset[int]] = []
        for at, rule in enumerate(rules):
            needed = list(needs_of.rule(rule))
            if any(map(only_phrases, needed)):
                rarest = needs_of.rarest(needed)
                needed.remove(rarest)
                for token in rarest:
                    if isinstance(token, int):
                        started.setdefault(token, []).append(at)
            else:
                beside.append(at)
            needs.append(frozenset(numbers.setdefault(need, len(numbers)) for need in needed))
        met: dict[Token, list[int]] = {}
        for need, number in numbers.items():
            for token in need:
                met.setdefault(token, []).append(number)
        return cls(
            rules=rules,
            started={token: tuple(at) for token, at in started.items()},
            beside=tuple(beside),
            met={token: tuple(found) for token, found in met.items()},
            needs=tuple(needs),
            brought=tuple(
                () if rule.kind is None else tuple(met.get(trait_of_kind(rule.kind), NONE))
                for rule in rules
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

    def worth(
        self, looked_at: Iterable[int], phrases: Iterable[int], traits: Iterable[str]
    ) -> Iterator[int]:
        """Yield those of some rules whose every need is met, in order.

        A kind is taken for a trait as soon as a recogniser of it is worth a try.
        """
        met: set[int] = set()
        for phrase in phrases:
            met.update(self.met.get(phrase, NONE))
        for trait in traits:
            met.update(self.met.get(trait, NONE))
        needs = self.needs
        for at in sorted(looked_at):
            if needs[at] <= met:
                yield at
                met.update(self.brought[at])
