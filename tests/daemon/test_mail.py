import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from bench.imap_server import NETEASE, ImapServer, stall
from tests.daemon.home import NEVER_QUIET, QUICK, STALE, Home, end, line_of, ready, until
from tests.mailboxes import mail
from tests.notification_server import NotificationServer
from watcher.clock import SystemClock

BLIND = QUICK.replace("sys.exit", "from watcher.daemon import mail\nmail.BLIND = 0.5\nsys.exit")


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server
        assert server.violations == ()


def _watch(home: Home, *servers: ImapServer, code: str = "code-1234") -> Path:
    """Write a configuration with one account at each server."""
    secret = home.folder / "code"
    secret.touch(mode=0o600)
    secret.write_text(code)
    accounts = [NEVER_QUIET]
    for number, server in enumerate(servers):
        user = _user(number)
        server.account(user)
        accounts.append(
            f'[[accounts]]\naddress = "{user}"\n'
            f'host = "{server.host}"\nport = {server.port}\n'
            f'ca_file = "{server.ca_file}"\ncode_file = "{secret}"\n'
        )
    home.config.write_text("".join(accounts))
    return secret


def _user(number: int) -> str:
    return f"zhou{number or ''}@mail.test"


def _stale(server: ImapServer, number: int, text: str = STALE, folder: str = "INBOX") -> None:
    now = SystemClock().now()
    server.account().deliver(folder, mail(number, at=now, text=text), received_at=now)


def _rows(home: Home, query: str) -> list[tuple[object, ...]]:
    try:
        with sqlite3.connect(f"file:{home.state / 'state.db'}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def _checked(home: Home) -> int:
    return len(_rows(home, "SELECT 1 FROM cursors WHERE checked_at IS NOT NULL"))


def _told(home: Home, phrase: str) -> list[object]:
    """Return the states of the alerts that say so."""
    return [
        state
        for state, summary in _rows(home, "SELECT state, summary FROM alerts")
        if phrase in str(summary)
    ]


def test_a_mail_that_comes_is_shown_within_seconds_and_kept_whole(
    home: Home, bus: str, server: ImapServer
) -> None:
    home.bus = bus
    _watch(home, server)

    async def scene() -> None:
        async with NotificationServer.at(bus) as desktop:
            daemon = await asyncio.to_thread(ready, home)
            await until(lambda: _checked(home) == 2, within=20)
            _stale(server, 1)
            began = asyncio.get_running_loop().time()
            await desktop.next(within=10)
            assert asyncio.get_running_loop().time() - began < 5

            await until(lambda: [*(home.state / "evidence").glob("*.eml")] != [])
            [kept] = (home.state / "evidence").glob("*.eml")
            assert b"1352.29" not in kept.read_bytes()[:10]
            code, seconds, _ = await asyncio.to_thread(end, daemon)
            assert (code, seconds < 5) == (0, True)

    asyncio.run(scene())


def test_the_past_of_all_folders_is_told_of_in_one_summary(
    home: Home, bus: str, server: ImapServer
) -> None:
    home.bus = bus
    _watch(home, server)
    for number in range(4):
        _stale(server, number, STALE.replace("1352.29", f"{number}52.29"))
        _stale(server, 10 + number, STALE.replace("1352.29", f"{number}53.29"), "垃圾邮件")

    async def scene() -> None:
        async with NotificationServer.at(bus) as desktop:
            await asyncio.to_thread(ready, home)
            await desktop.next(within=20)
            await until(lambda: _checked(home) == 2, within=20)
            assert len(_rows(home, "SELECT 1 FROM alerts WHERE state <> 'digest'")) == 1

    asyncio.run(scene())


def test_a_wrong_code_is_tried_twice_told_of_once_and_mended_without_a_restart(
    home: Home, server: ImapServer
) -> None:
    server.personality = NETEASE
    secret = _watch(home, server, code="错的")
    quickly = QUICK.replace(
        "sys.exit",
        "from watcher.sources.imap import mailbox\n"
        "mailbox.ASK_AGAIN = mailbox.ASK_AGAIN_REFUSED = 0.3\nsys.exit",
    )

    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home, quickly)
        await until(lambda: _told(home, "daemon.mail_refused") == ["pending"], within=20)
        tries = len(server.connections)
        assert tries == 2
        await asyncio.sleep(1)
        assert len(server.connections) == tries

        secret.write_text("code-1234")
        await until(lambda: _told(home, "daemon.mail_refused") == ["acked"], within=20)
        code, _, log = await asyncio.to_thread(end, daemon)
        assert code == 0
        assert "错的" not in log
        assert "zhou" not in log
        for file in (one for one in home.state.rglob("*") if one.is_file()):
            content = file.read_bytes()
            assert "错的".encode() not in content
            assert b"code-1234" not in content

    asyncio.run(scene())


