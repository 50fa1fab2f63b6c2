"""What the wording of a text weighs, beyond any one phrase: is it a fraud's, does it claim a debt?

The weights are data (`rules/wording.toml`), learned from labelled messages. They only ever show
something: a text is weighed in runs of sentences, and the heaviest run counts, so that sentences
put before or behind it take nothing from it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from watcher.core.extract import find_accounts
from watcher.core.spans import Span
from watcher.core.view import View
from watcher.core.weights import Question, Scale

LONGEST_RUN = 150
"""Characters; more than one sentence is weighed together only up to this length."""

MOST_SENTENCES = 400

_SENTENCE = re.compile(r"[^。!?;]+[。!?;]*")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature at its place in the dense text; `weight` in hundredths."""

    key: str
    weight: int
    start: int


@dataclass(frozen=True, slots=True)
class Run:
    """The heaviest run of sentences; `features` are what it holds, the heaviest first."""

    span: Span
    weight: int
    features: tuple[Feature, ...]


def weighty_run(view: View, question: Question) -> Run | None:
    """Return the run of sentences that answers a question with yes; None where there is none."""
    scale = view.scales.get(question)
    if scale is None:
        return None
    weights = scale.weights
    found = tuple(features_in(view, scale))
    most = {one.key: one.weight for one in found if one.weight > 0}
    if weights.bias + sum(most.values()) <= weights.limit:
        return None
    run = heaviest_run(view, found, weights.bias)
    return run if run is not None and run.weight > weights.limit else None


def features_in(view: View, scale: Scale) -> Iterator[Feature]:
    """Yield the features of a text that weigh anything; a lender's name is none."""
    names = sorted(span for span, _ in view.names)
    starts = [start for start, _ in names]
    for phrase, weight, start, end in scale.phrases_in(view.reading.dense):
        at = bisect_right(starts, end - 1) - 1
        if at < 0 or names[at][1] <= start:
            yield Feature(phrase, weight, start)
    weights = scale.weights
    for name in weights.lists.keys() & view.lists.keys():
        for start, _ in view.lists[name]:
            yield Feature(f"@{name}", weights.lists[name], start)
    for trait, start in traits_in(view):
        if trait in weights.traits:
            yield Feature(trait, weights.traits[trait], start)


def traits_in(view: View) -> Iterator[tuple[str, int]]:
    """Yield what a text carries besides words, each with where it stands in the dense text."""
    for link in view.links:
        yield f"link.{view.hosts.classify(link)}", view.reading.plain_to_dense(link.start)
    for phone in view.phones:
        yield f"phone.{phone.form}", phone.start
    for start, _ in find_accounts(view.reading.dense):
        yield "account", start


def heaviest_run(view: View, found: tuple[Feature, ...], bias: int) -> Run | None:
    """Return the shortest run of sentences whose features, each counted once, weigh the most."""
    sentences = [one.span() for one in _SENTENCE.finditer(view.reading.dense)]
    ends = [end for _, end in sentences]
    within: list[dict[str, Feature]] = [{} for _ in sentences]
    for one in found:
        at = bisect_right(ends, one.start)
        if at < len(within):
            within[at].setdefault(one.key, one)
    best: tuple[int, int, int, int] | None = None
    for first in range(min(len(sentences), MOST_SENTENCES)):
        counted: set[str] = set()
        weight = bias
        for last in range(first, len(sentences)):
            if last > first and ends[last] - sentences[first][0] > LONGEST_RUN:
                break
            for key, one in within[last].items():
                if key not in counted:
                    counted.add(key)
                    weight += one.weight
            if best is None or (weight, first - last) > best[:2]:
                best = (weight, first - last, first, last)
    if best is None:
        return None
    weight, _, first, last = best
    held: dict[str, Feature] = {}
    for sentence in within[first : last + 1]:
        held = sentence | held
    features = sorted(held.values(), key=lambda one: (-one.weight, one.start))
    return Run((sentences[first][0], ends[last]), weight, tuple(features))
