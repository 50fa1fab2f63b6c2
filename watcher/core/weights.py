"""What features of a text weigh when its wording is weighed for a question (`core.wording`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ahocorasick_rs import AhoCorasick

from watcher.core.spans import Span


class Question(StrEnum):
    """What the wording of a text is weighed for."""

    FRAUD = "fraud"
    """Whether it is worded as frauds are."""
    CLAIM = "claim"
    """Whether it asks for something or claims a debt, and is no receipt, news or chat."""
    PAID = "paid"
    """Whether it is worded as receipts are that tell of a payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Features with their weights, learned by `python -m bench.wording`; in hundredths.

    `phrases` are folded; `lists` are word lists of the rules; `traits` are `link.<host class>`,
    `phone.<form>`, `account`, `decimal` and `digits.<how many>`. The answer is yes where `bias`
    and weights together exceed `limit`, and sure where they exceed `sure`; a demand that gives
    no last digits has to exceed `bare`.
    """

    bias: int = 0
    limit: int = 0
    sure: int = 0
    bare: int = 0
    phrases: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    traits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Features:
    """The sentences of a text, and which features each holds, as numbers of `Scales.keys`."""

    sentences: tuple[Span, ...]
    held: tuple[set[int], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """The weights for one question by the number of the feature.

    `gains` are those that speak for yes, and `traits` the gains of what is no word, by name:
    enough to see quickly that a long text cannot weigh enough.
    """

    bias: int
    limit: int
    sure: int
    bare: int
    weights: Sequence[int]
    gains: Sequence[int] = ()
    traits: Mapping[str, int] = field(default_factory=dict)


class Scales:
    """The weights for all questions, made ready to find their features in one look.

    `lists_of` are the word lists that each phrase of the rules stands in, by its number;
    `told_by` the features that they are.
    """

    def __init__(
        self, given: Mapping[Question, Weights], lists_of: Sequence[tuple[str, ...]]
    ) -> None:
        self._phrases = _names(one.phrases for one in given.values())
        lists = _names(one.lists for one in given.values())
        traits = _names(one.traits for one in given.values())
        self.keys = (*self._phrases, *(f"@{name}" for name in lists), *traits)
        self._finder = AhoCorasick(self._phrases)
        first = len(self._phrases)
        of_list = {name: number for number, name in enumerate(lists, first)}
        held = {
            names: tuple(of_list[name] for name in names if name in of_list)
            for names in set(lists_of)
        }
        self.told_by = tuple(held[names] for names in lists_of)
        self.traits = {name: number for number, name in enumerate(traits, first + len(lists))}
        self.scales = {question: scale_of(one, self.keys) for question, one in given.items()}

    def phrases_in(self, dense: str) -> set[int]:
        """Find the phrases in a stretch of folded text, by their numbers."""
        found = self._finder.find_matches_as_indexes(dense, overlapping=True)
        return {number for number, _, _ in found}


def _names(given: Iterator[Mapping[str, int]]) -> tuple[str, ...]:
    return tuple(sorted({name for one in given for name in one}))


def scale_of(weights: Weights, keys: Sequence[str]) -> Scale:
    """Put the weights in the order of the features' keys."""
    lists = {f"@{name}": weight for name, weight in weights.lists.items()}
    known = {**weights.phrases, **lists, **weights.traits}
    by_number = [known.get(key, 0) for key in keys]
    gains = [max(weight, 0) for weight in by_number]
    traits = {name: weight for name, weight in weights.traits.items() if weight > 0}
    return Scale(weights.bias, weights.limit, weights.sure, weights.bare, by_number, gains, traits)
