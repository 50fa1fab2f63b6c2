import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import SystemRandom

import pytest

from tests.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.mailboxes import Notebook, Told, mail
from watcher.clock import SystemClock
from watcher.sources.imap.mailbox import Mailbox
from watcher.sources.imap.ports import Watched
from watcher.sources.imap.session import MailboxSession
from watcher.sources.imap.signin import SignIn


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@contextmanager
def _watching(server: Dovecot, desk: Notebook) -> Iterator[None]:
    sign_in = SignIn(user=USER, secret=PASSWORD)
    mailbox = Mailbox(
        Watched(
            address=USER,
            sign_in=lambda: sign_in,
            connect=lambda known: MailboxSession.open(server.server, known),
            choose=lambda listed: sorted(name for name, _ in listed),
        ),
        desk=desk,
        owner=Told(),
        clock=SystemClock(),
        random=SystemRandom(),
    )
    thread = threading.Thread(target=mailbox.run)
    thread.start()
    try:
        yield
    finally:
        mailbox.stop()
        thread.join(10)
        assert not thread.is_alive()


def _until(true: Callable[[], bool]) -> float:
    """Wait until something holds, and return how long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 15, "it did not come to pass"
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_life_with_a_real_server(server: Dovecot) -> None:
    """The past, news in IDLE, mails that go away, a server process that is killed."""
    now = SystemClock().now()
    server.deliver(mail(number, at=now) for number in range(1, 6))
    desk = Notebook()
    with _watching(server, desk):
        _until(lambda: len(desk.numbers) == 5 and len(server.sessions()) == 1)
        assert desk.first_runs == [True] * 5

        server.deliver([mail(6, at=now)])
        assert _until(lambda: 6 in desk.numbers) < 5

        server.remove(which=0)
        server.deliver([mail(7, at=now)])
        _until(lambda: 7 in desk.numbers)

        for session in server.sessions():
            os.kill(session, signal.SIGKILL)
        server.deliver([mail(8, at=now)])
        _until(lambda: 8 in desk.numbers)

    assert desk.numbers == [1, 2, 3, 4, 5, 6, 7, 8]
    assert desk.again == 0
