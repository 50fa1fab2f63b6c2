"""A letter on the page: filled from its case, to be copied, printed or kept as a file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from watcher.casework.letter_page import letter_page
from watcher.casework.letters import Draft, Known, offered, possible, write
from watcher.core.correspondence import Letter
from watcher.core.life import CaseChange
from watcher.core.model import Case
from watcher.phrases import Phrases
from watcher.store import CaseRow, Casework, Store
from watcher.web.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLine:
    """A letter that could be written; `called_for` where the case asks for just this one."""

    id: str
    title: str
    called_for: bool
    sent_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """One letter for one case."""

    row: CaseRow
    draft: Draft = field(repr=False)
    title: str
    sending: str
    plain: str = field(repr=False)
    gloss: str | None = field(repr=False)
    line: LetterLine
    others: tuple[LetterLine, ...]
    notable: bool
    """Whether it can be noted as sent."""


def letter_lines(
    site: Site,
    case: Case,
    cases: tuple[Case, ...],
    casework: Casework,
    changes: tuple[CaseChange, ...],
) -> tuple[LetterLine, ...]:
    """Return the letters that could be true of a case, those that it calls for first."""
    known = _known(site, case, cases, casework, changes)
    return tuple(_lines(site, known, changes))


def letter_view(site: Site, store: Store, number: int, id_: str) -> LetterView | None:
    """Return a letter filled from a case; None where there is none, or it could not be true."""
    stored = store.case(number)
    if stored is None:
        return None
    changes = store.life.changes(number)
    known = _known(site, stored.leading, stored.cases, store.casework(number), changes)
    lines = tuple(_lines(site, known, changes))
    line = next((one for one in lines if one.id == id_), None)
    if line is None:
        return None
    draft = write(site.shelf.letters[id_], known)
    chinese = site.phrases.language == "zh"
    return LetterView(
        row=stored.row,
        draft=draft,
        title=line.title,
        sending=site.said(draft.sending),
        plain=draft.plain(_CHINESE),
        gloss=None if chinese else draft.plain(site.phrases),
        line=line,
        others=tuple(one for one in lines if one is not line),
        notable=id_ in site.shelf.dates.letters,
    )


def as_file(view: LetterView, ending: str, phrases: Phrases) -> str:
    """Return the letter as text, or as a page of its own that prints."""
    return letter_page(view.draft, phrases) if ending == "html" else view.plain


def _known(
    site: Site,
    case: Case,
    cases: tuple[Case, ...],
    casework: Casework,
    changes: tuple[CaseChange, ...],
) -> Known:
    ledger, directory = site.loans().ledger, site.shelf.directory
    return Known.of(case, cases, ledger, directory, casework.chosen, changes=changes)


def _lines(site: Site, known: Known, changes: tuple[CaseChange, ...]) -> Iterator[LetterLine]:
    sent = {one.letter: one.sent_on for one in changes if one.letter}
    wanted = offered(site.shelf.letters, known)
    fitting = possible(site.shelf.letters, known)

    def line(letter: Letter) -> LetterLine:
        return LetterLine(
            id=letter.id,
            title=site.said(letter.title),
            called_for=letter in wanted,
            sent_on=sent.get(letter.id),
        )

    yield from map(line, wanted)
    yield from (line(one) for one in fitting if one not in wanted)


_CHINESE = Phrases("zh")
"""A letter is in Chinese, whatever language the page speaks."""
