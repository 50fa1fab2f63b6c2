"""`loan-watcher status`: whether all is being watched, and what the user has to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from watcher.cli import stored
from watcher.cli.context import Context, json_option, pass_context
from watcher.cli.given import own_loans, own_rules, shipped_rules
from watcher.cli.service import outdated
from watcher.cli.spoken import spoken
from watcher.clock import Clock, SystemClock
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.errors import Problem, SourceUnavailable, UserError
from watcher.userfiles.config import Config, read_config
from watcher.userfiles.folders import config_folder, state_folder
from watcher.userfiles.loans import read_loans
from watcher.userfiles.problems import render
from watcher.userfiles.rules import read_rules
from watcher.web.sources import BACKUP_LATE, MAIL_LATE

FINE: Final = 0
TO_DO: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A mailbox or a folder of backups with its last good check."""

    name: str
    last_good: datetime | None
    late: bool

    @property
    def says(self) -> str:
        """The phrase id of what is said of it."""
        if self.last_good is None:
            return "cli.status.never"
        return "cli.status.late" if self.late else "cli.status.fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything that `status` tells."""

    daemon: Status | None
    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    told: tuple[str, ...]
    walled_for_others: bool
    """Whether the service is set up for other folders than config.toml names now."""

    @property
    def to_do(self) -> bool:
        """Whether the user has to do something."""
        return bool(
            self.daemon is None
            or self.daemon.fallen
            or (self.daemon.waiting and not self.daemon.desktop)
            or not self.sources
            or any(source.late for source in self.sources)
            or self.problems
            or self.told
            or self.walled_for_others
        )


@spoken("cli.status.help")
@json_option
@pass_context
def status(speaker: Context) -> int:
    """Say how everything stands, in a few lines."""
    found, zone = _look(speaker, SystemClock())
    if speaker.json:
        speaker.print_json(_form(speaker, found))
    else:
        for line in _lines(speaker, found, zone):
            speaker.console.print(line, soft_wrap=True)
    return TO_DO if found.to_do else FINE


def _look(speaker: Context, clock: Clock) -> tuple[Standing, ZoneInfo]:
    config, of_config = read_config(config_folder() / "config.toml")
    rules, of_rules = read_rules(shipped_rules(), *own_rules())
    ledger, of_loans = (None, ()) if rules is None else read_loans(own_loans(), rules.directory)
    wrong = tuple(one for one in (*of_config, *of_rules, *of_loans) if not one.warning)
    zone = ZoneInfo("Asia/Shanghai" if ledger is None else ledger.holder.timezone)
    try:
        with stored.reading() as store:
            last_good = dict(store.overview.last_good())
            told = tuple(
                speaker.phrases.render(alert.summary)
                for alert in store.overview.announcements()
                if alert.summary is not None
            )
    except UserError as nothing:
        if nothing.says != "store.nothing_yet":
            raise
        last_good, told = {}, ()
    return Standing(
        daemon=_daemon(),
        sources=tuple(_sources(config or Config(), last_good, clock.now())),
        problems=wrong,
        told=told,
        walled_for_others=outdated(),
    ), zone


def _daemon() -> Status | None:
    """Ask how it is; one that hangs is as good as none."""
    try:
        answer = ask_daemon(Ping(), state_folder())
    except SourceUnavailable:
        return None
    return answer if isinstance(answer, Status) else None


def _sources(
    config: Config, last_good: dict[str, datetime | None], now: datetime
) -> Iterator[Source]:
    for account in config.accounts:
        folders = [
            at for source, at in last_good.items() if source.startswith(f"imap:{account.address}/")
        ]
        read = [at for at in folders if at is not None]
        yield _source(
            account.address,
            min(read) if read and len(read) == len(folders) else None,
            MAIL_LATE,
            now,
        )
    for sms in config.sms:
        yield _source(str(sms.path), last_good.get(f"sms:{sms.path}"), BACKUP_LATE, now)


def _source(name: str, at: datetime | None, bearable: timedelta, now: datetime) -> Source:
    return Source(name=name, last_good=at, late=at is None or now - at > bearable)


def _lines(speaker: Context, found: Standing, zone: ZoneInfo) -> Iterator[str]:
    daemon = found.daemon
    if daemon is None:
        yield speaker.say("cli.status.not_running")
    else:
        since = daemon.started_at.astimezone(zone)
        yield speaker.say("cli.status.running", pid=daemon.pid, since=since)
        yield from (speaker.say(f"cli.status.wall.{wall}") for wall in daemon.fallen)
        if not daemon.desktop:
            yield speaker.say("cli.status.no_desktop")
        if daemon.waiting:
            yield speaker.say("cli.status.waiting", count=daemon.waiting)
    if found.walled_for_others:
        yield speaker.say("service.outdated")
    if not found.sources:
        yield speaker.say("cli.status.no_sources")
    for source in found.sources:
        at = source.last_good.astimezone(zone) if source.last_good else None
        yield speaker.say(source.says, source=source.name, at=at)
    if found.problems:
        yield speaker.say("cli.status.files")
        yield from (f"  - {render(problem, speaker.phrases)}" for problem in found.problems)
    if found.told:
        yield speaker.say("cli.status.told")
        yield from (f"  - {text}" for text in found.told)


def _form(speaker: Context, found: Standing) -> dict[str, object]:
    daemon = found.daemon
    return {
        "running": daemon is not None,
        "pid": daemon.pid if daemon else None,
        "started_at": daemon.started_at.isoformat() if daemon else None,
        "fallen_walls": list(daemon.fallen) if daemon else [],
        "desktop": daemon.desktop if daemon else None,
        "waiting": daemon.waiting if daemon else None,
        "sources": [
            {
                "name": source.name,
                "last_good": source.last_good.isoformat() if source.last_good else None,
                "late": source.late,
            }
            for source in found.sources
        ],
        "service_outdated": found.walled_for_others,
        "problems": [render(problem, speaker.phrases) for problem in found.problems],
        "told": list(found.told),
        "to_do": found.to_do,
    }
