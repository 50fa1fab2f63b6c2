"""What crosses the socket comes out as it went in, and nothing else comes out."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.control import commands as c
from watcher.control import wire
from watcher.control.fields import LONGEST_NOTE, Forged
from watcher.core.model import Verdict
from watcher.errors import (
    CredentialsRefused,
    Problem,
    SourceUnavailable,
    UserError,
    WatcherError,
)
from watcher.ingest import Summary
from watcher.sources.items import Damage, Remark
from watcher.userfiles.ledger_edits import Edited

MOMENT = datetime(2026, 5, 20, 8, 30, tzinfo=UTC)
COMMANDS = (
    c.Ping(),
    c.Close(case=3),
    c.Snooze(case=3, until=MOMENT),
    c.Reopen(case=2**63),
    c.NoteLetter(case=3, letter="T1", on=date(2026, 5, 19)),
    c.NoteLetter(case=3, letter="T1"),
    c.NoteAnswer(case=3),
    c.Acknowledge(case=-1),
    c.Heed(alert=7),
    c.TickStep(case=1, checklist="F+", step="police", done=True, note="打了 110\n“记下了”"),
    c.TickStep(case=1, checklist="S", step="look", done=False),
    c.Choose(case=1, checklist="C", chosen=False),
    c.MarkWrong(case=1, text=None),
    c.MarkWrong(case=1, text=""),
    c.MarkWrong(case=1, text="不是诈骗", verdict="unsure"),
    c.AddLoan(loan={"lender": "招联金融", "account_tail": "1234 5678"}),
    c.SettleLoan(loan="招联金融-2025"),
    c.SettleLoan(loan="a", on="2026-07-17"),
    c.ReopenLoan(loan="a"),
    c.Confirm(proposal="0f0f"),
    c.Dismiss(proposal="0f0f"),
    c.Forget(loan="招联金融-2025"),
    c.Forget(person="王小明"),
    c.Scan(paths=(Path("/家/短信.xml"), Path("/a\udcff")), accounts=("a@b.test",), since=MOMENT),
    c.Scan(),
    c.OpenPage(case=None),
)
SUMMARY = Summary(
    messages=5,
    known=2,
    damage=[Damage(source="/a\udcff.xml", reason="source.is_missing", values={"error": None})],
    remarks=[Remark(source="b", reason="source.many-kinds", values={"count": 3})],
)
SUMMARY.verdicts[Verdict.STALE] = 2
PROBLEM = Problem(
    file="loans.toml",
    says="problem.not-a-day",
    line=3,
    key="loans[0].settled_on",
    values={"day": date(2026, 1, 2), "names": ["a", "b"], "sum": Decimal("1.20"), "at": MOMENT},
    warning=True,
)
EDITED = Edited(id="zl", settled_on=date(2026, 5, 1), ahead=None, doubts=(PROBLEM,))
LINES: tuple[c.Answer | c.Reading | c.Working, ...] = (
    c.Done(),
    c.Status(
        pid=7,
        started_at=MOMENT,
        folders=1,
        mail=("watching", "refused"),
        waiting=0,
        desktop=False,
        fallen=("home", "bus"),
    ),
    c.LoanWritten(edited=EDITED),
    c.Forgot(messages=3, cases=1, originals=0, left=("evidence/a\udcff.pdf",)),
    c.Scanned(summary=SUMMARY, looks=(c.Look(address="a@b.test"),)),
    c.PageReady(file=Path("/run/page.html")),
    c.Reading(name="短信.xml", read=1, total=2),
    c.Working(),
)
FAILURES = (
    UserError("store.already_open", {"case": 3}),
    UserError("cli.problems", problems=(PROBLEM,)),
    SourceUnavailable("store.cannot_save", {"reason": "满了"}),
    CredentialsRefused("imap.refused", {"reply": "NO [ALERT] \udcff"}),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_comes_out_as_it_went_in(command: c.Command) -> None:
    line = wire.encode_command(command)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert wire.decode_command(line) == command


@pytest.mark.parametrize("answer", LINES)
def test_an_answer_comes_out_as_it_went_in(answer: c.Answer | c.Reading | c.Working) -> None:
    assert wire.decode_line(wire.encode_line(answer)) == answer


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_comes_out_as_it_went_in(failure: WatcherError) -> None:
    came = wire.decode_line(wire.encode_line(failure))
    assert type(came) is type(failure)
    assert (came.says, came.values) == (failure.says, failure.values)
    assert getattr(came, "problems", ()) == getattr(failure, "problems", ())


def test_a_look_that_failed_keeps_its_reason() -> None:
    look = c.Look(address="a@b.test", failure=CredentialsRefused("imap.refused", {"reply": "NO"}))
    came = wire.decode_line(wire.encode_line(c.Scanned(summary=Summary(), looks=(look,))))
    assert isinstance(came, c.Scanned)
    assert came.looks[0].address == "a@b.test"
    assert isinstance(came.looks[0].failure, CredentialsRefused)
    assert came.looks[0].failure.values == {"reply": "NO"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_with_a_field_too_many_too_few_or_of_another_kind_is_none(
    command: c.Command,
) -> None:
    form = json.loads(wire.encode_command(command))
    forged = [form | {"sudo": True}, form | {"is": "remove"}, form | {"is": ["close"]}]
    for key in form:
        forged.append({name: value for name, value in form.items() if name != key})
        forged.append(form | {key: {"a": 1}})
        forged.append(form | {key: 1.5})
    for one in forged:
        with pytest.raises(Forged):
            wire.decode_command(json.dumps(one).encode() + b"\n")


@pytest.mark.parametrize(
    "form",
    [
        {"is": "scan", "paths": ["a.xml"], "accounts": [], "since": None},
        {"is": "scan", "paths": ["/a\0b"], "accounts": [], "since": None},
        {"is": "scan", "paths": "/a", "accounts": [], "since": None},
        {"is": "snooze", "case": 1, "until": "2026-05-20T08:00:00"},
        {"is": "snooze", "case": 1, "until": "later"},
        {"is": "close", "case": True},
        {"is": "wrong", "case": 1, "text": "x" * (LONGEST_NOTE + 1)},
        {"is": "wrong", "case": 1, "text": "\ud800"},
        {"is": "add-loan", "loan": {"sudo": "x"}},
        {"is": "add-loan", "loan": {"lender": 1}},
    ],
)
def test_a_value_that_no_command_of_ours_holds_is_refused(form: dict[str, object]) -> None:
    with pytest.raises(Forged):
        wire.decode_command(json.dumps({"version": wire.VERSION, **form}).encode())


def test_another_release_is_told_from_a_forger() -> None:
    with pytest.raises(wire.OtherVersion):
        wire.decode_command(b'{"version": 99, "is": "something new"}\n')


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_bytes_are_met_by_anything_but_a_refusal(line: bytes) -> None:
    with pytest.raises(Forged):
        wire.decode_command(line)
    with pytest.raises(Forged):
        wire.decode_line(line)


def test_brackets_beyond_measure_are_refused() -> None:
    with pytest.raises(Forged):
        wire.decode_command(b"[" * 60_000 + b"\n")
