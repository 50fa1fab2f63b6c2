"""The one way through the core: a message in, a case out. Total, pure, deterministic."""

import re
from dataclasses import replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from watcher.core.alert import case_key, compose, remember, summarise, values_of
from watcher.core.bare import less, says_whose
from watcher.core.facts import Findings, gather
from watcher.core.history import History
from watcher.core.judge import judge, may_be_fraud
from watcher.core.knowledge import Hits, Rules
from watcher.core.ledger import Ledger
from watcher.core.letters import REPLACEMENT
from watcher.core.match import match
from watcher.core.model import (
    SEVERITY,
    Case,
    Judgement,
    Kind,
    Match,
    Message,
    Notice,
    Phrase,
    Verdict,
)
from watcher.core.naming import may_name, name_lenders
from watcher.core.notice import read_notice
from watcher.core.parts import earlier_text
from watcher.core.past import look_back
from watcher.core.pieces import LONGEST, Part, parts_of
from watcher.core.recognise import NOTHING, recognise
from watcher.core.reported import asserted
from watcher.core.signals import doubted, find_signals, imitated
from watcher.core.text import Reading
from watcher.core.traits import LENDER_DEAD, LENDER_NAMED, traits_of
from watcher.core.view import BEIJING, View

_NOTICE = Notice(kind=Kind.OTHER)
_MATCH = Match()
_JUDGEMENT = Judgement(verdict=None, row="nothing-said")
_SUMMARY = Phrase(id="case.summary.other")

FEW_WINDOWS = 4
"""After so many windows a message in which a fraud was found is not read on."""


def process(message: Message, rules: Rules, ledger: Ledger, history: History) -> Case:
    """Judge one message as of the moment it was received.

    A mail that has both text and HTML is judged by both, and the worse stands: whichever
    its reader saw, they are warned.
    """
    worst: Case | None = None
    rank: tuple[int, int] | None = None
    before = (
        earlier_text(message, history.parts(message.sender, message.received_at))
        if message.sender
        else ""
    )
    for part in parts_of(message, before):
        if part.window >= FEW_WINDOWS and _is_fraud(worst):
            continue
        hides = part.kept is not None and not part.broken
        only_frauds = hides or (rank is not None and rank >= _NEXT_TO_FRAUD)
        case = _process_part(message, part, rules, ledger, history, only_frauds=only_frauds)
        if hides and not _is_fraud(case):
            continue
        severity = _severity(case)
        if rank is None or severity > rank:
            worst, rank = case, severity
        if rank == _WORST:
            break
    return worst if worst is not None else _nothing(message)


def _is_fraud(case: Case | None) -> bool:
    return case is not None and case.judgement.verdict is Verdict.FRAUDULENT


def _severity(case: Case | None) -> tuple[int, int]:
    """Rank cases by verdict, then by how much was understood; None is one that says nothing."""
    if case is None:
        return (SEVERITY[None], 0)
    understood = 0 if case.notice.kind is Kind.OTHER else 1
    return SEVERITY[case.judgement.verdict], understood


_WORST = (SEVERITY[Verdict.FRAUDULENT], 1)
_NEXT_TO_FRAUD = (SEVERITY[Verdict.UNSURE], 1)

MOJIBAKE = ("锟斤拷", "烫烫烫")
"""What lost characters look like once they were stored as text."""

_LOSSES = re.compile("|".join((REPLACEMENT, *MOJIBAKE)))

GARBLED, LOST = 3, 8
"""A text that lost one character in so many, or so many in all, is unreadable."""


def _garbled(text: str) -> bool:
    if _LOSSES.search(text) is None:
        return False
    lost = text.count(REPLACEMENT) + sum(len(mark) * text.count(mark) for mark in MOJIBAKE)
    return lost >= LOST or (lost > 0 and lost * GARBLED >= len(text))


def _too_long(message: Message) -> bool:
    return len(message.text or "") > LONGEST or len(message.html or "") > LONGEST


def _nothing(message: Message) -> Case:
    return Case(
        message=message,
        notice=_NOTICE,
        match=_MATCH,
        judgement=_JUDGEMENT,
        summary=_SUMMARY,
        key="",
        evidence=remember(message, _NOTICE, _MATCH, _JUDGEMENT),
    )


def _of_lender(view: View, rules: Rules, ledger: Ledger, history: History) -> Case:
    """Say no more of a lender's message that claims nothing than which loan it is about."""
    notice = read_notice(view, NOTHING, rules.directory, ledger)
    matched = match(view, notice, ledger, rules.directory, history)
    return replace(_nothing(view.message), notice=notice, match=matched)


def _process_part(  # noqa: PLR0913  a part, and all by which it is judged
    message: Message,
    part: Part,
    rules: Rules,
    ledger: Ledger,
    history: History,
    *,
    only_frauds: bool,
) -> Case | None:
    """Judge a part, and what it says without its bare sentences; the graver verdict stands.

    Where `only_frauds` count, a part is left that has nothing of any rule that shows one.
    """
    opened = open_view(message, part, rules, ledger, poses=False)
    if opened is None or (only_frauds and not _may_be_fraud(opened[1], rules)):
        return None
    case = _judge_opened(opened, part, rules, ledger, history)
    if _is_fraud(case):
        return case
    holder = ledger.holder.name or ""
    for left in less(part, opened[0], rules.sentences, rules.settled, holder):
        fewer = open_view(message, left, rules, ledger, poses=False)
        other = _judge_opened(fewer, left, rules, ledger, history) if fewer else None
        if other is None or _severity(other)[0] <= _severity(case)[0]:
            continue
        if says_whose(other, left, rules.sentences, holder):
            case = other
    return case


