"""What a message names without asserting it: warnings and reports of fraud, denials, advice.

"Fraudsters pose as our service and tell you to close your account" asks its reader for
nothing. Such clauses are passed over by every rule; the same words elsewhere count as before.
How warnings are worded is data: the patterns `reported.*` of the rules.

What a fraud says itself cannot be hidden so. A clause that turns to the reader ends a report,
a denial covers its own clause alone, and a text that gives a private contact, an account or
an unknown link is no warning at all (docs/judgement.md, "Verdicts"). A long text with the line
of a reporter that neither turns to its reader nor gives a contact is news, and each sentence
counts as told that names who says or suffered it; so in a circular to those who collect each
that orders their work. Other sentences count. What stands under the head of a case ("what
happened to Ms Li") is read as news is, and may be shorter.
A warning that stands for itself ("if you meet fraud, call 110") says nothing of what is written
before or behind it, with or without a mark between. The head of news or of a talk makes no
report of what stands below it, unless that reports, denies or counts something itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from watcher.core.clauses import Clause, Gap, Part, Telling, between_words, split, told_of
from watcher.core.expressions import Find, compiled
from watcher.core.extract import NumberForm, find_accounts
from watcher.core.hints import Alternatives, Hints
from watcher.core.hosts import HostClass
from watcher.core.spans import Span, starts_within
from watcher.core.view import View
from watcher.core.ways import alternatives_of

CUES = "reported"
"""The word list without one of which no clause is a report."""
WHOLE = "reported.whole"
"""The word list without one of which no text is news or a circular."""

_PRIVATE = frozenset({NumberForm.MOBILE, NumberForm.LANDLINE, NumberForm.FOREIGN, NumberForm.OTHER})
_KNOWN = frozenset({HostClass.LISTED})
_QUOTED = re.compile(
    r"“[^“”]{1,80}”|‘[^‘’]{1,80}’|「[^「」]{1,80}」|\"[^\"]{1,80}\"|《[^》]{1,40}》"
)
_REACHES = re.compile(r"[a-z0-9]")
CASE = 30
"""Characters of folded text; what is shorter tells no case, whatever its head."""
ARTICLE = 120
"""Characters of folded text; what is shorter is no article, whoever is said to report it."""
LONGEST = 64
"""A clause of more characters runs several together, and is no report as a whole."""

NAMES = (
    "opens",
    "heads",
    "closes",
    "denies",
    "goes-on",
    "turns",
    "answers",
    "subject",
    "asks",
    "contact",
    "alone",
    "byline",
    "reader",
    "circular",
    "bait",
    "case",
    "addressed",
    "news-tells",
    "circular-tells",
)

_SENTENCE = re.compile(r"[^。!\n]+")
_PART = re.compile(r"[^。!;\n]+")
_COUNTED = re.compile(r"(?:^|[】;。:,\s])2[.、]")

_ALONE = 1
_NOTHING = (False, False, False, None)


@dataclass(frozen=True, slots=True)
class Reported:
    """The wording of warnings; `spans` finds them."""

    hints: Hints
    opens: Alternatives
    heads: Alternatives
    closes: Alternatives
    denies: Alternatives
    goes_on: re.Pattern[str]
    turns: Find
    answers: re.Pattern[str]
    subject: Find
    asks: re.Pattern[str]
    contact: Find
    alone: re.Pattern[str]
    byline: Find
    reader: Find
    circular: Find
    bait: Find
    case: Find
    addressed: Find
    news_tells: Find
    circular_tells: Find

    @classmethod
    def of(cls, patterns: Mapping[str, str]) -> "Reported | None":
        """Compile the patterns; None where the rules say nothing of warnings."""
        named = {name: patterns.get(f"reported.{name}") for name in NAMES}
        given = {name: one for name, one in named.items() if one is not None}
        if len(given) < len(NAMES):
            return None
        hinted = [given["alone"]]
        found: dict[str, Alternatives] = {}
        for name in ("opens", "heads", "closes", "denies"):
            several = alternatives_of(given[name])
            found[name] = Alternatives(tuple(map(compiled, several)), len(hinted))
            hinted += several
        return cls(
            hints=Hints(hinted),
            opens=found["opens"],
            heads=found["heads"],
            closes=found["closes"],
            denies=found["denies"],
            goes_on=re.compile(given["goes-on"]),
            turns=compiled(given["turns"]),
            answers=re.compile(given["answers"]),
            subject=compiled(given["subject"]),
            asks=re.compile(given["asks"]),
            contact=compiled(given["contact"]),
            alone=re.compile(given["alone"]),
            byline=compiled(given["byline"]),
            reader=compiled(given["reader"]),
            circular=compiled(given["circular"]),
            bait=compiled(given["bait"]),
            case=compiled(given["case"]),
            addressed=compiled(given["addressed"]),
            news_tells=compiled(given["news-tells"]),
            circular_tells=compiled(given["circular-tells"]),
        )

    def spans(self, view: View) -> tuple[Span, ...]:
        """Find the stretches of the dense text that are not asserted."""
        dense = view.reading.dense
        if WHOLE in view.lists and (told := self._told(view, dense)):
            return told
        cues = view.lists.get(CUES)
        if cues is None:
            return ()
        gaps = between_words(view.reading.gaps())
        sentences = [
            self._clauses(sentence[0], sentence.start(), gaps)
            for sentence in _SENTENCE.finditer(dense)
            if starts_within(cues, *sentence.span())
        ]
        found = [span for clauses in sentences for span in self._denied(clauses)]
        every = list(chain.from_iterable(sentences))
        tell = [one for one in every if one.opens or one.closes]
        headed = any(one.heads for one in every) and (
            bool(found) or not all(one.heads for one in tell) or _COUNTED.search(dense) is not None
        )
        if (tell or headed) and not self._gives_contact(view):
            for clauses in sentences:
                found.extend(told_of([(one, self._telling(one)) for one in clauses], headed=headed))
        return tuple(sorted(found))

    def _clauses(self, sentence: str, start: int, gaps: Sequence[Gap]) -> list[Clause]:
        """Return the clauses of a sentence, none where none tells of a fraud or denies."""
        hits = self.hints.at(sentence)
        if not (hits or self.hints.always):
            return []
        plain = _QUOTED.sub(_blank, sentence)
        parts = list(split(plain, start, gaps))
        may = list(self.hints.of_parts(hits, _spans(parts)))
        if any(one & _ALONE for one in may):
            cut = zip(parts, may, strict=True)
            parts = [one for part, met in cut for one in self._unglued(plain, part, met)]
            may = list(self.hints.of_parts(hits, _spans(parts)))
        clauses = [
            (part, self._does(sentence, part, met) if met else _NOTHING)
            for part, met in zip(parts, may, strict=True)
        ]
        if all(does == _NOTHING for _, does in clauses):
            return []
        return [
            Clause(
                span=(start + first, start + last),
                said=sentence[first:last],
                unquoted=plain[first:last],
                opens=opens,
                heads=heads,
                closes=closes,
                denied=_moved(denied, start + first) if denied else None,
                first=begins,
            )
            for (first, last, begins), (opens, heads, closes, denied) in clauses
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

    def _does(self, sentence: str, part: Part, may: int) -> tuple[bool, bool, bool, Span | None]:
        """Tell whether a clause opens, heads or closes a report, and what part of it denies."""
        start, end, _ = part
        clause = sentence[start:end]
        denied = self.denies.find(clause, may)
        if denied and self.contact(clause) and not self.goes_on.search(clause):
            denied = None
        alone = self.alone.match(sentence, start) if may & _ALONE else None
        whole = len(clause) <= LONGEST and (alone is None or alone.end() < end)
        return (
            whole and self.opens.match(clause, may),
            whole and self.heads.match(clause, may),
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

    def _told(self, view: View, dense: str) -> tuple[Span, ...]:
        """Return the sentences by which news or a circular tells of something."""
        tells = self._tells(_QUOTED.sub(_blank, dense))
        if tells is None or self._gives_contact(view):
            return ()
        parts = (one.span() for one in _PART.finditer(dense))
        return tuple(span for span in parts if tells(dense[slice(*span)]))

    def _tells(self, plain: str) -> Callable[[str], bool] | None:
        """Return how a sentence tells of something, None where a text is told by nobody."""
        case = len(plain) >= CASE and self.case(plain) and self.addressed(plain) is None
        article = len(plain) >= ARTICLE
        if case or (article and self.byline(plain) and self.reader(plain) is None):
            return lambda part: bool(self.news_tells(part))
        if article and self.circular(plain) and self.bait(plain) is None:
            return lambda part: bool(self.circular_tells(part))
        return None

    def _gives_contact(self, view: View) -> bool:
        if any(phone.form in _PRIVATE for phone in view.phones):
            return True
        if any(view.hosts.classify(link) not in _KNOWN for link in view.links):
            return True
        dense = view.reading.dense
        if find_accounts(dense):
            return True
        return self.contact(_QUOTED.sub(_contact_quoted, dense)) is not None


def _blank(quoted: re.Match[str]) -> str:
    return "_" * len(quoted[0])


def _contact_quoted(quoted: re.Match[str]) -> str:
    """Keep a quote that may hold a number or an account; words alone reach nobody."""
    return quoted[0] if _REACHES.search(quoted[0]) else ""


def _spans(parts: Sequence[Part]) -> Iterator[Span]:
    return ((start, end) for start, end, _ in parts)


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def asserted(view: View, reported: Reported | None) -> View:
    """Return what a message asserts: the view itself where nothing in it is only reported."""
    spans = reported.spans(view) if reported is not None else ()
    return view.without(spans) if spans else view
