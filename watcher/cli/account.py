"""`loan-watcher account`: the mailboxes that are watched, tried live before they are kept."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from watcher.accounts import provider_of
from watcher.cli.context import Context, pass_context
from watcher.cli.failures import report
from watcher.cli.given import load_providers, own_rules
from watcher.cli.mailbox import (
    Found,
    explained,
    must_take_codes,
    result_form,
    said,
    try_account,
)
from watcher.cli.spoken import SpokenGroup, json_option, option
from watcher.errors import CredentialsRefused, SourceUnavailable, UserError, WatcherError
from watcher.secrets import delete_secret, write_secret, write_secret_file
from watcher.userfiles.config import Account
from watcher.userfiles.config_file import ConfigFile, check_account
from watcher.userfiles.folders import config_folder
from watcher.userfiles.problems import nearest
from watcher.userfiles.providers import ANY, Provider, Providers

_WAYS: Final = click.Choice(["password", "xoauth2", "oauthbearer"])
_LONGEST_CODE: Final = 4096
_FINE, _OUTSIDE = 0, 3


@click.group(cls=SpokenGroup, says="account.help")
def account() -> None:
    """Look after the mailboxes."""


@account.command("add", says="account.add")
@click.argument("address", required=False)
@option("--host", says="account.option.host")
@option("--port", type=click.IntRange(1, 65535), says="account.option.port")
@option("--folder", "folders", multiple=True, says="account.option.folder")
@option("--history-days", type=click.IntRange(1, 3650), says="account.option.history_days")
@option("--sign-in", type=_WAYS, says="account.option.sign_in")
@option("--oauth-command", says="account.option.oauth_command")
@option("--ca-file", type=click.Path(path_type=Path), says="account.option.ca_file")
@option("--code-file", type=click.Path(path_type=Path), says="account.option.code_file")
@option("--code-stdin", is_flag=True, says="account.option.code_stdin")
@pass_context
def add_account(speaker: Context, /, address: str | None, **given: Any) -> None:
    """Add a mailbox, or give one that is there another code or other settings."""
    address = _asked_address(speaker) if address is None else address
    add(speaker, address, given, from_stdin=given.pop("code_stdin"))


def add(speaker: Context, address: str, given: dict[str, Any], *, from_stdin: bool) -> None:
    """Try a mailbox and keep it; `given` are its keys of config.toml, those of None left out.

    Raises:
        WatcherError: it is not kept, and why.
    """
    address = address.strip()
    file, providers = ConfigFile.open(_config_path()), load_providers(speaker, *own_rules())
    row = _row(address, given)
    if "host" not in row and _asks_host(speaker, file, providers, address):
        row["host"] = _asked_host(speaker, providers, address)
    check_account(row, "account add")
    changed = file.with_account(row)
    entry = changed.account(address)
    assert entry is not None  # noqa: S101  it was just put there
    provider = provider_of(entry, providers)
    must_take_codes(speaker, entry, provider)
    if entry.oauth_command or from_stdin or not sys.stdin.isatty():
        secret = None if entry.oauth_command else _code(from_stdin=from_stdin)
        found = _tried(speaker, entry, provider, secret)
    else:
        secret, found = _typed_until_right(speaker, entry, provider)
    if secret is not None:
        _keep(speaker, entry, secret)
    changed.save()
    _tell(speaker, entry, found)
    speaker.print("account.changed" if file.account(address) else "account.added", address=address)


@account.command("test", says="account.test")
@click.argument("address", required=False)
@json_option
@pass_context
def test_account(speaker: Context, address: str | None) -> int:
    """Try one mailbox, or all."""
    providers = load_providers(speaker, *own_rules())
    entries = _chosen(ConfigFile.open(_config_path()), address)
    if not entries and not speaker.json:
        speaker.print("account.none_yet")
    forms, fine = [], True
    for entry in entries:
        provider = provider_of(entry, providers)
        result: Found | WatcherError
        try:
            result = try_account(entry, provider)
        except WatcherError as failure:
            result, fine = failure, False
        if speaker.json:
            forms.append(result_form(speaker, entry, provider, result))
        elif isinstance(result, Found):
            _tell(speaker, entry, result)
        else:
            reason = explained(speaker, result, provider)
            speaker.print("account.not_well", address=entry.address, reason=reason)
    if speaker.json:
        speaker.print_json(forms)
    return _FINE if fine else _OUTSIDE


@account.command("list", says="account.list")
@json_option
@pass_context
def list_accounts(speaker: Context) -> None:
    """Show all mailboxes."""
    providers = load_providers(speaker, *own_rules())
    entries = ConfigFile.open(_config_path()).config.accounts
    if speaker.json:
        speaker.print_json([_form(entry, provider_of(entry, providers)) for entry in entries])
    elif entries:
        speaker.console.print(_table(speaker, entries, providers))
    else:
        speaker.print("account.none_yet")


@account.command("remove", says="account.remove")
@click.argument("address")
@pass_context
def remove_account(speaker: Context, address: str) -> None:
    """Watch a mailbox no more, and forget its code."""
    file = ConfigFile.open(_config_path())
    (entry,) = _chosen(file, address)
    file.without_account(entry.address).save()
    if entry.code_file is not None:
        entry.code_file.unlink(missing_ok=True)
    try:
        delete_secret(entry.address, environ=os.environ)
    except SourceUnavailable:
        if entry.code_file is None and not entry.oauth_command:
            speaker.hint(speaker.say("account.code_stays", address=entry.address))
    speaker.print("account.removed", address=entry.address)


def _config_path() -> Path:
    return config_folder() / "config.toml"


def _row(address: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of config.toml that options gave."""
    row: dict[str, Any] = {"address": address}
    for key, value in given.items():
        if isinstance(value, Path):
            row[key] = str(value.expanduser().absolute())
        elif key == "oauth_command" and value:
            row[key] = _words(value)
        elif value:
            row[key] = list(value) if isinstance(value, tuple) else value
    return row


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        raise UserError("account.broken_command") from None


