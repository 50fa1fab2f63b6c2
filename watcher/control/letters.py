"""What the user sends about a case, and what is answered: where the case stands then."""

from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from watcher.control.commands import NoteLetter
from watcher.core.dates import IMPOSTOR, Dates, Letter
from watcher.core.lenders import Directory
from watcher.core.model import Verdict
from watcher.errors import UserError
from watcher.store import CaseRow, CaseStatus, Store
from watcher.userfiles.dates import read_dates
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.shipped import shipped_folder


@cache
def shipped_dates() -> Dates:
    """Return what is known of dates; `UserError` where the shipped file is broken."""
    dates, problems = read_dates(shipped_folder() / "rules")
    if dates is None:
        raise UserError("cli.problems", problems=problems)
    return dates


def zone_of(loans: Path) -> ZoneInfo:
    """Return the time zone in which the holder of a ledger counts days."""
    ledger = LedgerFile.open(loans, Directory.of(())).ledger  # which lenders it names is no matter
    return ZoneInfo(ledger.holder.timezone)


def note_letter(store: Store, row: CaseRow, deed: NoteLetter, now: datetime, loans: Path) -> None:
    """Note that a letter was sent; from then on its dates run.

    Raises:
        UserError: there is no such letter, the day is yet to come, or the case is closed.
    """
    letter = _letter(deed.letter)
    must_be_open(row)
    zone = zone_of(loans)
    today = now.astimezone(zone).date()
    on = deed.on or today
    if on > today:
        raise UserError("control.day_to_come", {"day": on})
    fraud = row.verdict is Verdict.FRAUDULENT
    # What came on the day itself may have come before the letter went.
    next_day = datetime.combine(on + timedelta(days=1), time(), zone)
    store.life.sent(
        row.id,
        letter.id,
        on,
        now,
        answer_due=shipped_dates().awaits_answer(letter.id, [IMPOSTOR] if fraud else ()),
        # Who reports a fraud has objected to nothing that the lender itself sends.
        objects_from=min(next_day, now) if letter.objects and not fraud else None,
    )


def must_be_open(row: CaseRow) -> None:
    """Refuse a closed case; `UserError`."""
    if row.status is CaseStatus.DONE:
        raise UserError("control.case_closed", {"id": row.id})


def _letter(name: str) -> Letter:
    known = shipped_dates().letters
    found = next((one for id_, one in known.items() if id_.casefold() == name.casefold()), None)
    if found is None:
        raise UserError("control.no_letter", {"letter": name, "known": tuple(known)})
    return found
