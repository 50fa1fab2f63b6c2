import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dovecot import PASSWORD, TOKEN, USER, Dovecot, dovecot
from tests.sources.imap.mails import Piece, as_mail, mails, understood
from watcher.errors import CredentialsRefused, SourceUnavailable
from watcher.sources.imap.assembly import assemble
from watcher.sources.imap.session import FolderState, MailboxSession
from watcher.sources.imap.signin import SignIn

OTHER = "wang@youxiang.test"
OTHER_PASSWORD = "密码 一二三"  # noqa: S105  of a server that lives as long as the test
PLAIN = as_mail(Piece((b"Content-Type: text/plain; charset=utf-8",), "请还款。\r\n".encode()))
ARCHIVE = Piece((b"Content-Type: application/zip",), b"PK" * 40_000)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot(users={USER: PASSWORD, OTHER: OTHER_PASSWORD}) as running:
        yield running


@contextlib.contextmanager
def opened(server: Dovecot, folder: str = "INBOX") -> Iterator[MailboxSession]:
    session = MailboxSession.open(server.server, SignIn(user=USER, secret=PASSWORD))
    try:
        session.examine(folder)
        yield session
    finally:
        session.close()


@pytest.mark.parametrize(
    "sign_in",
    [
        SignIn(user=USER, secret=PASSWORD),
        SignIn(user=OTHER, secret=OTHER_PASSWORD),
        SignIn(user=USER, secret=TOKEN, mechanism="xoauth2"),
        SignIn(user=USER, secret=TOKEN, mechanism="oauthbearer"),
    ],
    ids=["password", "chinese password", "xoauth2", "oauthbearer"],
)
def test_each_way_of_signing_in_is_taken(server: Dovecot, sign_in: SignIn) -> None:
    session = MailboxSession.open(server.server, sign_in)
    assert session.can_idle
    assert session.examine("INBOX").uidvalidity > 0
    session.close()


@pytest.mark.parametrize("mechanism", ["password", "xoauth2", "oauthbearer"])
def test_a_refusal_says_what_the_server_said_and_nothing_of_the_secret(
    server: Dovecot, mechanism: str
) -> None:
    wrong = SignIn(user=USER, secret="cuo-wu-de-ma", mechanism=mechanism)  # type: ignore[arg-type]  # noqa: S106

    with pytest.raises(CredentialsRefused) as refused:
        MailboxSession.open(server.server, wrong)

    assert refused.value.says == "imap.refused"
    assert "AUTHENTICATIONFAILED" in str(refused.value.values["reply"])
    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None
    assert "cuo-wu-de-ma" not in repr(wrong) + repr(refused.value) + str(refused.value.values)


def test_nothing_is_logged_of_a_session(server: Dovecot, caplog: pytest.LogCaptureFixture) -> None:
    server.deliver([PLAIN], folder="logged")
    with caplog.at_level(logging.DEBUG), opened(server, "logged") as session:
        logging.getLogger("imapclient").setLevel(logging.DEBUG)
        logging.getLogger("imapclient.imaplib").setLevel(logging.WARNING)
        [entry] = session.entries(1, 10)
        assert session.whole(entry.uid) == PLAIN
    assert not [
        one for one in caplog.records if "还款" in one.getMessage() or USER in str(one.args)
    ]


def test_folders_have_their_flags_and_chinese_names(server: Dovecot) -> None:
    server.make_folder("&UXZO1mWHTvZZOQ-")
    server.make_folder("A &- B")
    with opened(server) as session:
        found = {folder.name: folder.flags for folder in session.folders()}
        assert {"INBOX", "其他文件夹", "A & B"} <= found.keys()
        for name in ("其他文件夹", "A & B"):
            assert session.examine(name).exists == 0
            assert session.status(name).uidnext == 1


def test_a_folder_that_is_gone_says_so_and_the_session_goes_on(server: Dovecot) -> None:
    with opened(server) as session:
        for look in (session.examine, session.status):
            with pytest.raises(SourceUnavailable) as gone:
                look("没有这个")
            assert gone.value.says == "imap.no_folder"
        assert session.examine("INBOX").uidvalidity


def test_mails_are_listed_by_place_and_by_uid(server: Dovecot) -> None:
    before = datetime.now(UTC)  # noqa: TID251  the server has no other clock
    server.deliver([PLAIN] * 30, folder="listed")
    server.remove(folder="listed", which=4)
    with opened(server, "listed") as session:
        assert session.status("listed") == FolderState(
            uidvalidity=session.examine("listed").uidvalidity, uidnext=30, exists=29
        )
        entries = session.entries(1, 500)
        assert [one.sequence for one in entries] == list(range(1, 30))
        assert {one.size for one in entries} == {len(PLAIN)}
        assert all(abs((one.received_at - before).total_seconds()) < 60 for one in entries)
        assert [one.uid for one in session.entries(3, 5)] == [3, 4, 5]
        assert session.entries(30, 40) == ()
        assert [one.uid for one in session.entries_from(26)] == [26, 27, 28, 29]
        assert session.entries_from(30) == ()
        assert [one.uid for one in session.entries_from(1, 3)] == [1, 2, 3]
        assert [one.uid for one in session.entries_from(7, 2)] == [7, 8]
        assert session.entries_from(30, 2) == ()


def test_mails_that_are_gone_are_left_out(server: Dovecot) -> None:
    server.deliver([PLAIN] * 3, folder="gone")
    with opened(server, "gone") as session:
        [first, second, third] = session.outlines([1, 2, 3, 77])
        server.remove(folder="gone", which=1)
        with opened(server, "gone"):
            wanted = {one.uid: one.parts or () for one in (first, second, third)}
            assert session.parts(wanted).keys() <= {1, 2, 3}
            assert {1, 3} <= session.parts(wanted).keys()
        assert session.whole(77) is None
        assert session.parts({}) == {}


