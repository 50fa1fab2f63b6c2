"""How the batch reads lines from a pipe or a file."""

import os
from pathlib import Path

from watcher.cli.batch import LINE_LIMIT, read_lines


def pieces(*chunks: bytes) -> list[bytes | None]:
    """Read lines from a pipe into which chunks were written one after another."""
    found: list[bytes | None] = []
    source, target = os.pipe()
    stream = read_lines(source)
    for chunk in chunks:
        os.write(target, chunk)
        if b"\n" in chunk:
            found += next(stream)
    os.close(target)
    found += [one for lines in stream for one in lines]
    os.close(source)
    return found


def test_lines_come_whole_however_they_were_cut() -> None:
    assert pieces(b"a\nb\nc") == [b"a", b"b", b"c"]
    assert pieces(b"", b"\n", b"a\n") == [b"", b"a"]
    assert pieces() == []


def test_a_line_beyond_the_limit_is_passed_over_and_the_next_one_read(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    file.write_bytes(b"a\n" + b"x" * (LINE_LIMIT + 100_000) + b"\nb\n")
    with file.open("rb") as opened:
        found = [one for lines in read_lines(opened.fileno()) for one in lines]
    assert found == [b"a", None, b"b"]
