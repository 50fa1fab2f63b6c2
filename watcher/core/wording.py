"""What the wording of a text weighs, beyond any one phrase: is it a fraud's, does it claim a debt?

The weights are data (`rules/wording.toml`), learned from labelled messages. They only ever show
something: a text is weighed in runs of sentences, and one run that is heavy enough will do, so
that sentences put before or behind it take nothing from it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from watcher.core.extract import find_accounts
from watcher.core.spans import Span
from watcher.core.view import View
from watcher.core.weights import Features, Question, Scale, Scales

LONGEST_RUN = 150
"""Characters; more than one sentence is weighed together only up to this length."""

FARTHEST = 400
"""Characters from the beginning of a run to its end, with what it passes over."""

MOST_SENTENCES = 400

EVEN = 0
"""Weights are log odds: what weighs less is rather no than yes."""

_SENTENCE_END = re.compile(r"[。!?;】\]]+")
_NUMBER = re.compile(r"\d+(\.\d)?")
LONGEST_NUMBER = 12
"""Digits; longer numbers are one trait."""


@dataclass(frozen=True, slots=True)
class Run:
    """Sentences that are heavy enough; `held` are their features as numbers of `Scales.keys`."""

    span: Span
    weight: int
    held: frozenset[int]


def weighty_run(view: View, question: Question, *, sure: bool = False) -> Run | None:
    """Return a short run of sentences that answers a question with yes; None: there is none.

    It weighs more than the limit of the weights, or than that for a sure answer.
    """
    scale = view.scales.scales.get(question)
    if scale is None:
        return None
    return _heavier(view, scale, scale.sure if sure else scale.limit)


def falls_short(view: View, question: Question) -> bool:
    """Whether no run of sentences weighs what a demand must; last digits make up for a little."""
    scale = view.scales.scales.get(question)
    if scale is None:
        return False
    return _heavier(view, scale, scale.limit if view.tails else scale.bare) is None


def speaks_against(view: View, question: Question) -> bool:
    """Whether each short run of sentences rather answers a question with no."""
    scale = view.scales.scales.get(question)
    return scale is not None and _heavier(view, scale, EVEN) is None


def _heavier(view: View, scale: Scale, limit: int) -> Run | None:
    if view.said is None:
        view.said = _said(view, view.scales)
    is_long = view.said.sentences[-1][1] > FARTHEST
    if is_long and not _may_exceed(view, view.said, scale, limit):
        return None
    if view.features is None:
        view.features = _with_traits(view, view.said, view.scales)
    firsts = _worth(view.features, scale, limit) if is_long else None
    for first, last, weight, held in weighed(view.features, scale, firsts):
        if weight > limit:
            sentences = view.features.sentences
            return Run((sentences[first][0], sentences[last][1]), weight, frozenset(held))
    return None


def _may_exceed(view: View, said: Features, scale: Scale, limit: int) -> bool:
    """Whether all that speaks for yes would be enough; what is no word is looked for last."""
    most = scale.bias + max(gained for _, gained in _gained(said, scale))
    if most > limit:
        return True
    if most + sum(scale.traits.values()) <= limit:
        return False
    carried = {trait for trait, _ in _carried(view)}
    return most + sum(scale.traits.get(trait, 0) for trait in carried) > limit


def _worth(features: Features, scale: Scale, limit: int) -> Iterator[int]:
    """Yield the sentences with which runs begin that may weigh enough, the last ones first."""
    parts = [at for at, gained in _gained(features, scale) if scale.bias + gained > limit]
    return (first for part in reversed(parts) for first in reversed(part))


def _gained(features: Features, scale: Scale) -> Iterator[tuple[range, int]]:
    """Part the sentences, and bound what speaks for yes in the runs that begin in each part."""
    gain_of = scale.gains.__getitem__
    if len(features.held) == 1:
        yield range(1), sum(map(gain_of, features.held[0]))
        return
    starts = [start for start, _ in features.sentences]
    first = 0
    while first < len(starts):
        behind = bisect_left(starts, starts[first] + FARTHEST, first + 1)
        reached = bisect_left(starts, starts[first] + 2 * FARTHEST, behind)
        every = set().union(*features.held[first:reached])
        yield range(first, behind), sum(map(gain_of, every))
        first = behind


def weighed(
    features: Features, scale: Scale, firsts: Iterable[int] | None = None
) -> Iterator[tuple[int, int, int, set[int]]]:
    """Yield each run by its first and last sentence, with what it weighs and what it holds.

    A sentence that speaks against the run is passed over, as if it stood elsewhere. Runs that
    begin last come first, only those with `firsts` where these are given.
    """
    weight_of = scale.weights.__getitem__
    sentences, held = features.sentences, features.held
    for first in firsts if firsts is not None else range(len(sentences) - 1, -1, -1):
        start, stop = sentences[first]
        counted = held[first]
        weight = scale.bias + sum(map(weight_of, counted))
        size = stop - start
        yield first, first, weight, counted
        for last in range(first + 1, len(sentences)):
            begin, end = sentences[last]
            if end - start > FARTHEST:
                break
            new = held[last] - counted
            more = sum(map(weight_of, new))
            if more > 0 and size + end - begin <= LONGEST_RUN:
                counted = counted | new
                weight += more
                size += end - begin
                yield first, last, weight, counted


def features_of(view: View, scales: Scales) -> Features:
    """Find the features in each sentence of a text; a lender's name is none."""
    return _with_traits(view, _said(view, scales), scales)


