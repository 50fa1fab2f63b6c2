"""Whether somebody watches: the service or `run`, its walls, and what it has to say."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from watcher.cli import service
from watcher.cli.checkup.finding import Finding, State, fine, noted, wrong
from watcher.cli.manager import Manager
from watcher.control.commands import Status
from watcher.core.model import Phrase
from watcher.errors import WatcherError
from watcher.phrases import Phrases


def running(daemon: Status | None, found: service.Standing | None, zone: ZoneInfo) -> Finding:
    """See whether anybody watches; `found` is None where there is no systemd to ask."""
    if daemon is not None:
        since = daemon.started_at.astimezone(zone)
        says = Phrase(id="cli.status.running", values={"pid": daemon.pid, "since": since})
        return Finding(check="running", state=State.OK, says=says)
    if found is None:
        return wrong("running", "not_by_hand")
    if not found.installed:
        return wrong("running", "not_installed")
    if found.state == "failed":
        return wrong("running", "failed")
    if found.active:  # it runs and does not answer
        return wrong("running", "silent")
    return wrong("running", "stopped", state=found.state)


def installed(found: service.Standing | None, reason: str) -> Finding:
    """See whether the service will run after the next login, and as it should now."""
    if found is None:
        return noted("service", "no_systemd", reason=reason)
    if not found.installed:
        return noted("service", "by_hand")
    if not found.fresh:
        return wrong("service", "outdated")
    if not found.enabled:
        return wrong("service", "not_enabled")
    return fine("service")


def lingers(found: service.Standing) -> Finding:
    """See whether the service runs while nobody is logged in."""
    return fine("linger") if found.lingers else noted("linger", "off")


def proxy(program: Path) -> Finding:
    """See whether the program is there that lets the walled-in service show pop-ups."""
    return fine("proxy") if program.exists() else wrong("proxy", "absent")


def walls(daemon: Status) -> Iterator[Finding]:
    """Return the walls of the unit that do not stand, as the service itself tried them."""
    cure = Phrase(id="doctor.walls.down_cure")
    for wall in daemon.fallen:
        says = Phrase(id=f"cli.status.wall.{wall}")
        yield Finding(check="walls", state=State.PROBLEM, says=says, cure=cure)
    if not daemon.fallen:
        yield fine("walls")


def waiting(daemon: Status) -> Finding:
    """See whether alerts wait that nobody can show."""
    if daemon.waiting and not daemon.desktop:
        return wrong("waiting", "unshown", count=daemon.waiting)
    return fine("waiting")


def told(announcements: Sequence[str]) -> Iterator[Finding]:
    """Return what the program had to say of itself and nobody has acknowledged."""
    for text in announcements:
        yield wrong("told", "open", what=text)
    if not announcements:
        yield fine("told")


def ask(environ: Mapping[str, str], phrases: Phrases) -> tuple[service.Standing | None, str]:
    """Return how systemd says that the service stands, or why there is none to ask."""
    try:
        return service.standing(Manager(environ)), ""
    except WatcherError as failure:
        return None, phrases.say(failure.says, failure.values)
