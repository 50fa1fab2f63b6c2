"""How everything stands: what `status` tells in short and `doctor` at length."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from watcher.cli import stored
from watcher.cli.given import own_loans, own_rules, shipped_rules
from watcher.cli.service import outdated
from watcher.clock import Clock
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.core.ledger import Ledger
from watcher.errors import Problem, SourceUnavailable, UserError, WatcherError
from watcher.phrases import Phrases
from watcher.userfiles.config import Config, read_config
from watcher.userfiles.folders import config_folder, state_folder
from watcher.userfiles.loans import read_loans
from watcher.userfiles.rules import read_rules
from watcher.web.sources import BACKUP_LATE, MAIL_LATE, last_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A mailbox or a folder of backups with its last good check."""

    name: str = field(repr=False)
    is_mail: bool
    last_good: datetime | None
    late: bool

    @property
    def says(self) -> str:
        """The phrase id of what is said of it."""
        if self.last_good is None:
            return "cli.status.never"
        return "cli.status.late" if self.late else "cli.status.fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """What is wrong or doubtful in the user's files."""

    config: tuple[Problem, ...] = ()
    rules: tuple[Problem, ...] = ()
    loans: tuple[Problem, ...] = ()

    @property
    def wrong(self) -> tuple[Problem, ...]:
        """Those that keep something from counting."""
        every = (*self.config, *self.rules, *self.loans)
        return tuple(one for one in every if not one.warning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How everything stands; `config` and `ledger` are None where they could not be read."""

    daemon: Status | None
    sources: tuple[Source, ...]
    mistakes: Mistakes
    told: tuple[str, ...]
    """What the program has to say of itself and nobody has acknowledged."""
    unreadable: WatcherError | None
    """What keeps the records from being read, if anything does."""
    walled_for_others: bool
    """Whether the service is set up for other folders than config.toml names now."""
    config: Config | None
    ledger: Ledger | None

    @property
    def zone(self) -> ZoneInfo:
        """Where the holder lives."""
        return ZoneInfo("Asia/Shanghai" if self.ledger is None else self.ledger.holder.timezone)

    @property
    def never_read(self) -> tuple[Source, ...]:
        """The sources that nobody has looked into yet."""
        return tuple(source for source in self.sources if source.last_good is None)

    @property
    def to_do(self) -> bool:
        """Whether the user has to do something."""
        return bool(
            self.daemon is None
            or self.daemon.fallen
            or (self.daemon.waiting and not self.daemon.desktop)
            or not self.sources
            or any(source.late for source in self.sources)
            or self.mistakes.wrong
            or self.told
            or self.walled_for_others
        )


def look(phrases: Phrases, clock: Clock) -> Standing:
    """Find out how everything stands; nothing is changed by it."""
    config, of_config = read_config(config_folder() / "config.toml")
    rules, of_rules = read_rules(shipped_rules(), *own_rules())
    if rules is None:  # a mistake in a rule of the user's must not hide those in the ledger
        rules, _ = read_rules(shipped_rules())
    ledger, of_loans = (None, ()) if rules is None else read_loans(own_loans(), rules.directory)
    last_good: dict[str, datetime | None] = {}
    told: tuple[str, ...] = ()
    unreadable: WatcherError | None = None
    try:
        with stored.reading() as store:
            last_good = dict(store.overview.last_good())
            told = tuple(
                phrases.render(alert.summary)
                for alert in store.overview.announcements()
                if alert.summary is not None
            )
    except WatcherError as failure:
        if not (isinstance(failure, UserError) and failure.says == "store.nothing_yet"):
            unreadable = failure
    return Standing(
        daemon=_daemon(),
        sources=tuple(_sources(config or Config(), last_good, clock.now())),
        mistakes=Mistakes(config=of_config, rules=of_rules, loans=of_loans),
        told=told,
        unreadable=unreadable,
        walled_for_others=outdated(),
        config=config,
        ledger=ledger,
    )


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
        yield _source(str(sms.path), last_read(last_good, sms.path), BACKUP_LATE, now)


def _source(name: str, at: datetime | None, bearable: timedelta, now: datetime) -> Source:
    late = at is None or now - at > bearable
    return Source(name=name, is_mail=bearable is MAIL_LATE, last_good=at, late=late)
