"""The daemon's control socket, spoken to by friend and foe."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.daemon.home import (
    CHAT,
    QUICK,
    ROOT,
    STALE,
    Home,
    end,
    home_of,
    ready,
    servants,
    until,
)
from watcher.control import commands as c
from watcher.control import door, wire
from watcher.control.asking import ask_daemon
from watcher.errors import UserError, WatcherError
from watcher.store import Casework, Store

HASTY = QUICK.replace("poll=0.3", "request=0.7, poll=0.3")
LATER = datetime(2999, 1, 1, tzinfo=UTC)


def asked(home: Home, command: c.Command) -> c.Answer:
    answer = ask_daemon(command, home.state)
    assert answer is not None
    return answer


@contextmanager
def caller(home: Home) -> Iterator[socket.socket]:
    connection = door.connect(home.state, 10)
    assert connection is not None
    with connection:
        yield connection


def said(connection: socket.socket) -> str | None:
    """Return what a request is refused for; None where it is not even answered."""
    with connection.makefile("rb") as lines:
        line = lines.readline()
    if not line:
        return None
    failure = wire.decode_line(line)
    assert isinstance(failure, WatcherError)
    return failure.says


def lives(home: Home) -> bool:
    """Whether the daemon that was started first is still the one that answers."""
    status = asked(home, c.Ping())
    return isinstance(status, c.Status) and status.pid == home.started[0].pid


def casework(home: Home) -> Casework:
    with Store.open_to_read(home.state) as store:
        return store.casework(1)


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home in which a daemon has found a notice; many tests ask it, none ends it."""
    with home_of(tmp_path_factory.mktemp("common") / "home") as home:
        home.loans.write_text(f"# 我的账本\n{home.loans.read_text()}")
        home.drop("sms-1.xml", STALE)
        ready(home, HASTY)
        asyncio.run(until(lambda: home.alerts() != [], within=20))
        yield home


def test_it_says_how_it_is(common: Home) -> None:
    status = asked(common, c.Ping())

    assert isinstance(status, c.Status)
    assert (status.pid, status.folders, status.mail) == (common.started[0].pid, 1, ())
    assert (common.state / door.FILE).stat().st_mode & 0o777 == 0o600


def test_everything_that_is_done_with_a_case_is_done(common: Home) -> None:
    done: list[c.Deed] = [
        c.TickStep(case=1, checklist="S", step="look", done=True, note="App 里没有待还"),
        c.Choose(case=1, checklist="F+"),
        c.MarkWrong(case=1, text="这不是我的"),
        c.Acknowledge(case=1),
        c.Snooze(case=1, until=LATER),
        c.Close(case=1),
    ]
    assert [asked(common, deed) for deed in done] == [c.Done()] * len(done)

    kept = casework(common)
    assert [(tick.step, tick.note) for tick in kept.ticks] == [("look", "App 里没有待还")]
    assert kept.chosen == ("F+",)
    assert kept.objection is not None
    with Store.open_to_read(common.state) as store:
        assert [row.status for row in store.cases()] == ["done"]