def test_an_account_that_cannot_be_read_for_long_is_told_of_and_taken_back(
    home: Home, server: ImapServer
) -> None:
    _watch(home, server)
    server.down()

    async def scene() -> None:
        await asyncio.to_thread(ready, home, BLIND)
        await until(lambda: _told(home, "daemon.mail_blind") == ["pending"], within=20)
        server.up()
        await until(lambda: _told(home, "daemon.mail_blind") == ["acked"], within=60)

    asyncio.run(scene())


def test_a_folder_that_is_gone_and_a_code_that_is_missing_are_told_of_and_taken_back(
    home: Home, server: ImapServer
) -> None:
    secret = _watch(home, server, server)
    missing = home.folder / "later"
    first, second = home.config.read_text().rsplit("[[accounts]]", 1)
    second = second.replace(str(secret), str(missing))
    home.config.write_text(f'{first}folders = ["INBOX", "旧账单"]\n[[accounts]]{second}')
    quickly = QUICK.replace(
        "sys.exit",
        "from watcher.daemon import mail\nfrom watcher.sources.imap import mailbox, rounds\n"
        "mail.BLIND, rounds.EARLY = 2, 0\n"
        "mailbox.IDLE = rounds.IDLE = mailbox.ASK_AGAIN = 0.3\nsys.exit",
    )

    async def scene() -> None:
        daemon = await asyncio.to_thread(ready, home, quickly)
        await until(lambda: _told(home, "daemon.mail_no_code") == ["pending"], within=20)
        await until(lambda: _told(home, "daemon.mail_folder") == ["pending"], within=30)
        server.account(_user(0)).folder("旧账单")
        missing.touch(mode=0o600)
        missing.write_text("code-1234")
        await until(lambda: _told(home, "daemon.mail_no_code") == ["acked"], within=20)
        await until(lambda: _told(home, "daemon.mail_folder") == ["acked"], within=20)
        await asyncio.to_thread(end, daemon)

    asyncio.run(scene())


def test_it_ends_in_time_whatever_servers_do_not_say(home: Home) -> None:
    moments = {"tls": None, "LOGIN": "LOGIN", "FETCH": "FETCH", "idling": "IDLE"}
    with ExitStack() as stack:
        servers = [stack.enter_context(ImapServer()) for _ in moments]
        _watch(home, *servers)
        for number, (server, moment) in enumerate(zip(servers, moments, strict=True)):
            account = server.account(_user(number))
            account.deliver("INBOX", mail(1), received_at=SystemClock().now())
            server.script = stall(moment)

        daemon = ready(home)
        for server, said in zip(servers, moments.values(), strict=True):
            assert server.until(partial(_has_heard, server, said), seconds=30)
        code, seconds, _ = end(daemon)
        assert code == 0
        assert seconds < 5
        assert [server.violations for server in servers] == [()] * len(servers)


def _has_heard(server: ImapServer, command: str | None) -> bool:
    """Whether a server was sent a command; None: whether anybody came at all."""
    if command is None:
        return bool(server.connections)
    return any(one.name == command for one in server.commands)


def test_after_a_restart_nothing_is_fetched_again(home: Home, server: ImapServer) -> None:
    _watch(home, server)
    for number in range(5):
        _stale(server, number)
    first = ready(home)
    line_of(first, "mail-read")
    assert server.until(lambda: any(one.name == "IDLE" for one in server.commands), seconds=20)
    end(first)

    before = len(server.commands)
    ready(home)
    assert server.until(
        lambda: any(one.name == "IDLE" for one in server.commands[before:]), seconds=20
    )
    assert not [one for one in server.commands[before:] if "HEADER" in one.text]
