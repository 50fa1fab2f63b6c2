"""Whether mailboxes can be signed in to: the keyring, each code, and each server."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from watcher.accounts import provider_of
from watcher.cli.checkup.finding import Finding, fine, noted, wrong
from watcher.errors import UserError
from watcher.phrases import Phrases
from watcher.secrets import look_for_secret
from watcher.secrets.files import read_secret_file
from watcher.sources.imap.connection import Server
from watcher.sources.imap.reach import reach_all
from watcher.userfiles.config import Account
from watcher.userfiles.providers import Providers

SECONDS: Final = 10.0
"""How long a mail server may take to greet."""


def keyring(accounts: Sequence[Account], environ: Mapping[str, str]) -> Finding:
    """See whether the desktop's keyring answers and is open; whoever needs none is only told."""
    tell = wrong if any(map(_needs_keyring, accounts)) else noted
    match look_for_secret("", environ=environ):
        case "locked":
            return tell("keyring", "locked")
        case "absent":
            return tell("keyring", "absent")
        case _:
            return fine("keyring")


def codes(
    accounts: Sequence[Account], environ: Mapping[str, str], phrases: Phrases
) -> Iterator[Finding]:
    """See of each account whether there is a code to sign in with; none is tried."""
    for account in accounts:
        if account.oauth_command and account.sign_in != "password":
            program = account.oauth_command[0]
            if shutil.which(program, path=environ.get("PATH")) is None:
                yield wrong("code", "no_command", address=account.address, program=program)
                continue
        elif account.code_file is not None:
            reason = _fault_of_file(account.code_file, phrases)
            if reason is not None:
                yield wrong("code", "bad_file", address=account.address, reason=reason)
                continue
        else:
            state = look_for_secret(account.address, environ=environ)
            if state == "missing":
                yield wrong("code", "missing", address=account.address)
            if state != "found":  # of a keyring that says nothing was told already
                continue
        yield fine("code", address=account.address)


def servers(
    accounts: Sequence[Account],
    providers: Providers,
    phrases: Phrases,
    *,
    seconds: float = SECONDS,
) -> Iterator[Finding]:
    """Connect to the server of each account, by TLS, without signing in."""
    known = [(account, provider_of(account, providers)) for account in accounts]
    wanted = dict.fromkeys(
        Server(host=provider.host, port=account.port or provider.port, ca_file=account.ca_file)
        for account, provider in known
    )
    for server, failure in zip(wanted, reach_all(list(wanted), seconds), strict=True):
        if failure is None:
            yield fine("server", host=server.host)
        else:
            reason = phrases.say(failure.says, failure.values)
            yield wrong("server", "unreachable", host=server.host, reason=reason)


def _needs_keyring(account: Account) -> bool:
    return account.code_file is None and not account.oauth_command


def _fault_of_file(file: Path, phrases: Phrases) -> str | None:
    """Return what is wrong with the file of a code, None where nothing is."""
    try:
        read_secret_file(file)
    except UserError as failure:
        return phrases.say(failure.says, failure.values)
    return None
