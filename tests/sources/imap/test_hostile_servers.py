"""Servers that do what Dovecot will not: they stall, drip, flood and lie."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.imap_server import NETEASE, Ending, ImapServer, Script, reply, stall, stop
from tests.sources.imap.sessions import MAILS, PATIENT, QUICK, filled, opened, read_all, says
from watcher.errors import SourceUnavailable
from watcher.sources.imap.session import MailboxSession


@pytest.fixture
def server(server: ImapServer) -> ImapServer:
    return filled(server)


MOMENTS = ["accept", "tls", "greeting", "LOGIN", "LIST", "STATUS", "EXAMINE", "FETCH", "literal"]
MOMENTS += ["LOGIN.done", "ID", "NOOP", "IDLE", "idling", "DONE"]
NO_LINE = ("literal", "endless")
WRONG: dict[str, Callable[[str], Script]] = {
    "stall": stall,
    "close": stop,
    "close_tls": lambda moment: stop(moment, Ending.CLOSE_TLS),
    "reset": lambda moment: stop(moment, Ending.RESET),
    "bye": lambda moment: stop(moment, Ending.BYE),
    "endless": lambda moment: Script(endless_line_at=moment),
}


@pytest.mark.parametrize(
    ("moment", "wrong"),
    # Inside a literal there are no lines.
    [(moment, wrong) for moment in MOMENTS for wrong in WRONG if (moment, wrong) != NO_LINE],
)
def test_what_goes_wrong_at_any_moment_ends_in_time(
    server: ImapServer, moment: str, wrong: str
) -> None:
    server.fault_next(WRONG[wrong](moment))
    limits = replace(QUICK, connect=0.4, command=0.15, idle=0.02)
    started = time.monotonic()
    said = says(lambda: read_all(opened(server, limits=limits)))
    assert time.monotonic() - started < 3
    assert said.startswith("imap.")
    assert said != "imap.refused"


@pytest.mark.parametrize("moment", ["LOGIN", "FETCH", "literal", "DONE"])
def test_a_server_that_drips_is_left_in_time(server: ImapServer, moment: str) -> None:
    server.fault_next(Script(drip_at=moment, drip_seconds=0.02))
    started = time.monotonic()
    assert says(lambda: read_all(opened(server, limits=QUICK))) == "imap.timeout"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("moment", ["FETCH", "idling", "DONE"])
def test_a_server_that_only_says_it_is_still_here_holds_nobody(
    server: ImapServer, moment: str
) -> None:
    server.fault_next(Script(still_here_at=moment, drip_seconds=0.01))
    session = opened(server, limits=replace(QUICK, idle=0.3))
    session.examine("INBOX")
    started = time.monotonic()
    try:
        session.entries(1, 8)
        assert session.wait(5) is False
    except SourceUnavailable as failed:
        assert failed.says == "imap.timeout"  # noqa: PT017  either is a way to end in time
    assert time.monotonic() - started < 2
    session.close()


def test_a_literal_that_was_not_asked_for_is_not_waited_for(server: ImapServer) -> None:
    server.fault_next(Script(huge_literal_at="FETCH"))
    session = opened(server, limits=PATIENT)
    session.examine("INBOX")
    assert says(lambda: session.whole(1)) == "imap.too_much"
    assert says(lambda: session.examine("INBOX")) == "imap.too_much"


def test_what_nobody_asked_for_changes_nothing(server: ImapServer) -> None:
    noise = b"* 3 EXISTS\r\n* OK hello\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* FLAGS (a)\r\n"
    server.script = Script(
        others_first=True,
        interjections=dict.fromkeys(("LOGIN", "EXAMINE", "STATUS", "LIST", "NOOP"), noise),
    )
    session = opened(server, limits=PATIENT)
    state = session.examine("INBOX")
    assert [one.uid for one in session.entries(2, 3)] == [2, 3]
    assert [one.uid for one in session.outlines([2, 3])] == [2, 3]
    assert session.whole(3) == MAILS[2]
    assert state.uidvalidity
    session.close()


def test_mails_without_bodies_or_gone_are_left_out(server: ImapServer) -> None:
    server.fault_next(Script(nil_bodies=True), Script(vanishing=frozenset({2})))
    session = opened(server)
    session.examine("INBOX")
    assert session.outlines([1, 2]) == ()
    assert session.whole(1) is None
    session.close()
    session = opened(server)
    session.examine("INBOX")
    assert [one.uid for one in session.outlines([1, 2, 3])] == [1, 3]
    assert session.whole(2) is None
    session.close()


def test_a_folder_without_its_numbers_is_opened(server: ImapServer) -> None:
    server.fault_next(Script(says_uidnext=False, says_uidvalidity=False))
    session = opened(server)
    state = session.examine("INBOX")
    assert (state.uidvalidity, state.uidnext, state.exists) == (0, None, 8)
    assert session.status("INBOX") == state
    session.close()


@pytest.mark.parametrize("when", ["before", "with", "after"])
@pytest.mark.parametrize("recent_only", [False, True])
def test_no_way_to_tell_of_new_mail_is_missed(
    server: ImapServer,
    when: str,
    recent_only: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    account = server.account()
    server.fault_next(
        Script(
            news_at_idle=when,  # type: ignore[arg-type]
            recent_only=recent_only,
            hooks={"IDLE": lambda: account.deliver("INBOX", MAILS[0])},
        )
    )
    session = opened(server, limits=replace(PATIENT, idle=10))
    session.examine("INBOX")
    started = time.monotonic()
    assert session.wait(10)
    assert time.monotonic() - started < 5
    session.close()


def test_a_server_that_repeats_its_counts_tells_no_news(server: ImapServer) -> None:
    repeated = b"* 8 EXISTS\r\n* 0 RECENT\r\n"
    server.script = Script(interjections={"NOOP": repeated, "IDLE": repeated})
    session = opened(server)
    session.examine("INBOX")
    session.wait(0.01)
    assert not session.wait(0.05)
    session.close()


@pytest.mark.parametrize("answer", ["NO not today", "BAD what is IDLE"])
def test_a_server_that_refuses_to_idle_is_asked_again_after_a_while(
    server: ImapServer, answer: str
) -> None:
    server.fault_next(reply("IDLE", answer))
    session = opened(server)
    session.examine("INBOX")
    idles = [session.can_idle]
    started = time.monotonic()
    assert not session.wait(0.1)
    assert time.monotonic() - started >= 0.1
    idles.append(session.can_idle)
    assert idles == [True, False]
    server.account().deliver("INBOX", MAILS[0])
    assert session.wait(0.1)
    session.close()


def test_stopping_ends_each_kind_of_waiting() -> None:
    with ImapServer(personality=NETEASE) as server:
        server.account().deliver("INBOX", MAILS[0])
        for moment in ("EXAMINE", "FETCH", None):
            server.fault_next(Script() if moment is None else stall(moment))
            session = opened(server, limits=PATIENT)
            stopped: list[float] = []

            def stop_it(session: MailboxSession = session, at: list[float] = stopped) -> None:
                at.append(time.monotonic())
                session.stop()

            threading.Timer(0.1, stop_it).start()

            def look(session: MailboxSession = session) -> None:
                session.examine("INBOX")
                session.entries(1, 1)
                session.wait(20)

            assert says(look) == "imap.closed"
            assert time.monotonic() - stopped[0] < 0.1


def test_goodbye_takes_no_longer_than_it_may(server: ImapServer) -> None:
    server.fault_next(stall("LOGOUT"))
    session = opened(server, limits=replace(QUICK, command=0.2))
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < 2


def test_a_flood_of_short_lines_is_cut_off(server: ImapServer) -> None:
    server.fault_next(
        Script(interjections={"STATUS": (b"* OK " + b"flood" * 800 + b"\r\n") * 2000})
    )
    session = opened(server, limits=PATIENT)
    assert says(lambda: session.status("INBOX")) == "imap.too_much"
