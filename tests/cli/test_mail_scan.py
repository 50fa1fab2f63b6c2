import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from bench.imap_server import QQ, ImapServer, stop
from bench.imap_server.mailbox import BEIJING
from bench.imap_server.server import CODE
from tests.cli.running import LOANS, OVERDUE, Run
from tests.mailboxes import mail
from watcher.clock import SystemClock


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer(personality=QQ) as server:
        yield server
        assert server.violations == ()


@pytest.fixture
def account(home: Path, server: ImapServer) -> ImapServer:
    """An account in config.toml, with a notice of today and one of last year."""
    now = SystemClock().now()
    inbox = server.account()
    for number, at in ((1, now - timedelta(days=400)), (2, now)):
        inbox.deliver("INBOX", mail(number, at=at, text=OVERDUE), received_at=at)
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    secret = home / "code"
    secret.touch(mode=0o600)
    secret.write_text(inbox.password)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    (folder / "config.toml").write_text(
        f'[[accounts]]\naddress = "{inbox.user}"\nhost = "{server.host}"\nport = {server.port}\n'
        f'ca_file = "{server.ca_file}"\ncode_file = "{secret}"\n'
    )
    return server


def test_a_scan_without_a_path_looks_into_the_mailboxes_and_reads_nothing_twice(
    run: Run, account: ImapServer
) -> None:
    first = json.loads(run("scan", "--json", "--no-notify").out)
    assert (first["messages"], first["new"]) == (1, 1)
    assert first["accounts"] == [{"address": "zhou@mail.test", "ok": True, "reason": None}]
    assert [row["verdict"] for row in first["open"]] == ["stale"]

    again = json.loads(run("scan", "--json", "--no-notify").out)
    assert (again["messages"], len(again["open"])) == (0, 1)
    assert "没有新消息" in run("scan", "--no-notify").out
    assert len(account.connections) == 3


def test_since_sets_how_far_back_a_first_scan_goes(run: Run, account: ImapServer) -> None:
    found = json.loads(run("scan", "--json", "--no-notify", "--since", "2020-01-01").out)

    assert found["messages"] == 2
    assert account.alive == 0


def test_a_mailbox_that_cannot_be_read_is_named_with_the_reason(
    run: Run, account: ImapServer
) -> None:
    account.account().password = CODE[::-1]
    ran = run("scan", "--no-notify")
    assert ran.code == 3
    assert "zhou@mail.test" in ran.err
    assert "Login fail" in ran.err

    account.account().password = CODE
    account.fault_next(stop("EXAMINE"))
    ran = run("scan", "--json", "--no-notify")
    assert ran.code == 3
    assert not json.loads(ran.out)["accounts"][0]["ok"]
    assert run("scan", "--no-notify").code == 0


def test_an_sms_that_a_phone_forwards_from_another_own_address_is_judged_as_an_sms(
    run: Run, home: Path, account: ImapServer
) -> None:
    now = SystemClock().now()
    at = f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    made = EmailMessage()
    made["From"], made["To"] = "phone@qq.test", "zhou@mail.test"
    made["Subject"], made["Date"] = "SmsForwarder", format_datetime(now)
    made.set_content(f"95555<br>{OVERDUE}<br>SIM1_<br>{at}<br>", subtype="html")
    account.account().deliver("INBOX", made.as_bytes(), received_at=now)
    config = home / "config/loan-watcher/config.toml"
    config.write_text(config.read_text() + 'own_addresses = ["phone@qq.test"]\n')

    run("scan", "--no-notify")
    with closing(sqlite3.connect(home / "state/loan-watcher/state.db")) as database:
        rows = database.execute("SELECT channel, sender FROM messages ORDER BY channel").fetchall()
    assert ("sms", "95555") in rows