def _may_be_fraud(hits: Hits, rules: Rules) -> bool:
    strengths = [one.rule.strength for one in hits.signals if one.rule.strength is not None]
    return may_be_fraud(rules.rows, strengths)


def _judge_opened(
    opened: tuple[View, Hits], part: Part, rules: Rules, ledger: Ledger, history: History
) -> Case | None:
    """Judge a text; where a recogniser of the user's had a say, the graver verdict stands.

    Users' rules may raise a verdict and never lower it, so the shipped rules are heard alone too.
    """
    view, hits = opened
    case = _judge_view(view, hits, rules, ledger, history)
    shipped = tuple(one for one in hits.notices if one.rule.shipped)
    if len(shipped) == len(hits.notices):
        return case
    view, _ = open_view(view.message, part, rules, ledger) or opened
    alone = _judge_view(view, replace(hits, notices=shipped), rules, ledger, history)
    return alone if _severity(alone) > _severity(case) else case


def open_view(
    message: Message,
    part: Part,
    rules: Rules,
    ledger: Ledger | None = None,
    *,
    poses: bool = True,
) -> tuple[View, Hits] | None:
    """Fold and search one part of a message; None where no rule is worth a look.

    Without `poses` those are not that show nothing alone (`Rules.search`).
    """
    reading = rules.folding.read(part.text)
    traits = _traits(message, part, reading, rules, ledger)
    held = ledger.by_lender if ledger is not None else ()
    hits = rules.search(reading.dense, traits, held, poses=poses)
    if hits is None:
        if not (message.unreadable or _garbled(part.text) or _too_long(message)):
            return None
        hits = rules.phrases(reading.dense)
    view = View(
        message=message,
        field=part.field,
        reading=reading,
        body_at=part.body_at,
        folding=rules.folding,
        card_words=rules.card_words,
        hosts=rules.hosts,
        directory=rules.directory,
        hits=hits.literals,
        lacking=hits.lacking,
        lists=rules.lists_in(hits),
        names=rules.names_in(hits),
        scales=rules.scales,
        html=part.html,
        turned=part.turned,
        joined=part.joined is not None,
        kept=part.kept,
        whole=part.whole,
        codes=part.codes,
        zone=_zone(ledger.holder.timezone) if ledger is not None else BEIJING,
    )
    return view, hits


def _traits(
    message: Message, part: Part, reading: Reading, rules: Rules, ledger: Ledger | None
) -> list[str]:
    traits = traits_of(message, reading, html=part.html is not None)
    if ledger is not None and may_name(reading.dense, rules.folding, ledger):
        traits += (LENDER_NAMED, LENDER_DEAD)
    return traits


def heard(view: View, rules: Rules, ledger: Ledger) -> View:
    """Settle who a text names and speaks for, and leave what it only reports aside."""
    name_lenders(view, rules.directory, ledger)
    return asserted(view, rules.reported)


def _judge_view(
    view: View, hits: Hits, rules: Rules, ledger: Ledger, history: History
) -> Case | None:
    message = view.message
    view = heard(view, rules, ledger)
    recognised = recognise(view, hits.notices, rules.settled, rules.kinds)
    view.kinds = frozenset(recognised.kinds)
    signals = find_signals(view, hits.signals)
    unreadable = (
        message.unreadable is not None or _garbled(view.reading.original) or _too_long(message)
    )
    understood = recognised.kind is not Kind.OTHER or recognised.marks or signals
    if not (understood or unreadable):
        held = view.speaks and not ledger.by_lender.keys().isdisjoint(view.lenders)
        return _of_lender(view, rules, ledger, history) if held else None
    kind = imitated(view, recognised, signals, rules.signal_rules)
    if kind is not recognised.kind:
        recognised = replace(recognised, kind=kind)
    notice = read_notice(view, recognised, rules.directory, ledger)
    matched = match(view, notice, ledger, rules.directory, history)
    past = look_back(view, notice, matched, history, _lag_days(notice, rules))
    facts = gather(
        Findings(
            view=view,
            recognised=recognised,
            notice=notice,
            match=matched,
            signals=signals,
            past=past,
            ledger=ledger,
            directory=rules.directory,
            doubted=doubted(signals, rules.signal_rules),
            unreadable=unreadable,
        )
    )
    values = values_of(notice, matched, facts)
    judgement, row = judge(rules.rows, rules.causes.values(), facts, signals, values)
    return Case(
        message=message,
        notice=notice,
        match=matched,
        judgement=judgement,
        summary=summarise(row, values),
        key=case_key(view, notice, matched, judgement),
        alert=compose(judgement, row, facts),
        evidence=remember(message, notice, matched, judgement),
    )


def _lag_days(notice: Notice, rules: Rules) -> int:
    rows = [rules.directory.by_id.get(key) for key in notice.lenders]
    return max((row.lag_days for row in rows if row is not None), default=7)


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
