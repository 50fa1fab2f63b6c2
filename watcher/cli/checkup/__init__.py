"""All checks of `doctor`, in the order in which a person would mend what they find.

A check is a function of what it looks at, and returns a `Finding`; nothing is changed by it.
"""

import asyncio
from collections.abc import Iterator, Mapping

from watcher.cli.checkup import desktop, machine, mail, program, service, sources, userfiles
from watcher.cli.checkup.finding import Finding, State
from watcher.cli.given import own_rules, shipped_rules
from watcher.cli.standing import Standing, look
from watcher.cli.unit import PROXY
from watcher.clock import Clock
from watcher.desktop.meeting import meet
from watcher.phrases import Phrases
from watcher.userfiles.config import Config
from watcher.userfiles.folders import config_folder, state_folder
from watcher.userfiles.providers import read_providers
from watcher.userfiles.shipped import shipped_folder

__all__ = ["Finding", "State", "examine"]


def examine(phrases: Phrases, clock: Clock, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what every check finds."""
    standing = look(phrases, clock)
    yield from _of_program(phrases, environ)
    yield from _of_machine(standing, phrases, clock)
    yield from userfiles.files(standing.mistakes, phrases)
    yield userfiles.ledger(standing.ledger)
    yield from _of_sources(standing, phrases, environ)
    yield from _of_desktop(environ)
    yield from _of_service(standing, phrases, environ)


def _of_program(phrases: Phrases, environ: Mapping[str, str]) -> Iterator[Finding]:
    yield program.versions(program.Versions.here())
    lock = shipped_folder() / "requirements.lock"
    yield program.packages(
        program.asked_for(), lock.read_text(encoding="utf-8") if lock.is_file() else ""
    )
    yield program.command(environ)
    yield program.reader(phrases)


def _of_machine(standing: Standing, phrases: Phrases, clock: Clock) -> Iterator[Finding]:
    read = (source.last_good for source in standing.sources)
    yield machine.clock(clock.now(), [at for at in read if at is not None])
    yield machine.disk(state_folder())
    yield machine.privacy(config_folder())
    yield machine.privacy(state_folder())
    yield machine.records(state_folder(), phrases)


def _of_sources(
    standing: Standing, phrases: Phrases, environ: Mapping[str, str]
) -> Iterator[Finding]:
    config = standing.config or Config()
    if standing.config is not None:  # else its mistakes were told, and a service goes by the last
        yield sources.configured(standing.sources)
    for source in standing.sources:
        yield sources.seen(source, standing.zone)
    for one in config.sms:
        there = sources.folder(one.path)
        yield there
        if there.state is State.OK:
            yield sources.export(one.path, phrases)
    yield mail.keyring(config.accounts, environ)
    yield from mail.codes(config.accounts, environ, phrases)
    providers, problems = read_providers(shipped_rules(), *own_rules())
    if providers is None:
        yield from userfiles.mistakes("rules", problems, phrases)
    else:
        yield from mail.servers(config.accounts, providers, phrases)


def _of_desktop(environ: Mapping[str, str]) -> Iterator[Finding]:
    met = asyncio.run(meet(environ))
    yield desktop.bus(met)
    if met.bus:
        yield desktop.popups(met)


def _of_service(
    standing: Standing, phrases: Phrases, environ: Mapping[str, str]
) -> Iterator[Finding]:
    found, reason = service.ask(environ, phrases)
    yield service.running(standing.daemon, found, standing.zone)
    yield service.installed(found, reason)
    if found is not None and found.installed:
        yield service.lingers(found)
        yield service.proxy(PROXY)
    if standing.daemon is not None:
        yield from service.walls(standing.daemon)
        yield service.waiting(standing.daemon)
    yield from service.told(standing.told)
