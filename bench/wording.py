"""Write `rules/wording.toml`: what features of a text weigh for the questions of `core.wording`.

    python -m bench.wording [--held-out]

Learned by logistic regression from the case set and from `bench/messages/`; needs the extra
`learn`. Who wrote a message is no feature: names of lenders and of the person are left out.
"""

import json
import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.case_files import CASES, read_people
from bench.report import CHECKOUT, load_rules, print_table
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import DEMANDING, Holder, Kind, Message, Strength, Verdict
from watcher.core.pieces import parts_of
from watcher.core.pipeline import heard, open_view
from watcher.core.rules import Check, Rule
from watcher.core.ruletests import views_of
from watcher.core.view import View
from watcher.core.weights import Question, Scale, Scales, Weights, scale_of
from watcher.core.wording import LONGEST_NUMBER, features_of, weighed
from watcher.sources.jsonlines import message_from_json
from watcher.userfiles.loans import read_loans

TARGET = CHECKOUT / "rules" / "wording.toml"
MESSAGES = CHECKOUT / "bench" / "messages"
LONGEST_PHRASE = 4
FEWEST = 4
"""A phrase must stand in so many messages to be looked at."""
ROUNDS = 3
"""Long messages are learned from by their heaviest run, which the round before tells."""
STRICTNESS = 0.15
"""Inverse of the strength of regularisation."""
MOST: Mapping[Question, int] = {Question.FRAUD: 8_000, Question.CLAIM: 3_000, Question.PAID: 2_000}
"""So many features are kept, those that weigh most: a few more find nothing more in messages of
other authors."""
PARTS = 5
"""The authors are parted so often when it is tried how well unseen messages are weighed."""
LIMITS: Mapping[Question, tuple[int, int, int]] = {
    Question.FRAUD: (125, 145, 125),
    Question.CLAIM: (-205, 140, -175),
    Question.PAID: (100, 300, 100),
}
"""Where the answer turns to yes, where it is sure, and where a text without last digits turns to
yes, in hundredths.

Chosen by messages of authors not learned from (`--held-out`), and so that ordinary traffic
(`python -m bench corpora`) is called a fraud hardly ever.
"""
UNIT = 100

_PHRASE = re.compile("[\u4e00-\u9fff]+")
_NUMBERS = frozenset({"decimal", *(f"digits.{size}" for size in range(1, LONGEST_NUMBER + 1))})
"""Only frauds are told by them: a bill and a receipt have the same numbers."""
_TRAITS = (
    "link.deceptive", "link.unlisted", "link.short", "phone.mobile", "phone.foreign",
    "phone.other", "account", *sorted(_NUMBERS),
)  # fmt: skip
_UNLEARNED = ("lender.", "amount.", "day.", "you", "product.")
"""Beginnings of word lists that tell who is named, not how a text is worded."""

RULES = "rules"
"""Stands for an author: the examples in the rules' own tests."""

Verdicts = frozenset[Verdict | None]


@dataclass(frozen=True, slots=True)
class Example:
    """What is to be learned from one message: its views as the rules hear it, what it is."""

    author: str
    accepted: Verdicts
    kinds: frozenset[Kind]
    views: tuple[View, ...]
    asked: frozenset[Question]
    """What rules would ask of it, as far as their own phrases stand in it."""


def answer(question: Question, example: Example) -> bool | None:
    """Say what the answer is for an example; None: undecided."""
    accepted, kinds = example.accepted, example.kinds
    if question is Question.PAID:
        if Kind.PAYMENT_RECEIPT not in kinds:
            return False
        return True if len(kinds) == 1 and Verdict.FRAUDULENT not in accepted else None
    if question is Question.CLAIM:
        if None in accepted:
            return False if accepted == {None} else None
        return True
    if Verdict.FRAUDULENT in accepted:
        return True if accepted == {Verdict.FRAUDULENT} else None
    return False


def examples(rules: Rules) -> list[Example]:
    """Return what there is to learn from; messages that no rule is tried on teach nothing."""
    found: list[Example] = []
    for author, message, ledger, accepted, kinds in _labelled(rules):
        views: list[View] = []
        asked: set[Question] = set()
        for part in parts_of(_unnamed(message, ledger)):
            opened = open_view(message, part, rules, ledger)
            if opened is not None:
                view, hits = opened
                views.append(heard(view, rules, ledger))
                asked.update(*(_questions(one.rule) for one in (*hits.notices, *hits.signals)))
        if views:
            found.append(Example(author, accepted, kinds, tuple(views), frozenset(asked)))
    return [*found, *_of_rules(rules)]


