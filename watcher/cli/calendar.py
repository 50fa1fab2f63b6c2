"""`loan-watcher calendar`: the dates that count, and as a file for the calendar of a phone."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table
from rich.text import Text

from watcher.casework.days import Entry, entries, said, today_of
from watcher.cli import given, stored
from watcher.cli.context import Context, pass_context
from watcher.cli.flow import Flow
from watcher.cli.spoken import json_option, option, spoken
from watcher.clock import SystemClock
from watcher.control.letters import shipped_dates
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.errors import UserError
from watcher.store import DatedCase
from watcher.userfiles.folders import state_folder
from watcher.userfiles.ledger_file import write_private
from watcher.userfiles.loans import read_loans
from watcher.userfiles.rules import read_rule_data

_BEGINNING: Final = b"BEGIN:VCALENDAR"


@spoken("cli.calendar.help")
@option(
    "--ics",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    says="cli.calendar.ics",
)
@option("--details", is_flag=True, says="cli.calendar.details")
@json_option
@pass_context
def calendar(speaker: Context, file: Path | None, *, details: bool) -> None:
    """List the dates, or write them into a file."""
    if details and file is None:
        raise UserError("cli.calendar.details_where")
    directory, ledger = _book(speaker)
    cases, key = _of_store()
    today = today_of(ledger, SystemClock().now())
    known = entries(cases, ledger, directory, shipped_dates(), today)
    if file is not None:
        _write(speaker, file, [one for one in known if one.day >= today], key, details=details)
    elif speaker.json:
        speaker.print_json([_form(speaker, one) for one in known])
    elif known:
        _show(speaker, known, ledger)
    else:
        speaker.print("cli.calendar.none")


def next_date(speaker: Context, case: int) -> Entry | None:
    """Return the next date of a case, if one is to come."""
    directory, ledger = _book(speaker)
    today = today_of(ledger, SystemClock().now())
    cases, _ = _of_store()
    own = [one for one in cases if one.id == case]
    known = entries(own, ledger, directory, shipped_dates(), today)
    return next((one for one in known if one.case == case and one.day >= today), None)


def letter_title(speaker: Context, letter: str | None) -> str:
    """Return what a letter is called, or its name where it is not known any more."""
    known = shipped_dates().letters.get(letter or "")
    return said(known.title, speaker.language) if known else letter or ""


def _book(speaker: Context) -> tuple[Directory, Ledger]:
    """Return the lenders and the ledger; the rules need not be compiled for that."""
    data, problems = read_rule_data(given.shipped_rules(), *given.own_rules())
    read = given.sound(speaker, data, () if data else problems)
    directory = Directory.of(read.lenders)
    ledger, wrong = read_loans(given.own_loans(), directory)
    return directory, given.sound(speaker, ledger, wrong)


def _of_store() -> tuple[Sequence[DatedCase], bytes]:
    """Return the cases from which dates follow; none where nothing was ever recorded."""
    if (state_folder() / "state.db").exists():
        with suppress(UserError), stored.reading() as store:
            return store.life.dated(), store.life.key()
    return (), b""


def _show(speaker: Context, known: Sequence[Entry], ledger: Ledger) -> None:
    today = today_of(ledger, SystemClock().now())
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column(speaker.say("cli.calendar.column_day"), no_wrap=True)
    table.add_column(speaker.say("cli.calendar.column_what"), overflow="fold")
    for one in known:
        what = Text(said(one.rule.title, speaker.language), style="bold")
        if about := _about(speaker, one):
            what.append(f"\n{about}", style="not bold")
        what.append(f"\n{said(one.rule.text, speaker.language)}", style="not bold dim")
        day = Text(speaker.phrases.show(one.day), style="yellow" if one.day < today else "")
        day.append(f"\n{_how_soon(speaker, (one.day - today).days)}", style="dim")
        if one.moves:
            day.append(f"\n{speaker.say('cli.calendar.moves')}", style="dim")
        table.add_row(day, Flow(what))
    speaker.console.print(table)
    if any(one.moves for one in known):
        speaker.print("cli.calendar.moves_why")
    speaker.print("cli.calendar.next")


def _about(speaker: Context, one: Entry) -> str:
    case = None if one.case is None else speaker.say("calendar.of_case", case=one.case)
    return "  ".join(part for part in (case, speaker.phrases.show(one.lender or "")) if part)


def _how_soon(speaker: Context, days: int) -> str:
    if days == 0:
        return speaker.say("cli.calendar.today")
    says = "cli.calendar.in_days" if days > 0 else "cli.calendar.days_ago"
    return speaker.say(says, days=abs(days))


def _form(speaker: Context, one: Entry) -> dict[str, Any]:
    return {
        "day": one.day.isoformat(),
        "moves": one.moves,
        "date": one.rule.id,
        "kind": one.rule.kind.value,
        "title": said(one.rule.title, speaker.language),
        "text": said(one.rule.text, speaker.language),
        "sources": list(one.rule.sources),
        "case": one.case,
        "loan": one.loan,
        "lender": one.lender,
    }


def _write(
    speaker: Context, file: Path, known: Sequence[Entry], key: bytes, *, details: bool
) -> None:
    """Write the file, which only the user may read; an earlier one of its kind is replaced."""
    from watcher.casework.ics import ics  # noqa: PLC0415  a list needs no calendar

    _must_be_ours(file)
    written = ics(known, speaker.phrases, SystemClock().now(), key, details=details)
    try:
        write_private(file, written.decode())
    except OSError as error:
        values = {"file": str(file), "reason": error.strerror}
        raise UserError("cli.calendar.cannot_write", values) from None
    speaker.print("cli.calendar.written", count=len(known), file=str(file))
    speaker.print("cli.calendar.shared" if details else "cli.calendar.bare")


def _must_be_ours(file: Path) -> None:
    """Refuse to replace what is no calendar."""
    if file.exists() and not file.is_file():
        raise UserError("proof.no_file", {"file": str(file)})
    try:
        with file.open("rb") as stream:
            begins = stream.read(len(_BEGINNING))
    except FileNotFoundError:
        return
    except OSError as error:
        values = {"file": str(file), "reason": error.strerror}
        raise UserError("cli.calendar.cannot_write", values) from None
    if begins != _BEGINNING:
        raise UserError("cli.calendar.no_calendar", {"file": str(file)})
