"""The whole rule set, compiled: one automaton for all phrases, and what each phrase can set off."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from string import ascii_uppercase
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick

from watcher.core.conditions import CompiledRule, Compiler, Search, shipped_pattern
from watcher.core.hosts import Hosts
from watcher.core.kinds import Kinds
from watcher.core.lenders import Directory, Lender
from watcher.core.literals import LiteralTable
from watcher.core.model import Kind
from watcher.core.needs import Candidates, NeedsOf
from watcher.core.reported import Reported
from watcher.core.rules import CauseRule, Characters, Checklist, Rule, VerdictRow
from watcher.core.sentences import Sentences
from watcher.core.settled import Settled
from watcher.core.spans import Span
from watcher.core.text import Folding
from watcher.core.traits import LENDER_DEAD, LENDER_NAMED
from watcher.core.weights import Question, Scales, Weights

_NUMBER = itemgetter(0)
SMALL = {letter: letter.lower() for letter in ascii_uppercase}
"""Latin letters are compared without regard to case."""

MOST_HITS = 64
"""Spans kept of one phrase in one window of a text (see `pieces.WINDOW`)."""

AT_ONCE = 1024
"""So many places of phrases are gathered before those of full phrases are left out."""

MOST_NAMES = 256
"""Lenders' names kept in one window."""

