"""Verdicts called wrong, as proposed tests in the user's own folder of rules."""

import stat
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.model import Channel, Message
from watcher.errors import SourceUnavailable, UserError
from watcher.userfiles import marked
from watcher.userfiles.marked import LONGEST, Marked, read_marks, remove_mark, write_mark
from watcher.userfiles.rules import read_rule_data
from watcher.userfiles.shipped import shipped_folder

MESSAGE = Message(
    id="x",
    channel=Channel.EMAIL,
    received_at=datetime(2026, 7, 19, 2, 12, tzinfo=UTC),
    sender="月亮贷 <a@moon.example>",
    subject='还款 "提醒"',
    text='您好，\n请还款 """100.00""" 元 \\ 谢谢',
    html="<p>请还款</p>",
    headers=(("From", "月亮贷 <a@moon.example>"),),
    codes=("moon.example/1",),
)
MARK = Marked(
    case=3,
    message=MESSAGE,
    judged="fraudulent",
    verdict="unsure",
    says="这是\n我朋友发的",
    rules=("code.pay",),
)


def test_a_mark_is_read_back_as_it_was_written_and_is_private(tmp_path: Path) -> None:
    path = write_mark(tmp_path / "rules", MARK)
    [read], problems = read_marks(tmp_path / "rules")
    assert problems == ()
    assert replace(read, message=replace(read.message, id="x")) == MARK
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_the_verdict_should_be_can_be_added_by_hand(tmp_path: Path) -> None:
    path = write_mark(tmp_path, replace(MARK, verdict=None))
    [read], _ = read_marks(tmp_path)
    assert read.verdict is None
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('# verdict = "unsure"', 'verdict = "null"'), encoding="utf-8")
    [read], _ = read_marks(tmp_path)
    assert read.verdict == "null"


@given(texts=st.lists(st.text(st.characters(), max_size=40), min_size=5, max_size=5))
def test_whatever_a_sender_writes_stays_inside_its_text(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "mark"
    sender, subject, text, html, says = texts
    message = replace(MESSAGE, sender=sender, subject=subject, text=text, html=html)
    path = write_mark(folder, replace(MARK, message=message, says=says))
    form = tomllib.loads(path.read_text(encoding="utf-8"))
    assert list(form) == ["tests"]
    [row] = form["tests"]
    whole = text.encode("utf-8", "replace").decode()
    assert row["text"] == whole
    assert row["judged"] == "fraudulent"
    _, problems = read_marks(folder)
    assert not [one for one in problems if not (one.key or "").endswith("says")]


def test_a_message_of_any_length_makes_a_file_that_can_be_read(tmp_path: Path) -> None:
    message = replace(MESSAGE, text="\x01" * 500_000, html="<p>" * 500_000)
    write_mark(tmp_path, replace(MARK, message=message))
    [read], problems = read_marks(tmp_path)
    assert problems == ()
    assert read.message.text == "\x01" * LONGEST


def test_marks_are_no_rules_and_their_mistakes_stop_no_judging(tmp_path: Path) -> None:
    own = tmp_path / "rules"
    path = write_mark(own, MARK)
    path.write_text('[[tests]]\njudged = "loud"\nfoo = 1\nreceived_at = "gestern"\n', "utf-8")
    found, problems = read_marks(own)
    assert found == ()
    assert {(one.key, one.says) for one in problems} == {
        ("tests[0].judged", "problem.expected-one-of"),
        ("tests[0]", "problem.key-missing"),
        ("tests[0].received_at", "problem.expected-moment"),
        ("tests[0].foo", "problem.unknown-key"),
    }
    data, problems = read_rule_data(shipped_folder() / "rules", own)
    assert data is not None
    assert problems == ()


def test_there_is_an_end_to_marks_and_one_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marked, "MOST", 2)
    for case in (1, 2, 2):
        write_mark(tmp_path, replace(MARK, case=case))
    with pytest.raises(UserError, match=r"marked\.too_many"):
        write_mark(tmp_path, MARK)
    remove_mark(tmp_path, 1)
    remove_mark(tmp_path, 1)
    assert [one.case for one in read_marks(tmp_path)[0]] == [2]


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("", encoding="utf-8")
    with pytest.raises(SourceUnavailable, match=r"store\.cannot_save"):
        write_mark(tmp_path / "rules", MARK)