def _asked_address(speaker: Context) -> str:
    if not speaker.asks:
        raise UserError("account.address_missing")
    return str(click.prompt(speaker.say("account.ask_address"), err=True)).strip()


def _asks_host(speaker: Context, file: ConfigFile, providers: Providers, address: str) -> bool:
    """Tell whether the server can only be guessed, and somebody is there to know it."""
    known = file.account(address) is not None or providers.of(address).id != ANY
    return not known and "@" in address and speaker.asks


def _asked_host(speaker: Context, providers: Providers, address: str) -> str:
    guess = providers.of(address).host
    return str(click.prompt(speaker.say("account.ask_host"), default=guess, err=True)).strip()


def _typed_until_right(speaker: Context, entry: Account, provider: Provider) -> tuple[str, Found]:
    """Ask for the code without showing it, after telling how to get one, till it is taken."""
    speaker.hint(speaker.say("account.how_to", provider=said(speaker, provider.name)))
    for line in said(speaker, provider.code).splitlines():
        speaker.hint(f"  {line}")
    while True:
        question = speaker.say("account.ask_code")
        typed = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
        code = _whole(typed)
        try:
            return code, _tried(speaker, entry, provider, code)
        except CredentialsRefused as refused:
            report(speaker, refused)
            speaker.hint(speaker.say("account.code_again"))


def _code(*, from_stdin: bool) -> str:
    """Read the code from a pipe, where that is asked for."""
    return _whole(sys.stdin.readline(_LONGEST_CODE) if from_stdin else "")


def _whole(code: str) -> str:
    code = code.strip()
    # Codes are shown in groups of four, and pasted so; a password of one's own may have blanks.
    groups = code.split(" ")
    if len(groups) == 4 and all(len(one) == 4 for one in groups):  # noqa: PLR2004  as said
        code = "".join(groups)
    if not code:
        raise UserError("account.code_missing")
    return code


def _tried(speaker: Context, entry: Account, provider: Provider, secret: str | None) -> Found:
    """Try an account; nothing of one that fails is kept."""
    speaker.hint(speaker.say("account.trying", host=provider.host))
    failure: WatcherError
    try:
        return try_account(entry, provider, secret)
    except CredentialsRefused as refused:
        failure = CredentialsRefused(
            "account.not_kept", {"reason": explained(speaker, refused, provider)}
        )
    except SourceUnavailable as unavailable:
        if unavailable.says == "imap.unreachable":  # its words are for an account that is kept
            raise SourceUnavailable("account.unreachable", {"host": provider.host}) from unavailable
        failure = SourceUnavailable(
            "account.not_kept", {"reason": explained(speaker, unavailable, provider)}
        )
    raise failure


def _keep(speaker: Context, entry: Account, secret: str) -> None:
    """Store a code: in the file that was asked for, else in the keyring."""
    if entry.code_file is not None:
        speaker.hint(speaker.say("account.into_file", file=str(entry.code_file)))
        write_secret_file(entry.code_file, secret)
        return
    try:
        write_secret(entry.address, secret, environ=os.environ)
    except SourceUnavailable as failure:
        says = failure.says
    else:
        return
    raise SourceUnavailable(
        "account.keyring_locked" if says == "secret.locked" else "account.no_keyring"
    )


def _chosen(file: ConfigFile, address: str | None) -> tuple[Account, ...]:
    """Return the account of an address, or all; `UserError` where there is none of it."""
    if address is None:
        return file.config.accounts
    entry = file.account(address)
    if entry is None:
        alike = nearest(address, [one.address for one in file.config.accounts])
        says = "account.unknown_near" if alike else "account.unknown"
        raise UserError(says, {"address": address, "name": alike})
    return (entry,)


def _tell(speaker: Context, entry: Account, found: Found) -> None:
    """Say which folders of a mailbox are read."""
    names = [name for name, _ in found.folders]
    values = {"address": entry.address, "folders": names, "count": found.mails}
    speaker.print("account.well", **values)
    if not found.tells_at_once:
        speaker.print("account.polled")


def _form(entry: Account, provider: Provider) -> dict[str, object]:
    """Return an account as the JSON object that programs get."""
    return {
        "address": entry.address,
        "provider": provider.id,
        "host": provider.host,
        "port": entry.port or provider.port,
        "folders": list(entry.folders),
        "history_days": entry.history_days,
        "sign_in": entry.sign_in,
        "code_file": None if entry.code_file is None else str(entry.code_file),
    }


def _table(speaker: Context, entries: tuple[Account, ...], providers: Providers) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("address", "provider", "host", "folders"):
        table.add_column(speaker.say(f"account.column.{column}"), overflow="fold")
    show = speaker.phrases.show
    for entry in entries:
        provider = provider_of(entry, providers)
        folders = show(entry.folders) if entry.folders else speaker.say("account.folders_found")
        table.add_row(
            show(entry.address), said(speaker, provider.name), show(provider.host), folders
        )
    return table
