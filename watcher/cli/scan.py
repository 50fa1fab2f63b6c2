"""`loan-watcher scan`: one pass over files or the configured sources."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from watcher.cli import given, stored
from watcher.cli.alerts import case_table
from watcher.cli.context import Context, pass_context
from watcher.cli.mail_scan import reached, reasons
from watcher.cli.show import STYLES
from watcher.cli.spoken import json_option, option, spoken
from watcher.clock import SystemClock
from watcher.control import asking
from watcher.control.asking import OnReading
from watcher.control.commands import Answer, Reading, Scan, Scanned
from watcher.control.scanning import OwnBench, Scanner
from watcher.core.ledger import Ledger
from watcher.core.model import SEVERITY
from watcher.desktop.choose import choose_notifier
from watcher.errors import SourceUnavailable, UserError
from watcher.ingest import Ingest, Summary, show_pending
from watcher.judging.here import JudgeHere
from watcher.store import CaseStatus, Store
from watcher.systemd import log_to_journal
from watcher.turns import is_quiet
from watcher.userfiles.config import Account, Alerts, read_config
from watcher.userfiles.folders import config_folder, state_folder

if TYPE_CHECKING:
    from watcher.sources.items import Damage, Remark

MOST_CASES = 20
"""Open cases listed after a scan; `loan-watcher alerts` lists them all."""


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
    command = Scan(
        paths=tuple(path.absolute() for path in wanted),
        accounts=tuple(account.address for account in accounts),
        since=None if since is None else _morning(since, ledger),
    )
    seen: dict[str, Reading] = {}
    with ExitStack() as bars:
        bars.enter_context(_saying_what_is_done(speaker, seen))
        on_reading = bars.enter_context(_progress(speaker, seen))

        def alone(store: Store) -> Answer:
            ingest = Ingest(judge=JudgeHere(rules, ledger), store=store, clock=clock)
            scanner = Scanner(
                ask=OwnBench(store=store, ingest=ingest).ask,
                watched=reached(speaker, accounts),
                clock=clock,
                on_reading=on_reading,
            )
            found = scanner.scan(command)
            bars.close()
            _forget_what_is_old(store)
            if not no_notify:
                asyncio.run(_notify(store, speaker, ledger))
            return found

        found = asking.have_done(
            command, state_folder(), alone=alone, clock=clock, on_reading=on_reading
        )
    assert isinstance(found, Scanned)  # noqa: S101  that is what a scan is answered with
    looks = reasons(speaker, accounts, found.looks)
    _tell(speaker, found.summary, wanted, looks)
    if not ledger.loans:
        speaker.hint(speaker.say("cli.ledger_empty"))
    if any(looks.values()):
        return 3
    return 2 if found.summary.damage and not found.summary.messages else 0


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


def _morning(day: datetime, ledger: Ledger) -> datetime:
    return day.replace(tzinfo=ZoneInfo(ledger.holder.timezone))


@contextmanager
def _saying_what_is_done(speaker: Context, seen: Mapping[str, Reading]) -> Iterator[None]:
    """Say in one line what an interrupted scan has recorded, which stays."""
    try:
        yield
    except KeyboardInterrupt:
        messages = sum(reading.messages for reading in seen.values())
        notices = sum(reading.notices for reading in seen.values())
        speaker.hint(speaker.say("cli.scan.interrupted", messages=messages, notices=notices))
        raise


@contextmanager
def _progress(speaker: Context, seen: dict[str, Reading]) -> Iterator[OnReading]:
    """Show a bar for each source on a terminal, and nothing where nobody looks.

    What is told of each source last is kept in `seen`.
    """
    if speaker.json or not speaker.errors.is_terminal:
        yield lambda reading: seen.__setitem__(reading.name, reading)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn("{task.fields[done]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=speaker.errors, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(reading: Reading) -> None:
            seen[reading.name] = reading
            if reading.name not in tasks:
                shown = speaker.phrases.show(reading.name)
                named = f"{speaker.say('cli.scan.reading')} {shown}"
                tasks[reading.name] = bars.add_task(named, total=None, done="")
            bars.update(
                tasks[reading.name],
                completed=reading.read,
                total=reading.total,
                done=_done(speaker, reading),
            )

        yield show


def _done(speaker: Context, reading: Reading) -> str:
    """Return what was read of a source so far; of a mailbox no bytes are known."""
    counts = speaker.say("cli.scan.progress", messages=reading.messages, notices=reading.notices)
    if "@" in reading.name:
        return counts
    return f"{decimal(reading.read)}/{decimal(reading.total)} · {counts}"


def _forget_what_is_old(store: Store) -> None:
    """Do what the service does at night, for who has none; a full disk leaves it for later."""
    config, _ = read_config(config_folder() / "config.toml")
    if config is not None:
        with suppress(SourceUnavailable):
            store.keeping.only(config.data.keep_messages_days, SystemClock().now())


async def _notify(store: Store, speaker: Context, ledger: Ledger) -> None:
    """Show what waits, unless it is to be quiet now; then the service shows it, or a later scan."""
    config, _ = read_config(config_folder() / "config.toml")
    alerts = Alerts() if config is None else config.alerts
    clock = SystemClock()
    if is_quiet(clock.now(), alerts.quiet_hours, ZoneInfo(ledger.holder.timezone)):
        return
    desktop = choose_notifier(
        os.environ, speaker.phrases, clicked=lambda _click: None, returned=lambda: None
    )
    try:
        await show_pending(
            store,
            desktop,
            clock,
            lenders=frozenset(ledger.names.values()),
            most=alerts.max_per_minute,
        )
    finally:
        await desktop.close()


def _tell(
    speaker: Context,
    total: Summary,
    paths: tuple[Path, ...],
    looks: Mapping[str, str | None],
) -> None:
    with stored.reading() as store:
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
                    {"address": address, "ok": reason is None, "reason": reason}
                    for address, reason in looks.items()
                ],
                "open": [stored.row_form(row, speaker.phrases) for row in rows],
            }
        )
        return
    told: list[Damage | Remark] = [*total.damage, *total.remarks]
    for one in told:
        reason = speaker.say(one.reason, **one.values)
        speaker.hint(speaker.say("cli.scan.damaged", file=one.source, reason=reason))
    for address, failed in looks.items():
        if failed is not None:
            speaker.hint(speaker.say("cli.scan.damaged", file=address, reason=failed))
    if not total.messages and None in looks.values():
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
        speaker.print("cli.alerts.next", id=rows[0].id)
