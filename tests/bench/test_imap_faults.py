import imaplib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from bench.imap_server import (
    Ending,
    Greeting,
    ImapServer,
    Script,
    cut,
    reply,
    stall,
    stop,
)
from tests.conftest import LONG
from tests.imap_client import SHORT, Client, connected, fetch, signed_in

STEP = 1 if os.environ.get(LONG) else 97
GONE = (imaplib.IMAP4.abort, OSError, EOFError)


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        server.account().deliver("INBOX", SHORT, SHORT)
        yield server


def read_on(server: ImapServer) -> None:
    """Sign in, read everything, and leave."""
    with signed_in(server) as client:
        fetch(client, "1:*", "(UID BODY.PEEK[])")
        client.logout()


def silent(client: Client) -> None:
    """Fail unless nothing comes for a while."""
    client.sock.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.readline()


def test_a_cut_comes_after_exactly_as_many_bytes_as_asked(server: ImapServer) -> None:
    read_on(server)
    assert server.until(lambda: server.alive == 0)
    whole = server.connections[0].sent
    assert whole > 5 * STEP
    for after in range(0, whole, STEP):
        server.fault_next(cut(after))
        with suppress(*GONE):  # an end during LOGOUT is none to the client
            read_on(server)
        assert server.until(lambda: server.alive == 0)
        assert server.connections[-1].sent == after
    read_on(server)


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.CLOSE_TLS, Ending.RESET])
def test_a_connection_ends_as_asked(server: ImapServer, ending: Ending) -> None:
    server.fault_next(stop("greeting", ending))
    context = ssl.create_default_context(cafile=server.ca_file)
    with (
        socket.create_connection((server.host, server.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=server.host) as secure,
    ):
        assert secure.recv(1000).startswith(b"* OK")
        below = secure.fileno()  # what comes beneath TLS, which would not tell these apart
        select.select([below], [], [], 5)
        if ending is Ending.RESET:
            with pytest.raises(ConnectionResetError):
                os.read(below, 1000)
            return
        alert = os.read(below, 1000)
        assert bool(alert) is (ending is Ending.CLOSE_TLS)


def test_bye_is_said_before_the_end(server: ImapServer) -> None:
    server.fault_next(stop("FETCH", Ending.BYE))
    with signed_in(server) as client:
        client.send(b"A FETCH 1 (UID)\r\n")
        assert client.line().startswith("* BYE")
        with pytest.raises(EOFError):
            client.line()


@pytest.mark.parametrize("moment", ["accept", "tls", "greeting"])
def test_a_server_can_be_silent_from_the_beginning(server: ImapServer, moment: str) -> None:
    server.fault_next(stall(moment))
    context = ssl.create_default_context(cafile=server.ca_file)
    with pytest.raises(TimeoutError):
        imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=0.1)
    assert server.commands == ()


@pytest.mark.parametrize(
    ("moment", "answered"),
    [("LOGIN", 0), ("LOGIN.done", 1), ("EXAMINE", 1), ("FETCH.done", 3)],
)
def test_a_server_can_fall_silent_at_a_command(
    server: ImapServer, moment: str, answered: int
) -> None:
    server.fault_next(stall(moment))
    commands = ["LOGIN zhou@mail.test code-1234", "EXAMINE INBOX", "FETCH 1 UID", "NOOP"]
    with connected(server) as client:
        for command in commands[:answered]:
            assert client.command(command)[0] == "OK"
        client.send(f"A {commands[answered]}\r\n".encode())
        silent(client)


def test_a_server_can_fall_silent_within_a_literal(server: ImapServer) -> None:
    server.fault_next(stall("literal", occurrence=2))
    with signed_in(server) as client:
        client.send(b"A UID FETCH 1:2 (BODY.PEEK[])\r\n")
        assert client.line() == "* 1 FETCH (UID 1 BODY[] {26}"
        assert client.read(29) == SHORT + b")\r\n"
        assert client.line() == "* 2 FETCH (UID 2 BODY[] {26}"
        assert client.read(13) == SHORT[:13]
        silent(client)


@pytest.mark.parametrize("moment", ["idling", "DONE"])
def test_a_server_can_fall_silent_around_idle(server: ImapServer, moment: str) -> None:
    server.fault_next(stall(moment))
    with signed_in(server) as client:
        client.send(b"A IDLE\r\n")
        assert client.line() == "+ idling"
        client.send(b"DONE\r\n")
        silent(client)


