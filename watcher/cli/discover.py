"""`loan-watcher loan discover`: a ledger filled from what the messages tell, loan by loan."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Final

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from watcher.cli.context import Context, pass_context
from watcher.cli.flow import Flow
from watcher.cli.given import load_rules, must_be_readable, own_loans, own_rules
from watcher.cli.spoken import json_option, option, spoken
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Evidence, Message
from watcher.core.pipeline import process
from watcher.core.proposals import Action, Proposal, proposals
from watcher.core.standing import tells
from watcher.errors import UserError
from watcher.ingest import Summary, windows
from watcher.sources.files import read_path
from watcher.sources.items import Damage, Remark
from watcher.sources.items import Progress as Read
from watcher.store import Store
from watcher.store.identity import identity
from watcher.userfiles import ledger_edits
from watcher.userfiles.folders import state_folder
from watcher.userfiles.ledger_edits import Edited
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.loan_values import typed
from watcher.userfiles.problems import render

COMMAND: Final = "loan discover"
YES, SETTLED, NO, STOP = "y", "s", "n", "q"
OnProgress = Callable[[Read], None]


@spoken("loan.discover.help")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@option("--yes", is_flag=True, says="loan.discover.yes")
@option("--all", "everything", is_flag=True, says="loan.discover.all")
@json_option
@pass_context
def discover(speaker: Context, paths: tuple[Path, ...], *, yes: bool, everything: bool) -> int:
    """Propose, ask, and do what is confirmed."""
    for path in paths:
        must_be_readable(path)
    rules = load_rules(speaker, *own_rules())
    ledger = LedgerFile.open(own_loans(), rules.directory).ledger
    summary = Summary()
    history = _gathered(speaker, paths, rules, ledger, summary)
    unwanted = frozenset[str]() if everything else _dismissed()
    every = proposals(history, ledger, rules.directory)
    found = [one for one in every if one.matter not in unwanted]
    ask = speaker.asks and not (yes or speaker.json)
    if speaker.json:
        done = [_accept(speaker, rules, one) for one in found] if yes else []
        speaker.print_json(
            {
                "proposals": [_form(speaker, one) for one in found],
                "changed": [edited.id for edited in done],
            }
        )
    else:
        _say_damage(speaker, summary)
        told = sum(tells(one) for one in history)
        _tell(speaker, rules, found, told, ask=ask, yes=yes)
    return 2 if summary.damage and not summary.messages else 0


def _gathered(
    speaker: Context, paths: Sequence[Path], rules: Rules, ledger: Ledger, summary: Summary
) -> list[Evidence]:
    """Return the evidence of the store and of files, of which nothing is kept."""
    try:
        store = Store.open_to_read(state_folder())
    except UserError as failure:
        if failure.says != "store.nothing_yet":
            raise
        if not paths:
            raise UserError("loan.discover.nothing_to_read") from None
        return list(_of_files(speaker, paths, rules, ledger, summary=summary, store=None))
    with store:
        read = _of_files(speaker, paths, rules, ledger, summary=summary, store=store)
        return [*store.told(), *read]


def _dismissed() -> frozenset[str]:
    """Return what the user said no to on the page."""
    try:
        with Store.open_to_read(state_folder()) as store:
            return store.overview.dismissed()
    except UserError as failure:
        if failure.says != "store.nothing_yet":
            raise
        return frozenset()


def _of_files(  # noqa: PLR0913  what a message is judged by, and what is said of the files
    speaker: Context,
    paths: Sequence[Path],
    rules: Rules,
    ledger: Ledger,
    *,
    summary: Summary,
    store: Store | None,
) -> Iterator[Evidence]:
    """Judge what the store does not have yet, and yield the evidence."""
    history, seen = History(), set[str]()
    with _progress(speaker) as progress:
        for path in paths:
            for window in windows(read_path(path), summary, progress(path)):
                for message in sorted(window, key=attrgetter("received_at")):
                    number = identity(message)
                    if number in seen or (store is not None and store.seen(number)):
                        continue
                    seen.add(number)
                    yield from _judged(message, rules, ledger, history)


def _judged(message: Message, rules: Rules, ledger: Ledger, history: History) -> Iterator[Evidence]:
    evidence = process(message, rules, ledger, history).evidence
    if evidence is not None:
        history.add(evidence)
        yield evidence


@contextmanager
def _progress(speaker: Context) -> Iterator[Callable[[Path], OnProgress]]:
    """Show a bar for each file on a terminal, and nothing where nobody looks."""
    if speaker.json or not speaker.errors.is_terminal:
        yield lambda _path: lambda _read: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=speaker.errors, transient=True) as bars:

        def start(path: Path) -> OnProgress:
            named = f"{speaker.say('loan.discover.reading')} {speaker.phrases.show(path.name)}"
            task = bars.add_task(named, total=None)

            def move(read: Read) -> None:
                bars.update(task, completed=read.read, total=read.total)

            return move

        yield start


def _say_damage(speaker: Context, summary: Summary) -> None:
    told: list[Damage | Remark] = [*summary.damage, *summary.remarks]
    for one in told:
        reason = speaker.say(one.reason, **one.values)
        speaker.hint(speaker.say("cli.scan.damaged", file=one.source, reason=reason))


def _tell(  # noqa: PLR0913  what is shown and what may be asked
    speaker: Context, rules: Rules, found: Sequence[Proposal], told: int, *, ask: bool, yes: bool
) -> None:
    if not found:
        speaker.print("loan.discover.none")
        return
    speaker.print("loan.discover.found", told=told, count=len(found))
    speaker.console.print()
    speaker.console.print(proposal_table(speaker, found))
    speaker.console.print()
    if not (ask or yes):
        speaker.print("loan.discover.nothing_changed")
        return
    added = settled = 0
    for number, one in enumerate(found, 1):
        answer = _asked(speaker, number, one) if ask else YES
        if answer == STOP:
            break
        if answer == NO:
            continue
        wanted = replace(one, settled_on=_day(speaker, one)) if answer == SETTLED else one
        edited = _accept(speaker, rules, wanted)
        added += one.action is Action.ADD
        settled += one.action is Action.SETTLE
        phrase = "settled" if one.action is Action.SETTLE else "added"
        speaker.print(
            f"loan.discover.{phrase}", lender=one.lender, id=edited.id, day=wanted.settled_on
        )
    speaker.print("loan.discover.summary", added=added, settled=settled)
    speaker.print("loan.discover.check")


def _accept(speaker: Context, rules: Rules, one: Proposal) -> Edited:
    """Write one proposal into the ledger as it stands now, and say what is doubtful in it."""
    file = LedgerFile.open(own_loans(), rules.directory)
    edited = ledger_edits.accept(file, one, SystemClock().now(), COMMAND)
    for problem in edited.doubts:
        speaker.hint(render(problem, speaker.phrases))
    return edited


def _asked(speaker: Context, number: int, one: Proposal) -> str:
    """Ask what to do with one proposal."""
    answers: tuple[str, ...] = (YES, NO, STOP)
    if one.action is Action.SETTLE:
        head, question = "head_settle", "ask_settle"
    elif one.settled_on is not None:
        head, question = "head_add", "ask_add_settled"
    else:
        head, question, answers = "head_add", "ask_add", (YES, SETTLED, NO, STOP)
    named = speaker.say(f"loan.discover.{head}", lender=_named(speaker, one), loan=one.loan)
    because = speaker.phrases.render(one.because)
    speaker.console.print(
        Flow(Text(f"{number}. {named}", style="bold").append(f"  {because}", "not bold dim"))
    )
    while True:
        said = str(click.prompt(speaker.say(f"loan.discover.{question}"), err=True))
        if (answer := said.strip().lower()) in answers:
            return answer
        speaker.hint(speaker.say("loan.discover.bad_answer", answers=answers))


def _day(speaker: Context, one: Proposal) -> date:
    """Ask on which day a loan was paid off; the latest that is known of it is offered."""
    while True:
        said = click.prompt(
            speaker.say("loan.discover.ask_settled_on"),
            default=one.last_told.isoformat(),
            err=True,
        )
        day = typed("settled_on", said)
        if isinstance(day, date):
            return day
        speaker.hint(speaker.say("loan.discover.bad_day"))


def proposal_table(speaker: Context, found: Iterable[Proposal]) -> Table:
    """Return a line for each proposal: which loan, what would be done, and because of what."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column(speaker.say("loan.discover.column.number"), justify="right", no_wrap=True)
    for name in ("lender", "loan", "status"):
        table.add_column(speaker.say(f"loan.discover.column.{name}"), no_wrap=True)
    table.add_column(speaker.say("loan.discover.column.because"), overflow="fold")
    for number, one in enumerate(found, 1):
        table.add_row(
            str(number),
            Flow(Text(_named(speaker, one, "\n"), style="bold")),
            Flow(_described(speaker, one)),
            Flow(Text(_deed(speaker, one), style="bold" if one.settled_on else "bold yellow")),
            Flow(speaker.phrases.render(one.because)),
        )
    return table


