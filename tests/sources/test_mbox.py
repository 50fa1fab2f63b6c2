from pathlib import Path

from tests.sources.exports import Reading, mail, read
from watcher.sources.files import read_path

SEPARATOR = b"From someone Thu Mar  5 10:15:30 2026\n"


def _box(*bodies: bytes) -> bytes:
    return b"\n".join(SEPARATOR + mail(body) for body in bodies)


def test_every_mail_of_a_box_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, _box(b"one\n", b"two\n", b"three\n"))

    assert [(text or "").strip() for text in reading.texts] == ["one", "two", "three"]
    assert (reading.finished[0].records, reading.finished[0].incoming) == (3, 3)


def test_a_line_that_begins_with_from_splits_no_mail(tmp_path: Path) -> None:
    reading = read(tmp_path, _box(b"x\n\nFrom now on you pay.\n>From then too.\n", b"two\n"))

    assert len(reading.messages) == 2
    assert "From now on you pay.\nFrom then too." in (reading.texts[0] or "")


def test_a_box_with_line_ends_of_windows_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, _box(b"one\n", b"two\n").replace(b"\n", b"\r\n"))

    assert [(text or "").strip() for text in reading.texts] == ["one", "two"]


def test_separators_on_the_edges_of_what_is_in_memory_are_found(tmp_path: Path) -> None:
    bodies = [b"%d " % number + b"x" * (number * 61 % 5000) + b"\n" for number in range(1500)]

    reading = read(tmp_path, _box(*bodies))

    assert [(text or "").split()[0] for text in reading.texts] == [str(n) for n in range(1500)]


def test_a_mail_over_the_limit_is_said_and_the_next_is_read(tmp_path: Path) -> None:
    lines = b"x" * 79 + b"\n"

    reading = read(tmp_path, _box(b"one\n", lines * 700_000, b"three\n"))

    assert [message.unreadable for message in reading.messages] == [
        None,
        "source.mail_too_big",
        None,
    ]


def test_a_truncated_box_keeps_every_mail_before_the_cut(tmp_path: Path) -> None:
    content = _box(b"one\n", b"two\n")

    for end in range(len(SEPARATOR) + 40, len(content), 13):
        (tmp_path / "box").write_bytes(content[:end])
        texts = Reading(read_path(tmp_path / "box", sandbox=False)).texts
        assert 1 <= len(texts) <= 2
