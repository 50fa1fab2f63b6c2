"""`loan-watcher scan`: one pass over files or the configured sources."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from watcher.cli import given, stored
from watcher.cli.alerts import case_table
from watcher.cli.context import Context, json_option, pass_context
from watcher.cli.mail_scan import Look, look_into
from watcher.cli.show import STYLES
from watcher.cli.spoken import option, spoken
from watcher.clock import SystemClock
from watcher.core.ledger import Ledger
from watcher.core.model import SEVERITY, Message
from watcher.desktop.choose import choose_notifier
from watcher.errors import UserError
from watcher.ingest import Ingest, Summary, show_pending
from watcher.sources import items
from watcher.sources.files import read_path
from watcher.store import CaseStatus, Store
from watcher.systemd import log_to_journal
from watcher.userfiles.config import Account, read_config
from watcher.userfiles.folders import config_folder

MOST_CASES = 20
"""Open cases listed after a scan; `loan-watcher alerts` lists them all."""

OnProgress = Callable[[items.Progress], None]


@spoken("cli.scan.help")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@option("--since", type=click.DateTime(["%Y-%m-%d"]), says="cli.option.since")
@option("--no-notify", is_flag=True, says="cli.option.no_notify")
@json_option
@pass_context
def scan(
    speaker: Context, paths: tuple[Path, ...], since: datetime | None, *, no_notify: bool
) -> int:
    """Read, judge, record and show."""
    wanted, accounts = (paths, ()) if paths else _configured(speaker)
    for path in wanted:
        given.must_be_readable(path)
    rules = given.load_rules(speaker, *given.own_rules())
    ledger = given.load_ledger(speaker, given.own_loans(), rules)
    log_to_journal(sys.stderr, os.environ)  # unasked, structlog would write into --json
    clock = SystemClock()
    total = Summary()
    with stored.writing() as store:
        ingest = Ingest(rules=rules, ledger=ledger, store=store, clock=clock)
        earliest = None if since is None else _morning(since, ledger)
        with _progress(speaker) as progress:
            for path in wanted:
                join(total, read_into(ingest, store, path, progress(path.name), earliest))
            looks = look_into(
                speaker,
                accounts,
                ingest=ingest,
                store=store,
                clock=clock,
                join=lambda one: join(total, one),
                progress=progress,
                earliest=earliest,
            )
        if not no_notify:
            asyncio.run(_notify(store, speaker))
        _tell(speaker, store, total, wanted, looks)
    if not ledger.loans:
        speaker.hint(speaker.say("cli.ledger_empty"))
    if any(look.reason is not None for look in looks):
        return 3
    return 2 if total.damage and not total.messages else 0


def read_into(
    ingest: Ingest,
    store: Store,
    path: Path,
    on_progress: OnProgress,
    earliest: datetime | None = None,
) -> Summary:
    """Judge and record what a file or folder holds, from a moment on where one is given.

    A path that was never read before is old news: its alerts are left to one summary.
    """
    source = f"file:{path.resolve()}"
    return ingest.run(
        _from(earliest, read_path(path)),
        source=source,
        first_run=store.last_good(source) is None,
        on_progress=on_progress,
    )


def join(total: Summary, one: Summary) -> None:
    """Count one summary into another."""
    for name in ("messages", "known", "failed", "opened", "merged", "alerts", "digested"):
        setattr(total, name, getattr(total, name) + getattr(one, name))
    total.verdicts.update(one.verdicts)
    total.damage += one.damage
    total.remarks += one.remarks
    total.finished += one.finished


def verdict_counts(speaker: Context, summary: Summary) -> Table:
    """Return how many messages got which verdict, the gravest first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(speaker.say("cli.scan.summary"))
    table.add_column(speaker.say("cli.scan.column_count"), justify="right")
    for verdict, count in sorted(summary.verdicts.items(), key=lambda one: -SEVERITY[one[0]]):
        table.add_row(Text(speaker.say(f"verdict.{verdict.value}"), STYLES[verdict]), str(count))
    return table


def _configured(speaker: Context) -> tuple[tuple[Path, ...], tuple[Account, ...]]:
    file = config_folder() / "config.toml"
    config, problems = read_config(file)
    config = given.sound(speaker, config, problems)
    paths = tuple(Path(source.path).expanduser() for source in config.sms)
    if not paths and not config.accounts:
        raise UserError("cli.scan.no_sources", {"file": str(file)})
    return paths, config.accounts


def _from(earliest: datetime | None, stream: Iterator[items.Item]) -> Iterator[items.Item]:
    for item in stream:
        if earliest is None or not isinstance(item, Message) or item.received_at >= earliest:
            yield item


def _morning(day: datetime, ledger: Ledger) -> datetime:
    return day.replace(tzinfo=ZoneInfo(ledger.holder.timezone))


@contextmanager
def _progress(speaker: Context) -> Iterator[Callable[[str], OnProgress]]:
    """Show a bar for each source on a terminal, and nothing where nobody looks."""
    if speaker.json or not speaker.errors.is_terminal:
        yield lambda _name: lambda _item: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=speaker.errors, transient=True) as bars:

        def start(name: str) -> OnProgress:
            named = f"{speaker.say('cli.scan.reading')} {speaker.phrases.show(name)}"
            task = bars.add_task(named, total=None)
            return lambda item: bars.update(task, completed=item.read, total=item.total)

        yield start


async def _notify(store: Store, speaker: Context) -> None:
    desktop = choose_notifier(
        os.environ, speaker.phrases, clicked=lambda _click: None, returned=lambda: None
    )
    try:
        await show_pending(store, desktop, SystemClock())
    finally:
        await desktop.close()


def _tell(
    speaker: Context,
    store: Store,
    total: Summary,
    paths: tuple[Path, ...],
    looks: tuple[Look, ...],
) -> None:
    rows = [row for row in store.cases(CaseStatus.OPEN) if row.urgency is not None]
    if speaker.json:
        speaker.print_json(
            {
                "messages": total.messages,
                "new": total.messages - total.known,
                "verdicts": {verdict.value: count for verdict, count in total.verdicts.items()},
                "damage": [
                    {"file": one.source, "reason": speaker.say(one.reason, **one.values)}
                    for one in total.damage
                ],
                "remarks": [
                    {"file": one.source, "said": speaker.say(one.reason, **one.values)}
                    for one in total.remarks
                ],
                "accounts": [
                    {"address": look.address, "ok": look.reason is None, "reason": look.reason}
                    for look in looks
                ],
                "open": [stored.row_form(row, speaker.phrases) for row in rows],
            }
        )
        return
    told: list[items.Damage | items.Remark] = [*total.damage, *total.remarks]
    for one in told:
        reason = speaker.say(one.reason, **one.values)
        speaker.hint(speaker.say("cli.scan.damaged", file=one.source, reason=reason))
    for look in looks:
        if look.reason is not None:
            said = speaker.say("cli.scan.damaged", file=look.address, reason=look.reason)
            speaker.hint(said)
    if not total.messages and any(look.reason is None for look in looks):
        speaker.print("cli.scan.nothing_new")
        return
    if not total.messages:
        if not paths:
            return
        speaker.print("cli.scan.nothing_read", path=[str(path) for path in paths])
        return
    fresh = total.messages - total.known
    speaker.print("cli.scan.counted", messages=total.messages, fresh=fresh)
    if total.verdicts:
        speaker.console.print(verdict_counts(speaker, total))
    if rows:
        rows.sort(key=lambda row: -SEVERITY[row.verdict])
        speaker.console.print()
        speaker.console.print(case_table(speaker, rows[:MOST_CASES]))
        speaker.print("cli.alerts.next")
