"""The program's state as commands use it: read beside a daemon, written only without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from watcher.clock import SystemClock
from watcher.errors import UserError
from watcher.phrases import Phrases
from watcher.store import CaseRow, Original, Store, StoredCase, state_lock
from watcher.userfiles.folders import state_folder

_LARGEST_ID = 2**63 - 1  # SQLite has no larger number


@contextmanager
def reading() -> Iterator[Store]:
    """Open the store to read it; nothing is changed and no lock is taken."""
    with Store.open_to_read(state_folder()) as store:
        yield store


@contextmanager
def writing() -> Iterator[Store]:
    """Open the store to change it; `UserError` while another process holds it."""
    with state_lock(state_folder()), Store.open(state_folder(), SystemClock().now()) as store:
        yield store


def found(store: Store, case_id: int) -> StoredCase:
    """Return a case; `UserError` where there is none of that number."""
    case = store.case(case_id) if 0 < case_id <= _LARGEST_ID else None
    if case is None:
        raise UserError("explain.unknown_id", {"id": case_id})
    return case


def original_form(original: Original) -> dict[str, Any]:
    """Return where a whole mail is kept as the JSON object that programs get."""
    return {
        "path": None if original.path is None else str(original.path),
        "bytes": original.size,
        "sha256": original.sha256,
        "kept_at": original.kept_at.isoformat(),
    }


def row_form(row: CaseRow, phrases: Phrases) -> dict[str, Any]:
    """Return a line of the list of cases as the JSON object that programs get."""
    return {
        "id": row.id,
        "verdict": row.verdict.value,
        "urgency": row.urgency.value if row.urgency else None,
        "lender": row.lender,
        "loan": row.loan,
        "amount": None if row.amount is None else f"{row.amount:.2f}",
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "status": row.status.value,
        "snoozed_until": row.snoozed_until.isoformat() if row.snoozed_until else None,
        "received_at": row.received_at.isoformat(),
        "messages": row.messages,
        "summary": phrases.render(row.summary),
    }
