"""One look into a mailbox from the command line: no thread of its own, the store at hand."""

import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from watcher.accounts import provider_of, watch_all
from watcher.cli.context import Context
from watcher.cli.given import load_providers, own_rules
from watcher.cli.mailbox import explained
from watcher.clock import Clock
from watcher.errors import WatcherError
from watcher.ingest import Ingest, Summary
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Condition, Watched
from watcher.sources.items import Item, Progress
from watcher.store import Cursor, Store
from watcher.userfiles.config import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a look into one account ended; `reason` says what kept it from its end."""

    address: str = field(repr=False)
    reason: str | None


def look_into(  # noqa: PLR0913  what all accounts share
    speaker: Context,
    accounts: Sequence[Account],
    *,
    ingest: Ingest,
    store: Store,
    clock: Clock,
    join: Callable[[Summary], None],
    progress: Callable[[str], Callable[[Progress], None]],
    earliest: datetime | None = None,
) -> tuple[Look, ...]:
    """Judge and record what is new in all accounts; one that cannot be read stops no other.

    `earliest` takes the place of the configured span where a folder was never read before.
    """
    if not accounts:
        return ()
    providers = load_providers(speaker, *own_rules())
    looks = []
    for account, watched in zip(
        accounts, watch_all(accounts, providers, environ=os.environ), strict=True
    ):
        desk = StoreDesk(ingest, store, clock, join, progress(account.address))
        reason: str | None = None
        try:
            _mailbox(watched, desk, clock, earliest).once()
        except WatcherError as failure:
            reason = explained(speaker, failure, provider_of(account, providers))
        looks.append(Look(address=account.address, reason=reason))
    return tuple(looks)


def _mailbox(
    watched: Watched, desk: "StoreDesk", clock: Clock, earliest: datetime | None
) -> Mailbox:
    if earliest is not None:
        watched = replace(watched, history=clock.now() - earliest)
    return Mailbox(watched, desk=desk, owner=desk, clock=clock, random=secrets.SystemRandom())


@dataclass(frozen=True, slots=True)
class StoreDesk:
    """Desk and owner of a mailbox, in the thread that has the store."""

    ingest: Ingest
    store: Store
    clock: Clock
    join: Callable[[Summary], None]
    on_progress: Callable[[Progress], None]

    def cursor(self, source: str) -> Mapping[str, Any] | None:
        """Return the position that was last committed."""
        cursor = self.store.cursor(source)
        return None if cursor is None else cursor.position

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        """Commit what is found in messages, and the position with it."""
        summary = self.ingest.run(
            items,
            source=source,
            first_run=first_run,
            cursor=Cursor(source=source, position=position),
            on_progress=self.on_progress,
            to_its_end=False,
        )
        self.join(summary)

    def wanted(self, source: str) -> Sequence[tuple[int, str]]:
        """Return number and place of the alerting mails that are to be kept whole."""
        return self.store.wanted_originals(source)

    def keep(self, source: str, message: int, mail: bytes | None) -> None:
        """Keep a whole mail, or note that the source has it no more."""
        self.store.keep_original(message, mail, self.clock.now(), source)

    def checked(self, source: str) -> None:
        """Note that all there is was judged."""
        self.store.checked(source, self.clock.now())

    def watches(self, sources: Sequence[str]) -> None:
        """Nobody waits for news of them."""

    def became(self, condition: Condition, failure: WatcherError | None) -> None:
        """`once` raises what there is to say."""

    def settled(self) -> None:
        """Sum up what was left to a summary."""
        self.store.summarise(self.clock.now())
