import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from select import select
from subprocess import PIPE, run

import pytest

from tests.hand_clock import HandClock
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message, Verdict
from watcher.errors import SourceUnavailable
from watcher.ingest import Unjudged
from watcher.judging import apart, process
from watcher.judging.apart import IDLE, JudgeApart
from watcher.judging.here import JudgeHere
from watcher.judging.process import Child, Gone
from watcher.phrases import Phrases
from watcher.store import codec
from watcher.web.start import write_book

NOON = datetime(2026, 3, 9, 4, tzinfo=UTC)
DUE = "【安逸花】李晓，您的安逸花本期应还812.40元，还款日3月12日，请在App内还款。"
PAID = "【安逸花】李晓，您已成功还款812.40元，本期账单已还清。"
LATE = "【安逸花】李晓，您的安逸花本期应还812.40元已逾期，请尽快在App内还款。"
FRAUD = "你的安逸花已移交法务，今天17点前把812.40元转到6222020000001234567户名周某，否则上门"
CHAT = "周末一起去爬山吗，票我来买"
STRANGE = "半个字\ud83d，\u202e一个反写"
TEXTS = (DUE, CHAT, PAID, LATE, FRAUD, STRANGE, "")


def messages(*texts: str) -> tuple[Message, ...]:
    return tuple(
        Message(
            id=str(number),
            channel=Channel.SMS,
            sender="95188" if number % 2 else None,
            received_at=NOON + timedelta(days=2 * number),
            text=text,
        )
        for number, text in enumerate(texts)
    )


def no_past() -> Iterator[str]:
    return iter(())


@pytest.fixture
def ledger(rules: Rules) -> Ledger:
    loan = Loan(
        id="ayh",
        lender="安逸花",
        status=LoanStatus.ACTIVE,
        opened_on=date(2025, 9, 12),
        due_day=12,
        monthly_amount=Decimal("812.40"),
    )
    return Ledger.of(Holder(name="李晓"), (loan,), rules.directory)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def judge(clock: HandClock, ledger: Ledger) -> Iterator[JudgeApart]:
    with closing(JudgeApart(clock)) as judge:
        judge.ledger = ledger
        yield judge


def test_a_child_judges_as_this_process_does(
    judge: JudgeApart, rules: Rules, ledger: Ledger
) -> None:
    given = messages(*TEXTS)
    here = list(JudgeHere(rules, ledger).judge(given, no_past))
    assert list(judge.judge(given, no_past)) == here
    verdicts = [one.judgement.verdict for one in here if isinstance(one, Case)]
    assert verdicts[:5] == [
        Verdict.EXPECTED,
        None,
        None,
        Verdict.LAGGING,
        Verdict.FRAUDULENT,
    ]


def test_long_messages_are_judged_as_they_are_here(
    judge: JudgeApart, rules: Rules, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "PORTION", 100)
    given = messages(DUE, CHAT * 20, PAID, "\ud83d" * 200, LATE)
    here = list(JudgeHere(rules, ledger).judge(given, no_past))
    assert list(judge.judge(given, no_past)) == here


def test_what_is_past_counts_for_a_child_until_it_is_forgotten(
    judge: JudgeApart, rules: Rules, ledger: Ledger
) -> None:
    _, paid, late = messages(DUE, PAID, LATE)
    [receipt] = JudgeHere(rules, ledger).judge([paid], no_past)
    assert isinstance(receipt, Case)
    past = [codec.dumps(receipt.evidence), "{ a flipped bit"]
    assert verdicts(judge, [late], past) == [Verdict.LAGGING]
    assert verdicts(judge, [late], []) == [Verdict.LAGGING]
    judge.forget()
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]


def test_the_ledger_counts_as_it_is_at_last(judge: JudgeApart, ledger: Ledger) -> None:
    [late] = messages(LATE)
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]
    settled = replace(
        ledger.loans[0], status=LoanStatus.SETTLED, settled_on=date(2025, 12, 1), due_day=None
    )
    reading = judge.read((None,))
    assert reading.terms is not None
    judge.ledger = Ledger.of(ledger.holder, (settled,), reading.terms.directory)
    assert verdicts(judge, [late], []) == [Verdict.STALE]


