"""What a message names without asserting it: warnings and reports of fraud, denials, advice.

"Fraudsters pose as our service and tell you to close your account" asks its reader for
nothing. Such clauses are passed over by every rule; the same words elsewhere count as before.
How warnings are worded is data: the patterns `reported.*` of the rules.

What a fraud says itself cannot be hidden so. A clause that turns to the reader ends a report,
a denial covers its own clause alone, and a text that gives a private contact, an account or
an unknown link is no warning at all (docs/judgement.md, "Verdicts"). A warning that stands for
itself ("if you meet fraud, call 110") says nothing of what is written before or behind it, with
or without a mark between.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from watcher.core.expressions import Find, compiled
from watcher.core.extract import NumberForm, find_accounts
from watcher.core.hosts import HostClass
from watcher.core.spans import Span, starts_within
from watcher.core.view import View
from watcher.core.ways import alternatives_of, best_of, ways_of

CUES = "reported"
"""The word list without one of which nothing is a report."""

_PRIVATE = frozenset({NumberForm.MOBILE, NumberForm.LANDLINE, NumberForm.FOREIGN, NumberForm.OTHER})
_KNOWN = frozenset({HostClass.LISTED})
_QUOTED = re.compile(r"“[^”]{1,80}”|‘[^’]{1,80}’|「[^」]{1,80}」|\"[^\"]{1,80}\"|《[^》]{1,40}》")
_REACHES = re.compile(r"[a-z0-9]")
SPREAD = 2
"""Blanks so few characters apart spread a word out."""

Gap = tuple[int, bool]
Part = tuple[int, int, bool]
"""Where a clause begins and ends, and whether it begins a line."""
LONGEST = 64
"""A clause of more characters runs several together, and is no report as a whole."""

NAMES = (
    "opens",
    "closes",
    "denies",
    "goes-on",
    "turns",
    "answers",
    "subject",
    "asks",
    "contact",
    "alone",
)

_SENTENCE = re.compile(r"[^。!\n]+")
_CLAUSE = re.compile(r"[^,:;?\s]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a sentence, with what it does there."""

    span: Span
    said: str
    unquoted: str
    """What is said, with blanks for what stands in quotes."""
    opens: bool
    """It tells of others' doings, and so does what follows."""
    closes: bool
    """It calls something a fraud, or says not to believe it."""
    denied: Span | None
    """The part of it that denies, or that advises against."""
    first: bool
    """It begins a line."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a clause does beside one that tells of a fraud."""

    turns: bool
    """It speaks to the reader of the reader's own matters, or tells them what to do."""
    answers: bool
    """It judges what went before, and not what it names itself."""
    subject: bool
    """It names a kind of people or doings, of which the next clause says something."""
    asks: bool
    """It tells to do something, without a word to whom."""


class Hints:
    """Phrases without which patterns have no match; most clauses have none and are not searched."""

    def __init__(self, patterns: Sequence[str]) -> None:
        meant: dict[str, int] = {}
        self.always = 0
        for at, pattern in enumerate(patterns):
            ways = ways_of(pattern)
            if not ways:
                self.always |= 1 << at
            for phrase in frozenset().union(*map(best_of, ways)):
                meant[phrase] = meant.get(phrase, 0) | 1 << at
        self._meant = tuple(meant.values())
        self._finder = AhoCorasick(list(meant))

    def at(self, text: str) -> list[tuple[int, int]]:
        """Return where a phrase ends, in order, and the patterns it is of, as bits."""
        found = self._finder.find_matches_as_indexes(text, overlapping=True)
        return [(end, self._meant[number]) for number, _, end in found]

    def of_clause(self, hits: Sequence[tuple[int, int]], first: int, last: int) -> int:
        """Return the patterns that may have a match between two places, as bits."""
        met = self.always
        for at in range(bisect_left(hits, (first + 1,)), len(hits)):
            end, meant = hits[at]
            if end > last:
                break
            met |= meant
        return met