def _said(view: View, scales: Scales) -> Features:
    """Find the features that are words, in the first sentences."""
    dense = view.reading.dense
    sentences = sentences_in(dense)
    named = unnamed(view)
    held = tuple(scales.phrases_in(named[start:end]) for start, end in sentences)
    told_by = scales.told_by
    if len(sentences) == 1:
        held[0].update(*map(told_by.__getitem__, view.hits))
        return Features(sentences, held)
    holding: list[set[int]] = []
    for one, (start, end) in zip(held, sentences, strict=True):
        holding += [one] * (end - start)
    holding += [set()] * (len(dense) - len(holding))  # what is behind the last is not weighed
    for phrase, spans in view.hits.items():
        told = told_by[phrase]
        if told:
            for start, _ in spans:
                holding[start].update(told)
    return Features(sentences, held)


def sentences_in(dense: str) -> tuple[Span, ...]:
    """Part a folded text at the ends of its first sentences."""
    ends = [one.end() for one in islice(_SENTENCE_END.finditer(dense), MOST_SENTENCES)]
    if len(ends) < MOST_SENTENCES and (not ends or ends[-1] < len(dense)):
        ends.append(len(dense))
    return tuple(pairwise((0, *ends)))


def _with_traits(view: View, said: Features, scales: Scales) -> Features:
    """Add what is no word, each trait to the sentence in which it stands."""
    carried = [(scales.traits[trait], at) for trait, at in _carried(view) if trait in scales.traits]
    if not carried:
        return said
    held = tuple(map(set, said.held))
    ends = [end for _, end in said.sentences]
    after_all = len(view.reading.dense) - 1
    for number, start in carried:
        sentence = bisect_right(ends, min(start, after_all))
        if sentence < len(held):
            held[sentence].add(number)
    return Features(said.sentences, held)


def unnamed(view: View) -> str:
    """Return the dense text with the names of lenders blotted out."""
    dense = view.reading.dense
    pieces: list[str] = []
    past = 0
    for start, end in sorted(span for span, _ in view.names):
        if end > past:
            pieces += (dense[past:start], "\0" * (end - max(start, past)))
            past = end
    return "".join((*pieces, dense[past:]))


def _carried(view: View) -> Iterator[tuple[str, int]]:
    """Yield what a text carries besides words, each with where it stands in the dense text."""
    for link in view.links:
        yield f"link.{view.hosts.classify(link)}", view.reading.plain_to_dense(link.start)
    for phone in view.phones:
        yield f"phone.{phone.form}", phone.start
    for start, _ in find_accounts(view.reading.dense):
        yield "account", start
    for number in _NUMBER.finditer(view.reading.dense):
        size = min(number.end(0) - number.start(), LONGEST_NUMBER)
        yield ("decimal" if number[1] else f"digits.{size}"), number.start()
