"""Write `rules/kinds.toml`: what phrases of a text weigh for each kind (`core.kinds`).

    python -m bench.kinds [--held-out]

Learned by logistic regression, one kind against the rest, from what `bench.wording` learns from
too; needs the extra `learn`.
"""

import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import CHECKOUT, load_rules, print_table, share
from bench.wording import PARTS, RULES, examples
from watcher.core.kinds import Kinds, figures_masked
from watcher.core.knowledge import Rules
from watcher.core.model import Kind, Verdict
from watcher.core.weights import Weights
from watcher.core.wording import unnamed

TARGET = CHECKOUT / "rules" / "kinds.toml"
LONGEST_PHRASE = 4
FEWEST = 4
"""A phrase must stand in so many messages to be looked at."""
MOST = 1_400
"""So many phrases are kept of each kind, those that weigh most."""
STRICTNESS = 0.3
"""Inverse of the strength of regularisation."""
UNIT = 100
LEARNED = tuple(kind for kind in Kind if kind is not Kind.CREDIT_REPAIR_OFFER)
"""Offers to repair a record are hardly ever honest, and are told by signals."""

_STRETCH = re.compile("[\u4e00-\u9fff¥@#,。:;()!?]+")


@dataclass(frozen=True, slots=True)
class Sample:
    """One message: its folded text without names, and the one kind that it is."""

    author: str
    dense: str
    kind: Kind


def samples(rules: Rules) -> list[Sample]:
    """Return the honest messages of which one kind only is right."""
    found: list[Sample] = []
    for one in examples(rules):
        if len(one.kinds) == 1 and Verdict.FRAUDULENT not in one.accepted and one.author != RULES:
            named = [view for view in one.views if view.names]
            if named:
                longest = max((unnamed(view) for view in named), key=len)
                found.append(Sample(one.author, longest, next(iter(one.kinds))))
    return found


class Learner:
    """Learns the weights of kinds; the phrases of each message are looked for once."""

    def __init__(self, given: Sequence[Sample]) -> None:
        self.samples = given
        held = [frozenset(_phrases(one.dense)) for one in given]
        counted = Counter(phrase for one in held for phrase in one)
        self._phrases = sorted(phrase for phrase, often in counted.items() if often >= FEWEST)
        numbers = {phrase: number for number, phrase in enumerate(self._phrases)}
        self._held = [sorted(numbers[one] for one in row if one in numbers) for row in held]

    def learn(self, without: Iterable[str] = ()) -> Mapping[Kind, Weights]:
        """Return the weights learned from all messages but those of some authors."""
        left_out = frozenset(without)
        taken = [at for at, one in enumerate(self.samples) if one.author not in left_out]
        return {kind: self._fitted(kind, taken) for kind in LEARNED}

    def _fitted(self, kind: Kind, taken: Sequence[int]) -> Weights:
        """Fit a logistic regression, and once more to the phrases that weigh most in it."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  only this command needs the extra
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

        places = [(row, key) for row, at in enumerate(taken) for key in self._held[at]]
        rows, keys = zip(*places, strict=True)
        table: Any = csr_matrix(
            ([1.0] * len(places), (rows, keys)), shape=(len(taken), len(self._phrases))
        )
        answers = [self.samples[at].kind is kind for at in taken]
        model = LogisticRegression(C=STRICTNESS, solver="liblinear", random_state=0)
        first = model.fit(table, answers).coef_[0]
        kept = sorted(range(len(first)), key=lambda key: -abs(first[key]))[:MOST]
        model.fit(table[:, kept], answers)
        weights = {
            self._phrases[key]: round(UNIT * float(weight))
            for key, weight in zip(kept, model.coef_[0], strict=True)
        }
        return Weights(
            bias=round(UNIT * float(model.intercept_[0])),
            phrases={phrase: weight for phrase, weight in weights.items() if weight},
        )


def _phrases(dense: str) -> Iterator[str]:
    for stretch in _STRETCH.findall(figures_masked(dense)):
        for start in range(len(stretch)):
            for end in range(start + 1, min(start + LONGEST_PHRASE, len(stretch)) + 1):
                yield stretch[start:end]


def written(learned: Mapping[Kind, Weights]) -> str:
    """Return the file, the heaviest phrases first."""
    lines = [
        "# 各类通知措辞的分量，单位百分之一。由 python -m bench.kinds 学出；要改，改它学的短信。",
        "# What phrases weigh for each kind, in hundredths; written by `python -m bench.kinds`.",
    ]
    for kind, weights in learned.items():
        lines += ["", f"[kinds.{kind}]", f"bias = {weights.bias}", "", f"[kinds.{kind}.phrases]"]
        of = weights.phrases
        lines += (f'"{key}" = {of[key]}' for key in sorted(of, key=lambda key: (-of[key], key)))
    return "\n".join([*lines, ""])


def held_out(learner: Learner) -> Iterator[tuple[Sample, Kind]]:
    """Yield each message with its likeliest kind by other authors' messages alone."""
    authors = sorted({one.author for one in learner.samples})
    for part in range(PARTS):
        left_out = frozenset(authors[part::PARTS])
        kinds = Kinds(learner.learn(left_out))
        for one in learner.samples:
            if one.author in left_out:
                weights = kinds.weigh(one.dense)
                yield one, max(weights, key=weights.__getitem__)


def main() -> None:
    """Write the file; with `--held-out`, print instead how often unseen authors are understood."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("--held-out", action="store_true")
    learner = Learner(samples(load_rules()))
    if options.parse_args().held_out:
        told = tuple(held_out(learner))
        print_table(
            "learned from other authors alone",
            ("kind", "messages", "right"),
            [(kind, *_right(one for one in told if one[0].kind is kind)) for kind in LEARNED],
        )
        return
    learned = learner.learn()
    TARGET.write_text(written(learned), encoding="utf-8")
    for kind, weights in learned.items():
        print(f"{kind}: {len(weights.phrases)} phrases")


def _right(told: Iterable[tuple[Sample, Kind]]) -> tuple[int, float]:
    right = [one.kind is kind for one, kind in told]
    return len(right), share(sum(right), len(right))


if __name__ == "__main__":
    main()