_DENIES, _ALONE = 1, 2
_NOTHING = (False, False, None)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The patterns of which one must match; `first` is the place of the first in the hints."""

    finds: tuple[Find, ...]
    first: int

    def match(self, text: str, may: int) -> bool:
        """Whether a text has a match of one that may have any, which bits tell (`Hints`)."""
        left = (may >> self.first) & ((1 << len(self.finds)) - 1)
        while left:
            lowest = left & -left
            if self.finds[lowest.bit_length() - 1](text) is not None:
                return True
            left ^= lowest
        return False


@dataclass(frozen=True, slots=True)
class Reported:
    """The wording of warnings; `spans` finds them."""

    hints: Hints
    opens: Alternatives
    closes: Alternatives
    denies: Find
    goes_on: re.Pattern[str]
    turns: Find
    answers: re.Pattern[str]
    subject: Find
    asks: re.Pattern[str]
    contact: Find
    alone: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Reported | None":
        """Compile the patterns; None where the rules say nothing of warnings."""
        named = {name: patterns.get(f"reported.{name}") for name in NAMES}
        given = {name: one for name, one in named.items() if one is not None}
        if len(given) < len(NAMES):
            return None
        opens, closes = alternatives_of(given["opens"]), alternatives_of(given["closes"])
        return cls(
            hints=Hints((given["denies"], given["alone"], *opens, *closes)),
            opens=Alternatives(tuple(map(compiled, opens)), 2),
            closes=Alternatives(tuple(map(compiled, closes)), 2 + len(opens)),
            denies=compiled(given["denies"]),
            goes_on=re.compile(given["goes-on"]),
            turns=compiled(given["turns"]),
            answers=re.compile(given["answers"]),
            subject=compiled(given["subject"]),
            asks=re.compile(given["asks"]),
            contact=compiled(given["contact"]),
            alone=re.compile(given["alone"]),
        )

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
            clauses = self._clauses(sentence[0], sentence.start(), gaps)
            if any(one.opens or one.closes for one in clauses):
                if private is None:
                    private = self._gives_contact(view)
                if not private:
                    found.extend(_told([(one, self._telling(one)) for one in clauses]))
            found.extend(self._denied(clauses))
        return tuple(sorted(found))

    def _clauses(self, sentence: str, start: int, gaps: Sequence[Gap]) -> list[Clause]:
        """Return the clauses of a sentence, none where none tells of a fraud or denies."""
        hits = self.hints.at(sentence)
        if not (hits or self.hints.always):
            return []
        plain = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), sentence)
        clauses = [
            (span, self._does(sentence, span, self.hints.of_clause(hits, *span[:2])))
            for clause in _split(plain, start, gaps)
            for span in self._unglued(plain, clause, self.hints.of_clause(hits, *clause[:2]))
        ]
        if all(does == _NOTHING for _, does in clauses):
            return []
        return [
            Clause(
                span=(start + first, start + last),
                said=sentence[first:last],
                unquoted=plain[first:last],
                opens=opens,
                closes=closes,
                denied=_moved(denied, start + first) if denied else None,
                first=begins,
            )
            for (first, last, begins), (opens, closes, denied) in clauses
        ]

    def _unglued(self, sentence: str, clause: Part, may: int) -> Iterator[Part]:
        """Cut a clause where a warning stands in it that says nothing of the rest of it."""
        if not may & _ALONE:
            yield clause
            return
        start, end, begins = clause
        past = start
        for one in self.alone.finditer(sentence[: end + 1], start):
            for cut in one.span():
                if past < cut < end:
                    yield past, cut, begins
                    past, begins = cut, False
        yield past, end, begins

    def _does(self, sentence: str, part: Part, may: int) -> tuple[bool, bool, Span | None]:
        """Tell whether a clause opens or closes a report, and what part of it denies."""
        if not may:
            return _NOTHING
        start, end, _ = part
        clause = sentence[start:end]
        denied = self.denies(clause) if may & _DENIES else None
        if denied and self.contact(clause) and not self.goes_on.search(clause):
            denied = None
        alone = self.alone.match(sentence, start) if may & _ALONE else None
        whole = len(clause) <= LONGEST and (alone is None or alone.end() < end)
        return (
            whole and self.opens.match(clause, may),
            whole and self.closes.match(clause, may),
            denied,
        )

    def _telling(self, clause: Clause) -> Telling:
        said = clause.said
        return Telling(
            turns=len(said) > LONGEST or self.turns(clause.unquoted) is not None,
            answers=self.answers.match(said) is not None,
            subject=self.subject(said) is not None,
            asks=self.asks.match(said) is not None,
        )

    def _denied(self, clauses: list[Clause]) -> Iterator[Span]:
        """Yield what denies, and the clauses that go on doing so."""
        denying = False
        for one in clauses:
            goes_on = one.denied is None and denying and self.goes_on.match(one.said) is not None
            if one.denied is not None:
                yield one.denied
            elif goes_on:
                yield one.span
            denying = one.denied is not None or goes_on

    def _gives_contact(self, view: View) -> bool:
        if any(phone.form in _PRIVATE for phone in view.phones):
            return True
        if any(view.hosts.classify(link) not in _KNOWN for link in view.links):
            return True
        dense = view.reading.dense
        if find_accounts(dense):
            return True
        return self.contact(_QUOTED.sub(_contact_quoted, dense)) is not None


def _contact_quoted(quoted: re.Match[str]) -> str:
    """Keep a quote that may hold a number or an account; words alone reach nobody."""
    return quoted[0] if _REACHES.search(quoted[0]) else ""


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


def _split(sentence: str, at: int, gaps: Sequence[Gap]) -> Iterator[Part]:
    """Yield the clauses of a sentence that stands at `at`."""
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


def _told(clauses: list[tuple[Clause, Telling]]) -> Iterator[Span]:
    """Yield the clauses that tell of frauds: on from one that opens, back from one that closes."""
    telling = False
    told = [False] * len(clauses)
    for at, (one, does) in enumerate(clauses):
        telling = one.opens or (telling and not does.turns)
        told[at] = telling or (one.closes and not (does.turns or does.asks))
    telling = False
    for at in reversed(range(len(clauses))):
        one, does = clauses[at]
        told[at] |= telling and (does.subject or not (does.turns or does.asks))
        if one.closes:
            telling = does.answers and not (does.turns or does.asks)
        else:
            telling = told[at] and telling and not one.first
        if told[at]:
            yield one.span


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def asserted(view: View, reported: Reported | None) -> View:
    """Return what a message asserts: the view itself where nothing in it is only reported."""
    spans = reported.spans(view) if reported is not None else ()
    return view.without(spans) if spans else view
