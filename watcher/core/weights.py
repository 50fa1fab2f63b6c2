"""What features of a text weigh when its wording is weighed for a question (`core.wording`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ahocorasick_rs import AhoCorasick


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
    `phone.<form>` and `account`. The answer is yes where `bias` and weights together exceed
    `limit`.
    """

    bias: int = 0
    limit: int = 0
    phrases: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    traits: Mapping[str, int] = field(default_factory=dict)


class Scale:
    """Weights made ready to find their phrases."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._phrases = tuple(weights.phrases.items())
        self._finder = AhoCorasick([phrase for phrase, _ in self._phrases])

    def phrases_in(self, dense: str) -> Iterator[tuple[str, int, int, int]]:
        """Yield each phrase of a folded text with its weight, start and end."""
        for number, start, end in self._finder.find_matches_as_indexes(dense, overlapping=True):
            yield *self._phrases[number], start, end