def test_a_link_can_freeze_and_all_can_be_dropped(server: ImapServer) -> None:
    with signed_in(server) as frozen, signed_in(server) as idle:
        idle.send(b"A IDLE\r\n")
        idle.line()
        server.end_all(Ending.STALL)
        server.account().deliver("INBOX", SHORT)
        for client in (frozen, idle):
            client.send(b"DONE\r\n")
            silent(client)
        server.drop_all()
        assert server.until(lambda: server.alive == 0)
    read_on(server)


def test_bye_can_come_in_the_middle_of_idle(server: ImapServer) -> None:
    with signed_in(server) as client:
        client.send(b"A IDLE\r\n")
        assert client.line() == "+ idling"
        server.end_all(Ending.BYE)
        assert client.line() == "* BYE Server is going away"


def test_the_server_counts_what_tcp_carries(server: ImapServer) -> None:
    with signed_in(server) as client:
        before = server.traffic
        server.account().deliver("INBOX", b"x" * 10_000)
        client.noop()
        assert 0 < server.traffic - before < 1000
        fetch(client, "3", "(BODY.PEEK[])")
        assert 10_000 < server.traffic - before < 11_000
    assert server.until(lambda: server.alive == 0)
    assert server.traffic - before > 10_000


def test_an_outage_refuses_connections_until_it_is_over(server: ImapServer) -> None:
    port = server.port
    with signed_in(server) as client:
        server.down()
        with pytest.raises(GONE):
            client.command("NOOP")
    with pytest.raises(ConnectionRefusedError):
        Client(server)
    server.up()
    assert server.port == port
    read_on(server)


def test_a_server_can_drip_and_talk_without_an_end(server: ImapServer) -> None:
    server.fault_next(
        Script(drip_at="FETCH", drip_seconds=0.01),
        Script(still_here_at="DONE", drip_seconds=0.01),
        Script(endless_line_at="NOOP"),
        Script(huge_literal_at="FETCH"),
    )
    with signed_in(server) as client:
        begun = time.monotonic()
        fetch(client, "1", "(UID)")
        assert time.monotonic() - begun > 0.2
    with signed_in(server) as client:
        client.send(b"A IDLE\r\nDONE\r\n")
        assert [client.line() for _ in range(4)] == ["+ idling", *["* OK Still here"] * 3]
    with signed_in(server) as client, pytest.raises(imaplib.IMAP4.error, match="more than"):
        client.noop()
    with signed_in(server) as client:
        client.send(b"A FETCH 1 (BODY.PEEK[])\r\n")
        assert client.line().endswith("{2000000000}")
        assert client.read(1000) == b"x" * 1000
        silent(client)


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        (Greeting.PLAINTEXT, b"* OK"),
        (Greeting.PLAINTEXT_PREAUTH, b"* PREAUTH"),
        (Greeting.STARTTLS, b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED]"),
    ],
)
def test_a_server_without_tls_greets_in_the_clear_and_notes_credentials(
    server: ImapServer, greeting: Greeting, says: bytes
) -> None:
    server.fault_next(Script(greeting=greeting), Script(greeting=greeting))
    with pytest.raises(ssl.SSLError):
        Client(server)
    with socket.create_connection((server.host, server.port), 5) as plain:
        assert plain.recv(1000).startswith(says)
        plain.sendall(b"a LOGIN zhou@mail.test code-1234\r\n")
        assert plain.recv(1000).startswith(b"a BAD")
    assert server.violations == ("LOGIN zhou@mail.test code-1234",)