@settings(
    max_examples=2,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pieces=st.lists(mails(), min_size=30, max_size=30))
def test_what_is_assembled_says_what_the_whole_mail_says(
    server: Dovecot, pieces: list[bytes]
) -> None:
    folder = f"shapes{time.monotonic_ns()}"
    server.deliver((_with_archive(mail) for mail in pieces), folder=folder)
    with opened(server, folder) as session:
        outlines = session.outlines(range(1, 31))
        assert len(outlines) == 30
        assert len([one for one in outlines if one.parts is not None]) > 20
        fetched = session.parts({one.uid: one.parts or () for one in outlines})
        for one in outlines:
            whole = session.whole(one.uid)
            assert whole == _with_archive(pieces[one.uid - 1])
            if one.parts is None:
                continue
            small = assemble(one.header, one.parts, fetched.get(one.uid, {}))
            assert small is not None
            assert len(small) < len(whole) - 50_000
            assert understood(small) == understood(whole)


def _with_archive(mail: bytes) -> bytes:
    """Put a mail and a large file into one mail."""
    inner = Piece((b"Content-Type: message/rfc822",), mail)
    own = Piece((b"Content-Type: text/plain",), b"see below")
    body = b"".join(b"--outer\r\n" + one.written() + b"\r\n" for one in (own, inner, ARCHIVE))
    header = b"Content-Type: multipart/mixed; boundary=outer"
    return as_mail(Piece((header,), body + b"--outer--\r\n"))


def test_large_mails_come_whole_and_only_as_far_as_asked(server: Dovecot) -> None:
    large = as_mail(Piece((b"Content-Type: application/zip",), b"PK\r\n" * 700_000))
    exact = as_mail(Piece((b"X-Fill: 1",), b""))
    exact += b"x" * (1024 * 1024 - len(exact))
    server.deliver([large, exact], folder="large")
    with opened(server, "large") as session:
        assert session.whole(1) == large
        assert session.whole(1, 1_500_000) == large[:1_500_000]
        assert session.whole(2) == exact


def test_a_mail_of_many_large_parts_comes_part_by_part(server: Dovecot) -> None:
    texts = [Piece((b"Content-Type: text/plain",), b"%d" % n * 300_000) for n in range(5)]
    body = b"".join(b"--b\r\n" + one.written() + b"\r\n" for one in texts) + b"--b--\r\n"
    mail = as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body))
    server.deliver([mail], folder="many")
    with opened(server, "many") as session:
        [outline] = session.outlines([1])
        assert outline.parts is not None
        small = assemble(outline.header, outline.parts, session.parts({1: outline.parts})[1])
        assert small is not None
        assert understood(small) == understood(mail)


def test_a_mail_with_too_many_parts_is_wanted_whole(server: Dovecot) -> None:
    body = b"--b\r\n\r\nx\r\n" * 30_000
    server.deliver(
        [PLAIN, as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body)), PLAIN],
        folder="parts",
    )
    with opened(server, "parts") as session:
        assert [one.parts is None for one in session.outlines([1, 2, 3])] == [False, True, False]


def test_new_mail_ends_the_waiting(server: Dovecot) -> None:
    server.deliver([PLAIN], folder="waiting")
    with opened(server, "waiting") as session:
        assert not session.wait(0.05)
        delivery = threading.Timer(0.1, server.deliver, ([PLAIN],), {"folder": "waiting"})
        delivery.start()
        started = time.monotonic()
        assert session.wait(20)
        assert time.monotonic() - started < 5
        delivery.join()
        assert [one.uid for one in session.entries_from(2)] == [2]
        assert not session.wait(0.05)


def test_mail_that_came_before_the_waiting_is_not_waited_for(server: Dovecot) -> None:
    server.deliver([PLAIN], folder="before")
    with opened(server, "before") as session:
        server.deliver([PLAIN], folder="before")
        started = time.monotonic()
        assert session.wait(20)
        assert time.monotonic() - started < 5


def test_another_thread_stops_a_session_at_once(server: Dovecot) -> None:
    with opened(server) as session:
        stopped_at: list[float] = []

        def stop() -> None:
            stopped_at.append(time.monotonic())
            session.stop()

        threading.Timer(0.2, stop).start()
        with pytest.raises(SourceUnavailable) as stopped:
            session.wait(20)
        assert time.monotonic() - stopped_at[0] < 0.1
        assert stopped.value.says == "imap.closed"
        with pytest.raises(SourceUnavailable):
            session.examine("INBOX")


def test_a_session_leaves_no_thread_behind(server: Dovecot) -> None:
    def watching() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name == "imap-deadline"]

    with opened(server) as session:
        [thread] = watching()
    thread.join(5)
    assert watching() == []
    with pytest.raises(SourceUnavailable) as closed:
        session.folders()
    assert closed.value.says == "imap.closed"
    session.close()
    session.stop()


def test_a_server_that_nobody_knows_is_told_nothing(server: Dovecot, tmp_path: Path) -> None:
    own = server.server
    strangers = {
        type(own)(host="localhost", port=server.port): "imap.certificate",
        type(own)(host="127.0.0.1", port=server.port, ca_file=own.ca_file): "imap.certificate",
        type(own)(host="localhost", port=server.port, ca_file=tmp_path / "no"): "imap.ca_file",
        type(own)(host="localhost", port=1, ca_file=own.ca_file): "imap.unreachable",
    }
    for stranger, says in strangers.items():
        with pytest.raises(SourceUnavailable) as refused:
            MailboxSession.open(stranger, SignIn(user=USER, secret=PASSWORD))
        assert refused.value.says == says
        assert refused.value.__context__ is None
