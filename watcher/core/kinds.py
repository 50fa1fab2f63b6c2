"""What kind of notice a text is worded as.

The weights are data (`rules/kinds.toml`), learned from labelled messages. Recognisers say what a
text may be. Its wording chooses among kinds that mean the same for what is owed, tells of single
sentences that they are receipts, and shows a demand where no recogniser has anything to say.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick

from watcher.core.model import DEMANDING, Kind
from watcher.core.spans import Span, starts_within
from watcher.core.view import View
from watcher.core.weights import Weights
from watcher.core.wording import EVEN, LONGEST_RUN, sentences_in, unnamed

MARGIN = 250
"""By so much, in hundredths of log odds, a text must be likelier of another kind than of the one
recognised. This and the next were chosen by messages of authors not learned from."""

RECEIPT_MARGIN, LEAST_RECEIPT = 150, -100
"""By so much a sentence must be likelier a receipt than a demand, and so much it must weigh as a
receipt. Of 4,229 true notices held out, 13 hold their demand in such a sentence."""

CLAIM_MARGIN = 200
"""By so much what no recogniser knows must be likelier a demand than anything else."""

RECEIPTS = frozenset({Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT, Kind.DISBURSEMENT})
"""Kinds of what is done, told in the very words of a demand."""

CLAIMS = DEMANDING | {Kind.DEBT_TRANSFER}
"""Kinds that say that something is owed."""

STATING_DEBT = frozenset(
    {Kind.COLLECTION, Kind.DEBIT_FAILED, Kind.OVERDUE, Kind.STATEMENT, Kind.DUE_REMINDER}
)
PAID = frozenset({Kind.SETTLEMENT_RECEIPT, Kind.PAYMENT_RECEIPT})
STATING_NOTHING = frozenset({Kind.MARKETING, Kind.OTHER})

RATHER: Mapping[Kind, frozenset[Kind]] = MappingProxyType(
    {**dict.fromkeys(STATING_DEBT, STATING_DEBT), **dict.fromkeys(PAID | STATING_NOTHING, PAID)}
)
"""What a text of a kind may rather be: none of them makes more or less of a debt."""

UNPAID = frozenset({"paid.pending", "paid.wished"})
"""Word lists of payments that are still to be made."""

_SUM, _DAY, _COUNT = "¥", "@", "#"
_FIGURE = re.compile(
    r"(?P<sum>\d[\d,]*\.\d\d(?!\d)|\d{1,3}(?:,\d{3})+)"
    r"|(?P<day>\d+月\d+日?|\d{4}[-/.]\d+[-/.]\d+|\d+[-/]\d+)"
    r"|\d+"
)


class Kinds:
    """The weights of all kinds, made ready to find their phrases in one look.

    Only a text that names a lender is weighed: of others the weights have learned nothing.
    """

    def __init__(self, given: Mapping[Kind, Weights]) -> None:
        phrases = tuple(sorted({phrase for one in given.values() for phrase in one.phrases}))
        self._finder = AhoCorasick(phrases)
        self._known = tuple(given)
        self._biases = [one.bias for one in given.values()]
        by_kind = tuple(enumerate(one.phrases for one in given.values()))
        self._weights: Sequence[tuple[tuple[int, int], ...]] = tuple(
            tuple((at, weights[phrase]) for at, weights in by_kind if phrase in weights)
            for phrase in phrases
        )

    def weigh(self, dense: str) -> Mapping[Kind, int]:
        """Return what speaks for each kind in a folded text without names, in hundredths."""
        weights = list(self._biases)
        self._add(weights, self._phrases_in(dense))
        return self._named(weights)

    def rather(self, view: View, kind: Kind) -> Kind:
        """Return as what a text of a kind is clearly rather worded; else that kind.

        A sum that falls due on a day ahead is not overdue. No receipt is made of what names no
        sum or is still to be paid.
        """
        if not (self._weighs(view) and kind in RATHER):
            return kind
        if kind in STATING_NOTHING and not (view.amounts and UNPAID.isdisjoint(view.lists)):
            return kind
        weights = self.weigh(unnamed(view))
        likeliest = _likeliest(weights, RATHER[kind])
        if likeliest is Kind.OVERDUE and any(one.day > view.received_on for one in view.days):
            return kind
        return likeliest if weights[likeliest] - weights[kind] > MARGIN else kind

    def receipts(self, view: View) -> Iterator[tuple[Span, Kind]]:
        """Yield each sentence that is clearly worded as a receipt, and as which.

        None is one that says what is still to be paid.
        """
        if not self._weighs(view):
            return
        dense = unnamed(view)
        unpaid = [view.lists.get(name, ()) for name in UNPAID]
        for start, end in sentences_in(dense):
            if any(starts_within(spans, start, end) for spans in unpaid):
                continue
            weights = self.weigh(dense[start:end])
            receipt, claim = _likeliest(weights, RECEIPTS), _likeliest(weights, CLAIMS)
            if weights[receipt] > max(weights[claim] + RECEIPT_MARGIN, LEAST_RECEIPT):
                yield (start, end), receipt

    def claim(self, view: View) -> tuple[Span, Kind] | None:
        """Return a short run of sentences that is clearly worded as a demand, and as which.

        What stands before or behind it takes nothing from it.
        """
        if not self._weighs(view):
            return None
        for span, weights in self._runs(unnamed(view)):
            claim, other = (_likeliest(weights, some) for some in (CLAIMS, weights.keys() - CLAIMS))
            if weights[claim] > max(weights[other] + CLAIM_MARGIN, EVEN):
                return span, claim
        return None

    def _weighs(self, view: View) -> bool:
        return bool(self._known and view.names)

    def _runs(self, dense: str) -> Iterator[tuple[Span, Mapping[Kind, int]]]:
        sentences = sentences_in(dense)
        held = [self._phrases_in(dense[start:end]) for start, end in sentences]
        for first, (start, _) in enumerate(sentences):
            counted: set[int] = set()
            weights = list(self._biases)
            for last in range(first, len(sentences)):
                end = sentences[last][1]
                if last > first and end - start > LONGEST_RUN:
                    break
                self._add(weights, held[last] - counted)
                counted |= held[last]
                yield (start, end), self._named(weights)

    def _phrases_in(self, dense: str) -> set[int]:
        found = self._finder.find_matches_as_indexes(figures_masked(dense), overlapping=True)
        return {number for number, _, _ in found}

    def _add(self, weights: list[int], phrases: Iterable[int]) -> None:
        for phrase in phrases:
            for at, weight in self._weights[phrase]:
                weights[at] += weight

    def _named(self, weights: Iterable[int]) -> Mapping[Kind, int]:
        return dict(zip(self._known, weights, strict=True))


def _likeliest(weights: Mapping[Kind, int], kinds: Collection[Kind]) -> Kind:
    return max((kind for kind in weights if kind in kinds), key=weights.__getitem__)


def figures_masked(dense: str) -> str:
    """Put one sign for each sum, one for each day and one for each other number."""
    return _FIGURE.sub(_sign, dense)


def _sign(figure: re.Match[str]) -> str:
    if figure["sum"]:
        return _SUM
    return _DAY if figure["day"] else _COUNT
