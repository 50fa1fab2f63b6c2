"""What is due and when, of one case or of everything, and what became of a case so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from watcher.casework.days import Entry, entries
from watcher.core.life import CaseChange, Stage
from watcher.store import DatedCase, Store
from watcher.web.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class DateLine:
    """A date in words; `soon` says how far it is, `moves` that a holiday may still move it."""

    day: date
    soon: str
    over: bool
    title: str
    text: str
    sources: tuple[str, ...]
    moves: bool
    case: int | None
    loan: str | None
    lender: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """Something that was done about a case, or came of it; `what` is the end of a phrase id."""

    day: date
    what: str
    letter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeView:
    """Where a case stands, what is due next, and how it came there."""

    stage: Stage
    dates: tuple[DateLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()

    @property
    def awaits(self) -> bool:
        """Whether something was sent that an answer may come to."""
        return self.stage in (Stage.ACTING, Stage.WAITING, Stage.ESCALATED)


def today_of(site: Site) -> date:
    """Return the day it is for the holder."""
    return site.clock.now().astimezone(site.zone()).date()


def all_dates(site: Site) -> tuple[DateLine, ...]:
    """Return every date, the earliest first; those just over too."""
    with site.store() as store:
        return date_lines(site, store.life.dated() if store else ())


def life_of(site: Site, store: Store, number: int) -> LifeView:
    """Return the life of a case."""
    changes = store.life.changes(number)
    dated = store.life.dated(number)
    lines = date_lines(site, dated) if dated else ()
    zone = site.zone()
    return LifeView(
        stage=changes[-1].stage if changes else Stage.OPEN,
        dates=tuple(line for line in lines if line.case == number),
        changes=tuple(_change(site, one, zone) for one in reversed(changes)),
    )


def date_lines(site: Site, cases: Iterable[DatedCase]) -> tuple[DateLine, ...]:
    """Put dates of cases, of the ledger and of the year into words."""
    today = today_of(site)
    return tuple(
        DateLine(
            day=one.day,
            soon=_how_soon(site, (one.day - today).days),
            over=one.day < today,
            title=site.said(one.rule.title),
            text=site.said(one.rule.text),
            sources=one.rule.sources,
            moves=one.moves,
            case=one.case,
            loan=one.loan,
            lender=one.lender,
        )
        for one in _entries(site, cases, today)
    )


def calendar_file(site: Site, *, details: bool) -> bytes:
    """Return what is to come as an .ics file; with `details` it names lenders."""
    from watcher.casework.ics import ics  # noqa: PLC0415  it loads a library

    with site.store() as store:
        cases, key = (store.life.dated(), store.life.key()) if store else ((), b"")
    today = today_of(site)
    ahead = [one for one in _entries(site, cases, today) if one.day >= today]
    return ics(ahead, site.phrases, site.clock.now(), key, details=details)


def _entries(site: Site, cases: Iterable[DatedCase], today: date) -> tuple[Entry, ...]:
    return entries(cases, site.loans().ledger, site.shelf.directory, site.shelf.dates, today)


def _how_soon(site: Site, days: int) -> str:
    if not days:
        return site.say("cli.calendar.today")
    says = "cli.calendar.in_days" if days > 0 else "cli.calendar.days_ago"
    return site.say(says, days=abs(days))


def _change(site: Site, one: CaseChange, zone: ZoneInfo) -> ChangeLine:
    known = site.shelf.dates.letters.get(one.letter or "")
    return ChangeLine(
        day=one.sent_on or one.at.astimezone(zone).date(),
        what=one.change.value,
        letter=site.said(known.title) if known else one.letter or "",
    )
