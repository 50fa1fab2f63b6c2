import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import Reading, mail
from watcher.sources.budget import over_budget
from watcher.sources.files import read_path
from watcher.sources.mime import read_mail
from watcher.store.identity import identity


def _nested(depth: int) -> bytes:
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
        for level in range(depth)
    )
    return b"From: a@example.com\nDate: Thu, 5 Mar 2026 10:15:30 +0800\n" + opening + b"\nend\n"


def _nested_mails(depth: int) -> bytes:
    return mail(b"Content-Type: message/rfc822\n\n" * depth + b"end", kind=b"message/rfc822")


def _hidden_boundary(depth: int) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; bound%%61ry*=utf-8''b; b*0=%d\n\n--b\n" % level
        for level in range(depth)
    )
    return mail(opening + b"end", kind=b"multipart/mixed; boundary*=utf-8''b")


HOSTILE = {
    "subject of 340 KB": mail(b"x", subject=b"=?utf-8?Q?a?= " * 24_000),
    "190 KB of parameters": mail(b"x", kind=b"text/plain" + b"; a*0*=b" * 24_000),
    "190 KB of parameters in a part": mail(
        b"--s\nContent-Type: text/plain" + b"; a=b" * 38_000 + b"\n\nx\n--s--\n",
        kind=b"multipart/mixed; boundary=s",
    ),
    "2,000 nested parts": _nested(2_000),
    "2,000 nested mails": _nested_mails(2_000),
    "200,000 parts": mail(b"--s\n\nx\n" * 200_000, kind=b"multipart/mixed; boundary=s"),
    "To of 1 MB": mail(b"x", more=b"To: " + b"<a@example.com>, " * 60_000 + b"\n"),
    "From of 20 KB of quotes": mail(b"x").replace(b"From: ", b"From: " + b'"' * 20_000),
    "25 MiB and a byte": mail(b"")[:60] + b"x" * (25 * 1024 * 1024 - 59),
    "20,000 headers": mail(b"x", more=b"X-A: b\n" * 20_000),
    "26 MB": mail(b"x" * 26 * 1024 * 1024),
    "no empty line": b"From: a@example.com\n" * 60_000,
}


@pytest.fixture(params=sorted(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> bytes:
    return HOSTILE[str(request.param)]


def test_a_bomb_gives_one_unreadable_message_and_the_next_mail_is_read(
    tmp_path: Path, hostile: bytes
) -> None:
    (tmp_path / "1.eml").write_bytes(hostile)
    (tmp_path / "2.eml").write_bytes(mail(b"next"))

    started = time.monotonic()
    reading = Reading(read_path(tmp_path))

    assert time.monotonic() - started < 10
    bomb, following = reading.messages
    assert bomb.unreadable is not None
    assert bomb.source == str(tmp_path / "1.eml")
    assert (following.text, following.unreadable) == ("next", None)


def test_a_bomb_in_an_mbox_stops_none_of_its_neighbours(tmp_path: Path, hostile: bytes) -> None:
    separator = b"From someone Thu Mar  5 10:15:30 2026\n"
    content = b"\n".join(separator + each for each in (mail(b"before"), hostile, mail(b"after")))
    (tmp_path / "box").write_bytes(content)

    reading = Reading(read_path(tmp_path / "box"))

    assert [message.unreadable is None for message in reading.messages] == [True, False, True]
    assert [(message.text or "").strip() for message in reading.messages[::2]] == [
        "before",
        "after",
    ]
    assert reading.finished[0].records == 3


@pytest.mark.parametrize(
    "line",
    [
        b"From: " + b'"' * 16_000,
        b"From: " + b'"a" ' * 4_000,
        b"To: " + b"a@b.test, " * 1_600,
        b"To: " + b"<" * 16_000,
        b"Cc: " + b"(" * 16_000,
        b"Subject: " + b"=?" * 8_000,
        b"Received: from a by b; " + b"(" * 16_000,
        b"Content-Disposition: attachment; filename=" + b'\\"' * 8_000,
    ],
    ids=lambda line: line[:12].decode(),
)
def test_no_headers_within_the_limits_cost_more_than_a_moment(line: bytes) -> None:
    hostile = b"\n".join([line] * 15) + b"\nDate: Thu, 5 Mar 2026 10:15:30 +0800\n\npay"
    assert over_budget(hostile) is None

    began = time.process_time()
    assert read_mail(hostile, "", datetime(2026, 3, 5, tzinfo=UTC)).text in {"pay", "> pay"}
    assert time.process_time() - began < 5


@pytest.mark.parametrize("depth", [50, 2_000])
def test_parts_whose_boundary_is_hidden_do_not_kill_the_reader(tmp_path: Path, depth: int) -> None:
    (tmp_path / "1.eml").write_bytes(_hidden_boundary(depth))
    (tmp_path / "2.eml").write_bytes(mail(b"next"))

    reading = Reading(read_path(tmp_path))

    assert len(reading.messages) == 2
    assert reading.messages[1].text == "next"


def test_without_a_message_id_date_and_words_tell_two_mails_apart(tmp_path: Path) -> None:
    named = mail(b"pay")
    first = named.replace(b"Message-ID: <1@example.com>\n", b"")
    later = first.replace(b"10:15:3", b"10:16:3")
    for number, raw in enumerate((first, later, first.replace(b"pay", b"paid"), first)):
        (tmp_path / f"{number}.eml").write_bytes(raw)

    messages = Reading(read_path(tmp_path)).messages

    assert [message.unreadable for message in messages] == [None] * 4
    assert len({identity(message) for message in messages}) == 3
    assert identity(messages[0]) == identity(messages[3])


def test_two_mails_of_which_nothing_could_be_read_are_two_and_a_copy_is_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "1.eml").write_bytes(_nested(2_000))
    (tmp_path / "2.eml").write_bytes(_nested(2_001))
    (tmp_path / "3.eml").write_bytes(_nested(2_001))

    first, second, copy = Reading(read_path(tmp_path)).messages

    assert first.unreadable == second.unreadable == "source.too_many_parts"
    assert identity(first) != identity(second) == identity(copy)