def test_a_child_that_is_killed_half_way_is_made_up_for(
    judge: JudgeApart, rules: Rules, ledger: Ledger
) -> None:
    given = messages(*TEXTS)
    found = []
    for number, one in enumerate(judge.judge(given, no_past)):
        found.append(one)
        if number == 2:
            kill(judge)
    assert found == list(JudgeHere(rules, ledger).judge(given, no_past))


def test_answers_that_nobody_waited_for_are_not_taken_for_others(judge: JudgeApart) -> None:
    for _ in judge.judge(messages(FRAUD, FRAUD, FRAUD), no_past):
        break
    judge.forget()
    assert verdicts(judge, list(messages(LATE)), []) == [Verdict.EXPECTED]


def test_a_child_that_was_killed_while_it_waited_is_called_anew(judge: JudgeApart) -> None:
    [late] = messages(LATE)
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]
    kill(judge)
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]


def test_a_message_that_ends_every_child_costs_itself_alone(
    judge: JudgeApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "START", with_fault())
    given = messages(LATE, CHAT, FRAUD)
    first, second, third = judge.judge(given, no_past)
    assert isinstance(first, Case)
    assert isinstance(second, Unjudged)
    assert isinstance(third, Case)
    assert third.judgement.verdict is Verdict.FRAUDULENT


def with_fault() -> str:
    """Return how a child begins that ends at one message."""
    return process.START.replace(
        "main()",
        f"""
import os
from watcher.judging import here
judged = here.process
def faulty(message, *rest):
    if message.text == {CHAT!r}:
        os._exit(9)
    return judged(message, *rest)
here.process = faulty
main()
""",
    )


def test_a_child_that_hangs_is_not_waited_for_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START", "import time; time.sleep(600)")
    monkeypatch.setattr(process, "HEARD_WITHIN", 1)
    child = Child()
    try:
        with pytest.raises(Gone):
            child.hear(within=0.1)
        with pytest.raises(Gone):
            child.say(bytes(10_000_000))
    finally:
        child.end()


def test_a_child_leaves_when_nothing_comes_and_comes_when_something_does(
    judge: JudgeApart, clock: HandClock
) -> None:
    [late] = messages(LATE)
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]
    clock.at += timedelta(seconds=IDLE - 1)
    judge.rest()
    assert judge.pid is not None
    clock.at += timedelta(seconds=1)
    judge.rest()
    left = judge.pid
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]
    assert left is None


def test_where_no_child_can_be_started_everything_waits(
    judge: JudgeApart, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for program in (tmp_path / "nothing", Path("/bin/false")):
        monkeypatch.setattr(sys, "executable", str(program))
        with pytest.raises(SourceUnavailable) as refused:
            list(judge.judge(messages(LATE), no_past))
        assert refused.value.says == "judging.no_child"
        with pytest.raises(SourceUnavailable):
            judge.read((None,))


def test_a_child_ends_with_its_parent() -> None:
    parent = (
        "import os; from watcher.judging.process import Child;"
        "print(Child().pid, flush=True); os._exit(9)"
    )
    told = run([sys.executable, "-c", parent], stdout=PIPE, check=False)
    with suppress(ProcessLookupError):  # it has ended already
        end = os.pidfd_open(int(told.stdout))
        with closing(os.fdopen(end)):
            ended, _, _ = select([end], [], [], 30)
            assert ended


def test_signals_for_all_of_a_service_are_left_to_the_parent(judge: JudgeApart) -> None:
    [late] = messages(LATE)
    verdicts(judge, [late], [])
    pid = judge.pid
    assert pid is not None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(pid, number)
    assert verdicts(judge, [late], []) == [Verdict.EXPECTED]
    assert judge.pid == pid


def test_the_page_is_told_what_the_rules_say(
    judge: JudgeApart, rules: Rules, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text("[[rules]]\n", encoding="utf-8")
    problems = judge.read((tmp_path, None)).problems
    book = judge.book("zh", tmp_path, ())
    assert problems
    assert book == write_book(rules, problems, Phrases("zh"), tmp_path)


def verdicts(judge: JudgeApart, given: list[Message], past: list[str]) -> list[Verdict | None]:
    cases = list(judge.judge(given, lambda: past))
    return [one.judgement.verdict for one in cases if isinstance(one, Case)]


def kill(judge: JudgeApart) -> None:
    assert judge.pid is not None
    os.kill(judge.pid, signal.SIGKILL)
    os.waitid(os.P_PID, judge.pid, os.WEXITED | os.WNOWAIT)
