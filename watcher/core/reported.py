"""What a message names without asserting it: warnings and reports of fraud, denials, advice.

"Fraudsters pose as our service and tell you to close your account" asks its reader for
nothing. Such clauses are passed over by every rule; the same words elsewhere count as before.
How warnings are worded is data: the patterns `reported.*` of the rules.

What a fraud says itself cannot be hidden so. A clause that turns to the reader ends a report,
a denial covers its own clause alone, and a text that gives a private contact, an account or
an unknown link is no warning at all (docs/judgement.md, "Verdicts").
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from watcher.core.extract import NumberForm, find_accounts
from watcher.core.hosts import HostClass
from watcher.core.spans import Span, starts_within
from watcher.core.view import View

CUES = "reported"
"""The word list without one of which nothing is a report."""

_PRIVATE = frozenset({NumberForm.MOBILE, NumberForm.LANDLINE, NumberForm.FOREIGN, NumberForm.OTHER})
_KNOWN = frozenset({HostClass.LISTED})
_QUOTED = re.compile(r"“[^”]{1,80}”|‘[^’]{1,80}’|「[^」]{1,80}」|\"[^\"]{1,80}\"|《[^》]{1,40}》")
SPREAD = 2
"""Blanks so few characters apart spread a word out."""

Gap = tuple[int, bool]
LONGEST = 48
"""A clause of more characters runs several together, and is no report as a whole."""

_SENTENCE = re.compile(r"[^。!\n]+")
_CLAUSE = re.compile(r"[^,:;?\s]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a sentence, with what it does there."""

    span: Span
    opens: bool
    """It tells of others' doings, and so does what follows."""
    closes: bool
    """It calls something a fraud, or says not to believe it."""
    turns: bool
    """It speaks to the reader of the reader's own matters, or tells them what to do."""
    answers: bool
    """It judges what went before, and not what it names itself."""
    subject: bool
    """It names a kind of people or doings, of which the next clause says something."""
    asks: bool
    """It tells to do something, without a word to whom."""
    goes_on: bool
    """It continues a denial or advice."""
    denied: Span | None
    """The part of it that denies, or that advises against."""
    first: bool
    """It begins a line."""


@dataclass(frozen=True, slots=True)
class Reported:
    """The wording of warnings; `spans` finds them."""

    opens: re.Pattern[str]
    closes: re.Pattern[str]
    denies: re.Pattern[str]
    goes_on: re.Pattern[str]
    turns: re.Pattern[str]
    answers: re.Pattern[str]
    subject: re.Pattern[str]
    asks: re.Pattern[str]
    contact: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Reported | None":
        """Compile the patterns; None where the rules say nothing of warnings."""
        names = (
            "opens",
            "closes",
            "denies",
            "goes-on",
            "turns",
            "answers",
            "subject",
            "asks",
            "contact",
        )
        if not all(f"reported.{name}" in patterns for name in names):
            return None
        return cls(*(re.compile(patterns[f"reported.{name}"]) for name in names))

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the stretches of the dense text that are not asserted."""
        cues = view.lists.get(CUES)
        if cues is None:
            return ()
        found: list[Span] = []
        private: bool | None = None
        dense = view.reading.dense
        gaps = _between_words(view.reading.gaps())
        for sentence in _SENTENCE.finditer(dense):
            if not starts_within(cues, *sentence.span()):
                continue
            clauses = list(self._clauses(sentence[0], sentence.start(), gaps))
            if any(one.opens or one.closes for one in clauses):
                if private is None:
                    private = self._gives_contact(view)
                if not private:
                    found.extend(_told(clauses))
            found.extend(_denied(clauses))
        return tuple(sorted(found))

    def _clauses(self, sentence: str, start: int, gaps: Sequence[Gap]) -> Iterator[Clause]:
        plain = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), sentence)
        for first, last, begins in _split(plain, start, gaps):
            clause = sentence[first:last]
            denied = self.denies.search(clause)
            if denied and self.contact.search(clause) and not self.goes_on.search(clause):
                denied = None
            whole = len(clause) <= LONGEST
            yield Clause(
                span=(start + first, start + last),
                opens=whole and self.opens.search(clause) is not None,
                closes=whole and self.closes.search(clause) is not None,
                turns=not whole or self.turns.search(plain[first:last]) is not None,
                answers=self.answers.match(clause) is not None,
                subject=self.subject.search(clause) is not None,
                asks=self.asks.match(clause) is not None,
                goes_on=self.goes_on.match(clause) is not None,
                denied=_moved(denied.span(), start + first) if denied else None,
                first=begins,
            )

    def _gives_contact(self, view: View) -> bool:
        if any(phone.form in _PRIVATE for phone in view.phones):
            return True
        if any(view.hosts.classify(link) not in _KNOWN for link in view.links):
            return True
        dense = view.reading.dense
        return bool(find_accounts(dense)) or self.contact.search(dense) is not None


def _between_words(gaps: Sequence[Gap]) -> list[Gap]:
    """Leave out the blanks that spread a word out; a line break stands between words."""
    return [
        (at, line)
        for number, (at, line) in enumerate(gaps)
        if line
        or not any(
            0 < abs(at - near) <= SPREAD for near, _ in gaps[max(number - 1, 0) : number + 2]
        )
    ]


def _split(sentence: str, at: int, gaps: Sequence[Gap]) -> Iterator[tuple[int, int, bool]]:
    """Yield the clauses of a sentence that stands at `at`, and whether each begins a line."""
    begins = False
    for part in _CLAUSE.finditer(sentence):
        start, end = part.span()
        inner = slice(bisect_left(gaps, (at + start,)), bisect_left(gaps, (at + end,)))
        for cut, new_line in gaps[inner]:
            if cut - at > start:
                yield start, cut - at, begins
            start, begins = cut - at, new_line
        yield start, end, begins
        begins = False


def _told(clauses: list[Clause]) -> Iterator[Span]:
    """Yield the clauses that tell of frauds: on from one that opens, back from one that closes."""
    telling = False
    told = [False] * len(clauses)
    for at, one in enumerate(clauses):
        telling = one.opens or (telling and not one.turns)
        told[at] = telling or (one.closes and not (one.turns or one.asks))
    telling = False
    for at in reversed(range(len(clauses))):
        one = clauses[at]
        told[at] |= telling and (one.subject or not (one.turns or one.asks))
        if one.closes:
            telling = one.answers and not (one.turns or one.asks)
        else:
            telling = told[at] and telling and not one.first
        if told[at]:
            yield one.span


def _denied(clauses: list[Clause]) -> Iterator[Span]:
    denying = False
    for one in clauses:
        if one.denied is not None:
            yield one.denied
        elif denying and one.goes_on:
            yield one.span
        denying = one.denied is not None or (denying and one.goes_on)


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def asserted(view: View, reported: Reported | None) -> View:
    """Return what a message asserts: the view itself where nothing in it is only reported."""
    spans = reported.spans(view) if reported is not None else ()
    return view.without(spans) if spans else view
