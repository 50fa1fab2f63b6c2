"""Servers that do what Dovecot will not: they stall, drip, flood, lie and refuse."""

import threading
import time
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.imap_server import (
    ID_HATING,
    NETEASE,
    OUTLOOK,
    PERSONALITIES,
    QQ,
    Ending,
    Greeting,
    ImapServer,
    Script,
    certificates,
    reply,
    stall,
    stop,
)
from bench.imap_server.server import CODE, TOKEN, USER
from tests.sources.imap.mails import Piece, as_mail
from watcher.errors import CredentialsRefused, SourceUnavailable, WatcherError
from watcher.sources.imap.assembly import assemble
from watcher.sources.imap.connection import Limits, Server
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn

MAILS = [
    as_mail(Piece((b"Content-Type: text/plain; charset=utf-8",), f"第{n}封".encode() * 30))
    for n in range(1, 9)
]
QUICK = Limits(connect=5, command=0.4, idle=1)
PATIENT = Limits(connect=5, command=20, idle=1)
SIGN_IN = SignIn(user=USER, secret=CODE)


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        for mail in MAILS:
            running.account().deliver("INBOX", mail)
        yield running
        assert running.violations == ()


def opened(server: ImapServer, sign_in: SignIn = SIGN_IN, limits: Limits = QUICK) -> MailboxSession:
    known = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
    return MailboxSession.open(known, sign_in, limits=limits)


def read_all(session: MailboxSession) -> list[bytes]:
    """Do what the reading of a folder does, and return the mails."""
    assert session.folders()
    session.status("INBOX")
    state = session.examine("INBOX")
    entries = session.entries(1, state.exists)
    outlines = session.outlines([one.uid for one in entries])
    fetched = session.parts({one.uid: one.parts or () for one in outlines})
    made = [assemble(one.header, one.parts or (), fetched.get(one.uid, {})) for one in outlines]
    session.whole(entries[0].uid)
    session.wait(0.02)
    assert session.entries_from(entries[-1].uid)
    return [mail for mail in made if mail is not None]


def says(call: Callable[[], object]) -> str:
    """Return the failure that a call ends with; it carries nothing of what was said."""
    with pytest.raises((SourceUnavailable, CredentialsRefused)) as failed:
        call()
    assert failed.value.__context__ is None
    assert isinstance(failed.value, WatcherError)
    return failed.value.says


@pytest.mark.parametrize("personality", PERSONALITIES, ids=lambda one: one.name)
def test_every_provider_is_read(personality: object) -> None:
    with ImapServer(personality=personality) as server:  # type: ignore[arg-type]
        for mail in MAILS:
            server.account().deliver("INBOX", mail)
        token = personality is OUTLOOK
        sign_in = SignIn(user=USER, secret=TOKEN, mechanism="xoauth2") if token else SIGN_IN
        session = opened(server, sign_in, PATIENT)
        assert read_all(session) == MAILS
        session.close()
        assert server.violations == ()
        used = {one.name for one in server.commands}
        assert ("IDLE" in used) == session.can_idle
        assert "SEARCH" not in used


def test_a_provider_that_wants_to_know_us_refuses_folders_otherwise() -> None:
    with ImapServer(personality=NETEASE) as server:
        known = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
        server.account().deliver("INBOX", MAILS[0])
        session = MailboxSession.open(known, SIGN_IN, identify=False, limits=QUICK)
        with pytest.raises(CredentialsRefused) as refused:
            session.examine("INBOX")
        assert "Unsafe Login" in str(refused.value.values["reply"])
        session.close()


def test_a_server_that_hates_to_be_told_who_we_are_is_read() -> None:
    with ImapServer(personality=ID_HATING) as server:
        server.account().deliver("INBOX", MAILS[0])
        session = opened(server)
        assert session.examine("INBOX").exists == 1
        session.close()


def test_a_refusal_for_all_causes_is_shown_as_the_server_wrote_it() -> None:
    with ImapServer(personality=QQ) as server:
        server.account()
        with pytest.raises(CredentialsRefused) as refused:
            opened(server, SignIn(user=USER, secret="cuo"))  # noqa: S106
        assert str(refused.value.values["reply"]).startswith("Login fail. Account is abnormal")