@pytest.mark.parametrize(
    ("deed", "says"),
    [
        (c.Close(case=2), "explain.unknown_id"),
        (c.Close(case=2**70), "explain.unknown_id"),
        (c.Snooze(case=1, until=datetime(2020, 1, 1, tzinfo=UTC)), "cli.alerts.past"),
        (c.TickStep(case=1, checklist="S", step="no", done=True), "control.no_step"),
        (c.Choose(case=1, checklist="S"), "control.no_choice"),
        (c.Confirm(proposal="0" * 16), "control.no_proposal"),
        (c.SettleLoan(loan="zll"), "loan.unknown_id_near"),
        (c.AddLoan(loan={"lender": "招联金融", "due_day": "99"}), "cli.problems"),
        (c.AddLoan(loan={}), "cli.problems"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    common: Home, deed: c.Deed, says: str
) -> None:
    before = common.loans.read_bytes()
    with pytest.raises(UserError) as refused:
        asked(common, deed)
    assert refused.value.says == says
    assert common.loans.read_bytes() == before


def test_loans_are_written_with_comments_kept_and_count_at_once(common: Home) -> None:
    added = asked(common, c.AddLoan(loan={"lender": "不认识的小贷", "opened_on": "2025.3.1"}))
    asked(common, c.SettleLoan(loan="不认识的小贷-2025", on="2026-01-02"))
    asked(common, c.ReopenLoan(loan="zl"))

    assert isinstance(added, c.LoanWritten)
    assert added.edited.id == "不认识的小贷-2025"
    assert [doubt.warning for doubt in added.edited.doubts] == [True]
    text = common.loans.read_text("utf-8")
    assert text.startswith("# 我的账本\n")
    assert "settled_on = 2026-01-02" in text
    assert text.count('status = "active"') == 1
    # The deed that follows is judged by the ledger as it is now.
    with pytest.raises(UserError, match="cli"):
        asked(common, c.AddLoan(loan={"id": "zl", "lender": "招联金融"}))


FORGED = [
    b"\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xff\xfe\x00\n",
    b"[" * 60_000 + b"\n",
    b'{"version": 1}\n',
    b'{"version": 1, "is": "sudo"}\n',
    b'{"version": 1, "is": "close", "case": "1"}\n',
    b'{"version": 1, "is": "scan", "paths": ["../x"], "accounts": [], "since": null}\n',
    b"x" * wire.REQUEST_LIMIT + b"\n",
    b"x" * 1_000_000,
]


def test_what_is_forged_or_too_long_is_refused_and_harms_nothing(common: Home) -> None:
    for line in FORGED:
        with caller(common) as connection:
            try:
                connection.sendall(line)
            except ConnectionError:
                assert len(line) > wire.REQUEST_LIMIT  # it did not want to hear more
            assert said(connection) == "control.not_understood", line[:50]
    with caller(common) as connection:
        connection.sendall(b'{"version": 99, "is": "ping"}\n')
        assert said(connection) == "control.other_version"

    assert lives(common)


def test_who_is_slow_is_left_and_who_comes_too_much_is_told_so(common: Home) -> None:
    with ExitStack() as callers:
        hanging = [callers.enter_context(caller(common)) for _ in range(8)]
        for connection in hanging:
            connection.sendall(b'{"version"')
        with caller(common) as ninth:
            assert said(ninth) == "control.busy"
        assert [said(connection) for connection in hanging] == [None] * 8

    assert lives(common)


def test_who_does_not_take_the_answer_is_left(common: Home) -> None:
    with ExitStack() as callers:
        for _ in range(8):
            connection = callers.enter_context(caller(common))
            connection.sendall(wire.encode_command(c.Ping()))
        asyncio.run(until(lambda: _is_answered(common)))


def _is_answered(home: Home) -> bool:
    try:
        return asked(home, c.Ping()) is not None
    except WatcherError:
        return False


STRANGER = """
import os, socket, sys
os.chdir(sys.argv[1])
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.settimeout(10)
    connection.connect("control")
    try:
        connection.sendall(sys.argv[2].encode())
        print(connection.recv(1000))
    except ConnectionError:
        print(b"")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_is_not_answered_even_where_the_folder_is_open(common: Home) -> None:
    common.state.chmod(0o711)
    (common.state / door.FILE).chmod(0o666)

    line = wire.encode_command(c.Ping()).decode()
    stranger = subprocess.run(
        [sys.executable, "-c", STRANGER, common.state, line],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert stranger.stdout == "b''\n"
    assert lives(common)


def test_a_client_that_hangs_does_not_hold_up_the_end(home: Home) -> None:
    daemon = ready(home)
    with caller(home) as silent, caller(home) as deaf:
        silent.sendall(b'{"version"')
        deaf.sendall(wire.encode_command(c.Ping()))
        code, seconds, log = end(daemon)

    assert code == 0
    assert seconds < 5
    assert '"state": "stopped"' in log
    assert not (home.state / door.FILE).exists()


def big_export(home: Home, messages: int) -> Path:
    """Write an export outside of the watched folder."""
    home.drop("sms-1.xml", *(CHAT.format(number=each) for each in range(messages)))
    return (home.sms / "sms-1.xml").rename(home.folder / "big.xml")


def test_the_end_during_a_scan_comes_soon_and_the_asker_is_told(home: Home) -> None:
    daemon = ready(home)
    path = big_export(home, 150_000)
    with caller(home) as connection:
        connection.sendall(wire.encode_command(c.Scan(paths=(path,))))
        asyncio.run(until(lambda: servants(daemon.pid)))
        code, seconds, _ = end(daemon)
        with connection.makefile("rb") as lines:
            answers = [wire.decode_line(line) for line in lines]

    assert code == 0
    assert seconds < 5
    assert not any(isinstance(answer, c.Scanned) for answer in answers)


def test_a_scan_that_nobody_waits_for_any_more_is_broken_off(common: Home) -> None:
    def given_up() -> int:
        return common.started[0].logged().count('"control.given_up"')

    path, before = big_export(common, 150_000), given_up()
    with caller(common) as connection:
        connection.sendall(wire.encode_command(c.Scan(paths=(path,))))
        asyncio.run(until(lambda: servants(common.started[0].pid)))
    asyncio.run(until(lambda: not servants(common.started[0].pid)))

    asyncio.run(until(lambda: given_up() > before))


def test_other_requests_are_answered_during_a_scan(common: Home) -> None:
    path = big_export(common, 150_000)
    with caller(common) as connection:
        connection.sendall(wire.encode_command(c.Scan(paths=(path,))))
        asyncio.run(until(lambda: servants(common.started[0].pid)))
        assert lives(common)
        assert servants(common.started[0].pid)


def test_nothing_of_what_is_asked_reaches_the_log(home: Home) -> None:
    daemon = ready(home)
    asked(home, c.AddLoan(loan={"lender": "某某小贷", "account_tail": "98761234"}))
    with caller(home) as connection:
        connection.sendall(b'{"version": 1, "is": "Canary-Bird"}\n')
        assert said(connection) == "control.not_understood"

    _, _, log = end(daemon)

    lines = [json.loads(line.partition(">")[2]) for line in log.splitlines()]
    assert [(line["state"], line["says"]) for line in lines if line["event"] == "asked"] == [
        ("addloan", None),
        ("nothing", "control.not_understood"),
    ]
    for word in ("某某", "9876", "Canary", "loans.toml", str(ROOT)):
        assert word not in log


def test_the_page_is_started_and_a_browser_led_to_a_case(common: Home) -> None:
    first, second = asked(common, c.OpenPage()), asked(common, c.OpenPage(case=1))

    assert isinstance(first, c.PageReady)
    assert first == second
    assert first.file.stat().st_mode & 0o777 == 0o600
    assert "127.0.0.1" in first.file.read_text("utf-8")
    assert len(servants(common.started[0].pid)) == 1
    with pytest.raises(UserError, match=r"explain\.unknown_id"):
        asked(common, c.OpenPage(case=7))
