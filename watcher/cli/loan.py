"""`loan-watcher loan`: the user's ledger, without opening an editor."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from watcher.cli.context import Context, json_option, pass_context
from watcher.cli.given import load_rules, own_loans, own_rules
from watcher.cli.spoken import SpokenGroup, option
from watcher.clock import SystemClock
from watcher.core.ledger import Ledger
from watcher.core.model import Loan, LoanStatus
from watcher.errors import Problem, UserError
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.loan_values import Row, Value, as_document, new_id, read_csv, typed
from watcher.userfiles.loans import LOAN_KEYS, parse_loans
from watcher.userfiles.problems import nearest, render

Function = Callable[..., Any]

_SETTABLE: Final = tuple(key for key in LOAN_KEYS if key != "id")
_STATUS: Final = click.Choice([str(status) for status in LoanStatus])


def _loan_options(function: Function) -> Function:
    """Give a command one option for each key of a loan but its id."""
    for key in reversed(_SETTABLE):
        name = f"--{key.replace('_', '-')}"
        settings: dict[str, Any] = {"type": _STATUS} if key == "status" else {}
        if key == "account_tail":
            settings["multiple"] = True
        function = option(name, key, says=f"loan.option.{key}", **settings)(function)
    return function


@click.group(cls=SpokenGroup, says="loan.help")
def loan() -> None:
    """Look after the ledger."""


@loan.command("list", says="loan.list")
@json_option
@pass_context
def list_loans(speaker: Context) -> None:
    """Show all loans."""
    ledger = _open(speaker).ledger
    if speaker.json:
        speaker.print_json([_form(one) for one in ledger.loans])
    elif ledger.loans:
        speaker.console.print(_table(speaker, ledger))
    else:
        speaker.print("loan.none_yet")


@loan.command("add", says="loan.add")
@option("--id", "id_", says="loan.option.id")
@_loan_options
@pass_context
def add_loan(speaker: Context, /, id_: str | None, **given: Any) -> None:
    """Add one loan."""
    file = _open(speaker)
    row = _row(given)
    if "lender" not in row:
        row |= _asked(speaker)
    row["id"] = id_ or new_id(row, _today(file.ledger).year, set(file.ledger.by_id))
    row.setdefault("status", "settled" if "settled_on" in row else "active")
    _refuse_taken(file.ledger, [row], ["loan add"])
    _check(file, row, "loan add")
    _save(speaker, file, file.with_added([row]))
    _remark_days_to_come(speaker, file.ledger, [row])
    speaker.print("loan.added", id=row["id"])


@loan.command("edit", says="loan.edit")
@click.argument("id_", metavar="ID")
@_loan_options
@pass_context
def edit_loan(speaker: Context, /, id_: str, **given: Any) -> None:
    """Change keys of one loan; an empty value drops its key."""
    changes: dict[str, Value | None] = dict(_row(given))
    changes |= {key: None for key, value in given.items() if value in ("", ("",))}
    if not changes:
        raise UserError("loan.nothing_to_change")
    _change(speaker, id_, changes, "loan edit")
    speaker.print("loan.edited", id=id_)


@loan.command("settle", says="loan.settle")
@click.argument("id_", metavar="ID")
@option("--on", "day", says="loan.option.on")
@pass_context
def settle_loan(speaker: Context, id_: str, day: str | None) -> None:
    """Mark one loan as paid off."""
    file = _open(speaker)
    settled_on = typed("settled_on", day) if day else _today(file.ledger)
    _change(speaker, id_, {"status": "settled", "settled_on": settled_on}, "loan settle")
    speaker.print("loan.settled_now", id=id_, day=settled_on)


@loan.command("reopen", says="loan.reopen")
@click.argument("id_", metavar="ID")
@pass_context
def reopen_loan(speaker: Context, id_: str) -> None:
    """Mark one loan as still owed."""
    _change(speaker, id_, {"status": "active", "settled_on": None}, "loan reopen")
    speaker.print("loan.reopened", id=id_)


@loan.command("remove", says="loan.remove")
@click.argument("id_", metavar="ID")
@pass_context
def remove_loan(speaker: Context, id_: str) -> None:
    """Take one loan out of the ledger."""
    file = _open(speaker)
    _must_exist(file.ledger, id_)
    _save(speaker, file, file.without(id_))
    speaker.print("loan.removed", id=id_)


@loan.command("import", says="loan.import")
@click.argument("path", metavar="FILE.csv", type=click.Path(path_type=Path))
@pass_context
def import_loans(speaker: Context, path: Path) -> None:
    """Add all loans of a CSV file, or none where any of them has a mistake."""
    if not path.is_file():
        raise UserError("cli.no_file", {"file": str(path)})
    file = _open(speaker)
    rows, lines, problems = read_csv(path)
    taken, year = set(file.ledger.by_id), _today(file.ledger).year
    for row in rows:
        if "id" not in row and "lender" in row:
            row["id"] = new_id(row, year, taken)
            taken.add(str(row["id"]))
    read, more = parse_loans(as_document(rows, path.name, lines), file.directory)
    problems = (*problems, *(_of_row(problem) for problem in more))
    if read is None or any(not problem.warning for problem in problems):
        raise UserError("cli.problems", problems=problems)
    _refuse_taken(file.ledger, rows, [f"{path.name}:{line}" for line in lines])
    if rows:
        _save(speaker, file, file.with_added(rows))
        _remark_days_to_come(speaker, file.ledger, rows)
    speaker.print("loan.imported", count=len(rows), file=path.name)


def _open(speaker: Context) -> LedgerFile:
    return LedgerFile.open(own_loans(), load_rules(speaker, *own_rules()).directory)


def _row(given: Mapping[str, Any]) -> Row:
    """Return the values that options gave, an option given more than once as a list."""
    row: Row = {}
    for key, value in given.items():
        text = " ".join(value) if isinstance(value, tuple) else value
        if text and text.strip():
            row[key] = typed(key, text)
    return row


def _asked(speaker: Context) -> Row:
    """Ask for what a loan cannot lack; where nobody can answer, say what to write."""
    if not sys.stdin.isatty():
        raise UserError("loan.lender_missing")
    row: Row = {"lender": click.prompt(speaker.say("loan.ask_lender"), err=True).strip()}
    day = click.prompt(speaker.say("loan.ask_settled_on"), default="", show_default=False, err=True)
    if day.strip():
        row["settled_on"] = typed("settled_on", day)
    return row


def _change(speaker: Context, id_: str, changes: Mapping[str, Value | None], what: str) -> None:
    file = _open(speaker)
    _must_exist(file.ledger, id_)
    changed = {key: value for key, value in file.row(id_).items() if key not in changes}
    _check(
        file, changed | {key: value for key, value in changes.items() if value is not None}, what
    )
    _save(speaker, file, file.with_changed(id_, changes))
    _remark_days_to_come(speaker, file.ledger, [{"id": id_, **changes}])


def _check(file: LedgerFile, row: Mapping[str, Value], what: str) -> None:
    """Refuse a loan with mistakes, each named by the option that it came with."""
    _, problems = parse_loans(as_document([row], what), file.directory)
    if any(not problem.warning for problem in problems):
        said = tuple(_of_option(_of_row(problem)) for problem in problems)
        raise UserError("cli.problems", problems=said)


def _save(speaker: Context, file: LedgerFile, text: str) -> None:
    """Write the ledger and say what is newly doubtful in it."""
    for problem in file.save(text):
        speaker.hint(render(problem, speaker.phrases))


def _remark_days_to_come(
    speaker: Context, ledger: Ledger, rows: Iterable[Mapping[str, Value | None]]
) -> None:
    """Say which settlements lie ahead: a year mistyped makes every notice an ordinary one."""
    today = _today(ledger)
    for row in rows:
        day = row.get("settled_on")
        if isinstance(day, date) and day > today:
            speaker.hint(speaker.say("loan.settled_later", id=row["id"], day=day))


def _must_exist(ledger: Ledger, id_: str) -> None:
    if id_ in ledger.by_id:
        return
    alike = nearest(id_, ledger.by_id)
    if alike:
        raise UserError("loan.unknown_id_near", {"id": id_, "name": alike})
    raise UserError("loan.unknown_id", {"id": id_})


def _refuse_taken(ledger: Ledger, rows: Iterable[Row], places: Iterable[str]) -> None:
    """Refuse ids that the ledger already has."""
    problems = tuple(
        Problem(file=place, says="loan.id_taken", values={"id": row["id"]})
        for row, place in zip(rows, places, strict=True)
        if row["id"] in ledger.by_id
    )
    if problems:
        raise UserError("cli.problems", problems=problems)


def _of_row(problem: Problem) -> Problem:
    """Name the column alone: the place of a row in a list tells nobody anything."""
    return replace(problem, key=re.sub(r"^loans\[\d+\]\.?", "", problem.key or "") or None)


def _of_option(problem: Problem) -> Problem:
    key = problem.key and f"--{problem.key.replace('_', '-')}"
    return replace(problem, key=key, line=None)


def _today(ledger: Ledger) -> date:
    return SystemClock().now().astimezone(ZoneInfo(ledger.holder.timezone)).date()


def _form(one: Loan) -> dict[str, object]:
    """Return a loan in the words of loans.toml; amounts are texts, so that they stay exact."""
    form: dict[str, object] = {key: getattr(one, key, None) for key in LOAN_KEYS}
    form["account_tail"] = list(one.account_tails)
    return form


def _table(speaker: Context, ledger: Ledger) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("id", "lender", "product", "status", "tail", "due_day", "monthly_amount"):
        table.add_column(speaker.say(f"loan.column.{column}"), overflow="fold")
    show = speaker.phrases.show
    for one in ledger.loans:
        settled = one.status is LoanStatus.SETTLED
        table.add_row(
            show(one.id),
            show(one.lender),
            show(one.product),
            speaker.say(f"loan.status.{one.status}", day=one.settled_on if settled else None),
            show(one.account_tails or None),
            show(one.due_day),
            show(one.monthly_amount),
        )
    return table