NameAt = tuple[Span, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleData:
    """Everything that `rules/` and the user's own rule files say."""

    notices: tuple[Rule, ...] = ()
    signals: tuple[Rule, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: tuple[VerdictRow, ...] = ()
    causes: tuple[CauseRule, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    lenders: tuple[Lender, ...] = ()
    characters: Characters = field(default_factory=Characters)
    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)
    """Named regular expressions: those that rules share, and `reported.*` of the engine."""
    weights: Mapping[Question, Weights] = field(default_factory=dict)
    kinds: Mapping[Kind, Weights] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hits:
    """What one pass over a text found: spans by phrase, and the rules that are worth a try."""

    literals: Mapping[int, list[Span]]
    notices: tuple[CompiledRule, ...] = ()
    signals: tuple[CompiledRule, ...] = ()
    lacking: int = 0
    """What of all that rules need no phrase meets, as bits (`needs.Candidates`)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """The compiled rule set; made once, used for every message."""

    data: RuleData
    directory: Directory
    hosts: Hosts
    folding: Folding
    reported: Reported | None
    settled: Settled | None
    sentences: Sentences
    lists_of: Sequence[tuple[str, ...]]
    """The word lists that each phrase stands in, by its number."""
    scales: Scales
    kinds: Kinds
    card_words: tuple[str, ...]
    """What else a card is called: of the word list `product.card`."""
    rows: tuple[VerdictRow, ...]
    signal_rules: Mapping[str, Rule]
    causes: Mapping[str, CauseRule]
    checklists: Mapping[str, Checklist]
    _search: Callable[[str], list[tuple[int, int, int]]]
    _names_of: Mapping[int, tuple[str, ...]]
    _compiled: tuple[CompiledRule, ...]
    _candidates: Candidates
    _poses: frozenset[int]
    """Rules, by their place in `compiled`, that show nothing alone."""

    @property
    def notices(self) -> tuple[Rule, ...]:
        """The recognisers."""
        return self.data.notices

    @property
    def signals(self) -> tuple[Rule, ...]:
        """The signals of fraud."""
        return self.data.signals

    @property
    def compiled(self) -> tuple[CompiledRule, ...]:
        """Every rule with its test, the recognisers first."""
        return self._compiled

    @classmethod
    def compile(
        cls, data: RuleData, user_pattern: Callable[[str], Search] = shipped_pattern
    ) -> "Rules":
        """Fold every phrase as messages are folded, and index what each one can set off.

        `user_pattern` compiles the patterns of rules that do not ship: the engine for them
        is chosen by who reads them.
        """
        folding = Folding.of({**SMALL, **data.characters.single}, data.characters.variants)
        table = LiteralTable(lambda phrase: folding.read(phrase).dense)
        words = {
            name: frozenset(map(table.number, phrases)) for name, phrases in data.words.items()
        }
        directory = Directory.of(data.lenders, folding.fold)
        names_of = {table.number(name): ids for name, ids in directory.by_name.items()}
        rules = (*data.notices, *data.signals)
        needs_of = NeedsOf(table, words)
        needs_of.number(rules)
        compiler = Compiler(table, rules, user_pattern)
        settled = Settled.of(data.patterns, table)
        candidates = Candidates.of(rules, needs_of, _implied(directory, table))
        lists_of = _lists_of(words, len(table.numbers))
        compiled = tuple(map(compiler.rule, rules))  # last: it fills what the rest gave back
        automaton = AhoCorasick(list(table.numbers))
        return cls(
            data=data,
            directory=directory,
            hosts=Hosts.of(directory, data.sites),
            folding=folding,
            reported=Reported.of(data.patterns),
            settled=settled,
            sentences=Sentences.of(data.patterns),
            scales=Scales(data.weights, lists_of),
            kinds=Kinds(data.kinds),
            card_words=data.words.get("product.card", ()),
            rows=data.rows,
            signal_rules=MappingProxyType({rule.id: rule for rule in data.signals}),
            causes=MappingProxyType({cause.id: cause for cause in data.causes}),
            checklists=MappingProxyType({one.id: one for one in data.checklists}),
            _search=lambda text: automaton.find_matches_as_indexes(text, overlapping=True),
            lists_of=lists_of,
            _names_of=names_of,
            _compiled=compiled,
            _candidates=candidates,
            _poses=frozenset(at for at, rule in enumerate(rules) if rule.poses),
        )

    def search(
        self,
        dense: str,
        traits: Collection[str],
        held: Container[str] = (),
        *,
        poses: bool = True,
    ) -> Hits | None:
        """Find every phrase of a folded text; None where there is nothing to try.

        That is where no rule is worth a try and none of the lenders `held` is named. `traits`
        are what else is known of the message (`core.traits`). Without `poses` a rule that only
        says what a fraud poses as, and shows nothing alone, makes no text worth a look.
        """
        found = self._search(dense)
        phrases = set(map(_NUMBER, found))
        worth, lacking = self._candidates.worth(phrases, traits)
        only_poses = not poses and LENDER_NAMED not in traits and self._poses.issuperset(worth)
        if (only_poses or not worth) and not self._name(phrases, held):
            return None
        notices: list[CompiledRule] = []
        signals: list[CompiledRule] = []
        for at in worth:
            one = self._compiled[at]
            (notices if one.rule.strength is None else signals).append(one)
        return Hits(_gathered(found), tuple(notices), tuple(signals), lacking)

    def phrases(self, dense: str) -> Hits:
        """Find every phrase of a folded text that is to be read whatever stands in it."""
        return Hits(_gathered(self._search(dense)))

    def _name(self, phrases: Iterable[int], lenders: Container[str]) -> bool:
        """Whether one of some phrases is the name of one of some lenders."""
        if self._names_of.keys().isdisjoint(phrases):
            return False
        return any(one in lenders for phrase in phrases for one in self._names_of.get(phrase, ()))

    def names_in(self, hits: Hits) -> tuple[NameAt, ...]:
        """Return the lenders' names that were found, the longest where they overlap."""
        return _longest(
            (span, self._names_of[number])
            for number in hits.literals.keys() & self._names_of.keys()
            for span in hits.literals[number]
        )

    def lists_in(self, hits: Hits) -> Mapping[str, list[Span]]:
        """Gather the spans of each word list, in the order of their starts."""
        lists: dict[str, list[Span]] = {}
        merged: dict[str, list[Span]] = {}
        lists_of = self.lists_of
        for number, spans in hits.literals.items():
            for name in lists_of[number]:
                if name not in lists:
                    lists[name] = spans
                elif name in merged:
                    merged[name] += spans
                else:
                    lists[name] = merged[name] = lists[name] + spans
        for several in merged.values():
            several.sort()
        return lists


def _implied(directory: Directory, table: LiteralTable) -> Mapping[int, frozenset[str]]:
    """Return the traits of a text in which a lender's name stands, by the name's number."""
    implied: dict[int, frozenset[str]] = {}
    for name, ids in chain(directory.by_name.items(), directory.by_signature.items()):
        dead = name in directory.former or any(directory.by_id[one].dead for one in ids)
        number = table.number(name)
        traits = (LENDER_NAMED, LENDER_DEAD) if dead else (LENDER_NAMED,)
        implied[number] = implied.get(number, frozenset()).union(traits)
    return implied


def _gathered(found: Sequence[tuple[int, int, int]]) -> Mapping[int, list[Span]]:
    literals: dict[int, list[Span]] = {}
    full: set[int] = set()
    for first in range(0, len(found), AT_ONCE):
        some = found[first : first + AT_ONCE]
        for number, start, end in [one for one in some if one[0] not in full] if full else some:
            spans = literals.get(number)
            if spans is None:
                literals[number] = [(start, end)]
            elif len(spans) < MOST_HITS:
                spans.append((start, end))
        if len(some) == AT_ONCE:
            full = {number for number, spans in literals.items() if len(spans) == MOST_HITS}
    return literals


def _lists_of(words: Mapping[str, Iterable[int]], phrases: int) -> Sequence[tuple[str, ...]]:
    lists: list[list[str]] = [[] for _ in range(phrases)]
    for name, numbers in words.items():
        for number in numbers:
            lists[number].append(name)
    known: dict[tuple[str, ...], tuple[str, ...]] = {}  # most phrases stand in the same lists
    return tuple(known.setdefault(one := tuple(names), one) for names in lists)


def _longest(names: Iterable[NameAt]) -> tuple[NameAt, ...]:
    """Drop names inside longer ones: 京东 inside 京东白条 is not a second lender."""
    kept: list[NameAt] = []
    for name in sorted(names, key=lambda one: (one[0][0], -one[0][1])):
        if kept and name[0][1] <= kept[-1][0][1]:
            if name[0] == kept[-1][0]:
                kept[-1] = (name[0], tuple(dict.fromkeys((*kept[-1][1], *name[1]))))
            continue
        kept.append(name)
    return tuple(kept[:MOST_NAMES])
