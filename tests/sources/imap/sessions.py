"""Sessions with the scripted server, and how one ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.imap_server import ImapServer
from bench.imap_server.server import CODE, USER
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


def opened(server: ImapServer, sign_in: SignIn = SIGN_IN, limits: Limits = QUICK) -> MailboxSession:
    known = Server(host=server.host, port=server.port, ca_file=Path(server.ca_file))
    return MailboxSession.open(known, sign_in, limits=limits)


def filled(server: ImapServer) -> ImapServer:
    """Put the mails into a server's mailbox."""
    server.account().deliver("INBOX", *MAILS)
    return server


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
