"""`loan-watcher alerts`: the list of cases, and what the user says of each."""

from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

import click
from rich.table import Table
from rich.text import Text

from watcher.casework.days import said
from watcher.cli import given, stored
from watcher.cli.calendar import letter_title, next_date
from watcher.cli.context import Context, pass_context
from watcher.cli.explain import explain_case
from watcher.cli.show import STYLES
from watcher.cli.spoken import SpokenGroup, json_option, option
from watcher.control.commands import Close, MarkWrong, NoteAnswer, NoteLetter, Reopen, Snooze
from watcher.core.life import Stage
from watcher.store import CaseRow, CaseStatus
from watcher.userfiles.marked import VERDICTS

CASE_ID = click.argument("case_id", type=int, metavar="ID")


@click.group(cls=SpokenGroup, says="cli.alerts.help", invoke_without_command=True)
@option("--all", "everything", is_flag=True, says="cli.option.all")
@json_option
@click.pass_context
def alerts(context: click.Context, *, everything: bool) -> None:
    """List the cases where no deed is named."""
    if context.invoked_subcommand is None:
        _list(context.ensure_object(Context), everything=everything)


@alerts.command("list", says="cli.alerts.list")
@option("--all", "everything", is_flag=True, says="cli.option.all")
@json_option
@pass_context
def list_cases(speaker: Context, *, everything: bool) -> None:
    """List the cases, the latest first."""
    _list(speaker, everything=everything)


@alerts.command("show", says="cli.alerts.show")
@CASE_ID
@json_option
@pass_context
def show(speaker: Context, case_id: int) -> None:
    """Show one case with everything that explains it."""
    explain_case(speaker, case_id)


@alerts.command("done", says="cli.alerts.done")
@CASE_ID
@pass_context
def done(speaker: Context, case_id: int) -> None:
    """Close a case."""
    stored.have_done(speaker, Close(case=case_id))
    speaker.print("cli.alerts.is_done", id=case_id)


@alerts.command("snooze", says="cli.alerts.snooze")
@CASE_ID
@option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, says="cli.option.until")
@pass_context
def snooze(speaker: Context, case_id: int, until: datetime) -> None:
    """Put a case aside until the morning of a day in the holder's time zone."""
    rules = given.load_rules(speaker, *given.own_rules())
    zone = ZoneInfo(given.load_ledger(speaker, given.own_loans(), rules).holder.timezone)
    moment = datetime.combine(until.date(), time(8), zone)
    stored.have_done(speaker, Snooze(case=case_id, until=moment))
    speaker.print("cli.alerts.is_snoozed", id=case_id, day=until.date())


@alerts.command("reopen", says="cli.alerts.reopen")
@CASE_ID
@pass_context
def reopen(speaker: Context, case_id: int) -> None:
    """Open a closed case again."""
    stored.have_done(speaker, Reopen(case=case_id))
    speaker.print("cli.alerts.is_open", id=case_id)


@alerts.command("sent", says="cli.alerts.sent")
@CASE_ID
@option("--letter", required=True, metavar="LETTER", says="cli.option.letter")
@option("--on", type=click.DateTime(["%Y-%m-%d"]), says="cli.option.sent_on")
@pass_context
def sent(speaker: Context, case_id: int, letter: str, on: datetime | None) -> None:
    """Note that a letter was sent, and say what is due next."""
    day = None if on is None else on.date()
    stored.have_done(speaker, NoteLetter(case=case_id, letter=letter, on=day))
    with stored.reading() as store:
        noted = store.life.changes(case_id)[-1]
    called = letter_title(speaker, noted.letter)
    speaker.print("cli.alerts.is_sent", id=case_id, letter=called, day=noted.sent_on)
    if upcoming := next_date(speaker, case_id):
        title = said(upcoming.rule.title, speaker.language)
        speaker.print("cli.alerts.next_date", day=upcoming.day, title=title)


@alerts.command("answered", says="cli.alerts.answered")
@CASE_ID
@pass_context
def answered(speaker: Context, case_id: int) -> None:
    """Note that an answer came."""
    stored.have_done(speaker, NoteAnswer(case=case_id))
    speaker.print("cli.alerts.is_answered", id=case_id)


@alerts.command("wrong", says="cli.alerts.wrong")
@CASE_ID
@option("--because", metavar="TEXT", default="", says="cli.option.because")
@option("--should", type=click.Choice(VERDICTS), says="cli.option.should")
@option("--back", is_flag=True, says="cli.option.back")
@pass_context
def wrong(speaker: Context, case_id: int, because: str, should: str | None, *, back: bool) -> None:
    """Note that a verdict is wrong, as a proposed test; or take that back."""
    text = None if back else because.strip()
    stored.have_done(speaker, MarkWrong(case=case_id, text=text, verdict=should))
    speaker.print("cli.alerts.is_right" if back else "cli.alerts.is_wrong", id=case_id)


def _list(speaker: Context, *, everything: bool) -> None:
    with stored.reading() as store:
        rows = [
            row
            for row in store.cases()
            if everything or (row.urgency is not None and row.status is not CaseStatus.DONE)
        ]
        stages = store.life.stages()
    if speaker.json:
        speaker.print_json(
            [
                stored.row_form(row, speaker.phrases) | {"stage": stages.get(row.id, Stage.OPEN)}
                for row in rows
            ]
        )
    elif rows:
        speaker.console.print(case_table(speaker, rows, stages))
        speaker.print("cli.alerts.next", id=rows[0].id)
    else:
        speaker.print("cli.alerts.none")


def case_table(
    speaker: Context, rows: list[CaseRow], stages: Mapping[int, Stage] | None = None
) -> Table:
    """Return cases as a table, one a line; `stages` are where those stand that go on."""
    say, shown = speaker.say, speaker.phrases.show
    zone = given.own_zone()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(say("cli.alerts.column_id"), justify="right", no_wrap=True)
    for name in ("verdict", "lender", "amount", "received", "state"):
        table.add_column(say(f"cli.alerts.column_{name}"), overflow="fold")
    for row in rows:
        table.add_row(
            str(row.id),
            Text(say(f"verdict.{row.verdict.value}"), style=STYLES[row.verdict]),
            shown(row.lender),
            shown(row.amount),
            shown(row.received_at.astimezone(zone).date()),
            _state(speaker, row, (stages or {}).get(row.id, Stage.OPEN)),
        )
    return table


def _state(speaker: Context, row: CaseRow, stage: Stage) -> str:
    state = speaker.say(f"cli.alerts.state_{row.status.value}")
    if row.status is CaseStatus.OPEN and stage is not Stage.OPEN:
        state = speaker.say(f"cli.alerts.stage_{stage.value}")
    if row.messages > 1:
        return f"{state} {speaker.say('cli.alerts.times', count=row.messages)}"
    return state
