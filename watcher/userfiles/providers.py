"""Reads providers.toml: how each mail provider is reached, and what its refusals mean.

What ships is a start; a user's file is laid over it, entry by entry. No entry says how the
connection is made: that is always TLS from the first byte, with the certificate checked.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from watcher.core.rules import Text
from watcher.errors import Problem
from watcher.userfiles.folders import ownership_problem
from watcher.userfiles.tables import Table
from watcher.userfiles.toml import Document, read_toml

FILE: Final = "providers.toml"
ANY: Final = "any"
"""The id of the entry for a server that no other entry knows."""

MAX_BYTES: Final = 256 * 1024
PORT: Final = 993
INBOX: Final = "INBOX"
BASED: Final = ("host", "needs_id", "idle", "search", "junk", "subscriptions", "code", "refusals")
"""The facts of an entry of which each must say where it is known from."""

_SEPARATORS: Final = re.compile(r"[/.]")
_HOST = re.compile(r"[a-z0-9*]([a-z0-9.*-]*[a-z0-9*])?", re.IGNORECASE)
_JUNK: Final = "\\junk"
_NOT_RECEIVED: Final = frozenset({"\\noselect", "\\nonexistent", "\\sent", "\\drafts", "\\trash"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a server means by a line that holds one of these texts, in whatever case."""

    contains: tuple[str, ...]
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One mail provider; a `*` in `host` stands for what follows the @ of an address."""

    id: str
    name: Text
    domains: tuple[str, ...] = ()
    host: str
    hosts: tuple[str, ...] = ()
    """Other names of the same server."""
    port: int = PORT
    needs_id: bool = False
    idle: bool = True
    search: bool = True
    """Whether SEARCH tells the truth there. For the reader of the file: we never ask."""
    password: bool = True
    """Whether a code can be used at all; False where only a token signs in."""
    junk: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    code: Text
    """How to get the code that signs in: short steps, one a line."""
    refusals: tuple[Refusal, ...] = ()
    basis: Mapping[str, str] = field(default_factory=dict, repr=False)
    checked: date | None = None

    def serves(self, host: str) -> bool:
        """Whether a server of this name is theirs."""
        names = {self.host.replace("*", domain) for domain in self.domains}
        return host.casefold() in {name.casefold() for name in (*names, self.host, *self.hosts)}

    def meaning(self, reply: str) -> Text | None:
        """Return what a refusal means, None where it is like none that is known."""
        line = reply.casefold()
        return next(
            (one.says for one in self.refusals if any(x.casefold() in line for x in one.contains)),
            None,
        )

    def watched(self, listed: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
        """Return the folders to read out of those a server lists: (name, flags) each.

        The inbox first, then junk: by its flag, by name only where no folder has the flag.
        A folder inside one that is named counts as well.
        """
        folders = [
            (name, marks)
            for name, flags in listed
            if not _NOT_RECEIVED & (marks := {flag.casefold() for flag in flags})
        ]
        flagged = any(_JUNK in marks for _, marks in folders)
        names = (*self.subscriptions, *(() if flagged else self.junk))
        wanted = {name.casefold() for name in names}
        found = [
            name
            for name, marks in folders
            if _JUNK in marks or any(part in wanted for part in _parts(name))
        ]
        return tuple(dict.fromkeys([INBOX, *(one for one in found if one.upper() != INBOX)]))


@dataclass(frozen=True, slots=True)
class Providers:
    """All providers by id, one of them for any other server."""

    by_id: Mapping[str, Provider]

    def of(self, address: str, host: str | None = None) -> Provider:
        """Return the provider of an address, or of the server that config.toml names for it."""
        if host is not None:
            theirs = (one for one in self.by_id.values() if one.serves(host))
            return replace(next(theirs, self.by_id[ANY]), host=host)
        domain = address.rpartition("@")[2].casefold()
        known = (one for one in self.by_id.values() if domain in one.domains)
        found = next(known, self.by_id[ANY])
        return replace(found, host=found.host.replace("*", domain))


def read_providers(*folders: Path) -> tuple[Providers | None, tuple[Problem, ...]]:
    """Read providers.toml of the shipped rule folder and of the user's over it.

    None where a mistake is more than a warning; a folder without the file adds nothing.
    """
    entries: dict[str, Provider] = {}
    general: tuple[Refusal, ...] = ()
    problems: list[Problem] = []
    for number, folder in enumerate(folders):
        document, found = _open(folder, shipped=number == 0)
        problems.extend(found)
        if document is None:
            continue
        whole = Table.whole(document)
        read = _providers(whole, shipped=number == 0)
        general = (*_refusals(whole), *general)
        whole.finish()
        problems.extend(whole.findings.problems)
        # A domain belongs to whoever was read last.
        taken = {domain for one in read for domain in one.domains}
        for id_, earlier in entries.items():
            rest = tuple(domain for domain in earlier.domains if domain not in taken)
            entries[id_] = replace(earlier, domains=rest)
        entries |= {one.id: one for one in read}
    if any(not problem.warning for problem in problems):
        return None, tuple(problems)
    whole_list = {
        id_: replace(one, refusals=(*one.refusals, *general)) for id_, one in entries.items()
    }
    return Providers(whole_list), tuple(problems)


def _open(folder: Path, *, shipped: bool) -> tuple[Document | None, tuple[Problem, ...]]:
    path, name = folder / FILE, f"{folder.name}/{FILE}"
    if not shipped:
        if not path.exists():
            return None, ()
        if unsafe := ownership_problem(path, folder, name):
            return None, (unsafe,)
    document, problem = read_toml(path, max_bytes=MAX_BYTES, name=name)
    return document, (problem,) if problem else ()


def _providers(whole: Table, *, shipped: bool) -> tuple[Provider, ...]:
    read: dict[str, Provider] = {}
    domains: dict[str, Table] = {}
    for row in whole.tables("providers"):
        provider = _provider(row)
        for place, domain in enumerate(provider.domains):
            if domain in domains:
                row.findings.add(
                    (*row.key, "domains", place), "provider.repeated_domain", domain=domain
                )
            domains[domain] = row
        if provider.id in read:
            row.wrong("id", "provider.repeated", id=provider.id)
        read[provider.id] = provider
    if shipped and ANY not in read:
        whole.wrong("providers", "provider.none_for_any", id=ANY)
    return tuple(read.values())


def _provider(row: Table) -> Provider:
    """Read one entry; where a part of it is wrong, the problem keeps the whole from being used."""
    id_ = row.text("id", required=True) or ""
    host, hosts = row.text("host", required=True) or "", row.texts("hosts")
    if host and not _HOST.fullmatch(host):
        row.wrong("host", "provider.expected_host")
    port = row.number("port", 1, 65535)
    flags = {name: row.flag(name) for name in ("needs_id", "idle", "search", "password")}
    basis = row.table("basis")
    facts = {key: basis.text(key) for key in BASED} if basis else {}
    if basis:
        basis.finish()
    provider = Provider(
        id=id_,
        name=_text(row, "name"),
        domains=tuple(domain.casefold() for domain in row.texts("domains")),
        host=host,
        hosts=hosts,
        port=PORT if port is None else port,
        needs_id=flags["needs_id"] is True,
        idle=flags["idle"] is not False,
        search=flags["search"] is not False,
        password=flags["password"] is not False,
        junk=row.texts("junk"),
        subscriptions=row.texts("subscriptions"),
        code=_text(row, "code"),
        refusals=_refusals(row),
        basis={key: fact for key, fact in facts.items() if fact},
        checked=row.day("checked"),
    )
    row.finish()
    return provider


def _refusals(table: Table) -> tuple[Refusal, ...]:
    read = []
    for row in table.tables("refusals"):
        contains, says = row.texts("contains", required=True), _text(row, "says")
        row.finish()
        if contains:
            read.append(Refusal(contains=contains, says=says))
    return tuple(read)


def _text(row: Table, name: str) -> Text:
    table = row.table(name, required=True)
    if table is None:
        return Text(zh="", en="")
    zh, en = table.text("zh", required=True), table.text("en", required=True)
    table.finish()
    return Text(zh=zh or "", en=en or "")


def _parts(name: str) -> tuple[str, ...]:
    """Return the whole name of a folder and the names it is made of."""
    folded = name.casefold()
    return (folded, *_SEPARATORS.split(folded))
