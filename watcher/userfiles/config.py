"""config.toml: which mailboxes and folders to watch, and how loudly to speak.

It never holds a password. A key that looks like one is refused without showing its value.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, Final, Literal, cast

from watcher.errors import Problem
from watcher.userfiles.positions import Key
from watcher.userfiles.tables import Findings, Table
from watcher.userfiles.toml import Document, read_toml

MAX_BYTES: Final = 1024 * 1024
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token|auth_?code|credential|授权码|密码|口令",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"^[ \t]*(?P<name>[^#=\n\[{]{1,80}?)[ \t]*=", re.MULTILINE)


SignInWay = Literal["password", "xoauth2", "oauthbearer"]
_WAYS: Final = ("password", "xoauth2", "oauthbearer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailbox; what is None or empty comes from the preset of the address's provider."""

    address: str = field(repr=False)
    host: str | None = None
    port: int | None = None
    folders: tuple[str, ...] = ()
    history_days: int = 90
    sign_in: SignInWay = "password"
    oauth_command: tuple[str, ...] = field(default=(), repr=False)
    """What prints a token; without it the token is kept where a code would be."""
    code_file: Path | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """The certificates to trust instead of the system's, for a server of one's own."""
    own_addresses: tuple[str, ...] = field(default=(), repr=False)
    """The user's addresses that are no accounts; a phone forwards SMS from one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsFolder:
    """A folder (or one file) into which a phone's SMS backups arrive."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """How alerts are shown; `quiet_hours` None means that no hours are quiet."""

    quiet_hours: tuple[time, time] | None = (time(22), time(8))
    max_per_minute: int = 3
    fraud_repeats_days: int = 7
    lock_screen_details: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """How long messages are kept."""

    keep_messages_days: int = 1095


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything config.toml says; without the file, all defaults."""

    language: Literal["auto", "zh", "en"] = "auto"
    accounts: tuple[Account, ...] = ()
    sms: tuple[SmsFolder, ...] = ()
    alerts: Alerts = Alerts()
    data: Data = Data()


_ALERTS: Final = Alerts()


def read_config(path: Path) -> tuple[Config | None, tuple[Problem, ...]]:
    """Read the configuration with all its mistakes; a missing file is all defaults."""
    document, problem = read_toml(path, max_bytes=MAX_BYTES)
    if document:
        return parse_config(document)
    if problem is None or problem.says == "problem.missing":
        return Config(), ()
    return None, (problem, *_secrets_in_broken(path))


def parse_config(document: Document) -> tuple[Config | None, tuple[Problem, ...]]:
    """Return what `read_config` returns, of a document already parsed."""
    found = Findings(document)
    whole = Table(data=_without_secrets(document.data, (), found), findings=found)
    language = whole.word("language", ("auto", "zh", "en")) or "auto"
    accounts = _accounts(whole)
    folders = _sms_folders(whole)
    alerts = _alerts(whole.table("alerts"))
    data = _data(whole.table("data"))
    whole.finish()
    config = Config(
        language=cast("Literal['auto', 'zh', 'en']", language),
        accounts=accounts,
        sms=folders,
        alerts=alerts,
        data=data,
    )
    return None if found.wrong else config, tuple(found.problems)


def _without_secrets(data: Mapping[str, Any], key: Key, found: Findings) -> dict[str, Any]:
    """Drop every key that looks like a password, with a problem that does not show its value."""
    kept: dict[str, Any] = {}
    for name, value in data.items():
        path = (*key, name)
        if _SECRET.search(name):
            found.add(path, "config.secret")
        elif isinstance(value, dict):
            kept[name] = _without_secrets(value, path, found)
        elif isinstance(value, list):
            kept[name] = [
                _without_secrets(item, (*path, place), found) if isinstance(item, dict) else item
                for place, item in enumerate(value)
            ]
        else:
            kept[name] = value
    return kept


def _secrets_in_broken(path: Path) -> tuple[Problem, ...]:
    """Find passwords in a file that is no TOML: a bare Chinese key already breaks it."""
    if not path.is_file():
        return ()
    try:
        text = path.read_bytes()[:MAX_BYTES].decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(
        Problem(
            file=path.name,
            line=text.count("\n", 0, entry.start()) + 1,
            key=entry["name"],
            says="config.secret",
        )
        for entry in _ENTRY.finditer(text)
        if _SECRET.search(entry["name"])
    )


def _accounts(whole: Table) -> tuple[Account, ...]:
    accounts: dict[str, Account] = {}
    for row in whole.tables("accounts"):
        address = row.text("address", required=True)
        host = row.text("host")
        port = row.number("port", 1, 65535)
        folders = row.texts("folders")
        history_days = row.number("history_days", 1, 3650)
        sign_in = row.word("sign_in", _WAYS) or "password"
        command = _command(row, sign_in)
        code_file, ca_file = _path(row, "code_file"), _path(row, "ca_file")
        own = row.texts("own_addresses")
        if not all(map(_ADDRESS.fullmatch, own)):
            row.wrong("own_addresses", "config.expected-address")
        row.finish()
        if address is None:
            continue
        if not _ADDRESS.fullmatch(address):
            row.wrong("address", "config.expected-address")
        if address.casefold() in accounts:
            row.wrong("address", "config.repeated-account")
        accounts[address.casefold()] = Account(
            address=address,
            host=host,
            port=port,
            folders=folders,
            history_days=90 if history_days is None else history_days,
            sign_in=cast("SignInWay", sign_in),
            oauth_command=command,
            code_file=code_file,
            ca_file=ca_file,
            own_addresses=own,
        )
    return tuple(accounts.values())


def _command(row: Table, sign_in: str) -> tuple[str, ...]:
    """Return the words of a command; one text with blanks in it would be one word."""
    words = row.texts("oauth_command")
    if any("\0" in word for word in words) or (
        isinstance(row.value("oauth_command"), str) and any(" " in word for word in words)
    ):
        row.wrong("oauth_command", "config.expected-command")
    elif words and sign_in == "password":
        row.wrong("oauth_command", "config.command-unused", warning=True)
    return words


def _path(row: Table, name: str, *, required: bool = False) -> Path | None:
    text = row.text(name, required=required)
    if text is None:
        return None
    path = Path(os.path.expanduser(text))  # noqa: PTH111  Path raises where no home is known
    if not path.is_absolute() or "\0" in text:
        row.wrong(name, "config.expected-path")
    return path


def _sms_folders(whole: Table) -> tuple[SmsFolder, ...]:
    folders: dict[Path, SmsFolder] = {}
    for row in whole.tables("sms"):
        path = _path(row, "path", required=True)
        row.finish()
        if path is None:
            continue
        if path in folders:
            row.wrong("path", "config.repeated-path", warning=True)
        folders[path] = SmsFolder(path=path)
    return tuple(folders.values())


def _alerts(table: Table | None) -> Alerts:
    if table is None:
        return _ALERTS
    quiet = _quiet_hours(table)
    per_minute = table.number("max_per_minute", 1, 60)
    repeats = table.number("fraud_repeats_days", 1, 365)
    details = table.flag("lock_screen_details")
    table.finish()
    return Alerts(
        quiet_hours=quiet,
        max_per_minute=_ALERTS.max_per_minute if per_minute is None else per_minute,
        fraud_repeats_days=_ALERTS.fraud_repeats_days if repeats is None else repeats,
        lock_screen_details=bool(details),
    )


def _quiet_hours(table: Table) -> tuple[time, time] | None:
    value = table.value("quiet_hours")
    if value is None:
        return _ALERTS.quiet_hours
    if value == []:
        return None
    hours = [_clock(item) for item in value] if isinstance(value, list) else []
    match hours:
        case [time() as start, time() as end] if start != end:
            return start, end
        case _:
            table.wrong("quiet_hours", "config.expected-hours")
            return None


def _clock(value: object) -> time | None:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value.strip())):
        return time(int(clock[1]), int(clock[2]))
    return None


def _data(table: Table | None) -> Data:
    if table is None:
        return Data()
    days = table.number("keep_messages_days", 30, 36500)
    table.finish()
    return Data() if days is None else Data(keep_messages_days=days)
