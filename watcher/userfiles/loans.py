"""loans.toml: the user's ledger.

Read by hand rather than through a schema library: the ledger is read at every start of
`check`, and the library alone would take longer than the rest of the start.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import Holder, Loan, LoanStatus
from watcher.errors import Problem
from watcher.userfiles.problems import nearest
from watcher.userfiles.tables import Table
from watcher.userfiles.toml import Document, read_toml

MAX_BYTES: Final = 16 * 1024 * 1024
SUGGESTIONS: Final = 20
"""How many unknown lenders get a nearest name; looking for one takes milliseconds."""
YEARS: Final = range(1950, 2100)
"""In which the days of a loan lie: one miswritten would keep a loan open for centuries."""
LOAN_KEYS: Final = (
    "id",
    "lender",
    "product",
    "account_tail",
    "principal",
    "opened_on",
    "status",
    "settled_on",
    "due_day",
    "monthly_amount",
)
_NOBODY: Final = Holder()


def read_loans(path: Path, directory: Directory) -> tuple[Ledger | None, tuple[Problem, ...]]:
    """Read the ledger with all its mistakes; None where a mistake is more than a warning.

    A missing file is an empty ledger.
    """
    document, problem = read_toml(path, max_bytes=MAX_BYTES)
    if document is not None:
        return parse_loans(document, directory)
    if problem is not None and problem.says != "problem.missing":
        return None, (problem,)
    return Ledger.of(_NOBODY, (), directory), ()


def parse_loans(
    document: Document, directory: Directory
) -> tuple[Ledger | None, tuple[Problem, ...]]:
    """Return what `read_loans` returns, of a document already parsed."""
    whole = Table.whole(document)
    found = whole.findings
    holder = _holder(whole.table("holder"))
    rows = [(row, _loan(row)) for row in whole.tables("loans")]
    whole.finish()
    _refuse_repeated_ids(rows)
    _warn_of_twins(rows)
    ledger = Ledger.of(holder, (loan for _, loan in rows if loan), directory)
    _warn_of_unknown_lenders(rows, ledger, directory)
    return (None if found.wrong else ledger), tuple(found.problems)


def _holder(table: Table | None) -> Holder:
    if table is None:
        return _NOBODY
    name = table.text("name")
    timezone = table.text("timezone") or _NOBODY.timezone
    if timezone != _NOBODY.timezone and not _is_timezone(timezone):
        alike = nearest(timezone, available_timezones())
        table.wrong("timezone", "problem.no-such-timezone", nearest=alike)
    table.finish()
    return Holder(name=name, timezone=timezone)


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _loan(row: Table) -> Loan | None:
    """Read one loan; None where it lacks what no loan can lack."""
    id_ = row.text("id", required=True)
    lender = row.text("lender", required=True)
    product = row.text("product")
    tails = _tails(row)
    principal = row.amount("principal")
    opened_on = row.day("opened_on", YEARS)
    status = row.one_of("status", LoanStatus)
    settled_on = row.day("settled_on", YEARS)
    due_day = row.number("due_day", 1, 31)
    monthly_amount = row.amount("monthly_amount")
    row.finish()
    if "status" not in row.data:
        status = LoanStatus.SETTLED if settled_on else LoanStatus.ACTIVE
    if status is LoanStatus.SETTLED and "settled_on" not in row.data:
        row.findings.add(row.key, "problem.settled-without-day")
    if status is LoanStatus.ACTIVE and settled_on:
        row.wrong("settled_on", "problem.active-with-day", warning=True)
        settled_on = None
    if opened_on and settled_on and settled_on < opened_on:
        row.wrong("settled_on", "problem.settled-before-opened")
    if id_ is None or lender is None or status is None:
        return None
    return Loan(
        id=id_,
        lender=lender,
        status=status,
        product=product,
        account_tails=tails,
        principal=principal,
        opened_on=opened_on,
        settled_on=settled_on,
        due_day=due_day,
        monthly_amount=monthly_amount,
    )


def _tails(row: Table) -> tuple[str, ...]:
    """Read the last digits of accounts; a bare number has lost no zero, for TOML allows none."""
    value = row.value("account_tail")
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    tails = [str(item).strip() for item in items if isinstance(item, (str, int))]
    good = [tail for tail in tails if tail.isascii() and tail.isdigit() and 3 <= len(tail) <= 8]  # noqa: PLR2004  how many digits notices show
    if len(good) < len(items):
        row.wrong("account_tail", "problem.expected-tail")
    return tuple(dict.fromkeys(good))


def _refuse_repeated_ids(rows: Iterable[tuple[Table, Loan | None]]) -> None:
    first: dict[str, Table] = {}
    for row, loan in rows:
        if loan is None:
            continue
        if loan.id in first:
            line = row.findings.document.line((*first[loan.id].key, "id"))
            row.wrong("id", "problem.repeated-id", id=loan.id, line=line)
        first.setdefault(loan.id, row)


def _warn_of_twins(rows: Iterable[tuple[Table, Loan | None]]) -> None:
    """Warn of a loan that says the same as an earlier one, and more than the lender's name."""
    first: dict[Loan, Loan] = {}
    for row, loan in rows:
        if loan is None or loan == Loan(id=loan.id, lender=loan.lender, status=loan.status):
            continue
        twin = first.setdefault(replace(loan, id=""), loan)
        if twin.id != loan.id:
            row.wrong("id", "problem.same-loan", warning=True, id=loan.id, other=twin.id)


def _warn_of_unknown_lenders(
    rows: Iterable[tuple[Table, Loan | None]], ledger: Ledger, directory: Directory
) -> None:
    """Warn once for each name; the ledger may well know a lender that the directory does not."""
    waiting = dict.fromkeys(ledger.unknown_lenders)
    for row, loan in rows:
        if loan is None or loan.lender not in waiting:
            continue
        del waiting[loan.lender]
        place = len(ledger.unknown_lenders) - len(waiting)
        alike = nearest(loan.lender, directory.by_name) if place <= SUGGESTIONS else None
        row.wrong("lender", "problem.unknown-lender", warning=True, name=loan.lender, nearest=alike)
