"""What can be asked for, and what is answered: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from watcher.errors import WatcherError
from watcher.ingest import Summary
from watcher.userfiles.ledger_edits import Edited


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Say how you are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close a case: its checklist is done."""

    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Put a case aside until a moment."""

    case: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Open a closed case again."""

    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLetter:
    """Note that a letter about a case was sent on a day; None is today."""

    case: int
    letter: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnswer:
    """Note that what was sent about a case has been answered."""

    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Show the alert of a case no more; the case stays open."""

    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heed:
    """Note that the user has taken in an alert of any kind; of a summary, all that it names."""

    alert: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TickStep:
    """Tick a step of a case's checklist, or take the tick back; the note is the user's."""

    case: int
    checklist: str
    step: str
    done: bool
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Lay a checklist that only the user can choose beside a case's own, or take it away."""

    case: int
    checklist: str
    chosen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkWrong:
    """Note what is wrong about a case; None takes it back. `verdict` is what it should be."""

    case: int
    text: str | None = field(repr=False)
    verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddLoan:
    """Add a loan; its values are texts as people type them."""

    loan: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleLoan:
    """Mark a loan as paid off on a day as people type it; None is today."""

    loan: str
    on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenLoan:
    """Mark a loan as still owed."""

    loan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Do to the ledger what a proposal proposes."""

    proposal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss:
    """Propose no more what a proposal proposes."""

    proposal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Read files, and look into mailboxes once; `since` leaves out what is older.

    `paths` are absolute, `accounts` addresses of config.toml.
    """

    paths: tuple[Path, ...] = ()
    accounts: tuple[str, ...] = field(default=(), repr=False)
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    """Start the page, at a case where one is named."""

    case: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Delete what is about a loan, or what names a person, from every file of the state."""

    loan: str | None = None
    person: str | None = field(default=None, repr=False)


Deed = (
    Close
    | Snooze
    | Reopen
    | NoteLetter
    | NoteAnswer
    | Acknowledge
    | Heed
    | TickStep
    | Choose
    | MarkWrong
    | AddLoan
    | SettleLoan
    | ReopenLoan
    | Confirm
    | Forget
    | Dismiss
)
"""What is done in one go by whoever has the store."""

Command = Deed | Scan | Ping | OpenPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done, and there is nothing more to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a daemon is; `mail` is the condition of each account, in the order of config.toml."""

    pid: int
    started_at: datetime
    folders: int
    mail: tuple[str, ...]
    waiting: int
    """Alerts that wait to be shown."""
    desktop: bool = True
    """Whether the session bus was reached when it was last tried."""
    fallen: tuple[str, ...] = ()
    """The walls of the unit that do not stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanWritten:
    """A loan was written into the ledger."""

    edited: Edited


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgot:
    """What was deleted, and the files in which something of it was still found."""

    messages: int
    cases: int
    originals: int
    left: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a look into one account ended; `failure` is what kept it from its end."""

    address: str = field(repr=False)
    failure: WatcherError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a scan found; `summary.finished` does not cross a socket."""

    summary: Summary
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReady:
    """The page is open; the file leads a browser to it, once."""

    file: Path


Answer = Done | Status | LoanWritten | Forgot | Scanned | PageReady


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the reading of one source of a scan has come, in bytes; of a mailbox in mails.

    `messages` were judged, and `notices` of them got a verdict.
    """

    name: str = field(repr=False)
    read: int
    total: int
    messages: int = 0
    notices: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """It takes its time, and the daemon lives."""