@pytest.mark.parametrize(
    ("greeting", "says"),
    [(Greeting.PREAUTH, b"* PREAUTH"), (Greeting.BYE, b"* BYE"), (Greeting.NOT_IMAP, b"220")],
)
def test_a_server_can_greet_strangely(server: ImapServer, greeting: Greeting, says: bytes) -> None:
    server.fault_next(Script(greeting=greeting))
    context = ssl.create_default_context(cafile=server.ca_file)
    with (
        socket.create_connection((server.host, server.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=server.host) as secure,
    ):
        assert secure.recv(1000).startswith(says)


def test_answers_can_be_put_in_place_of_others_and_between_them(server: ImapServer) -> None:
    server.fault_next(
        reply("EXAMINE", "NO [INUSE] Try later"),
        Script(interjections={"FETCH": b"* 9 EXISTS\r\n* 1 EXPUNGE\r\n"}, others_first=True),
        Script(nil_bodies=True),
        Script(literal_error=5),
        Script(vanishing=frozenset({2})),
    )
    with signed_in(server, None) as client:
        assert client.select(readonly=True) == ("NO", [b"[INUSE] Try later"])
    with signed_in(server) as client:
        assert client.command("FETCH 1:2 (UID)")[1][:8] == [
            "* 1 FETCH (FLAGS (\\Seen))",
            "* 2 FETCH (UID 4000000000 FLAGS (\\Seen))",
            "* 1 FETCH (UID 1)",
            "* 9 EXISTS",
            "* 1 EXPUNGE",
            "* 2 FETCH (UID 2)",
            "* 9 EXISTS",
            "* 1 EXPUNGE",
        ]
    with signed_in(server) as client:
        assert fetch(client, "1", "(BODY.PEEK[1])") == [b"1 (UID 1 BODY[1] NIL)"]
    with signed_in(server) as client:
        client.send(b"A UID FETCH 1 (BODY.PEEK[])\r\n")
        assert client.line().endswith("{31}")
        assert client.read(29) == SHORT + b")\r\n"
    with signed_in(server) as client:
        assert fetch(client, "1:2", "(RFC822.SIZE)") != [b"1 (UID 1 RFC822.SIZE 26)"]
        assert fetch(client, "1:2", "(RFC822.SIZE BODYSTRUCTURE)")[1:] == []


def test_what_a_folder_is_said_to_hold_can_be_incomplete(server: ImapServer) -> None:
    server.fault_next(Script(says_uidnext=False, says_uidvalidity=False, recent_only=True))
    with signed_in(server) as client:
        _, lines = client.command("EXAMINE INBOX")
        assert not any("UIDNEXT" in line or "UIDVALIDITY" in line for line in lines)
        [status] = client.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY)")[1]
        assert status == b'"INBOX" (MESSAGES 2)'
        server.account().deliver("INBOX", SHORT)
        assert client.command("NOOP")[1][0] == "* 1 RECENT"


@pytest.mark.parametrize("where", ["before", "with", "after"])
def test_mail_that_comes_with_idle_is_told_where_the_script_says(
    server: ImapServer, where: str
) -> None:
    hook = {"IDLE": lambda: server.account().deliver("INBOX", SHORT)}
    server.fault_next(Script(hooks=hook, news_at_idle=where))  # type: ignore[arg-type]
    news = ["* 3 EXISTS", "* 1 RECENT"]
    with signed_in(server) as client:
        client.send(b"A IDLE\r\n")
        wanted = [*news, "+ idling"] if where == "before" else ["+ idling", *news]
        assert [client.line() for _ in range(3)] == wanted


def test_one_folder_or_one_mail_can_be_bad(server: ImapServer) -> None:
    server.account().folder("垃圾邮件").refused = "NO [SERVERBUG] Not now"
    server.script = Script(poison=frozenset({2}), poison_answer="BAD Cannot read it")
    with signed_in(server) as client:
        assert client.command('STATUS "&V4NXPpCuTvY-" (UIDNEXT)')[0] == "NO"
        assert client.command("UID FETCH 1:2 (RFC822.SIZE)")[0] == "OK"
        assert client.command("UID FETCH 1:2 (BODY.PEEK[])")[0] == "BAD"
        assert client.command("UID FETCH 1 (BODY.PEEK[])")[0] == "OK"
    server.script = Script(poison=frozenset({2}))
    with signed_in(server) as client, pytest.raises(EOFError):
        client.command("UID FETCH 2 (BODYSTRUCTURE)")


def test_a_server_can_speak_old_tls_alone() -> None:
    with ImapServer(old_tls=True) as server:
        with pytest.raises(ssl.SSLError):
            Client(server)
        lenient = ssl.create_default_context(cafile=server.ca_file)
        lenient.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            lenient.minimum_version = ssl.TLSVersion.TLSv1
        with (
            socket.create_connection((server.host, server.port), 5) as plain,
            lenient.wrap_socket(plain, server_hostname=server.host) as secure,
        ):
            assert secure.version() == "TLSv1.1"


def test_many_connections_come_and_go_while_mail_comes_and_goes(server: ImapServer) -> None:
    inbox = server.account().folder()
    stopped = threading.Event()

    def change() -> None:
        while not stopped.wait(0.001):
            inbox.deliver(SHORT)
            inbox.expunge(inbox.mails()[0].uid)

    changes = threading.Thread(target=change)
    changes.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(read_on, server) for _ in range(100)]:
                done.result()
    finally:
        stopped.set()
        changes.join()
    assert server.until(lambda: server.alive == 0)
    assert len(server.connections) == 100
    assert server.violations == ()
