"""Ways to fail for a daemon that is given words which must get nowhere, one after the other."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import httpx

from bench.canary_mails import hostile_mails
from bench.canary_places import CANARIES, Journal
from bench.imap_server import ImapServer
from tests.daemon.home import NEVER_QUIET, Home
from tests.notification_server import NotificationServer
from tests.processes import children
from watcher.clock import SystemClock
from watcher.control import commands as c
from watcher.control import door
from watcher.control.asking import ask_daemon
from watcher.errors import WatcherError

WITHIN: Final = 20.0
_HOUR: Final = 3_600


@dataclass(kw_only=True)
class Scene:
    """A daemon and all that it deals with."""

    home: Home
    server: ImapServer
    refusing: ImapServer
    desktop: NotificationServer
    journal: Journal
    daemon: subprocess.Popen[bytes]
    paths: list[str] = field(default_factory=list)

    @property
    def log(self) -> str:
        """All that the daemon has logged."""
        return self.journal.written.decode("utf-8", "replace")

    async def logged(self, path: str, *events: str, since: int = 0) -> None:
        """Wait until the log says so; then a way to fail has been gone."""
        await self.met(path, lambda: all(event in self.log[since:] for event in events))

    async def met(self, path: str, true: Callable[[], bool]) -> None:
        """Wait until something shows that a way to fail has been gone."""
        deadline = time.monotonic() + WITHIN
        while not true():
            if time.monotonic() > deadline or self.daemon.poll() is not None:
                raise AssertionError(f"{self.log[-3_000:]}\n{path} was not met")
            await asyncio.sleep(0.05)
        self.paths.append(path)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        address = f"{(self.home.state / 'state.db').as_uri()}?mode=ro"
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(address, uri=True)) as database,
        ):
            return database.execute(query).fetchall()
        return []

    def answer(self, command: c.Command) -> object:
        """Ask the daemon for something; return its answer, or its refusal."""
        try:
            return ask_daemon(command, self.home.state)
        except WatcherError as failure:
            return failure


def furnish(home: Home, folder: Path, server: ImapServer, refusing: ImapServer) -> None:
    """Write the settings and the ledger of somebody, and the codes of three mailboxes."""
    script = home.folder / "token.sh"
    said = CANARIES["complaint of a command"]
    script.write_text(f'echo "{CANARIES["token"]} {said}"; echo "{said}" >&2; exit 1\n')
    codes = {}
    for name in ("password", "new password"):
        codes[name] = home.folder / f"code-{name[:3]}"
        codes[name].touch(mode=0o600)
        codes[name].write_text(CANARIES[name], encoding="utf-8")
    server.account("li@mail.test", password=CANARIES["password"])
    refusing.account(CANARIES["mail address"], password="another")  # noqa: S106  of no mailbox
    said = f"NO [ALERT] {CANARIES['reply of a server']} {CANARIES['mail address']}"
    refusing.personality = replace(refusing.personality, refused=said)
    accounts = "".join(
        f'[[accounts]]\naddress = "{address}"\nhost = "{of.host}"\nport = {of.port}\n'
        f'ca_file = "{of.ca_file}"\n{code}\n'
        for address, of, code in (
            ("li@mail.test", server, f'code_file = "{codes["password"]}"'),
            (CANARIES["mail address"], refusing, f'code_file = "{codes["new password"]}"'),
            ("token@mail.test", server, f'{_TOKENS} = ["/bin/sh", "{script}"]'),
        )
    )
    home.config.write_text(
        f'{NEVER_QUIET}max_per_minute = 60\n[[sms]]\npath = "{folder}"\n{accounts}',
        encoding="utf-8",
    )
    home.loans.write_text(LEDGER, encoding="utf-8")


_TOKENS: Final = 'sign_in = "xoauth2"\noauth_command'
LEDGER: Final = (
    f'[holder]\nname = "{CANARIES["name"]}"\n'
    f'[[loans]]\nid = "{CANARIES["loan"]}"\nlender = "{CANARIES["lender"]}"\n'
    f'product = "{CANARIES["product"]}"\nstatus = "settled"\nsettled_on = 2024-01-17\n'
    f'monthly_amount = "{CANARIES["amount"]}"\n'
)
NOTICE: Final = (
    f"【{CANARIES['lender']}】{CANARIES['name']}（身份证{CANARIES['identity card']}），您的"
    f"{CANARIES['product']}借款逾期，应还{CANARIES['amount']}元，{CANARIES['body']}，请转账至"
    f"个人账户 {CANARIES['bank card']} 或联系 {CANARIES['telephone']}，"
    f"打开 http://{CANARIES['link']}/huan"
)


async def _bugs(scene: Scene) -> None:
    """Exceptions in a thread, in tasks, in a destructor; warnings; what libraries log."""
    await scene.logged("an exception in a thread", "LookupError")
    await scene.logged("an exception in a task", "RuntimeError < ", " from LookupError")
    await scene.logged("a warning", "py.warnings")
    await scene.met("a destructor that fails", lambda: scene.log.count('"event": "uncaught"') > 3)  # noqa: PLR2004  of the four
    await scene.logged("what libraries log", '"logger": "somebody"', '"logger": "dbus_fast"')


async def _messages(scene: Scene) -> None:
    """Exports: whole, damaged, too much for the child; a bug met by one message."""
    texts = (NOTICE, f"{CANARIES['body of a bug']}{CANARIES['name']}")
    scene.home.drop(
        f"{CANARIES['export']}-1.xml", *texts, sender=CANARIES["number of a sender"], seconds_old=60
    )
    await scene.logged("a bug met by a message", '"event": "message-not-judged"')
    await scene.met("a pop-up", lambda: bool(scene.desktop.sent))
    scene.home.drop(f"{CANARIES['export']}-2.xml", NOTICE, *texts, seconds_old=_HOUR)
    whole = scene.home.sms / f"{CANARIES['export']}-2.xml"
    damaged = whole.with_name(f"{CANARIES['export']}-3.xml")
    damaged.with_suffix(".part").write_bytes(whole.read_bytes()[:-400].replace(b'"', b"", 9))
    os.utime(damaged.with_suffix(".part"), (1_700_000_000, 1_700_000_000))
    damaged.with_suffix(".part").rename(damaged)
    await scene.met(
        "a damaged export",
        lambda: bool(scene.rows("SELECT 1 FROM alerts WHERE summary LIKE '%damage%'")),
    )


async def _crash(scene: Scene) -> None:
    """A child that dies while it reads."""
    killed: list[int] = []

    def one_was_killed() -> bool:
        for child in children(scene.daemon.pid):
            with suppress(OSError):
                if b"watcher.sources" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(child, signal.SIGKILL)
                    killed.append(child)
        return len(killed) > 1

    chat = f"晚上见，{CANARIES['name']}，{CANARIES['body']}"
    texts = [f"{chat}{number}" for number in range(1_500)]
    scene.home.drop(f"{CANARIES['export']}-4.xml", *texts, seconds_old=_HOUR)
    await scene.met("a child that is killed", one_was_killed)


async def _mails(scene: Scene) -> None:
    """Mails: hostile, refused, without a token."""
    now = SystemClock().now()
    account = scene.server.account("li@mail.test")
    for mail in hostile_mails(NOTICE):
        account.deliver("INBOX", mail, received_at=now)
    await scene.logged("a sign-in that is refused", '"state": "refused"')
    await scene.logged("a token command that fails", "secret.no_token")
    await scene.met(
        "a mail that cannot be read",
        lambda: bool(scene.rows(f"{_MAILS} unreadable IS NOT NULL")),
    )
    await scene.met("a fraud in a mail", lambda: bool(scene.rows(f"{_MAILS} verdict <> 'unsure'")))
    since = len(scene.log)
    scene.server.drop_all()
    await scene.logged("a connection that breaks", '"event": "mail"', since=since)


_MAILS: Final = "SELECT 1 FROM messages WHERE channel = 'email' AND"


async def _edits(scene: Scene) -> None:
    """The user's files, saved with mistakes."""
    good = scene.home.loans.read_text(encoding="utf-8")
    wrong = good.replace('"settled"', f'"{CANARIES["note"]}"')
    for name, path, text in (
        ("a ledger with a wrong value", scene.home.loans, wrong),
        ("a ledger that is no TOML", scene.home.loans, f'{good}[[loans\n"{CANARIES["loan"]}'),
        ("settings with a wrong key", scene.home.config, wrong_settings(scene.home)),
        ("a rule with a mistake", scene.home.config.parent / "rules" / "my.toml", WRONG_RULE),
    ):
        before = path.read_text(encoding="utf-8") if path.exists() else None
        since = len(scene.log)
        path.parent.mkdir(exist_ok=True)
        _save(path, text)
        await scene.logged(name, '"event": "user-files-wrong"', since=since)
        if before is None:
            path.unlink()
        else:
            _save(path, before)