@pytest.mark.parametrize(
    ("answer", "says_it"),
    [
        ("NO [AUTHENTICATIONFAILED] no", "imap.refused"),
        ("NO [UNAVAILABLE] later", "imap.busy"),
        ("NO Too many simultaneous connections", "imap.busy"),
        ("BAD command disabled", "imap.refused"),
        (f"NO {USER} {CODE} is wrong", "imap.refused"),
    ],
)
def test_each_answer_to_the_password_has_its_words(
    server: ImapServer, answer: str, says_it: str
) -> None:
    server.fault_next(reply("LOGIN", answer))
    with pytest.raises(WatcherError) as failed:
        opened(server)
    assert failed.value.says == says_it
    assert CODE not in str(failed.value.values)
    assert USER not in str(failed.value.values)


@pytest.mark.parametrize(
    "greeting",
    [one for one in Greeting if one is not Greeting.OK],
)
def test_a_server_that_is_not_what_it_should_be_gets_no_password(
    server: ImapServer, greeting: Greeting
) -> None:
    server.fault_next(Script(greeting=greeting))
    known = {
        Greeting.PREAUTH: "imap.preauth",
        Greeting.BYE: "imap.bye",
        Greeting.NOT_IMAP: "imap.nonsense",
    }
    assert says(lambda: opened(server)) == known.get(greeting, "imap.tls")
    assert not [one for one in server.commands if one.name in {"LOGIN", "AUTHENTICATE"}]
    assert not [one for one in server.commands if CODE in one.text]


@pytest.mark.parametrize("wrong", ["other name", "expired", "unknown", "old"])
def test_a_server_that_proves_nothing_gets_not_a_byte(wrong: str) -> None:
    bad = {
        "other name": certificates(names=("other.test",)),
        "expired": certificates(expired=True),
    }.get(wrong, certificates())
    with ImapServer(certificates=bad, old_tls=wrong == "old") as server:
        server.account()
        trusted = certificates().ca_file if wrong == "unknown" else Path(server.ca_file)
        if wrong == "unknown":
            trusted = certificates(names=("other.test",)).ca_file
        known = Server(host=server.host, port=server.port, ca_file=Path(trusted))
        said = says(lambda: MailboxSession.open(known, SIGN_IN, limits=QUICK))
        assert said == ("imap.tls" if wrong == "old" else "imap.certificate")
        assert server.commands == ()


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


@pytest.mark.parametrize("secret", [CODE, "授权码一二三"])
@pytest.mark.parametrize("mechanism", ["password", "xoauth2"])
@pytest.mark.parametrize(
    "script",
    [
        Script(),
        stop("LOGIN"),
        stop("AUTHENTICATE", Ending.BYE),
        reply("LOGIN", "NO no"),
        reply("AUTHENTICATE", "BAD no"),
        stall("AUTHENTICATE"),
    ],
    ids=lambda script: f"{script.stop_at} {script.ending} {dict(script.replies)}",
)
def test_no_traceback_holds_the_secret(
    server: ImapServer, script: Script, mechanism: str, secret: str
) -> None:
    server.fault_next(script)
    if not script.stop_at and not script.replies:
        secret = f"cuo-{secret}"
    sign_in = SignIn(user=USER, secret=secret, mechanism=mechanism)  # type: ignore[arg-type]
    try:
        opened(server, sign_in, replace(QUICK, command=0.1)).close()
    except WatcherError as failed:  # some of these sign in
        shown = "".join(ours(failed))
        for trace in (secret, b64encode(secret.encode()).decode()):
            assert trace not in shown
        assert "SignIn(mechanism=" in shown


def ours(failed: BaseException) -> Iterator[str]:
    """Yield the text of a failure and the variables of our own frames that it passed."""
    yield repr((failed.args, vars(failed), failed.__context__, failed.__cause__))
    for frame, _ in traceback.walk_tb(failed.__traceback__):
        if "watcher" in Path(frame.f_code.co_filename).parts:
            yield from map(repr, frame.f_locals.values())
