"""Carries out what is done in one go, whoever has the store: daemon or command."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, assert_never

from watcher.clock import Clock
from watcher.control import commands as c
from watcher.control.letters import must_be_open, note_letter
from watcher.control.marking import mark_wrong
from watcher.core.lenders import Directory
from watcher.core.proposals import Proposal, proposals
from watcher.core.rules import Checklist
from watcher.errors import UserError
from watcher.store import Store, StoredCase
from watcher.userfiles import ledger_edits
from watcher.userfiles.ledger_edits import Edited
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.loan_values import typed

CHOSEN_BY_THE_USER: Final = frozenset({"F+", "C"})
"""Checklists that no verdict lays out: "I already paid", and "my credit report shows it"."""

_LARGEST_ID: Final = 2**63 - 1  # SQLite has no larger number


class Terms(Protocol):
    """What deeds ask of the rules: who lenders are, and which steps there are."""

    @property
    def directory(self) -> Directory:
        """All lenders."""

    @property
    def checklists(self) -> Mapping[str, Checklist]:
        """All checklists by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What a deed is done with; `terms` are read only where the deed needs them."""

    store: Store
    clock: Clock
    terms: Callable[[], Terms] = field(repr=False)
    loans: Path
    """Where the ledger is; the user's own rules lie beside it."""


def perform(deed: c.Deed, hands: Hands) -> c.Answer:
    """Do a deed; when it returns, what it wrote stands.

    Raises:
        UserError: what is asked for does not exist or cannot be; nothing was changed.
        SourceUnavailable: the disk refuses.
    """
    match deed:
        case c.AddLoan() | c.SettleLoan() | c.ReopenLoan():
            return c.LoanWritten(edited=_edit(deed, hands))
        case c.Confirm():
            return c.LoanWritten(edited=_confirm(deed, hands))
        case c.Forget():
            return _forget(deed, hands.store)
        case c.Dismiss():
            _, proposal = _proposed(deed.proposal, hands)
            hands.store.dismiss(proposal.matter, hands.clock.now())
            return c.Done()
        case c.Heed():
            if not (0 < deed.alert <= _LARGEST_ID and hands.store.acknowledge(deed.alert)):
                raise UserError("control.no_alert")
            return c.Done()
        case _:
            _work_on(found(hands.store, deed.case), deed, hands)
            return c.Done()


def _forget(deed: c.Forget, store: Store) -> c.Forgot:
    if deed.loan is not None and deed.person is None:
        forgotten = store.keeping.forget_loan(deed.loan)
    elif deed.person is not None and deed.loan is None:
        forgotten = store.keeping.forget_person(deed.person)
    else:
        raise UserError("forget.one_of")
    return c.Forgot(
        messages=forgotten.messages,
        cases=forgotten.cases,
        originals=forgotten.originals,
        left=forgotten.left,
    )


def found(store: Store, case_id: int) -> StoredCase:
    """Return a case; `UserError` where there is none of that number."""
    case = store.case(case_id) if 0 < case_id <= _LARGEST_ID else None
    if case is None:
        raise UserError("explain.unknown_id", {"id": case_id})
    return case


def _work_on(
    case: StoredCase,
    deed: c.Close
    | c.Snooze
    | c.Reopen
    | c.NoteLetter
    | c.NoteAnswer
    | c.Acknowledge
    | c.TickStep
    | c.Choose
    | c.MarkWrong,
    hands: Hands,
) -> None:
    store, now, row = hands.store, hands.clock.now(), case.row
    match deed:
        case c.Close():
            store.done(deed.case, now)
        case c.Snooze():
            if deed.until <= now:
                raise UserError("cli.alerts.past", {"day": deed.until.date()})
            store.snooze(deed.case, deed.until, now)
        case c.Reopen():
            store.reopen(deed.case, now)
        case c.NoteLetter():
            note_letter(store, row, deed, now, hands.loans)
        case c.NoteAnswer():
            must_be_open(row)
            store.life.answered(deed.case, now)
        case c.Acknowledge():
            store.acknowledge_case(deed.case)
        case c.TickStep():
            _must_be_a_step(hands.terms(), deed)
            done_at = now if deed.done else None
            store.tick(deed.case, deed.checklist, deed.step, done_at, deed.note)
        case c.Choose():
            if deed.checklist not in CHOSEN_BY_THE_USER:
                raise UserError("control.no_choice", {"checklist": deed.checklist})
            store.choose(deed.case, deed.checklist, now if deed.chosen else None)
        case c.MarkWrong():
            mark_wrong(store, case, deed, now, hands.loans.parent / "rules")
        case _:
            assert_never(deed)


def _must_be_a_step(terms: Terms, deed: c.TickStep) -> None:
    checklist = terms.checklists.get(deed.checklist)
    if checklist is None or deed.step not in {step.id for step in checklist.steps}:
        raise UserError("control.no_step", {"checklist": deed.checklist, "step": deed.step})


def _edit(deed: c.AddLoan | c.SettleLoan | c.ReopenLoan, hands: Hands) -> Edited:
    file = LedgerFile.open(hands.loans, hands.terms().directory)
    now = hands.clock.now()
    match deed:
        case c.AddLoan():
            row = {key: typed(key, text) for key, text in deed.loan.items() if text.strip()}
            return ledger_edits.add(file, row, now, "loan add")
        case c.SettleLoan():
            day = typed("settled_on", deed.on) if deed.on else None
            return ledger_edits.settle(file, deed.loan, day, now, "loan settle")
        case c.ReopenLoan():
            return ledger_edits.reopen(file, deed.loan, now, "loan reopen")
        case _:
            assert_never(deed)


def _confirm(deed: c.Confirm, hands: Hands) -> Edited:
    file, proposal = _proposed(deed.proposal, hands)
    return ledger_edits.accept(file, proposal, hands.clock.now(), "loan discover")


def _proposed(id_: str, hands: Hands) -> tuple[LedgerFile, Proposal]:
    """Return a proposal with the ledger that it is for; `UserError` where it is none any more."""
    file = LedgerFile.open(hands.loans, hands.terms().directory)
    for proposal in proposals(hands.store.told(), file.ledger, file.directory):
        if proposal.id == id_:
            return file, proposal
    raise UserError("control.no_proposal")