def _named(speaker: Context, one: Proposal, between: str = " ") -> str:
    tail = one.account_tail and speaker.say("loan.discover.tail", tail=one.account_tail)
    parts = (speaker.phrases.show(part) for part in (one.lender, one.product, tail) if part)
    return between.join(parts)


def _described(speaker: Context, one: Proposal) -> str:
    """Say what is known of a loan, a line for each."""
    lines = []
    if one.principal is not None:
        lines.append(speaker.say("loan.discover.principal", amount=one.principal))
    if one.opened_on is not None:
        lines.append(speaker.say("loan.discover.opened", day=one.opened_on))
    if one.monthly_amount is not None:
        name = "monthly" if one.due_day is None else "monthly_on"
        said = speaker.say(f"loan.discover.{name}", amount=one.monthly_amount, day=one.due_day)
        lines.append(said)
    elif one.due_day is not None:
        lines.append(speaker.say("loan.discover.due", day=one.due_day))
    return "\n".join(lines) or speaker.phrases.show(None)


def _deed(speaker: Context, one: Proposal) -> str:
    if one.action is Action.SETTLE:
        return speaker.say("loan.discover.will_settle", day=one.settled_on)
    if one.settled_on is None:
        return speaker.say("loan.discover.will_add")
    return speaker.say("loan.discover.will_add_settled", day=one.settled_on)


def _form(speaker: Context, one: Proposal) -> dict[str, object]:
    """Return a proposal as the JSON object that programs get; amounts are texts."""
    return {
        "id": one.id,
        "action": one.action.value,
        "lender": one.lender,
        "loan": one.loan,
        "product": one.product,
        "account_tail": one.account_tail,
        "principal": None if one.principal is None else f"{one.principal:.2f}",
        "opened_on": one.opened_on,
        "settled_on": one.settled_on,
        "due_day": one.due_day,
        "monthly_amount": None if one.monthly_amount is None else f"{one.monthly_amount:.2f}",
        "because": speaker.phrases.render(one.because),
        "evidence": list(one.evidence),
    }