def _questions(rule: Rule) -> Iterator[Question]:
    """Yield what a rule asks of the wording."""
    for item in (*rule.conditions.all, *rule.conditions.any):
        if isinstance(item, Check) and item.name == "wording":
            yield Question(str(dict(item.parameters)["is"]).partition(":")[0])


def _of_rules(rules: Rules) -> Iterator[Example]:
    """Yield the texts that rules are to hit: hard signals are frauds, recognisers claim."""
    nobody = Ledger.of(Holder(), (), rules.directory)
    for rule in (*rules.data.notices, *rules.data.signals):
        accepted = _told_by(rule)
        kinds = frozenset({rule.kind} if rule.kind else ())
        for test in rule.tests if accepted else ():
            if test.hit:
                views = tuple(view for view, _ in views_of(test, rules, nobody))
                yield Example(RULES, accepted, kinds, views, frozenset(Question))


def _told_by(rule: Rule) -> Verdicts:
    if rule.strength is Strength.HARD:
        return frozenset({Verdict.FRAUDULENT})
    if rule.kind in DEMANDING and rule.kind is not Kind.STATEMENT:
        return frozenset(Verdict)
    return frozenset({None} if rule.kind is Kind.PAYMENT_RECEIPT else ())


def _labelled(rules: Rules) -> Iterator[tuple[str, Message, Ledger, Verdicts, frozenset[Kind]]]:
    for person in read_people(rules.directory, CASES):
        for one in person.messages:
            expected = one.expected
            yield person.author, one.message, person.ledger, expected.verdicts, expected.kinds
    ledger = messages_ledger(rules)
    for path in sorted(MESSAGES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            given = json.loads(line)
            accepted = frozenset(one and Verdict(one) for one in given["verdicts"])
            kinds = frozenset(Kind(one) for one in given["kinds"])
            yield path.stem, message_from_json(given), ledger, accepted, kinds


def messages_ledger(rules: Rules) -> Ledger:
    """Return the ledger by which the messages of `bench/messages` are judged."""
    ledger, problems = read_loans(MESSAGES / "loans.toml", rules.directory)
    if ledger is None:
        raise ValueError(problems)
    return ledger


def _unnamed(message: Message, ledger: Ledger) -> Message:
    """Take the holder's name out, which stands in all messages of a person."""
    name = ledger.holder.name
    if not name:
        return message
    return replace(
        message,
        text=message.text and message.text.replace(name, ""),
        html=message.html and message.html.replace(name, ""),
    )


class Learner:
    """Learns weights from examples; their features are looked for once."""

    def __init__(self, given: Sequence[Example], rules: Rules) -> None:
        self.examples = given
        counted: Counter[str] = Counter()
        for example in given:
            counted.update({phrase for view in example.views for phrase in _phrases(view)})
        every = Weights(
            phrases={phrase: 1 for phrase, often in counted.items() if often >= FEWEST},
            lists={name: 1 for name in rules.data.words if not name.startswith(_UNLEARNED)},
            traits=dict.fromkeys(_TRAITS, 1),
        )
        self._scales = Scales(dict.fromkeys(Question, every), rules.lists_of)
        self._found = [
            [features_of(view, self._scales) for view in example.views] for example in given
        ]

    def learn(self, question: Question, without: Iterable[str] = ()) -> Weights:
        """Return the weights learned from all examples but those of some authors."""
        left_out = frozenset(without)
        taken: list[int] = []
        answers: list[bool] = []
        for at, example in enumerate(self.examples):
            says = answer(question, example)
            if says is not None and question in example.asked and example.author not in left_out:
                taken.append(at)
                answers.append(says)
        wholes = [self._whole(at) for at in taken]
        refused = [row for row, says in zip(wholes, answers, strict=True) if not says]
        scale = self._fitted(question, wholes, answers)
        for _ in range(ROUNDS - 1):
            runs = [self._heaviest(at, scale)[1] for at in taken]
            more = [False] * len(refused)
            scale = self._fitted(question, [*runs, *refused], [*answers, *more])
        return self._named(scale, *LIMITS[question])

    def weight(self, at: int, weights: Weights) -> int:
        """Return what the heaviest run of an example weighs."""
        return self._heaviest(at, scale_of(weights, self._scales.keys))[0]

    def _heaviest(self, at: int, scale: Scale) -> tuple[int, frozenset[int]]:
        best: tuple[int, frozenset[int]] = (scale.bias, frozenset())
        for features in self._found[at]:
            for _, _, weight, held in weighed(features, scale):
                if weight > best[0]:
                    best = weight, frozenset(held)
        return best

    def _whole(self, at: int) -> frozenset[int]:
        return max((frozenset().union(*one.held) for one in self._found[at]), key=len)

    def _fitted(
        self, question: Question, rows: Sequence[frozenset[int]], answers: Sequence[bool]
    ) -> Scale:
        """Fit a logistic regression, and once more to the features that weigh most in it."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  only this command needs the extra
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

        keys = self._scales.keys
        size = len(keys)
        left_out = frozenset() if question is Question.FRAUD else _NUMBERS
        places = [
            (at, key)
            for at, row in enumerate(rows)
            for key in sorted(row)
            if keys[key] not in left_out
        ]
        table: Any = csr_matrix(
            ([1.0] * len(places), ([at for at, _ in places], [key for _, key in places])),
            shape=(len(rows), size),
        )
        model = LogisticRegression(C=STRICTNESS, solver="liblinear", random_state=0)
        first = model.fit(table, answers).coef_[0]
        kept = sorted(range(size), key=lambda key: -abs(first[key]))[: MOST[question]]
        model.fit(table[:, kept], answers)
        weights = [0] * size
        for key, weight in zip(kept, model.coef_[0], strict=True):
            weights[key] = round(UNIT * float(weight))
        return Scale(round(UNIT * float(model.intercept_[0])), 0, 0, 0, weights)

    def _named(self, scale: Scale, limit: int, sure: int, bare: int) -> Weights:
        """Return weights by the names of their features, without those that weigh nothing."""
        keys = self._scales.keys
        known = {key: one for key, one in zip(keys, scale.weights, strict=True) if one}
        return Weights(
            bias=scale.bias,
            limit=limit,
            sure=sure,
            bare=bare,
            phrases={key: one for key, one in known.items() if _PHRASE.fullmatch(key)},
            lists={key[1:]: one for key, one in known.items() if key.startswith("@")},
            traits={key: one for key, one in known.items() if key in _TRAITS},
        )


def _phrases(view: View) -> Iterator[str]:
    for stretch in _PHRASE.findall(view.reading.dense):
        for start in range(len(stretch)):
            for end in range(start + 1, min(start + LONGEST_PHRASE, len(stretch)) + 1):
                yield stretch[start:end]


def written(learned: Mapping[Question, Weights]) -> str:
    """Return the file, the heaviest features first."""
    lines = [
        "# 措辞的分量，单位百分之一。由 python -m bench.wording 学出；要改，改它学的短信。",
        "# What features of a text weigh, in hundredths; written by `python -m bench.wording`.",
    ]
    for question, weights in learned.items():
        lines += ["", f"[wording.{question}]", f"bias = {weights.bias}", f"limit = {weights.limit}"]
        lines += [f"sure = {weights.sure}", f"bare = {weights.bare}"]
        for name in ("traits", "lists", "phrases"):
            part: Mapping[str, int] = getattr(weights, name)
            lines += ["", f"[wording.{question}.{name}]"]
            lines += (
                f'"{key}" = {part[key]}' for key in sorted(part, key=lambda key: (-part[key], key))
            )
    return "\n".join([*lines, ""])


def held_out(learner: Learner, question: Question) -> Iterator[tuple[bool, int]]:
    """Yield what is right for each example, and its weight by other authors' examples alone."""
    authors = sorted({one.author for one in learner.examples} - {RULES})
    for part in range(PARTS):
        left_out = frozenset(authors[part::PARTS])
        weights = learner.learn(question, left_out)
        for at, example in enumerate(learner.examples):
            says = answer(question, example)
            if says is not None and question in example.asked and example.author in left_out:
                yield says, learner.weight(at, weights)


def main() -> None:
    """Write the file; with `--held-out`, print instead how well it does on unseen authors."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("--held-out", action="store_true")
    rules = load_rules()
    learner = Learner(examples(rules), rules)
    if options.parse_args().held_out:
        for question in Question:
            weighed_so = tuple(held_out(learner, question))
            print_table(
                f"{question}, learned from other authors alone",
                ("limit", "found", "found wrongly"),
                [(limit, *_shares(weighed_so, limit)) for limit in range(-300, 301, 50)],
            )
        return
    learned = {question: learner.learn(question) for question in Question}
    TARGET.write_text(written(learned), encoding="utf-8")
    for question, weights in learned.items():
        print(f"{question}: {len(weights.phrases)} phrases, {len(weights.lists)} word lists")


def _shares(weighed_so: Sequence[tuple[bool, int]], limit: int) -> Iterator[str]:
    for wanted in (True, False):
        weights = [weight for says, weight in weighed_so if says is wanted]
        yield f"{sum(weight > limit for weight in weights) / len(weights):.1%}"


if __name__ == "__main__":
    main()
