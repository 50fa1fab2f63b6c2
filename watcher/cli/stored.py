"""The program's state as commands use it: read beside a daemon, changed by way of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from watcher.cli.context import Context
from watcher.cli.given import load_rules, own_loans, own_rules
from watcher.clock import SystemClock
from watcher.control import asking
from watcher.control.commands import Answer, Deed
from watcher.control.deeds import Hands, perform
from watcher.phrases import Phrases
from watcher.store import CaseRow, Original, Store
from watcher.userfiles.folders import state_folder


@contextmanager
def reading() -> Iterator[Store]:
    """Open the store to read it; nothing is changed and no lock is taken."""
    with Store.open_to_read(state_folder()) as store:
        yield store


def have_done(speaker: Context, deed: Deed) -> Answer:
    """Have a deed done by the daemon, or where none runs by this process."""
    clock = SystemClock()

    def alone(store: Store) -> Answer:
        hands = Hands(
            store=store,
            clock=clock,
            terms=lambda: load_rules(speaker, *own_rules()),
            loans=own_loans(),
        )
        return perform(deed, hands)

    return asking.have_done(deed, state_folder(), alone=alone, clock=clock)


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
