"""What the server holds: accounts, folders, mails. Every change may come while clients look."""

import base64
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Final

from bench.imap_server.structure import Part, bodystructure, read

BEIJING: Final = timezone(timedelta(hours=8))
START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
"""When mails came that are delivered without a time of their own."""

_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_BARE: Final = re.compile(rb"(?<!\r)\n")
_OUTSIDE: Final = re.compile(r"[^\x20-\x7e]+")


def encode_name(name: str) -> bytes:
    """Write a folder's name in IMAP's modified UTF-7."""

    def shift(found: re.Match[str]) -> str:
        packed = base64.b64encode(found[0].encode("utf-16-be")).decode()
        return "&" + packed.rstrip("=").replace("/", ",") + "-"

    return _OUTSIDE.sub(shift, name.replace("&", "&-")).encode("ascii")


def decode_name(name: bytes) -> str:
    """Read a folder's name from IMAP's modified UTF-7."""

    def unshift(found: re.Match[str]) -> str:
        packed = found[1].replace(",", "/")
        if not packed:
            return "&"
        return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-16-be")

    return re.sub("&([^-]*)-", unshift, name.decode("ascii", "replace"))


class Content:
    """The bytes of a mail, and what they are made of, worked out once."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def root(self) -> Part:
        """What stands where."""
        return read(self.raw)

    @cached_property
    def structure(self) -> bytes:
        """BODYSTRUCTURE."""
        return bodystructure(self.root)


@dataclass(frozen=True, slots=True, eq=False)
class Mail:
    """One mail in one folder."""

    uid: int
    received_at: datetime
    content: Content = field(repr=False)

    @property
    def internal_date(self) -> bytes:
        """INTERNALDATE, as IMAP writes it."""
        at = self.received_at
        month = _MONTHS[3 * at.month - 3 : 3 * at.month]
        return f"{at.day:2d}-{month}-{at.year:04d} {at:%H:%M:%S %z}".encode()


class Folder:
    """One folder; safe to change from any thread."""

    def __init__(
        self, name: str, *, flags: tuple[str, ...] = (), uidvalidity: int = 1, uidnext: int = 1
    ) -> None:
        self.name = name
        self.flags = flags
        self.uidvalidity = uidvalidity
        """0: the server says 0."""
        self.uidnext = uidnext
        self.refused = ""
        """The answer to EXAMINE and STATUS, where it is not to be opened: `NO [SERVERBUG] ...`."""
        self.renumbered = 0
        """How often the numbers began anew while clients had to be told."""
        self._mails: list[Mail] = []
        self._seen: tuple[Mail, ...] | None = ()
        self._lock = threading.RLock()
        self._watchers: set[Callable[[], None]] = set()

    def mails(self) -> tuple[Mail, ...]:
        """Return what the folder holds now, by UID."""
        with self._lock:
            if self._seen is None:
                self._seen = tuple(self._mails)
            return self._seen

    def deliver(
        self, *raws: bytes, received_at: datetime | None = None, exact: bool = False
    ) -> tuple[int, ...]:
        """Append mails and return their UIDs; line ends become CRLF unless `exact`."""
        contents = [Content(raw if exact else _BARE.sub(b"\r\n", raw)) for raw in raws]
        return self.append((received_at, content) for content in contents)

    def append(self, mails: Iterable[tuple[datetime | None, Content]]) -> tuple[int, ...]:
        """Append mails, whose contents may be shared, and return their UIDs."""
        with self._lock:
            first = self.uidnext
            for at, content in mails:
                uid = self.uidnext
                received_at = at or START + timedelta(minutes=uid % 100_000)
                self._mails.append(Mail(uid, received_at, content))
                self.uidnext += 1
            last = self.uidnext
        self._changed()
        return tuple(range(first, last))

    def deliver_late(self, uid: int, raw: bytes, *, received_at: datetime | None = None) -> None:
        """Show a mail under a number that was left out (`uidnext` may be raised for that)."""
        mail = Mail(uid, received_at or START, Content(_BARE.sub(b"\r\n", raw)))
        with self._lock:
            at = bisect_left(self._mails, uid, key=lambda one: one.uid)
            self._mails.insert(at, mail)
        self._changed()

    def expunge(self, *uids: int) -> None:
        """Take mails away."""
        gone = set(uids)
        with self._lock:
            self._mails = [mail for mail in self._mails if mail.uid not in gone]
        self._changed()

    def renumber(
        self, uidvalidity: int | None = None, *, first: int = 1, quietly: bool = False
    ) -> None:
        """Give every mail a new UID under a new UIDVALIDITY; `quietly`: clients stay connected.

        Giving the UIDVALIDITY that the folder has makes a server that reuses UIDs.
        """
        with self._lock:
            self.uidvalidity = self.uidvalidity + 1 if uidvalidity is None else uidvalidity
            self._mails = [
                Mail(uid, mail.received_at, mail.content)
                for uid, mail in enumerate(self._mails, first)
            ]
            self.uidnext = first + len(self._mails)
            self.renumbered += not quietly
        self._changed()

    def holds(self, mail: Mail) -> bool:
        """Tell whether a mail that was once seen is still there."""
        with self._lock:
            at = bisect_left(self._mails, mail.uid, key=lambda one: one.uid)
            return at < len(self._mails) and self._mails[at] is mail

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have every change told, in the thread that makes it."""
        with self._lock:
            self._watchers.add(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Have no further change told."""
        with self._lock:
            self._watchers.discard(watcher)

    def _changed(self) -> None:
        with self._lock:
            self._seen = None
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()


class Account:
    """One user's folders and what signs them in."""

    def __init__(
        self, user: str, *, password: str, token: str, folders: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.user = user
        self.password = password
        """May be changed at any time; so may the token."""
        self.token = token
        self._folders: dict[str, Folder] = {}
        for name, flags in {"INBOX": (), **folders}.items():
            self.folder(name, flags=flags)

    def folder(
        self,
        name: str = "INBOX",
        *,
        flags: tuple[str, ...] = (),
        uidvalidity: int | None = None,
        uidnext: int = 1,
    ) -> Folder:
        """Return a folder, made where there is none; the rest is for a folder that is made."""
        if name not in self._folders:
            number = 1_700_000_000 + len(self._folders) if uidvalidity is None else uidvalidity
            self._folders[name] = Folder(name, flags=flags, uidvalidity=number, uidnext=uidnext)
        return self._folders[name]

    def deliver(
        self, folder: str, *raws: bytes, received_at: datetime | None = None, exact: bool = False
    ) -> tuple[int, ...]:
        """Append mails to a folder, made where there is none, and return their UIDs."""
        return self.folder(folder).deliver(*raws, received_at=received_at, exact=exact)

    def find(self, name: str) -> Folder | None:
        """Return a folder by its name, INBOX however it is written."""
        return self._folders.get("INBOX" if name.upper() == "INBOX" else name)

    def folders(self) -> tuple[Folder, ...]:
        """Return all folders."""
        return tuple(self._folders.values())

    def remove(self, name: str) -> None:
        """Take a folder away, with what is in it."""
        del self._folders[name]

    def rename(self, name: str, new: str) -> None:
        """Give a folder another name."""
        folder = self._folders.pop(name)
        folder.name = new
        self._folders[new] = folder
