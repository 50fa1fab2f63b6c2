"""A mailbox of config.toml together with its provider and its code: how to watch it.

The command line, the daemon and a scan all come to a mailbox this way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from watcher.core.rules import Text
from watcher.errors import WatcherError
from watcher.secrets import read_secret, read_token
from watcher.sources.imap.connection import Server
from watcher.sources.imap.ports import LIMITS, Watched
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn
from watcher.userfiles.config import Account
from watcher.userfiles.providers import Provider, Providers


def provider_of(account: Account, providers: Providers) -> Provider:
    """Return the provider of an account; what config.toml says of the server goes first."""
    return providers.of(account.address, account.host)


def watched(account: Account, provider: Provider, *, environ: Mapping[str, str]) -> Watched:
    """Return how an account is signed in to and which of its folders are read.

    Nothing is read or connected yet; the secret is looked up at each sign-in, so that a new
    one counts without a restart.
    """
    server = Server(host=provider.host, port=account.port or provider.port, ca_file=account.ca_file)

    def sign_in() -> SignIn:
        if account.oauth_command and account.sign_in != "password":
            secret = read_token(account.oauth_command, environ=environ)
        else:
            secret = read_secret(account.address, environ=environ, file=account.code_file)
        return SignIn(user=account.address, secret=secret, mechanism=account.sign_in)

    def connect(credentials: SignIn) -> MailboxSession:
        return MailboxSession.open(server, credentials, limits=LIMITS)

    def choose(listed: Iterable[tuple[str, Iterable[str]]]) -> Sequence[str]:
        return account.folders or provider.watched(listed)

    return Watched(
        address=account.address,
        sign_in=sign_in,
        connect=connect,
        choose=choose,
        history=timedelta(days=account.history_days),
    )


def watch_all(
    accounts: Sequence[Account], providers: Providers, *, environ: Mapping[str, str]
) -> tuple[Watched, ...]:
    """Return how all accounts are watched, each knowing all addresses of the user."""
    own = tuple(
        address for account in accounts for address in (account.address, *account.own_addresses)
    )
    return tuple(
        replace(watched(account, provider_of(account, providers), environ=environ), own=own)
        for account in accounts
    )


def meaning_of(failure: WatcherError, provider: Provider) -> Text | None:
    """Return what a provider means by its refusal; None where that is not known."""
    reply = failure.values.get("reply")
    return provider.meaning(str(reply)) if reply else None
