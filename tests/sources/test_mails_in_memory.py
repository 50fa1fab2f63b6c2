"""Mails from a server, handed to the child many at once: a killer costs itself and nobody else."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.sources.exports import mail
from tests.sources.test_hostile_mail import HOSTILE
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Message, Urgency, Verdict
from watcher.core.pipeline import process
from watcher.sources.sandbox import Sandbox
from watcher.store.identity import identity

INBOX = "imap:me@mail.test/INBOX"
AT = datetime(2026, 3, 5, 2, 20, tzinfo=UTC)
NEXT_WITHIN = 5
HEAVY = mail(b"".join(b"%d\n" % number for number in range(2_500_000)))
"""More than a child of `NARROW` can hold."""
NARROW = 110 * 1024 * 1024
SLOW = mail(
    (b"--s\nContent-Type: text/plain\n\n" + bytes((0x80, 0xFF, 0xA0, 0x81)) * 25_000 + b"\n") * 190,
    kind=b"multipart/mixed; boundary=s",
)
"""Takes some seconds of a processor: no charset fits any of its parts."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as child:
        yield child


def read(sandbox: Sandbox, *mails: bytes) -> list[Message]:
    return list(sandbox.read_mails(((raw, AT) for raw in mails), INBOX))


def texts(messages: list[Message]) -> list[str | None]:
    return [message.unreadable or message.text for message in messages]


def test_each_mail_gives_one_message_in_its_order(sandbox: Sandbox) -> None:
    messages = read(sandbox, *(mail(b"mail %d" % number) for number in range(200)))

    assert texts(messages) == [f"mail {number}" for number in range(200)]
    assert {message.source for message in messages} == {INBOX}
    assert read(sandbox) == []


def test_many_mails_are_read_as_each_alone(sandbox: Sandbox) -> None:
    mails = [mail("逾期".encode("gbk")), b"", b"From a\nno header", mail(b"x", kind=b"image/png")]

    assert read(sandbox, *mails) == [sandbox.read_mail(raw, INBOX, AT) for raw in mails]


def test_a_mail_without_a_date_is_as_old_as_its_server_says(sandbox: Sandbox) -> None:
    raw = b"From: a@example.com\nSubject: x\n\nhello"

    [dated] = read(sandbox, raw)
    undated = sandbox.read_mail(raw, INBOX)

    assert (dated.received_at, dated.unreadable) == (AT, None)
    assert undated.unreadable == "source.no_date"


def test_a_mail_that_names_its_date_is_not_dated_by_the_server(sandbox: Sandbox) -> None:
    [message] = read(sandbox, mail(b"x"))

    assert message.received_at == AT - timedelta(minutes=4, seconds=25)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_bomb_from_a_server_is_one_unsure_case_and_the_next_mail_is_read_at_once(
    sandbox: Sandbox, rules: Rules, name: str
) -> None:
    sandbox.try_walls()
    started = time.monotonic()
    bomb = sandbox.read_mail(HOSTILE[name], INBOX, AT)
    following = sandbox.read_mail(mail(b"next"), INBOX, AT)

    assert time.monotonic() - started < NEXT_WITHIN
    assert following.text == "next"
    assert bomb.channel is Channel.EMAIL
    ledger = Ledger.of(Holder(), (), rules.directory)
    case = process(bomb, rules, ledger, History.of(()))
    assert case.judgement.verdict is Verdict.UNSURE
    assert case.alert is not None
    assert case.alert.urgency is Urgency.NORMAL


@pytest.mark.parametrize(
    "raw",
    [
        mail(b"x", more=b"To: " + b", ".join(b"a%d@example.com" % n for n in range(50)) + b"\n"),
        mail(b"x", more=b"To: " + b'"' * 15_000 + b"\n"),
        mail(b"x", more=b"To: " + b"(" * 15_000 + b"\n"),
        mail(b"x", more=b"Received: " + b"from by " * 1_800 + b"\n"),
        mail(b"x", kind=b"text/plain; a=" + b'\\"' * 7_000),
        mail(b"x", kind=b"text/plain" + b"; a*0*=b" * 1_800),
        mail(b"x").replace(b"Date: Thu", b"Date: " + b"9" * 15_000),
    ],
)
def test_what_only_looks_dangerous_is_read(sandbox: Sandbox, raw: bytes) -> None:
    sandbox.try_walls()
    started = time.monotonic()
    message = sandbox.read_mail(raw, INBOX, AT)

    assert time.monotonic() - started < NEXT_WITHIN
    assert (message.text, message.unreadable) == ("x", None)


@pytest.mark.parametrize("line", [b"x" * 63 + b"\n", b"x" * 62 + b"\r\n", b"\r\n"])
def test_a_mail_of_one_byte_too_many_is_over_the_limit_whatever_its_lines_end_in(
    sandbox: Sandbox, line: bytes
) -> None:
    limit = 25 * 1024 * 1024
    head = mail(b"").replace(b"\n", b"\r\n")
    whole = head + line * (limit // len(line) + 1)

    within, over = read(sandbox, whole[:limit], whole[: limit + 1])

    assert within.unreadable in {None, "source.text_cut"}
    assert over.unreadable == "source.mail_too_big"
    assert over.subject == "Notice"


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_mail_that_needs_too_much_memory_costs_only_itself(place: int) -> None:
    mails = [mail(b"mail %d" % number) for number in range(5)]
    mails[place] = HEAVY
    expected = [f"mail {number}" for number in range(5)]
    expected[place] = "source.too_large"

    with Sandbox(memory=NARROW) as sandbox:
        assert texts(read(sandbox, *mails)) == expected
        assert texts(read(sandbox, mail(b"later"))) == ["later"]


def test_a_mail_that_needs_too_much_time_costs_only_itself() -> None:
    with Sandbox(seconds=0) as sandbox:
        sandbox.try_walls()
        started = time.monotonic()
        messages = read(sandbox, mail(b"before"), SLOW, mail(b"after"))

    assert time.monotonic() - started < 3 * NEXT_WITHIN
    assert texts(messages) == ["before", "source.too_slow", "after"]


def test_a_killer_read_again_is_the_same_message() -> None:
    with Sandbox(memory=NARROW) as narrow:
        first, again = read(narrow, HEAVY, HEAVY)
        [other] = read(narrow, HEAVY + b"1")

    assert identity(first) == identity(again) != identity(other)
    assert first.received_at == AT


def test_a_child_that_is_killed_between_two_batches_costs_no_mail(sandbox: Sandbox) -> None:
    read(sandbox, mail(b"before"))
    assert sandbox.pid is not None
    os.kill(sandbox.pid, signal.SIGKILL)

    messages = read(sandbox, *(mail(b"mail %d" % number) for number in range(3)))

    assert texts(messages) == ["mail 0", "mail 1", "mail 2"]


def test_a_batch_that_is_left_early_says_nothing_into_the_next(sandbox: Sandbox) -> None:
    reading = sandbox.read_mails(((mail(b"old %d" % n), AT) for n in range(30)), INBOX)
    next(reading)
    reading.close()

    assert texts(read(sandbox, mail(b"new"))) == ["new"]


def test_mails_are_taken_from_their_source_a_batch_at_a_time(sandbox: Sandbox) -> None:
    taken: list[int] = []

    def source() -> Iterator[tuple[bytes, datetime]]:
        for number in range(1000):
            taken.append(number)
            yield mail(b"x"), AT

    next(sandbox.read_mails(source(), INBOX))
    assert len(taken) < 100
