"""Mailboxes of the scripted server watched by our own code, with time that a test lets pass."""

import atexit
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Self

from bench.imap_server import Account, ImapServer
from watcher.core.model import Message
from watcher.errors import WatcherError
from watcher.sources.imap.connection import Limits, Server
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Condition, Watched
from watcher.sources.imap.reading import FolderReader
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import Mechanism, SignIn
from watcher.sources.items import Item
from watcher.sources.sandbox import Sandbox
from watcher.store.identity import identity

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SHORT = Limits(connect=2.0, command=2.0, idle=2.0)


def mail(number: int, *, at: datetime = NOW, text: str = "") -> bytes:
    """Write a mail that differs from all others."""
    made = EmailMessage()
    made["From"] = "银行 <notice@bank.test>"
    made["To"] = "zhou@mail.test"
    made["Subject"] = f"第{number}号通知"
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{number}@bank.test>"
    made.set_content(text or f"这是第{number}号通知，请查收。")
    return made.as_bytes()


def deliver(account: Account, *numbers: int, folder: str = "INBOX", at: datetime = NOW) -> None:
    """Put mails into a folder, received at one moment."""
    mails = (mail(number, at=at) for number in numbers)
    account.deliver(folder, *mails, received_at=at)


def arrival(server: ImapServer, number: int, folder: str = "INBOX") -> Callable[[], None]:
    """Return the scene in which a mail arrives."""
    return lambda: deliver(server.account(), number, folder=folder)


def nothing() -> None:
    """Be a scene in which nothing happens."""


def count(server: ImapServer, name: str) -> int:
    """Return how often a server was given a command."""
    return sum(command.name == name for command in server.commands)


@dataclass
class Time:
    """A clock that stands still but for what is let pass."""

    wall: datetime = NOW
    passed: float = 1_000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.passed

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.passed += seconds


@dataclass
class Notebook:
    """A desk that writes down what it is given; as the store, it knows a mail by its content."""

    messages: list[Message] = field(default_factory=list)
    again: int = 0
    first_runs: list[int] = field(default_factory=list)
    positions: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    commits: int = 0
    checks: list[str] = field(default_factory=list)
    wants: list[tuple[int, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    kept: dict[int, bytes | None] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def cursor(self, source: str) -> Mapping[str, Any] | None:
        return self.positions.get(source)

    def judge(
        self, items: Iterable[Item], *, source: str, first_run: bool, position: Mapping[str, Any]
    ) -> None:
        for item in items:
            if not isinstance(item, Message):
                continue
            if (known := identity(item)) in self._known:
                self.again += 1
                continue
            self._known.add(known)
            self.messages.append(item)
            self.first_runs.append(first_run)
        self.positions[source] = position
        self.commits += 1

    def wanted(self, source: str) -> list[tuple[int, str]]:
        self.asked.append(source)
        return [(number, place) for number, place in self.wants if number not in self.kept]

    def keep(self, source: str, message: int, mail: bytes | None) -> None:
        self.asked.append(source)
        self.kept[message] = mail

    def checked(self, source: str) -> None:
        self.checks.append(source)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the mails that were judged."""
        subjects = [message.subject or "" for message in self.messages]
        return [int("".join(filter(str.isdigit, subject)) or -1) for subject in subjects]


@dataclass
class Told:
    """An owner that writes down what it hears."""

    conditions: list[tuple[Condition, str]] = field(default_factory=list)
    settled_times: int = 0
    sources: tuple[str, ...] = ()

    def watches(self, sources: Sequence[str]) -> None:
        self.sources = tuple(sources)

    def became(self, condition: Condition, failure: WatcherError | None) -> None:
        self.conditions.append((condition, "" if failure is None else failure.says))

    def settled(self) -> None:
        self.settled_times += 1


@dataclass
class Waits:
    """Lets time pass in no time; after each wait the next scene is played, the last ends it all.

    In IDLE the server is really listened to, for a moment.
    """

    time: Time
    scenes: list[Callable[[], object]]
    pauses: list[float] = field(default_factory=list)
    idles: list[float] = field(default_factory=list)
    listen: float = 0.02

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time.passes(seconds)
        self.play()

    def idle(self, session: MailboxSession, seconds: float) -> bool:
        self.idles.append(seconds)
        self.play()
        woken = session.wait(self.listen)
        self.time.passes(1.0 if woken else seconds)
        return woken

    def wake(self) -> None:
        return

    def play(self) -> None:
        self.scenes.pop(0)()


@cache
def _sandbox() -> Sandbox:
    """Start one child for all lives of a process: a life without one starts it at each look."""
    sandbox = Sandbox(own=("zhou@mail.test",))
    atexit.register(sandbox.__exit__, None, None, None)
    return sandbox


@dataclass
class Life:
    """A mailbox with all that it is given, and its server."""

    server: ImapServer
    desk: Notebook = field(default_factory=Notebook)
    told: Told = field(default_factory=Told)
    time: Time = field(default_factory=Time)
    folders: tuple[str, ...] = ("INBOX", "垃圾邮件")
    may_idle: bool = True
    limits: Limits = SHORT
    secret: Callable[[], str] | None = None
    mechanism: Mechanism = "password"
    connected: int = 0
    waits: Waits = field(init=False)
    mailbox: Mailbox = field(init=False)

    def play(self, *scenes: Callable[[], object]) -> Self:
        """Run until all scenes were played: one after each time that it waits."""
        self.waits = Waits(self.time, [*scenes, self.stop])
        self.mailbox = Mailbox(
            Watched(
                address="zhou@mail.test",
                sign_in=self._sign_in,
                connect=self._connect,
                choose=lambda _listed: self.folders,
                may_idle=self.may_idle,
            ),
            desk=self.desk,
            owner=self.told,
            clock=self.time,
            random=Random(1),  # noqa: S311  jitter is no secret
            waiting=self.waits,
            sandbox=_sandbox(),
        )
        self.mailbox.run()
        assert self.server.violations == ()
        return self

    def stop(self) -> None:
        self.mailbox.stop()

    def _sign_in(self) -> SignIn:
        account = self.server.account()
        secret = account.password if self.secret is None else self.secret()
        return SignIn(user=account.user, secret=secret, mechanism=self.mechanism)

    def _connect(self, sign_in: SignIn) -> MailboxSession:
        self.connected += 1
        return MailboxSession.open(
            Server(host=self.server.host, port=self.server.port, ca_file=Path(self.server.ca_file)),
            sign_in,
            limits=self.limits,
        )


def connect(server: ImapServer, limits: Limits = SHORT) -> MailboxSession:
    account = server.account()
    return MailboxSession.open(
        Server(host=server.host, port=server.port, ca_file=Path(server.ca_file)),
        SignIn(user=account.user, secret=account.password),
        limits=limits,
    )


def reader(desk: Notebook, sandbox: Sandbox, *, time: Time | None = None) -> FolderReader:
    return FolderReader(
        folder="INBOX",
        source="imap:zhou@mail.test/INBOX",
        history=timedelta(days=90),
        desk=desk,
        sandbox=sandbox,
        clock=time or Time(),
    )


def look(folder: FolderReader, server: ImapServer) -> bool:
    """Look into a folder once, over a session of its own."""
    session = connect(server)
    try:
        return folder.look(session)
    finally:
        session.close()


class Line:
    """A session that is opened when it is needed."""

    def __init__(self, server: ImapServer) -> None:
        self._server = server
        self._session: MailboxSession | None = None

    @property
    def is_new(self) -> bool:
        return self._session is None

    def session(self) -> MailboxSession:
        if self._session is None:
            self._session = connect(self._server)
        return self._session

    def hang_up(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
