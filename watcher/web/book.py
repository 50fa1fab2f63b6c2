"""What the page says out of the rules, as a value that the daemon hands over ready made.

Reading and compiling all rules takes seconds and half of the page's memory; of them the page
only needs the words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from watcher.core.correspondence import Letter
from watcher.core.dates import DateRule, Dates
from watcher.core.dates import Letter as Sent
from watcher.core.lenders import Directory, Lender
from watcher.core.rules import Checklist, Rule, Text
from watcher.errors import Problem
from watcher.phrases import Phrases
from watcher.userfiles.problems import render

if TYPE_CHECKING:  # the page itself compiles no rules, which is most of its start
    from watcher.core.knowledge import Rules

LEDGER: Final = "loans.toml"
"""Its mistakes are told beside the loans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """A sentence of the rules with the id that findings name."""

    id: str
    text: Text
    more: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule as it is listed; `finds` is the phrase of the kind, mark or strength it gives."""

    id: str
    title: Text
    finds: str
    signal: bool
    draft: bool
    shipped: bool
    tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The words of one rule set, and the mistakes in the user's files of it."""

    checklists: tuple[Checklist, ...] = ()
    causes: tuple[Titled, ...] = ()
    rows: tuple[Titled, ...] = ()
    rules: tuple[RuleLine, ...] = ()
    lenders: tuple[Lender, ...] = ()
    problems: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    sent: tuple[Sent, ...] = ()
    """What can be noted as sent; its dates are those of `dates`."""
    dates: tuple[DateRule, ...] = ()

    @classmethod
    def of(
        cls,
        rules: "Rules",
        problems: Iterable[Problem],
        phrases: Phrases,
        *,
        letters: Iterable[Letter],
        dates: Dates,
    ) -> Self:
        """Take out of compiled rules what the page says."""
        return cls(
            checklists=tuple(rules.checklists.values()),
            causes=tuple(
                Titled(id=one.id, text=one.title, more=one.explains)
                for one in rules.causes.values()
            ),
            rows=tuple(Titled(id=row.id, text=row.why) for row in rules.rows),
            rules=tuple(_line(rule) for rule in (*rules.signals, *rules.notices)),
            lenders=rules.directory.lenders,
            problems=tuple(
                render(problem, phrases) for problem in problems if problem.file != LEDGER
            ),
            letters=tuple(letters),
            sent=tuple(dates.letters.values()),
            dates=dates.rules,
        )


def _line(rule: Rule) -> RuleLine:
    return RuleLine(
        id=rule.id,
        title=rule.title,
        finds=_finds(rule),
        signal=rule.strength is not None,
        draft=rule.draft,
        shipped=rule.shipped,
        tests=len(rule.tests),
    )


def _finds(rule: Rule) -> str:
    if rule.strength is not None:
        return f"cli.verdict.strength_{rule.strength.value}"
    return f"kind.{rule.kind.value}" if rule.kind else f"case.ground.marks.{rule.mark}"


class Shelf:
    """A book opened: every sentence found by its id."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.checklists = {one.id: one for one in book.checklists}
        self.causes = {one.id: one for one in book.causes}
        self.rows = {one.id: one.text for one in book.rows}
        self.rules = {one.id: one for one in book.rules}
        self.directory = Directory.of(book.lenders)
        self.letters = {one.id: one for one in book.letters}
        self.dates = Dates.of(book.sent, book.dates)
