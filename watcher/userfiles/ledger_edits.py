"""One change to the ledger: checked as a whole, then written or refused.

What a change brings with it (an id of its own, the status that a day of settlement means) is
decided here, so that the command line and the page change loans.toml alike.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from watcher.core.ledger import Ledger
from watcher.core.proposals import Action, Proposal
from watcher.errors import Problem, UserError
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.loan_values import Row, Value, as_document, new_id
from watcher.userfiles.loans import parse_loans
from watcher.userfiles.problems import nearest

_PROPOSED: Final = (
    "lender",
    "product",
    "account_tail",
    "principal",
    "opened_on",
    "settled_on",
    "due_day",
    "monthly_amount",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A loan that was written; `doubts` are warnings the ledger did not have before.

    `ahead` is the day of a settlement that is yet to come.
    """

    id: str
    settled_on: date | None = None
    ahead: date | None = None
    doubts: tuple[Problem, ...] = ()


def add(file: LedgerFile, row: Row, now: datetime, what: str) -> Edited:
    """Add a loan; `what` names the command in what is said of its mistakes.

    Raises:
        UserError: all mistakes of the loan, or its id is taken.
    """
    today = today_of(file.ledger, now)
    row = dict(row)
    if "lender" in row:
        row.setdefault("id", new_id(row, today.year, set(file.ledger.by_id)))
    row.setdefault("status", "settled" if "settled_on" in row else "active")
    if "id" in row:
        refuse_taken(file.ledger, [row], [what])
    _check(file, row, what)
    return _edited(row, today, file.save(file.with_added([row])))


def name_holder(file: LedgerFile, name: str) -> None:
    """Write down whose ledger it is.

    Raises:
        UserError: the ledger is no longer what it was when it was opened.
    """
    file.save(file.with_holder(name))


def change(
    file: LedgerFile, id_: str, changes: Mapping[str, Value | None], now: datetime, what: str
) -> Edited:
    """Set keys of one loan, or drop them where the value is None.

    Raises:
        UserError: there is no such loan, or the change makes it wrong.
    """
    must_exist(file.ledger, id_)
    row = {key: value for key, value in file.row(id_).items() if key not in changes}
    row |= {key: value for key, value in changes.items() if value is not None}
    _check(file, row, what)
    doubts = file.save(file.with_changed(id_, changes))
    return _edited({"id": id_, **changes}, today_of(file.ledger, now), doubts)


def settle(file: LedgerFile, id_: str, day: Value | None, now: datetime, what: str) -> Edited:
    """Mark a loan as paid off, today where no day is given; raises what `change` raises."""
    changes = {"status": "settled", "settled_on": day or today_of(file.ledger, now)}
    return change(file, id_, changes, now, what)


def reopen(file: LedgerFile, id_: str, now: datetime, what: str) -> Edited:
    """Mark a loan as still owed; raises what `change` raises."""
    return change(file, id_, {"status": "active", "settled_on": None}, now, what)


def accept(file: LedgerFile, proposal: Proposal, now: datetime, what: str) -> Edited:
    """Do what a proposal proposes; raises what `add` and `change` raise."""
    if proposal.action is Action.SETTLE and proposal.loan is not None:
        return settle(file, proposal.loan, proposal.settled_on, now, what)
    row = {key: _value(getattr(proposal, key)) for key in _PROPOSED}
    return add(file, {key: value for key, value in row.items() if value is not None}, now, what)


def today_of(ledger: Ledger, now: datetime) -> date:
    """Return the day that it is for the holder."""
    return now.astimezone(ZoneInfo(ledger.holder.timezone)).date()


def days_ahead(rows: Iterable[Mapping[str, Value | None]], today: date) -> dict[str, date]:
    """Return which settlements are yet to come: a year mistyped makes every notice ordinary."""
    days = ((str(row["id"]), row.get("settled_on")) for row in rows)
    return {id_: day for id_, day in days if isinstance(day, date) and day > today}


def must_exist(ledger: Ledger, id_: str) -> None:
    """Refuse an id that no loan has, and name the nearest."""
    if id_ in ledger.by_id:
        return
    alike = nearest(id_, ledger.by_id)
    if alike:
        raise UserError("loan.unknown_id_near", {"id": id_, "name": alike})
    raise UserError("loan.unknown_id", {"id": id_})


def refuse_taken(ledger: Ledger, rows: Iterable[Row], places: Iterable[str]) -> None:
    """Refuse ids that the ledger already has."""
    problems = tuple(
        Problem(file=place, says="loan.id_taken", values={"id": row["id"]})
        for row, place in zip(rows, places, strict=True)
        if row["id"] in ledger.by_id
    )
    if problems:
        raise UserError("cli.problems", problems=problems)


def of_row(problem: Problem) -> Problem:
    """Name the column alone: the place of a row in a list tells nobody anything."""
    return replace(problem, key=re.sub(r"^loans\[\d+\]\.?", "", problem.key or "") or None)


def _value(proposed: str | int | date | Decimal | None) -> Value | None:
    return f"{proposed:.2f}" if isinstance(proposed, Decimal) else proposed


def _check(file: LedgerFile, row: Mapping[str, Value], what: str) -> None:
    """Refuse a loan with mistakes, each named by the option that it came with."""
    _, problems = parse_loans(as_document([row], what), file.directory)
    if any(not problem.warning for problem in problems):
        said = tuple(_of_option(of_row(problem)) for problem in problems)
        raise UserError("cli.problems", problems=said)


def _of_option(problem: Problem) -> Problem:
    key = problem.key and f"--{problem.key.replace('_', '-')}"
    return replace(problem, key=key, line=None)


def _edited(row: Mapping[str, Value | None], today: date, doubts: tuple[Problem, ...]) -> Edited:
    day = row.get("settled_on")
    return Edited(
        id=str(row["id"]),
        settled_on=day if isinstance(day, date) else None,
        ahead=days_ahead([row], today).get(str(row["id"])),
        doubts=doubts,
    )
