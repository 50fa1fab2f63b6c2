"""One case as its page shows it: everything found, put into words, nothing judged anew."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from watcher.core.dates import Letter as Sent
from watcher.core.lenders import Lender
from watcher.core.match import is_guess
from watcher.core.model import Case, Cause, Ground, Loan, Signal, Strength
from watcher.core.pieces import texts_of
from watcher.core.rules import Checklist
from watcher.store import Casework, Store, StoredCase, Tick
from watcher.userfiles.marked import VERDICTS
from watcher.web.dates import LifeView, life_of
from watcher.web.letters import LetterLine, letter_lines
from watcher.web.marking import Marked, marked_message, quoted
from watcher.web.site import Site
from watcher.web.story import Story, story_of

CHOICES: Final = ("F+", "C")
"""Checklists that only the user can know to be needed: "already paid", "on my credit report"."""
_FIRST: Final = ("F+", "FJ")
_UNCHECKED: Final = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundView:
    """A piece of evidence in words, with the message's own words where it has them."""

    text: str = field(repr=False)
    quote: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """A cause in words."""

    id: str
    title: str
    explains: str
    speaks_for: tuple[GroundView, ...]
    speaks_against: tuple[GroundView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalView:
    """Words that speak for fraud, with what every rule says that noticed them."""

    quote: str = field(repr=False)
    titles: tuple[str, ...]
    strength: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step with what the user did with it; `anchor` names it on the page."""

    id: str
    anchor: str
    text: str
    sources: tuple[str, ...]
    warning: bool
    done_at: datetime | None
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistView:
    """A checklist; `chosen` where the user asked for it."""

    id: str
    title: str
    intro: str
    steps: tuple[StepView, ...]
    chosen: bool

    @property
    def done(self) -> int:
        """How many steps are ticked off."""
        return sum(step.done_at is not None for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact of the directory, and whether its basis was checked."""

    name: str
    value: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case, ready for its template; `zone`-aware moments are the holder's."""

    stored: StoredCase
    case: Case = field(repr=False)
    verdict: str
    headline: str
    excerpt: str
    """The first words of the message, harmless."""
    received_at: datetime
    reasons: tuple[str, ...]
    matched: tuple[str, ...]
    guessed: bool
    """Whether the message itself points to no loan."""
    causes: tuple[CauseView, ...]
    signals: tuple[SignalView, ...] = field(repr=False)
    checklists: tuple[ChecklistView, ...]
    offers: tuple[Checklist, ...]
    message: tuple[Marked, ...]
    others: tuple[tuple[datetime, str, str], ...]
    story: Story | None
    recheck_on: date | None
    would_change: tuple[str, ...]
    lender: Lender | None
    contacts: tuple[Fact, ...]
    casework: Casework
    life: LifeView
    letters: tuple[LetterLine, ...]
    sendable: tuple[Sent, ...]
    """All that can be noted as sent."""
    verdicts: tuple[str, ...] = VERDICTS

    @property
    def all_done(self) -> bool:
        """Whether every step of every list is ticked off."""
        return bool(self.checklists) and all(one.done == len(one.steps) for one in self.checklists)


def case_view(site: Site, store: Store, number: int) -> CaseView | None:
    """Return a case in words; None where there is none of that number."""
    stored = store.case(number)
    if stored is None:
        return None
    casework = store.casework(number)
    case = stored.leading
    zone = site.zone()
    lender = _lender(site, case)
    return CaseView(
        stored=stored,
        case=case,
        verdict=stored.row.verdict.value,
        headline=site.phrases.render(case.summary),
        excerpt=_excerpt(case),
        received_at=case.message.received_at.astimezone(zone),
        reasons=_reasons(site, case),
        matched=tuple(site.phrases.render(one) for one in case.match.reasons),
        guessed=is_guess(case.match),
        causes=tuple(_cause(site, cause) for cause in case.judgement.causes),
        signals=tuple(_signals(site, case)),
        checklists=tuple(_checklists(site, case, casework)),
        offers=tuple(_offers(site, case, casework)),
        message=marked_message(case),
        others=tuple(
            (
                one.message.received_at.astimezone(zone),
                one.message.channel.value,
                quoted(one.message.sender or ""),
            )
            for one in stored.cases
            if one.message is not case.message
        ),
        story=_story(site, store, case, number),
        recheck_on=case.alert.recheck_on if case.alert else None,
        would_change=tuple(site.phrases.render(one) for one in case.judgement.would_change),
        lender=lender,
        contacts=() if lender is None else tuple(facts_of(lender)),
        casework=casework,
        life=life_of(site, store, number),
        letters=letter_lines(site, case, stored.cases, casework, store.life.changes(number)),
        sendable=site.shelf.book.sent,
    )


def facts_of(lender: Lender) -> Iterator[Fact]:
    """Yield where a lender really is, as far as that may be shown."""
    facts = (
        ("hotline", lender.hotline if lender.hotline_show else None),
        ("domains", " · ".join(lender.domains) or None),
        ("certificate", lender.certificate),
    )
    for name, value in facts:
        if value:
            basis = lender.basis.get(name, _UNCHECKED)
            yield Fact(name=name, value=value, checked=_UNCHECKED not in basis)


def _excerpt(case: Case) -> str:
    texts = [text for text in (*texts_of(case.message), case.message.subject) if text]
    return quoted(texts[0]) if texts else ""


def _reasons(site: Site, case: Case) -> tuple[str, ...]:
    row = site.shelf.rows.get(case.judgement.row)
    return () if row is None else (site.said(row),)


def _cause(site: Site, cause: Cause) -> CauseView:
    known = site.shelf.causes.get(cause.id)
    return CauseView(
        id=cause.id,
        title=cause.id if known is None else site.said(known.text),
        explains="" if known is None or known.more is None else site.said(known.more),
        speaks_for=tuple(_grounds(site, cause.speaks_for)),
        speaks_against=tuple(_grounds(site, cause.speaks_against)),
    )


def _grounds(site: Site, grounds: Iterable[Ground]) -> Iterator[GroundView]:
    for ground in grounds:
        words = quoted(ground.quote.text) if ground.quote else ""
        yield GroundView(text=site.phrases.render(ground.phrase), quote=words or None)


def _signals(site: Site, case: Case) -> Iterator[SignalView]:
    """Yield each quote once, the strongest first."""
    order = list(Strength)
    ranked = sorted(case.judgement.signals, key=lambda one: order.index(one.strength))
    by_quote: dict[str, list[Signal]] = {}
    for signal in ranked:
        by_quote.setdefault(quoted(signal.quote.text), []).append(signal)
    for quote, signals in by_quote.items():
        rules = [site.shelf.rules.get(one.rule) for one in signals]
        titles = [
            site.said(rule.title) if rule else one.rule
            for rule, one in zip(rules, signals, strict=True)
        ]
        yield SignalView(
            quote=quote, titles=tuple(dict.fromkeys(titles)), strength=signals[0].strength.value
        )


def _checklists(site: Site, case: Case, casework: Casework) -> Iterator[ChecklistView]:
    """Yield the lists that cannot wait first, then those the user asked for."""
    wanted = dict.fromkeys((*casework.chosen, *case.judgement.checklists))
    ticks = {(tick.checklist, tick.step): tick for tick in casework.ticks}
    for id_ in sorted(wanted, key=lambda one: _FIRST.index(one) if one in _FIRST else len(_FIRST)):
        known = site.shelf.checklists.get(id_)
        if known is not None:
            steps = _steps(site, known, ticks)
            yield ChecklistView(
                id=known.id,
                title=site.said(known.title),
                intro=site.said(known.intro),
                steps=tuple(steps),
                chosen=id_ not in case.judgement.checklists,
            )


def _steps(
    site: Site, checklist: Checklist, ticks: dict[tuple[str, str], Tick]
) -> Iterator[StepView]:
    zone = site.zone()
    for number, step in enumerate(checklist.steps, 1):
        tick = ticks.get((checklist.id, step.id))
        done_at = tick.done_at if tick else None
        yield StepView(
            id=step.id,
            anchor=f"step-{checklist.id.replace('+', '-paid')}-{number}",
            text=site.said(step.text),
            sources=step.sources,
            warning=step.warning,
            done_at=done_at.astimezone(zone) if done_at else None,
            note=(tick.note if tick else None) or "",
        )


def _offers(site: Site, case: Case, casework: Casework) -> Iterator[Checklist]:
    for id_ in CHOICES:
        known = site.shelf.checklists.get(id_)
        if known and id_ not in casework.chosen and id_ not in case.judgement.checklists:
            yield known


def _story(site: Site, store: Store, case: Case, number: int) -> Story | None:
    judged_by = case.match.loan
    if judged_by is None:
        return None
    loan: Loan = site.loans().ledger.by_id.get(judged_by.id, judged_by)
    return story_of(loan, store.overview.of_loan(loan.id), site.zone(), number)


def _lender(site: Site, case: Case) -> Lender | None:
    """Return the directory's row of whom a message speaks for, or pretends to."""
    directory = site.shelf.directory
    named = directory.by_name.get(case.match.lender or "", ())
    ids = [*(id_ for id_ in case.notice.lenders if id_ in directory.by_id), *named]
    return directory.by_id[ids[0]] if len(set(ids)) == 1 else None
