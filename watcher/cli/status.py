"""`loan-watcher status`: whether all is being watched, and what the user has to do."""

import os
from collections.abc import Iterator
from typing import Final

from watcher.cli.context import Context, pass_context
from watcher.cli.manager import systemctl
from watcher.cli.spoken import json_option, spoken
from watcher.cli.standing import Standing, look
from watcher.clock import SystemClock
from watcher.userfiles.folders import config_folder
from watcher.userfiles.problems import render

FINE: Final = 0
TO_DO: Final = 3


@spoken("cli.status.help")
@json_option
@pass_context
def status(speaker: Context) -> int:
    """Say how everything stands, in a few lines."""
    found = look(speaker.phrases, SystemClock())
    if found.unreadable is not None:
        raise found.unreadable
    if speaker.json:
        speaker.print_json(_form(speaker, found))
    else:
        for line in _lines(speaker, found):
            speaker.line(line)
    return TO_DO if found.to_do else FINE


def _lines(speaker: Context, found: Standing) -> Iterator[str]:
    daemon, zone = found.daemon, found.zone
    nothing_set = found.config is not None and not found.sources
    if daemon is None and not nothing_set:
        there = systemctl(os.environ) is not None
        yield speaker.say("cli.status.not_running" if there else "cli.status.no_service")
    elif daemon is not None:
        since = daemon.started_at.astimezone(zone)
        yield speaker.say("cli.status.running", pid=daemon.pid, since=since)
        yield from (speaker.say(f"cli.status.wall.{wall}") for wall in daemon.fallen)
        if not daemon.desktop:
            yield speaker.say("cli.status.no_desktop")
        if daemon.waiting:
            yield speaker.say("cli.status.waiting", count=daemon.waiting)
    if found.walled_for_others:
        yield speaker.say("service.outdated")
    if nothing_set:
        yield speaker.say("cli.status.no_sources")
    for source in found.sources:
        at = source.last_good.astimezone(zone) if source.last_good else None
        yield speaker.say(source.says, source=source.name, at=at)
    if found.mistakes.wrong:
        yield speaker.say("cli.status.files")
        yield from (f"  - {render(problem, speaker.phrases)}" for problem in found.mistakes.wrong)
        yield speaker.say("cli.your_files", folder=str(config_folder()))
    if found.told:
        yield speaker.say("cli.status.told")
        yield from (f"  - {text}" for text in found.told)
        yield speaker.say("cli.status.told_cure")


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
        "problems": [render(problem, speaker.phrases) for problem in found.mistakes.wrong],
        "told": list(found.told),
        "to_do": found.to_do,
    }
