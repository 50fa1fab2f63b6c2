"""What all figures share: the rules they measure, and tables for people."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from watcher.core.knowledge import Rules
from watcher.phrases import Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rules
from watcher.userfiles.shipped import shipped_folder

Numbers = Mapping[str, float | int | bool]
"""The last line of a figure."""

CHECKOUT = Path(__file__).resolve().parent.parent


class Unmeasured(Exception):  # noqa: N818  what it says is for people, it is no bug
    """A figure cannot be measured; the argument says why."""


def load_rules(*added: Path) -> Rules:
    """Read the shipped rules and folders laid over them.

    Raises:
        Unmeasured: a rule file is wrong; every mistake is named.
    """
    rules, problems = read_rules(shipped_folder() / "rules", *added)
    if rules is None:
        phrases = Phrases("en")
        wrong = [render(problem, phrases) for problem in problems if not problem.warning]
        raise Unmeasured("\n".join(["the rules cannot be read:", *wrong]))
    return rules


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; text is cut by nothing, so that a pipe gets all of it."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=200)
    console.print(table)
    console.print()


def print_lines(title: str, rows: Iterable[Sequence[object]]) -> None:
    """Print one line a row, its cells joined; for texts, which no column is wide enough for."""
    print(title)
    for row in rows:
        print("  " + " · ".join(_shown(cell) for cell in row))
    print()


def share(part: int, whole: int) -> float:
    """Return a share, 0..1, rounded to four places; of nothing it is 0."""
    return round(part / whole, 4) if whole else 0.0


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.4g}" if cell < 1000 else f"{cell:,.0f}"  # noqa: PLR2004  from here on no decimals
    return str(cell).replace("\n", "⏎")
