import os
from datetime import timedelta

import pytest

from bench.imap_server import Content, Ending, ImapServer, Script, cut, stop
from tests.conftest import LONG
from tests.mailboxes import NOW, Notebook, Time, deliver, look, mail, reader
from watcher.errors import SourceUnavailable
from watcher.sources.imap.collecting import BATCHES
from watcher.sources.imap.reading import FolderReader
from watcher.sources.sandbox import Sandbox

SOURCE = "imap:zhou@mail.test/INBOX"
EVERY = 1 if os.environ.get(LONG) else 97


def _look_until_it_works(folder: FolderReader, server: ImapServer, most: int = 12) -> int:
    """Return how many sessions it took."""
    for number in range(1, most + 1):
        try:
            look(folder, server)
        except SourceUnavailable:
            continue
        return number
    pytest.fail("it never worked")


def test_the_first_run_reads_the_chosen_span_and_later_ones_only_what_is_new(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    account = server.account()
    deliver(account, 1, 2, at=NOW - timedelta(days=91))
    deliver(account, 3, 4, at=NOW - timedelta(days=89))
    folder = reader(desk, sandbox)

    assert look(folder, server)
    assert (desk.numbers, desk.first_runs) == ([3, 4], [True, True])

    deliver(account, 5, at=NOW - timedelta(days=300))  # moved here: new to this folder
    assert look(reader(desk, sandbox), server)
    assert (desk.numbers, desk.first_runs) == ([3, 4, 5], [True, True, False])
    assert not look(reader(desk, sandbox), server)
    assert desk.again == 0
    assert {message.source for message in desk.messages} == {SOURCE}


def test_every_message_says_where_it_can_be_fetched_again(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    server.account().folder().uidnext = 4_000_000_000
    deliver(server.account(), 1)
    look(reader(desk, sandbox), server)

    assert desk.messages[0].place == "1700000000.4000000000"


def test_a_mail_without_a_date_is_as_old_as_the_server_says(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    at = NOW - timedelta(days=3)
    server.account().deliver("INBOX", b"Subject: x\n\nhello\n", received_at=at)
    look(reader(desk, sandbox), server)

    assert desk.messages[0].received_at == at
    assert desk.messages[0].unreadable is None


def test_a_folder_that_begins_empty_has_no_past_and_its_first_mail_is_news(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    folder = reader(desk, sandbox)
    assert not look(folder, server)
    deliver(server.account(), 1)
    look(folder, server)

    assert (desk.numbers, desk.first_runs) == ([1], [False])


@pytest.mark.parametrize("says_uidnext", [True, False])
def test_numbers_that_begin_anew_lose_nothing_and_double_nothing(
    server: ImapServer, desk: Notebook, sandbox: Sandbox, *, says_uidnext: bool
) -> None:
    server.script = Script(says_uidnext=says_uidnext)
    account = server.account()
    deliver(account, *range(1, 31))
    folder = reader(desk, sandbox)
    look(folder, server)
    account.folder().expunge(*range(1, 25))
    deliver(account, 31)
    account.folder().renumber()
    deliver(account, 32)
    look(folder, server)

    assert sorted(desk.numbers) == list(range(1, 33))
    assert desk.first_runs[-2:] == [False, False]


def test_uids_given_away_twice_are_noticed_and_the_span_is_read_again(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    inbox = server.account().folder()
    deliver(server.account(), *range(1, 6))
    folder = reader(desk, sandbox)
    look(folder, server)
    inbox.expunge(*range(1, 6))
    deliver(server.account(), *range(6, 14), at=NOW + timedelta(minutes=1))
    inbox.renumber(inbox.uidvalidity)
    look(folder, server)

    assert sorted(desk.numbers) == list(range(1, 14))


def test_a_server_whose_uids_never_fit_is_read_again_ever_more_seldom(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    inbox, time = server.account().folder(), Time()
    folder = reader(desk, sandbox, time=time)
    deliver(server.account(), *range(1, 10))
    for _ in range(6):
        look(folder, server)
        inbox.renumber(inbox.uidvalidity, first=1)
        inbox.uidnext = 2  # it lies
    assert desk.again == 9

    for hours, again in ((1, 18), (1, 18), (1, 27), (2, 27), (2, 36)):
        time.passes(hours * 3_601)
        look(folder, server)
        assert desk.again == again


def test_where_uidvalidity_is_0_mails_are_told_apart_by_their_looks_and_content(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    inbox = server.account().folder()
    inbox.uidvalidity = 0
    deliver(server.account(), *range(1, 31))
    folder = reader(desk, sandbox)
    look(folder, server)
    assert desk.first_runs == [True] * 30

    for number in range(31, 35):
        inbox.renumber(0, first=number * 100)
        deliver(server.account(), number)
        look(reader(desk, sandbox), server)
    assert desk.numbers == list(range(1, 35))
    assert not any(desk.first_runs[30:])
    assert not look(reader(desk, sandbox), server)


def test_a_mail_taken_away_while_it_is_fetched_is_passed_over(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    deliver(server.account(), *range(1, 8))
    inbox = server.account().folder()
    server.fault_next(Script(hooks={"FETCH.done": lambda: inbox.expunge(3)}))
    look(reader(desk, sandbox), server)

    assert desk.numbers == [1, 2, 4, 5, 6, 7]


def test_a_mail_at_which_every_session_ends_costs_that_mail_and_no_other(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    deliver(server.account(), *range(1, 41))
    server.account().folder().append([(NOW, _Poison(mail(41)))])
    deliver(server.account(), *range(42, 46))
    folder = reader(desk, sandbox)
    server.script = Script()

    assert _look_until_it_works(folder, server) <= len(BATCHES) + 1
    assert sorted(desk.numbers) == [-1, *range(1, 41), *range(42, 46)]
    [unreadable] = [one for one in desk.messages if one.unreadable]
    assert unreadable.unreadable == "imap.not_given"
    assert unreadable.received_at == NOW
    assert desk.again == 0
    server._errors.clear()  # noqa: SLF001  the poison is in the server's own process


class _Poison(Content):
    """A mail that its server cannot read: the connection ends."""

    @property
    def root(self) -> object:  # type: ignore[override]
        raise OSError

    @property
    def structure(self) -> bytes:
        raise OSError


def test_what_was_fetched_when_the_session_ended_is_not_fetched_again(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    deliver(server.account(), *range(1, 401))
    folder = reader(desk, sandbox)
    server.fault_next(stop("FETCH", occurrence=7))
    with pytest.raises(SourceUnavailable):
        look(folder, server)
    judged = len(desk.numbers)
    assert 0 < judged < 400

    look(folder, server)
    assert sorted(desk.numbers) == list(range(1, 401))
    assert desk.again == 0


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_connection_cut_after_any_byte_loses_and_doubles_nothing(
    server: ImapServer, sandbox: Sandbox, ending: Ending
) -> None:
    deliver(server.account(), *range(1, 6))
    look(reader(Notebook(), sandbox), server)
    assert server.until(lambda: server.connections[-1].over)
    whole = server.connections[-1].sent
    for after in range(1, whole, EVERY):
        desk = Notebook()
        folder = reader(desk, sandbox)
        server.fault_next(cut(after, ending))
        assert _look_until_it_works(folder, server) <= 2
        assert sorted(desk.numbers) == [1, 2, 3, 4, 5]
        assert desk.again == 0


def test_a_mailbox_of_many_windows_resumes_where_it_was(
    server: ImapServer, desk: Notebook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.sources.imap.windows.WINDOW", 100)
    count = 310
    deliver(server.account(), *range(1, count + 1))
    server.fault_next(*[stop("FETCH", occurrence=at) for at in (6, 14, 18)])
    for _ in range(3):
        folder = reader(desk, sandbox)  # as after a restart of the program
        with pytest.raises(SourceUnavailable):
            look(folder, server)
    look(reader(desk, sandbox), server)

    assert desk.numbers == list(range(1, count + 1))
    assert set(desk.first_runs) == {True}
    assert desk.again < 200


def test_what_is_new_is_read_between_the_windows_of_a_long_past(
    server: ImapServer, desk: Notebook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.sources.imap.windows.WINDOW", 20)
    account = server.account()
    deliver(account, *range(1, 401))
    looks: list[int] = []

    def arrive() -> None:
        looks.append(1)
        if len(looks) == 12:
            deliver(account, 900)

    server.script = Script(hooks={"FETCH": arrive})
    look(reader(desk, sandbox), server)

    assert sorted(desk.numbers) == [*range(1, 401), 900]
    assert desk.numbers.index(900) < 350
    assert not desk.first_runs[desk.numbers.index(900)]


@pytest.mark.parametrize("leave", [False, True], ids=["all stay", "some leave"])
def test_a_long_past_is_read_whole_and_its_folder_opened_only_where_mails_left(
    server: ImapServer,
    desk: Notebook,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    *,
    leave: bool,
) -> None:
    monkeypatch.setattr("watcher.sources.imap.windows.WINDOW", 20)
    inbox = server.account().folder()
    deliver(server.account(), *range(1, 171))
    leaving = iter(range(1, 171, 15) if leave else ())
    server.script = Script(hooks={"NOOP": lambda: inbox.expunge(next(leaving, 0))})
    look(reader(desk, sandbox), server)

    assert {one.uid for one in inbox.mails()} <= set(desk.numbers)
    assert desk.again == 0
    opened = sum(command.name == "EXAMINE" for command in server.commands)
    assert opened > 8 if leave else opened == 2


def test_without_uidvalidity_no_number_of_an_earlier_session_is_believed(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    inbox = server.account().folder()
    inbox.uidvalidity = 0
    deliver(server.account(), 1, 2)
    folder = reader(desk, sandbox)
    desk.wants = [(7, "0.2")]
    look(folder, server)
    assert desk.kept[7] is not None

    desk.wants = [(8, "0.1")]
    look(folder, server)
    assert desk.kept[8] is None


def test_the_whole_mail_of_a_case_that_alerts_is_fetched_once(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    deliver(server.account(), 1, 2)
    desk.wants = [(7, "1700000000.2"), (8, "1700000000.99"), (9, "3.1"), (10, "?")]
    folder = reader(desk, sandbox)
    look(folder, server)

    assert desk.kept == {7: mail(2).replace(b"\n", b"\r\n"), 8: None, 9: None, 10: None}
    before = len(server.commands)
    look(folder, server)
    assert not [one for one in server.commands[before:] if "BODY.PEEK[]" in one.text]


def test_a_folder_that_could_not_be_read_to_its_end_is_not_called_checked(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    deliver(server.account(), 1)
    server.fault_next(stop("FETCH"))
    folder = reader(desk, sandbox)
    with pytest.raises(SourceUnavailable):
        look(folder, server)
    assert desk.checks == []

    look(folder, server)
    assert desk.checks == [SOURCE]


def test_a_file_that_is_attached_is_never_fetched(
    server: ImapServer, desk: Notebook, sandbox: Sandbox
) -> None:
    head, _, text = mail(1).partition(b"\n\n")
    kept = b"\n".join(line for line in head.split(b"\n") if not line.startswith(b"Content-"))
    parts = (
        b"Content-Type: text/plain; charset=utf-8\n\n" + text,
        b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n"
        + (b"A" * 76 + b"\n") * 60_000,
    )
    body = b"".join(b"--b\n" + part + b"\n" for part in parts) + b"--b--\n"
    kind = b"\nContent-Type: multipart/mixed; boundary=b\n\n"
    server.account().deliver("INBOX", kept + kind + body, received_at=NOW)
    look(reader(desk, sandbox), server)

    assert desk.numbers == [1]
    assert "请查收" in (desk.messages[0].text or "")
    assert server.until(lambda: server.connections[-1].over)
    assert server.connections[-1].sent < 20_000
