"""Who gets the password, how providers differ, and what is left of a secret afterwards."""

import socket
import traceback
from base64 import b64encode
from collections.abc import Iterator
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
from tests.sources.imap.sessions import (
    MAILS,
    PATIENT,
    QUICK,
    SIGN_IN,
    filled,
    opened,
    read_all,
    says,
)
from watcher.errors import CredentialsRefused, WatcherError
from watcher.sources.imap.connection import Server, connect, tls_context
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn


@pytest.fixture
def server(server: ImapServer) -> ImapServer:
    return filled(server)


@pytest.mark.parametrize("personality", PERSONALITIES, ids=lambda one: one.name)
def test_every_provider_is_read(personality: object) -> None:
    with ImapServer(personality=personality) as server:  # type: ignore[arg-type]
        filled(server)
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


def test_a_line_that_is_cut_without_a_word_is_noticed_by_the_system_too(
    server: ImapServer,
) -> None:
    known = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
    with connect(known, tls_context(known.ca_file), 5) as line:
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        idle, every, probes, unheard = (
            line.getsockopt(socket.IPPROTO_TCP, one)
            for one in (
                socket.TCP_KEEPIDLE,
                socket.TCP_KEEPINTVL,
                socket.TCP_KEEPCNT,
                socket.TCP_USER_TIMEOUT,
            )
        )
    assert idle + every * probes <= 150
    assert 0 < unheard <= 120_000


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
