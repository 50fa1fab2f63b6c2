"""The figure on charsets: the labels of its mails lie, and what comes out wrong is counted."""

import json

import pytest

from bench.__main__ import main
from bench.charset_mails import ROWS, SUBJECT, TEXT, Mail, Writer, mails


def test_every_row_has_its_share_of_the_mails() -> None:
    rows = [row for row, _ in mails(3 * len(ROWS))]
    assert {row: rows.count(row) for row in ROWS} == dict.fromkeys(ROWS, 3)


def test_the_same_mails_are_measured_every_time() -> None:
    assert [mail.raw for _, mail in mails(50)] == [mail.raw for _, mail in mails(50)]


@pytest.mark.parametrize(
    ("row", "codec"),
    [
        ("gb2312 that is GBK", "gb2312"),
        ("us-ascii that is GBK", "ascii"),
        ("utf-8 that is GBK", "utf-8"),
        ("gb18030 of four bytes", "gbk"),
        ("big5 with HKSCS", "big5"),
    ],
)
def test_the_charset_that_a_label_names_cannot_write_the_text(row: str, codec: str) -> None:
    writer = Writer("seed")
    written = [ROWS[row](writer).shows[TEXT] for _ in range(100)]
    if row == "utf-8 that is GBK":
        written = [text.encode("gbk").decode("utf-8", "replace") for text in written]
        assert any("\ufffd" in text for text in written)
    else:
        assert any("?" in text.encode(codec, "replace").decode(codec) for text in written)


def test_a_subject_of_raw_bytes_is_not_ascii() -> None:
    head = ROWS["raw GBK headers"](Writer("seed")).raw.partition(b"\r\n\r\n")[0]
    assert not head.isascii()


def test_what_comes_out_wrong_costs_its_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Mail(b"Subject: abcX\r\n\r\n", {SUBJECT: "abcd"})
    monkeypatch.setattr("bench.charset.mails", lambda _: iter([("row", wrong)]))
    monkeypatch.setattr("bench.charset.ROWS", {"row": None})
    assert main(["charset"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert numbers == {"mails": 1, "characters_right": 0.75, "worst_row": 0.75}


def test_the_last_line_is_the_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charset", "--quick"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(numbers) == {"mails", "characters_right", "worst_row"}
    assert numbers["characters_right"] >= 0.999
    assert numbers["worst_row"] >= 0.995
