"""`loan-watcher loan`: the user's ledger, without opening an editor."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from watcher.casework import proofs
from watcher.casework.ordinary import open_ordinary
from watcher.cli.context import Context, pass_context
from watcher.cli.discover import discover
from watcher.cli.given import load_rules, own_loans, own_rules
from watcher.cli.proofs import keep, proof_form
from watcher.cli.spoken import SpokenGroup, json_option, option
from watcher.clock import SystemClock
from watcher.core.ledger import Ledger
from watcher.core.model import Loan, LoanStatus
from watcher.errors import Problem, UserError
from watcher.userfiles import ledger_edits
from watcher.userfiles.folders import state_folder
from watcher.userfiles.ledger_edits import Edited
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.loan_values import Row, Value, as_document, new_id, read_csv, typed
from watcher.userfiles.loans import LOAN_KEYS, parse_loans
from watcher.userfiles.problems import render

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


def _proof_option(function: Function) -> Function:
    return option(
        "--proof",
        "files",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        says="loan.option.proof",
    )(function)


@click.group(cls=SpokenGroup, says="loan.help")
def loan() -> None:
    """Look after the ledger."""


loan.add_command(discover, "discover")


@loan.command("list", says="loan.list")
@json_option
@pass_context
def list_loans(speaker: Context) -> None:
    """Show all loans."""
    ledger = _open(speaker).ledger
    if speaker.json:
        speaker.print_json([_form(one) for one in ledger.loans])
        return
    if ledger.loans:
        speaker.console.print(_table(speaker, ledger))
    else:
        speaker.print("loan.none_yet")
    for id_ in sorted(proofs.loans_with_proofs(state_folder()) - ledger.by_id.keys()):
        speaker.hint(speaker.say("proof.left", id=id_))


@loan.command("add", says="loan.add")
@option("--id", "id_", says="loan.option.id")
@_loan_options
@_proof_option
@pass_context
def add_loan(speaker: Context, /, id_: str | None, files: tuple[Path, ...], **given: Any) -> None:
    """Add one loan."""
    file = _open(speaker)
    row = _row(given)
    if "lender" not in row:
        row |= _asked(speaker)
    if id_:
        row["id"] = id_
    now = SystemClock().now()
    with proofs.staged(state_folder(), files, now) as copies:
        added = ledger_edits.add(file, row, now, "loan add")
        _remark(speaker, added)
        speaker.print("loan.added", id=added.id)
        keep(speaker, copies, added.id)


@loan.command("edit", says="loan.edit")
@click.argument("id_", metavar="ID")
@_loan_options
@_proof_option
@pass_context
def edit_loan(speaker: Context, /, id_: str, files: tuple[Path, ...], **given: Any) -> None:
    """Change keys of one loan; an empty value drops its key."""
    changes: dict[str, Value | None] = dict(_row(given))
    changes |= {key: None for key, value in given.items() if value in ("", ("",))}
    if not (changes or files):
        raise UserError("loan.nothing_to_change")
    now, ledger = SystemClock().now(), _open(speaker)
    ledger_edits.must_exist(ledger.ledger, id_)
    with proofs.staged(state_folder(), files, now) as copies:
        if changes:
            _remark(speaker, ledger_edits.change(ledger, id_, changes, now, "loan edit"))
            speaker.print("loan.edited", id=id_)
        keep(speaker, copies, id_)


@loan.command("settle", says="loan.settle")
@click.argument("id_", metavar="ID")
@option("--on", "day", says="loan.option.on")
@pass_context
def settle_loan(speaker: Context, id_: str, day: str | None) -> None:
    """Mark one loan as paid off."""
    given = typed("settled_on", day) if day else None
    now = SystemClock().now()
    settled = ledger_edits.settle(_open(speaker), id_, given, now, "loan settle")
    _remark(speaker, settled)
    speaker.print("loan.settled_now", id=id_, day=settled.settled_on)


@loan.command("reopen", says="loan.reopen")
@click.argument("id_", metavar="ID")
@pass_context
def reopen_loan(speaker: Context, id_: str) -> None:
    """Mark one loan as still owed."""
    _remark(speaker, ledger_edits.reopen(_open(speaker), id_, SystemClock().now(), "loan reopen"))
    speaker.print("loan.reopened", id=id_)


@loan.command("remove", says="loan.remove")
@click.argument("id_", metavar="ID")
@option("--with-proofs", "proofs_too", is_flag=True, says="loan.option.with_proofs")
@pass_context
def remove_loan(speaker: Context, id_: str, *, proofs_too: bool) -> None:
    """Take one loan out of the ledger; its proofs stay unless they are asked for too."""
    file = _open(speaker)
    left = len(proofs.of_loan(state_folder(), id_))
    if id_ in file.ledger.by_id or not (left and proofs_too):
        ledger_edits.must_exist(file.ledger, id_)
        _say_doubts(speaker, file.save(file.without(id_)))
        speaker.print("loan.removed", id=id_)
    if left and proofs_too:
        speaker.print("proof.removed", id=id_, count=proofs.remove(state_folder(), id_))
    elif left:
        speaker.hint(speaker.say("proof.stay", id=id_, count=left))


@loan.command("import", says="loan.import")
@click.argument("path", metavar="FILE.csv", type=click.Path(path_type=Path))
@pass_context
def import_loans(speaker: Context, path: Path) -> None:
    """Add all loans of a CSV file, or none where any of them has a mistake."""
    open_ordinary(path).close()
    file = _open(speaker)
    rows, lines, problems = read_csv(path)
    today = ledger_edits.today_of(file.ledger, SystemClock().now())
    taken, year = set(file.ledger.by_id), today.year
    for row in rows:
        if "id" not in row and "lender" in row:
            row["id"] = new_id(row, year, taken)
            taken.add(str(row["id"]))
    read, more = parse_loans(as_document(rows, path.name, lines), file.directory)
    problems = (*problems, *(ledger_edits.of_row(problem) for problem in more))
    if read is None or any(not problem.warning for problem in problems):
        raise UserError("cli.problems", problems=problems)
    places = [f"{path.name}:{line}" for line in lines]
    ledger_edits.refuse_taken(file.ledger, rows, places)
    if rows:
        _say_doubts(speaker, file.save(file.with_added(rows)))
        for id_, day in ledger_edits.days_ahead(rows, today).items():
            speaker.hint(speaker.say("loan.settled_later", id=id_, day=day))
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
    if not speaker.asks:
        raise UserError("loan.lender_missing")
    row: Row = {"lender": click.prompt(speaker.say("loan.ask_lender"), err=True).strip()}
    day = click.prompt(speaker.say("loan.ask_settled_on"), default="", show_default=False, err=True)
    if day.strip():
        row["settled_on"] = typed("settled_on", day)
    return row


def _remark(speaker: Context, edited: Edited) -> None:
    """Say what is doubtful about a loan that was written."""
    _say_doubts(speaker, edited.doubts)
    if edited.ahead is not None:
        speaker.hint(speaker.say("loan.settled_later", id=edited.id, day=edited.ahead))


def _say_doubts(speaker: Context, doubts: Iterable[Problem]) -> None:
    for problem in doubts:
        speaker.hint(render(problem, speaker.phrases))


def _form(one: Loan) -> dict[str, object]:
    """Return a loan in the words of loans.toml; amounts are texts, so that they stay exact."""
    form: dict[str, object] = {key: getattr(one, key, None) for key in LOAN_KEYS}
    form["account_tail"] = list(one.account_tails)
    form["proofs"] = [proof_form(proof) for proof in proofs.of_loan(state_folder(), one.id)]
    return form


def _table(speaker: Context, ledger: Ledger) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in (
        "id",
        "lender",
        "product",
        "status",
        "tail",
        "due_day",
        "monthly_amount",
        "proofs",
    ):
        # An id is typed, so it stands whole.
        table.add_column(
            speaker.say(f"loan.column.{column}"), overflow="fold", no_wrap=column == "id"
        )
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
            show(len(proofs.of_loan(state_folder(), one.id)) or None),
        )
    return table
