"""The sources of config.toml with when each was last read to its end: silence is visible."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from watcher.web.site import Site

MAIL_LATE: Final = timedelta(minutes=30)
BACKUP_LATE: Final = timedelta(days=7)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

Health = Literal["fresh", "late", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A mailbox with its folders, or a folder of backups; the worst of its parts is its health."""

    kind: Literal["mail", "sms"]
    name: str = field(repr=False)
    health: Health
    last_good: datetime | None
    ago: str | None
    parts: tuple["SourceView", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All sources, and the mistakes of config.toml."""

    all: tuple[SourceView, ...]
    problems: tuple[str, ...]

    @property
    def late(self) -> int:
        """How many have not been read for too long, or never."""
        return sum(source.health != "fresh" for source in self.all)

    @property
    def latest(self) -> SourceView | None:
        """The source that was read last."""
        read = [one for one in self.all if one.last_good is not None]
        return max(read, key=lambda one: str(one.last_good)) if read else None


def sources_of(site: Site) -> Sources:
    """Return what is watched and how it stands."""
    config, problems = site.config()
    with site.store() as store:
        found = store.overview.last_good() if store else {}
    return Sources(
        all=(
            *(_mailbox(site, account.address, found) for account in config.accounts),
            *(
                _source(site, "sms", str(sms.path), last_read(found, sms.path))
                for sms in config.sms
            ),
        ),
        problems=problems,
    )


def last_read(found: Mapping[str, datetime | None], folder: Path) -> datetime | None:
    """Return when a folder of backups was read last, by whoever watches it or by a scan."""
    resolved = os.path.realpath(folder)
    read = (found.get(source) for source in (f"sms:{folder}", f"file:{resolved}"))
    return max((at for at in read if at is not None), default=None)


def ago(site: Site, moment: datetime) -> str:
    """Return how long ago a moment was, in words."""
    passed = max(site.clock.now() - moment, timedelta())
    if passed < _MINUTE:
        return site.say("web.ago.now")
    for name, unit in (("days", _DAY), ("hours", _HOUR)):
        if passed >= unit:
            return site.say(f"web.ago.{name}", count=passed // unit)
    return site.say("web.ago.minutes", count=passed // _MINUTE)


def _mailbox(site: Site, address: str, found: Mapping[str, datetime | None]) -> SourceView:
    parts = tuple(_folders(site, f"imap:{address}/", found))
    read = [part.last_good for part in parts if part.last_good is not None]
    worst = min(read) if read and len(read) == len(parts) else None
    whole = _source(site, "mail", address, worst)
    return SourceView(
        kind="mail",
        name=address,
        health=whole.health,
        last_good=whole.last_good,
        ago=whole.ago,
        parts=parts,
    )


def _folders(site: Site, prefix: str, found: Mapping[str, datetime | None]) -> Iterator[SourceView]:
    for source, last_good in found.items():
        if source.startswith(prefix):
            yield _source(site, "mail", source.removeprefix(prefix), last_good)


def _source(
    site: Site, kind: Literal["mail", "sms"], name: str, last_good: datetime | None
) -> SourceView:
    health: Health = "never"
    if last_good is not None:
        late = site.clock.now() - last_good > (MAIL_LATE if kind == "mail" else BACKUP_LATE)
        health = "late" if late else "fresh"
    return SourceView(
        kind=kind,
        name=name,
        health=health,
        last_good=None if last_good is None else last_good.astimezone(site.zone()),
        ago=None if last_good is None else ago(site, last_good),
    )
