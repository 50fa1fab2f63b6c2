"""A connection that ends after any byte ends as a known failure, in time, with nothing wrong."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.imap_server import Ending, ImapServer, cut
from bench.imap_server.server import CODE, USER
from tests.conftest import LONG
from tests.sources.imap.mails import Piece, as_mail
from watcher.errors import SourceUnavailable
from watcher.sources.imap.connection import Limits, Server
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn

STEP = 1 if os.environ.get(LONG) else 97
LIMITS = Limits(connect=5, command=2, idle=0.001)
ENDINGS = itertools.cycle((Ending.CLOSE, Ending.CLOSE_TLS, Ending.RESET, Ending.BYE))


def mails() -> Iterator[bytes]:
    text = Piece((b"Content-Type: text/plain; charset=utf-8",), "请还款。\r\n".encode() * 9)
    yield as_mail(text)
    archive = Piece((b"Content-Type: application/zip",), b"PK" * 30_000)
    body = b"--b\r\n" + text.written() + b"\r\n--b\r\n" + archive.written() + b"\r\n--b--\r\n"
    yield as_mail(Piece((b"Content-Type: multipart/mixed; boundary=b",), body))
    yield as_mail(text, "结清证明")


def looked_at(server: ImapServer, seen: list[object]) -> None:
    """Use all there is of a session, and note what it gives."""
    known = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
    session = MailboxSession.open(known, SignIn(user=USER, secret=CODE), limits=LIMITS)
    try:
        seen.append(session.folders())
        seen.append(session.status("INBOX"))
        seen.append(session.examine("INBOX"))
        seen.append(session.entries(1, 3))
        outlines = session.outlines([1, 2, 3])
        seen.append(outlines)
        seen.append(session.parts({one.uid: one.parts or () for one in outlines}))
        seen.append(session.whole(1))
        session.wait(1)
        seen.append(session.entries_from(3))
    finally:
        session.close()


def test_a_session_cut_after_any_byte_fails_in_time_and_gives_nothing_wrong() -> None:
    with ImapServer() as server:
        for mail in mails():
            server.account().deliver("INBOX", mail)
        whole: list[object] = []
        looked_at(server, whole)
        assert server.until(lambda: server.connections[-1].over)
        length = server.connections[-1].sent
        assert len(whole) == 8
        assert length > 3000
        said: set[str] = set()
        for after in range(0, length, STEP):
            server.fault_next(cut(after, next(ENDINGS)))
            seen: list[object] = []
            started = time.monotonic()
            try:
                looked_at(server, seen)
            except SourceUnavailable as failed:
                said.add(failed.says)
            else:
                # Only the farewell was cut.
                assert len(seen) == len(whole)
            assert time.monotonic() - started < LIMITS.command + 10
            assert seen == whole[: len(seen)]
        assert said <= {"imap.lost", "imap.bye", "imap.nonsense", "imap.unreachable"}
        assert server.violations == ()
    watching = [one for one in threading.enumerate() if one.name == "imap-deadline"]
    for thread in watching:
        thread.join(5)
    assert not [one for one in watching if one.is_alive()]
