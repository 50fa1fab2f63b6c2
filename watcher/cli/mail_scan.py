"""Mailboxes as `scan` looks into them: how each is reached, and what kept it from being read."""

import os
from collections.abc import Mapping, Sequence

from watcher.accounts import provider_of, watch_all
from watcher.cli.context import Context
from watcher.cli.given import load_providers, own_rules
from watcher.cli.mailbox import explained
from watcher.control.commands import Look
from watcher.sources.imap.ports import Watched
from watcher.userfiles.config import Account


def reached(speaker: Context, accounts: Sequence[Account]) -> Mapping[str, Watched]:
    """Return by its address how each account is looked into."""
    if not accounts:
        return {}
    providers = load_providers(speaker, *own_rules())
    ways = watch_all(accounts, providers, environ=os.environ)
    return {watched.address: watched for watched in ways}


def reasons(
    speaker: Context, accounts: Sequence[Account], looks: Sequence[Look]
) -> Mapping[str, str | None]:
    """Return by its address why an account could not be read; None where it could."""
    if not looks:
        return {}
    providers = load_providers(speaker, *own_rules())
    of = {account.address: provider_of(account, providers) for account in accounts}
    return {
        look.address: None
        if look.failure is None
        else explained(speaker, look.failure, of[look.address])
        for look in looks
    }
