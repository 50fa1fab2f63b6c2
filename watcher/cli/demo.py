"""`loan-watcher demo`: an example inbox, judged on the way that real messages go.

The inbox and the ledger are files of the package. They are read, judged, recorded in a
folder that is thrown away, and shown as of the day on which the example plays; a word
changed in them changes what is said.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from watcher.cli import given
from watcher.cli.context import Context, pass_context
from watcher.cli.flow import Flow
from watcher.cli.named import tell_if_unknown
from watcher.cli.page import verdict_page
from watcher.cli.show import STYLES, CaseView, excerpt
from watcher.cli.spoken import spoken
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import SEVERITY, Case, Channel, LoanStatus, Message, Verdict
from watcher.core.pipeline import process
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.files import read_path
from watcher.sources.items import Item
from watcher.store import Store
from watcher.systemd import log_to_journal

PLAYS_AT = datetime(2026, 7, 20, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The moment at which the example's user looks; all its messages are dated before."""

WIDTH = 80
_ORDER = (
    Verdict.FRAUDULENT,
    Verdict.UNSURE,
    Verdict.POSSIBLY_OWED,
    Verdict.STALE,
    Verdict.NOT_MINE,
    Verdict.LAGGING,
    Verdict.EXPECTED,
    None,
)


@dataclass(frozen=True, slots=True)
class ExampleClock:
    """A clock that stands still on the day of the example."""

    def now(self) -> datetime:
        """Return the moment at which the example plays."""
        return PLAYS_AT

    def monotonic(self) -> float:
        """Return a time that does not pass."""
        return 0.0


@spoken("cli.demo.help")
@pass_context
def demo(speaker: Context) -> None:
    """Judge the example inbox and show each message with what is said of it."""
    log_to_journal(sys.stderr, os.environ)  # unasked, structlog would write into the page
    rules = given.load_rules(speaker)
    with as_file(files("watcher").joinpath("demo")) as folder:
        ledger = given.load_ledger(speaker, folder / "loans.toml", rules)
        cases = judge_inbox(folder / "inbox", rules, ledger)
    speaker.console.print(_page(speaker, rules, ledger, cases), width=WIDTH)
    tell_if_unknown(speaker)


def judge_inbox(inbox: Path, rules: Rules, ledger: Ledger) -> tuple[Case, ...]:
    """Read, judge and record a folder as `scan` does; return a case for each message.

    What states no debt opens no case in the store: it is judged again to be shown.
    """
    messages: list[Message] = []

    def overheard() -> Iterator[Item]:
        for item in read_path(inbox):
            if isinstance(item, Message):
                messages.append(item)
            yield item

    with TemporaryDirectory() as folder, Store.open(Path(folder), PLAYS_AT) as store:
        ingest = Ingest(judge=JudgeHere(rules, ledger), store=store, clock=ExampleClock())
        ingest.run(overheard(), source="demo")
        rows = [store.case(row.id) for row in store.cases()]
        stored = {case.message.id: case for row in rows if row for case in row.cases}
        history = History.of(store.history())
    judged = [
        stored.get(message.id) or process(message, rules, ledger, history) for message in messages
    ]
    judged.sort(key=lambda case: case.message.received_at)
    judged.sort(key=lambda case: _ORDER.index(case.judgement.verdict))
    return tuple(judged)


def _page(speaker: Context, rules: Rules, ledger: Ledger, cases: tuple[Case, ...]) -> Group:
    say = speaker.say
    zone = ZoneInfo(ledger.holder.timezone)
    counts = {
        channel.value: sum(case.message.channel is channel for case in cases) for channel in Channel
    }
    intro = say(
        "demo.intro",
        day=PLAYS_AT.date(),
        name=ledger.holder.name,
        loans=len(ledger.loans),
        **counts,
    )
    worst = max(cases, key=lambda case: SEVERITY[case.judgement.verdict])
    return Group(
        Panel(Flow(intro), title=Text(f" {say('demo.title')} ", "bold"), padding=(1, 2)),
        Text(""),
        Text(say("demo.ledger"), style="bold underline"),
        _ledger_table(speaker, ledger),
        Text(""),
        Text(say("demo.inbox"), style="bold underline"),
        *(_message_panel(speaker, rules, case, zone) for case in cases),
        Text(""),
        Text(say("demo.closer"), style="bold underline"),
        verdict_page(speaker, rules, worst),
        Text(""),
        Panel(_next_steps(speaker), title=Text(f" {say('demo.next')} ", "bold"), padding=(1, 2)),
    )


def _ledger_table(speaker: Context, ledger: Ledger) -> Table:
    say, show = speaker.say, speaker.phrases.show
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    table.add_column(say("demo.column_lender"), overflow="fold")
    table.add_column(say("demo.column_tail"), no_wrap=True)
    table.add_column(say("demo.column_monthly"), justify="right", no_wrap=True)
    table.add_column(say("demo.column_status"), overflow="fold")
    for loan in ledger.loans:
        name = f"{loan.lender} {loan.product}" if loan.product else loan.lender
        status = say(f"explain.status_{loan.status.value}", settled_on=loan.settled_on)
        style = "bold" if loan.status is LoanStatus.ACTIVE else ""
        tails = show(loan.account_tails) if loan.account_tails else show(None)
        table.add_row(name, tails, show(loan.monthly_amount), Text(status, style))
    return table


def _message_panel(speaker: Context, rules: Rules, case: Case, zone: ZoneInfo) -> Panel:
    message, view = case.message, CaseView(speaker, rules, case)
    style = STYLES[case.judgement.verdict]
    said = Text(speaker.phrases.render(case.summary))
    return Panel(
        Group(Flow(Text(excerpt(message), "italic")), Text(""), Flow(said)),
        title=Text(f" {view.verdict_name()} ", style),
        title_align="left",
        subtitle=view.origin(zone),
        subtitle_align="right",
        border_style=style.removeprefix("bold").strip(),
        padding=(0, 1),
    )


def _next_steps(speaker: Context) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, name in enumerate(("init", "check", "scan", "rules", "help"), 1):
        command = Text(speaker.say(f"demo.command_{name}"), style="bold")
        table.add_row(
            f"{number}.", Text(speaker.say(f"demo.do_{name}") + "\n").append_text(command)
        )
    return table
