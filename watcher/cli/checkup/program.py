"""Whether the program itself is whole: what it runs on, what it needs, what walls it in."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from platform import python_version
from pyexpat import EXPAT_VERSION
from typing import Final, Self

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from watcher.cli import named
from watcher.cli.checkup.finding import Finding, fine, noted, wrong
from watcher.errors import SourceUnavailable
from watcher.phrases import Phrases
from watcher.sources.sandbox import walls

OLDEST_SQLITE: Final = (3, 37, 0)
"""The first that knows STRICT tables."""

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What the program runs on."""

    python: str
    sqlite: tuple[int, ...]
    expat: str

    @classmethod
    def here(cls) -> Self:
        """Return those of this process."""
        return cls(
            python=python_version(),
            sqlite=sqlite3.sqlite_version_info,
            expat=EXPAT_VERSION.removeprefix("expat_"),
        )


def versions(found: Versions) -> Finding:
    """Look at what the program runs on; no Python or Expat is refused, old SQLite is."""
    sqlite = ".".join(map(str, found.sqlite))
    if found.sqlite < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        return wrong("versions", "old_sqlite", sqlite=sqlite, oldest=oldest)
    return fine("versions", python=found.python, sqlite=sqlite, expat=found.expat)


def packages(asked: Iterable[str], lock: str = "") -> Finding:
    """Compare what is installed with what the program asks for, and with a lock where one is.

    `asked` are requirements as in the metadata of a package, `lock` is the text of a lock file.
    """
    installed: dict[str, str] = {}
    unfit = sorted(set(_unfit(asked, installed)))
    if unfit:
        return wrong("packages", "unfit", names=", ".join(unfit))
    pinned = {canonicalize_name(name): number for name, number in _PINNED.findall(lock)}
    others = [
        f"{name} {number}"
        for name, number in sorted(installed.items())
        if pinned.get(canonicalize_name(name), number) != number
    ]
    if others:
        return noted("packages", "not_locked", names=", ".join(others))
    return fine("packages", count=len(installed))


def asked_for() -> tuple[str, ...]:
    """Return what the installed program asks for; nothing where it is run without being so."""
    try:
        return tuple(requires(named.NAME) or ())
    except PackageNotFoundError:
        return ()


def _unfit(asked: Iterable[str], seen: dict[str, str]) -> Iterator[str]:
    """Yield what is missing or of a version not asked for; what is there is noted in `seen`."""
    for requirement in map(Requirement, asked):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield requirement.name
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield f"{requirement.name} {found}"
        name = canonicalize_name(requirement.name)
        if name not in seen:
            seen[name] = found
            yield from _unfit(requires(requirement.name) or (), seen)


def command(environ: Mapping[str, str]) -> Finding:
    """See whether the command that alerts and this page name can be typed."""
    found = named.place(environ)
    if found is None:
        return noted("command", "not_found", program=named.program(environ))
    return fine("command", path=found)


def reader(phrases: Phrases) -> Finding:
    """See whether the walls stand around the child that reads what strangers wrote."""
    try:
        stand = walls()
    except SourceUnavailable as failure:
        reason = phrases.say(failure.says, failure.values)
        return wrong("reader", "none", reason=reason)
    return reader_of(stand)


def reader_of(stand: Mapping[str, bool]) -> Finding:
    """Judge the walls by whether each stands."""
    down = sorted(name for name, stands in stand.items() if not stands)
    if down:
        return wrong("reader", "down", names=", ".join(down))
    return fine("reader", count=len(stand))
