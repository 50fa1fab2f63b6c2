"""Reads dates.toml of the shipped rules: which dates follow from what."""

import re
from pathlib import Path
from typing import Final

from watcher.core.dates import BEGINNINGS, DateKind, DateRule, Dates, Letter
from watcher.core.rules import Text
from watcher.errors import Problem
from watcher.userfiles.problems import nearest
from watcher.userfiles.tables import Table
from watcher.userfiles.toml import read_toml

FILE: Final = "dates.toml"
MAX_BYTES: Final = 256 * 1024
LONGEST: Final = 366
_DAY_OF_YEAR: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])")


def read_dates(folder: Path) -> tuple[Dates | None, tuple[Problem, ...]]:
    """Read the dates of a rule folder; None where there is a mistake."""
    document, problem = read_toml(folder / FILE, max_bytes=MAX_BYTES, name=f"{folder.name}/{FILE}")
    if document is None:
        return None, (problem,) if problem else ()
    whole = Table.whole(document)
    letters = tuple(map(_letter, whole.tables("letters")))
    known = (*BEGINNINGS, *(one.id for one in letters))
    seen: set[str] = set()
    rules = tuple(_rule(row, known, seen) for row in whole.tables("dates"))
    whole.finish()
    problems = tuple(whole.findings.problems)
    return (None if problems else Dates.of(letters, rules)), problems


def _letter(row: Table) -> Letter:
    letter = Letter(
        id=row.text("id", required=True) or "",
        title=_text(row, "title"),
        objects=row.flag("objects") or False,
        ends=row.texts("ends"),
    )
    row.finish()
    return letter


def _rule(row: Table, known: tuple[str, ...], seen: set[str]) -> DateRule:
    id_ = row.text("id", required=True) or ""
    if id_ in seen:
        row.wrong("id", "problem.repeated-step", id=id_)
    seen.add(id_)
    after = row.texts("after", required=True)
    for one in after:
        if one not in known:
            alike = nearest(one, known)
            row.wrong("after", "problem.expected-one-of", allowed=known, nearest=alike)
    rule = DateRule(
        id=id_,
        kind=row.one_of("kind", DateKind) or DateKind.LOOK,
        after=after,
        title=_text(row, "title"),
        text=_text(row, "text"),
        days=row.number("days", 0, LONGEST) or 0,
        before=row.number("before", 0, LONGEST) or 0,
        working=row.number("working", 0, LONGEST) or 0,
        lenders=frozenset(row.texts("lenders")),
        but=frozenset(row.texts("but")),
        each_year=_days_of_year(row),
        sources=row.texts("sources"),
    )
    row.finish()
    return rule


def _days_of_year(row: Table) -> tuple[tuple[int, int], ...]:
    texts = row.texts("each_year")
    if not all(map(_DAY_OF_YEAR.fullmatch, texts)):
        row.wrong("each_year", "problem.expected-texts")
        return ()
    return tuple((int(text[:2]), int(text[3:])) for text in texts)


def _text(row: Table, name: str) -> Text:
    table = row.table(name, required=True)
    if table is None:
        return Text(zh="", en="")
    zh, en = table.text("zh", required=True), table.text("en", required=True)
    table.finish()
    return Text(zh=zh or "", en=en or "")