def _save(path: Path, text: str) -> None:
    """Write a file as editors do."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.rename(path)


WRONG_RULE: Final = f'[[rules]]\nid = "{CANARIES["rule"]}"\nall = ["{CANARIES["rule"]}"]\nx = 1\n'


def wrong_settings(home: Home) -> str:
    """Return the settings with a key that there is not."""
    settings = home.config.read_text(encoding="utf-8")
    return f'{CANARIES["setting"]} = "{CANARIES["password"]}"\n{settings}'


async def _requests(scene: Scene) -> None:
    """Requests to the control socket: garbage, and such as cannot be carried out."""
    word = CANARIES["request"]
    for number, line in enumerate(
        (
            f"{word}\n".encode(),
            f'{{"version": 1, "is": "close", "case": "{word}"}}\n'.encode(),
            f'{{"version": 1, "is": "{word}"}}\n'.encode(),
            f'{{"version": "{word}"}}\n'.encode(),
            word.encode() * 9_000 + b"\n",
            word.encode(),
        )
    ):
        connection = await asyncio.to_thread(door.connect, scene.home.state, 10)
        if connection is None:
            raise AssertionError("nobody listens")
        with connection, suppress(OSError):
            connection.sendall(line)
            connection.shutdown(1)
            connection.recv(100)
        scene.paths.append(f"garbage {number} to the control socket")
    for command in (
        c.MarkWrong(case=9_999, text=CANARIES["note"]),
        c.AddLoan(loan={"lender": CANARIES["lender"], "status": word}),
        c.SettleLoan(loan=CANARIES["note"], on=word),
        c.NoteLetter(case=1, letter=word),
        c.Scan(paths=(Path(f"/nonexistent/{CANARIES['folder']}"),)),
        c.Scan(accounts=(CANARIES["mail address"], "token@mail.test")),
    ):
        await asyncio.to_thread(scene.answer, command)
        scene.paths.append(f"{type(command).__name__} that cannot be done")


async def _page(scene: Scene) -> None:
    """The page: strangers' requests, and a case that cannot be read."""
    ready = await asyncio.to_thread(scene.answer, c.OpenPage())
    if not isinstance(ready, c.PageReady):
        raise AssertionError(ready)  # noqa: TRY004  no page is no error of type
    text = ready.file.read_text(encoding="utf-8")
    base, _, entry = text.partition("url=")[2].partition('"')[0].partition("/enter")
    word, form = CANARIES["address of the page"], {"text": CANARIES["form"]}
    own = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=base, timeout=WITHIN) as client:
        for given in ({**own, "Host": word}, {**own, "Cookie": word}, {"Origin": word}, own):
            await client.get(f"/{word}?{word}", headers=given)
        await client.get(f"/enter?token={word}", headers={"Sec-Fetch-Site": "cross-site"})
        await client.get(f"/enter{entry}", headers={"Sec-Fetch-Site": "cross-site"})
        for path in (f"/{word}", f"/cases/{word}", f"/cases/99?{word}", "/cases/1"):
            await client.get(path, headers=own)
        for path in ("/cases/1/wrong", f"/{word}", "/loans"):
            await client.post(path, data=form, headers={**own, "Origin": base})
        with closing(sqlite3.connect(scene.home.state / "state.db", timeout=WITHIN)) as database:
            database.execute("UPDATE cases SET summary = ?", (f"{{{NOTICE}",))
            database.commit()
        broken = (await client.get("/", headers=own)).status_code
    if broken < httpx.codes.INTERNAL_SERVER_ERROR:
        raise AssertionError(f"cases that cannot be read were shown: {broken}")
    scene.paths += [f"request {number} of a stranger to the page" for number in range(11)]
    scene.paths.append("a case that the page cannot read")


