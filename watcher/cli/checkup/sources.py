"""Whether messages come in: the folders that are watched and what phones put there."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from watcher.cli.checkup.finding import Finding, State, fine, noted, wrong
from watcher.cli.standing import Source
from watcher.core.model import Channel, Message, Phrase
from watcher.phrases import Phrases
from watcher.sources.files import exports_among, newest, read_path
from watcher.sources.items import Damage
from watcher.sources.senders import ENOUGH, is_service

_MOST_MESSAGES: Final = 20_000
"""How much of an export is read in search of a service number; most show one at once."""
_MOST_TRIED: Final = 20
_SECONDS: Final = 20.0


def configured(sources: Sequence[Source]) -> Finding:
    """See whether anything is watched at all."""
    return fine("sources", count=len(sources)) if sources else wrong("sources", "none")


def seen(source: Source, zone: ZoneInfo) -> Finding:
    """See whether a source was looked into lately; one that was not is blind."""
    at = source.last_good.astimezone(zone) if source.last_good else None
    says = Phrase(id=source.says, values={"source": source.name, "at": at})
    if not source.late:
        return Finding(check="seen", state=State.OK, says=says)
    kind = "mail" if source.is_mail else "sms"
    cure = Phrase(id=f"doctor.seen.{'never' if at is None else kind}_cure")
    return Finding(check="seen", state=State.PROBLEM, says=says, cure=cure)


def folder(path: Path) -> Finding:
    """See whether a watched folder is there and can be read."""
    try:
        there = path.exists()
    except OSError:
        there = True
    if not there:
        return wrong("folder", "gone", path=str(path))
    needed = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
    if not os.access(path, needed):
        return wrong("folder", "closed", path=str(path))
    return fine("folder", path=str(path))


def export(path: Path, phrases: Phrases) -> Finding:
    """Read the newest export of a watched folder, as far as it takes to see whether it is whole."""
    files = newest(path)
    file = next(exports_among(files[:_MOST_TRIED], seconds=_SECONDS), None)
    if file is None:
        return noted("export", "none" if files else "nothing", path=str(path))
    received = 0
    damage: Damage | None = None
    items = read_path(file)
    try:
        for item in islice(items, _MOST_MESSAGES):
            if isinstance(item, Damage):
                damage = damage or item
            elif isinstance(item, Message) and item.channel is Channel.SMS:
                received += 1
                if is_service(item.sender):
                    return fine("export", file=str(file))
    finally:
        items.close()
    if received >= ENOUGH:
        return wrong("export", "no_services", file=str(file), count=received)
    if damage is not None:
        reason = phrases.say(damage.reason, damage.values)
        return noted("export", "damaged", file=str(file), reason=reason)
    return fine("export", file=str(file))
