"""A file in whatever state its user left it gives a document or one problem, never an exception."""

import os
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest

from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.toml import parse_toml, read_toml


def says(content: bytes) -> tuple[str, int | None]:
    document, problem = parse_toml(content, "x.toml")
    assert document is None
    assert problem is not None
    for language in LANGUAGES:
        assert render(problem, Phrases(language)).startswith("x.toml")
    return problem.says, problem.line


@pytest.mark.parametrize(
    ("content", "expected", "line"),
    [
        (b"a = 1\na = 2\n", "problem.toml-twice", 2),
        (b"[a]\n[a]\n", "problem.toml-twice", 2),
        (b"a = 1\nb 2\n", "problem.toml-no-equals", 2),
        ('a = 1\n名 = "x"\n'.encode(), "problem.toml-syntax", 2),
        ("a = 张三\n".encode(), "problem.toml-value", 1),
        (b"a = 2026-02-30\n", "problem.toml-value", 1),
        (b'a = "x\nb = 1\n', "problem.toml-text", 1),
        (b'a = "\\q"\n', "problem.toml-text", 1),
        (b"a = [1 2]\n", "problem.toml-bracket", 1),
        (b"[a\nb = 1\n", "problem.toml-bracket", 1),
        (b"x = 1\na = [1,", "problem.toml-unfinished", 2),
        (b'a = "half', "problem.toml-unfinished", 1),
        ('a = 1\nb = "中文"'.encode("gbk"), "problem.not-utf-8", 2),
        ('a = "x"'.encode("utf-16"), "problem.not-utf-8", 1),
        (b"a = " + b"[" * 50_000, "problem.too-deep", None),
        (b"a = " + b"[" * 40 + b"]" * 40, "problem.too-deep", None),
        (b"ok = 1\n" + b"a." * 40 + b"b = 1", "problem.too-deep", 2),
    ],
)
def test_each_way_to_break_a_file_is_told_apart(content: bytes, expected: str, line: int) -> None:
    assert says(content) == (expected, line)


def test_a_hundred_thousand_dotted_keys_are_refused_at_once() -> None:
    started = process_time()
    assert says(b"a." * 100_000 + b"b = 1")[0] == "problem.too-deep"
    assert says(b"x = {" + b"a." * 100_000 + b"b = 1}")[0] == "problem.too-deep"
    assert process_time() - started < 1


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    document, problem = parse_toml(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n", "x.toml")
    assert problem is None
    assert document is not None
    assert document.data == {"a": 1, "b": 2}
    assert document.line(("b",)) == 2


def test_fractions_are_read_exactly_as_they_are_written() -> None:
    document, _ = parse_toml(b"a = 1352.29\n", "x.toml")
    assert document is not None
    assert document.data["a"] == Decimal("1352.29")


def test_a_key_that_is_missing_gets_the_line_of_the_table_around_it() -> None:
    document, _ = parse_toml(b"\n[[loans]]\nid = 'x'\n", "x.toml")
    assert document is not None
    assert document.line(("loans", 0, "lender")) == 2
    assert document.line(("other",)) is None


def test_files_that_are_too_big_missing_or_folders_are_problems(tmp_path: Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * 2000)
    found = [read_toml(path, max_bytes=1024)[1] for path in (big, tmp_path / "none.toml", tmp_path)]
    assert [problem.says for problem in found if problem] == [
        "problem.too-big",
        "problem.missing",
        "problem.no-file",
    ]


def test_a_pipe_is_not_waited_for_unless_a_shell_hands_it_over(tmp_path: Path) -> None:
    pipe = tmp_path / "config.toml"
    os.mkfifo(pipe)
    assert read_toml(pipe, max_bytes=1024)[1] == Problem(file=pipe.name, says="problem.no-file")
    ours, theirs = os.pipe()
    os.write(theirs, b"a = 1")
    os.close(theirs)
    document, _ = read_toml(Path(f"/dev/fd/{ours}"), max_bytes=1024)
    os.close(ours)
    assert document is not None
    assert document.data == {"a": 1}


def test_a_document_shows_none_of_its_text_when_printed() -> None:
    document, _ = parse_toml(b"name = 'secret'\n", "x.toml")
    assert "secret" not in repr(document)