async def _desktop(scene: Scene) -> None:
    """A desktop that refuses, quoting what it was given; and one that goes away."""
    scene.desktop.refuses = True
    scene.desktop.excuse = f"{CANARIES['error of a desktop']} {NOTICE}"
    scene.home.drop(f"{CANARIES['export']}-5.xml", f"{NOTICE}再次", seconds_old=60)
    await scene.met(
        "a desktop that refuses",
        lambda: scene.desktop.refused > 0,
    )
    scene.desktop.refuses = False


async def _disk(scene: Scene) -> None:
    """A disk that takes nothing more."""
    since = len(scene.log)
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(scene.daemon.pid, resource.RLIMIT_FSIZE, (0, unlimited))
    scene.home.drop(f"{CANARIES['export']}-6.xml", f"{NOTICE}第三次", seconds_old=60)
    await scene.met(
        "a full disk", lambda: '"event": "ended"' in scene.log or _refused(scene, since)
    )
    resource.prlimit(scene.daemon.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


def _refused(scene: Scene, since: int) -> bool:
    said = scene.log[since:]
    return "cannot-save" in said or "source-unavailable" in said or "store." in said


async def _abort(scene: Scene) -> None:
    """An end that would leave a core."""
    os.kill(scene.daemon.pid, signal.SIGABRT)
    await asyncio.to_thread(scene.daemon.wait)
    if os.WCOREDUMP(-scene.daemon.returncode):
        raise AssertionError("a core was written")
    scene.paths.append("an abort")


ACTS = (_bugs, _messages, _crash, _mails, _edits, _requests, _page, _desktop, _disk, _abort)
