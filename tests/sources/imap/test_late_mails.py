"""Numbers that do not fit: shown after higher ones, or given away a second time."""

from datetime import timedelta

import pytest

from bench.imap_server import ImapServer, Script, stop
from tests.mailboxes import NOW, Notebook, Time, deliver, look, mail, reader
from watcher.errors import SourceUnavailable
from watcher.sources.sandbox import Sandbox

SOURCE = "imap:zhou@mail.test/INBOX"


@pytest.mark.parametrize(
    ("behind", "hours"), [pytest.param(50, 1, id="near"), pytest.param(150, 24, id="far")]
)
def test_a_mail_that_shows_late_under_a_number_long_past_is_read_once(
    server: ImapServer, desk: Notebook, sandbox: Sandbox, behind: int, hours: int
) -> None:
    account, time = server.account(), Time()
    inbox = account.folder()
    deliver(account, *range(1, 4))
    [number] = range(inbox.uidnext, inbox.uidnext + 1)
    inbox.uidnext += 1
    deliver(account, *range(5, 5 + behind))
    folder = reader(desk, sandbox, time=time)
    look(folder, server)
    inbox.deliver_late(number, mail(4), received_at=NOW)
    assert not look(folder, server)

    folder = reader(desk, sandbox, time=time)  # as after a restart of the program
    time.passes(hours * 3_600)
    assert look(folder, server)
    assert (desk.numbers[-1], desk.first_runs[-1]) == (4, False)
    time.passes(25 * 3_600)
    assert not look(folder, server)
    assert sorted(desk.numbers) == list(range(1, 5 + behind))
    assert desk.again == 0


def test_the_first_mail_of_an_empty_folder_may_show_late_too(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    account, time = server.account(), Time()
    folder = reader(desk, sandbox, time=time)
    look(folder, server)
    account.folder().uidnext = 2
    deliver(account, 2)
    look(folder, server)
    account.folder().deliver_late(1, mail(1), received_at=NOW)
    time.passes(3_600)
    look(folder, server)

    assert desk.numbers == [2, 1]


def test_a_position_of_an_earlier_version_is_gone_on_from_and_nothing_read_again(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    account, time = server.account(), Time()
    inbox = account.folder()
    deliver(account, *range(1, 8))
    inbox.expunge(4)
    look(reader(desk, sandbox, time=time), server)
    stored = dict(desk.positions[SOURCE])
    desk.positions[SOURCE] = {key: stored[key] for key in stored if key not in _ADDED}
    before = len(server.commands)
    folder = reader(desk, sandbox, time=time)
    assert not look(folder, server)
    assert not [one for one in server.commands[before:] if "BODY.PEEK" in one.text]

    inbox.deliver_late(4, mail(9), received_at=NOW)
    time.passes(3_600)
    assert look(folder, server)
    assert desk.numbers[-1] == 9


_ADDED = ("known", "compared_at")


def test_a_span_that_is_doubted_is_read_again_though_the_line_is_lost_meanwhile(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    inbox, time = server.account().folder(), Time()
    inbox.uidnext = 5_000
    folder = reader(desk, sandbox, time=time)
    look(folder, server)
    inbox.renumber(inbox.uidvalidity)
    deliver(server.account(), 1)
    server.fault_next(stop("FETCH"))
    with pytest.raises(SourceUnavailable):
        look(folder, server)
    look(folder, server)

    assert desk.numbers == [1]


def test_a_number_that_is_another_mails_now_is_noticed_though_the_last_mail_is_gone(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    server.script = Script(says_uidnext=False)
    inbox, time = server.account().folder(), Time()
    inbox.uidnext = 3
    deliver(server.account(), 1, 2)
    folder = reader(desk, sandbox, time=time)
    look(folder, server)
    inbox.renumber(inbox.uidvalidity)
    deliver(server.account(), 3, at=NOW + timedelta(minutes=1))
    inbox.expunge(1, 2)
    time.passes(3_600)
    look(folder, server)

    assert desk.numbers == [1, 2, 3]
