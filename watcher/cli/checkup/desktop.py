"""Whether alerts can be seen: the session bus, and who shows pop-ups on it."""

from watcher.cli.checkup.finding import Finding, fine, noted, wrong
from watcher.desktop.meeting import Met


def bus(met: Met) -> Finding:
    """See whether the session bus answers."""
    return fine("bus") if met.bus else wrong("bus", "absent")


def popups(met: Met) -> Finding:
    """See whether somebody shows pop-ups, with a text and with buttons."""
    if met.server is None:
        return wrong("popups", "nobody")
    if "body" not in met.capabilities:
        return noted("popups", "no_text", server=met.server)
    if "actions" not in met.capabilities:
        return noted("popups", "no_buttons", server=met.server)
    return fine("popups", server=met.server)
