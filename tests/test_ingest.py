import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import structlog

from tests.hand_clock import HandClock
from watcher import ingest, windows
from watcher.core.knowledge import RuleData, Rules
from watcher.core.ledger import Ledger
from watcher.core.lenders import Lender
from watcher.core.model import (
    Channel,
    Holder,
    Kind,
    Loan,
    LoanStatus,
    Message,
    Strength,
    Urgency,
    Verdict,
)
from watcher.core.rules import Conditions, Literal, Rule, Text, VerdictRow
from watcher.errors import SourceUnavailable
from watcher.ingest import Ingest, Showing, Shown, show_pending
from watcher.judging.here import JudgeHere
from watcher.sources.items import Damage, Finished, Item, Progress
from watcher.store import CaseStatus, Cursor, Store, Topic

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
TITLE = Text(zh="某规则", en="some rule")


def rule(name: str, phrase: str, *, kind: Kind | None = None) -> Rule:
    strength = None if kind else Strength.HARD
    conditions = Conditions(all=(Literal(phrase),))
    return Rule(id=name, title=TITLE, conditions=conditions, kind=kind, strength=strength)


def row(name: str, verdict: Verdict | None, *facts: str, loud: Urgency | None = None) -> VerdictRow:
    return VerdictRow(id=name, verdict=verdict, all=facts, urgency=loud, why=TITLE)


LENDER = Lender(id="shanhai", name="山海贷", kind="platform")
RULES = Rules.compile(
    RuleData(
        notices=(
            rule("overdue", "逾期", kind=Kind.OVERDUE),
            rule("receipt", "还款成功", kind=Kind.PAYMENT_RECEIPT),
        ),
        signals=(rule("wechat", "加微信"),),
        rows=(
            row("fraud", Verdict.FRAUDULENT, "signal.hard", loud=Urgency.CRITICAL),
            row("unreadable", Verdict.UNSURE, "unreadable", loud=Urgency.NORMAL),
            row("empty", Verdict.NOT_MINE, "ledger.empty", "demand", loud=Urgency.NORMAL),
            row("receipted", Verdict.LAGGING, "history.receipted", loud=Urgency.LOW),
            row("owed", Verdict.EXPECTED, "loan.open", "demand"),
            row("old", Verdict.STALE, "loan.settled", "demand", loud=Urgency.NORMAL),
            row("nothing", None),
        ),
        lenders=(LENDER,),
    ),
)
SETTLED = Loan(
    id="shanhai-1",
    lender="山海贷",
    status=LoanStatus.SETTLED,
    settled_on=date(2025, 12, 1),
)
OPEN = Loan(
    id="shanhai-2",
    lender="山海贷",
    status=LoanStatus.ACTIVE,
    due_day=1,
    monthly_amount=Decimal("100.00"),
)
OVERDUE = "【山海贷】您的借款100.00元已逾期，请尽快还款。"
RECEIPT = "【山海贷】还款成功，您已还款100.00元。"
FRAUD = "【山海贷】您的借款已逾期，请加微信处理。"
CHAT = "晚上一起吃饭吗"


@dataclass
class Desk:
    """A desktop that takes notifications, or does not."""

    there: bool = True
    taken: list[Showing] = field(default_factory=list)

    async def show(self, showing: Showing) -> Shown | None:
        if not self.there:
            return None
        self.taken.append(showing)
        return Shown(backend="desk", server_id=len(self.taken))


def ledger(*loans: Loan) -> Ledger:
    return Ledger.of(Holder(), loans, RULES.directory)


def sms(text: str, hours: float = 0) -> Message:
    received_at = NOON + timedelta(hours=hours)
    return Message(
        id=f"{text}{hours}",
        channel=Channel.SMS,
        received_at=received_at,
        sender="1069000011",
        text=text,
    )


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "state", NOON) as opened:
        yield opened


MakeIngest = Callable[..., Ingest]


@pytest.fixture
def make_ingest(store: Store, clock: HandClock) -> MakeIngest:
    def make(*loans: Loan) -> Ingest:
        return Ingest(judge=JudgeHere(RULES, ledger(*loans)), store=store, clock=clock)

    return make


def test_a_new_notice_is_recorded_shown_and_marked_as_shown(
    make_ingest: MakeIngest, store: Store, clock: HandClock
) -> None:
    desk = Desk()
    summary = make_ingest(SETTLED).run([sms(OVERDUE, -1), sms(CHAT)], source="phone")
    assert (summary.messages, summary.opened, summary.alerts) == (2, 1, 1)
    assert asyncio.run(show_pending(store, desk, clock)) == 1
    [shown] = desk.taken
    assert (shown.verdict, shown.urgency, shown.lender) == (
        Verdict.STALE,
        Urgency.NORMAL,
        "山海贷",
    )
    assert store.pending_alerts(NOON) == ()


def test_what_the_desktop_did_not_take_is_shown_when_it_is_back(
    make_ingest: MakeIngest, store: Store, clock: HandClock
) -> None:
    make_ingest(SETTLED).run([sms(OVERDUE)], source="phone")
    desk = Desk(there=False)
    assert asyncio.run(show_pending(store, desk, clock)) == 0
    desk.there = True
    assert asyncio.run(show_pending(store, desk, clock)) == 1


def test_no_more_pop_ups_at_once_than_asked_for_and_fraud_first(
    make_ingest: MakeIngest, store: Store, clock: HandClock
) -> None:
    notices = [sms(OVERDUE.replace("100", f"{n}00")) for n in range(1, 6)]
    make_ingest(SETTLED).run([*notices, sms(FRAUD)], source="phone")
    desk = Desk()
    assert asyncio.run(show_pending(store, desk, clock, most=2)) == 2
    assert desk.taken[0].verdict is Verdict.FRAUDULENT
    assert len(store.pending_alerts(NOON)) == 4


def test_an_export_that_gives_the_newest_first_is_judged_from_the_oldest(
    make_ingest: MakeIngest, store: Store
) -> None:
    make_ingest(OPEN).run([sms(OVERDUE, 0), sms(RECEIPT, -24)], source="phone")
    assert [one.verdict for one in store.cases()] == [Verdict.LAGGING]


def test_what_an_earlier_run_taught_is_known_after_a_restart(
    make_ingest: MakeIngest, store: Store
) -> None:
    make_ingest(OPEN).run([sms(RECEIPT, -24)], source="phone")
    make_ingest(OPEN).run([sms(OVERDUE)], source="phone")
    assert [one.verdict for one in store.cases()] == [Verdict.LAGGING]


def test_a_backup_read_again_adds_nothing(make_ingest: MakeIngest, store: Store) -> None:
    messages = [sms(OVERDUE), sms(RECEIPT, -24), sms(CHAT)]
    once = make_ingest(SETTLED)
    once.run(messages, source="phone")
    again = once.run(messages, source="phone")
    assert (again.known, again.opened, again.alerts) == (3, 0, 0)
    assert len(list(store.history())) == 2


def test_a_receipt_found_in_two_files_is_evidence_once(
    make_ingest: MakeIngest, store: Store
) -> None:
    make_ingest(OPEN).run([sms(RECEIPT, -24), sms(RECEIPT, -24)], source="phone")
    assert len(list(store.history())) == 1


def test_a_first_scan_is_one_summary_and_not_a_storm(
    make_ingest: MakeIngest, store: Store, clock: HandClock
) -> None:
    notices = [sms(OVERDUE.replace("100", str(n)), -n) for n in range(100, 160)]
    summary = make_ingest(SETTLED).run([*notices, sms(FRAUD)], source="phone", first_run=True)
    assert (summary.alerts, summary.digested) == (0, 61)
    desk = Desk()
    asyncio.run(show_pending(store, desk, clock))
    [shown] = desk.taken
    assert (shown.count, shown.case_id, shown.verdict) == (61, None, Verdict.FRAUDULENT)
    assert len(list(store.cases(CaseStatus.OPEN))) == 61


def test_old_messages_are_left_to_a_summary_and_new_ones_are_not(
    make_ingest: MakeIngest, store: Store
) -> None:
    old, new = sms(OVERDUE, -24 * 30), sms(OVERDUE.replace("100", "200"))
    make_ingest(SETTLED).run([old, new], source="phone")
    waiting = store.pending_alerts(NOON)
    assert sorted(alert.topic for alert in waiting) == [Topic.CASE, Topic.DIGEST]


def test_with_an_empty_ledger_only_fraud_is_shown_alone(
    make_ingest: MakeIngest, store: Store
) -> None:
    notices = [sms(OVERDUE), sms(OVERDUE.replace("100", "200")), sms(FRAUD)]
    make_ingest().run(notices, source="phone")
    fraud, add_loans = store.pending_alerts(NOON)
    assert fraud.verdict is Verdict.FRAUDULENT
    assert (add_loans.topic, add_loans.count, add_loans.summary.id) == (
        Topic.LEDGER,
        2,
        "store.ledger",
    )


def test_a_bug_met_by_one_message_costs_that_message_only(
    make_ingest: MakeIngest, store: Store
) -> None:
    reader = make_ingest(SETTLED)
    # A table without the row that always holds: the judge fails on what is no fraud.
    broken = Rules.compile(replace(RULES.data, rows=RULES.data.rows[:1]))
    reader.judge = JudgeHere(broken, reader.judge.ledger)
    with structlog.testing.capture_logs() as logged:
        summary = reader.run([sms(OVERDUE), sms(FRAUD)], source="phone")
    assert (summary.failed, summary.opened) == (1, 2)
    found = {one.verdict: one.summary.id for one in store.cases()}
    assert found[Verdict.UNSURE] == "ingest.not_judged"
    assert Verdict.FRAUDULENT in found
    assert [line["event"] for line in logged] == ["message-not-judged"]
    assert "judge.py:" in logged[0]["at"]
    assert "逾期" not in str(logged)


def test_a_source_that_breaks_off_keeps_what_it_gave_and_not_its_cursor(
    make_ingest: MakeIngest, store: Store
) -> None:
    def broken() -> Iterator[Item]:
        yield sms(OVERDUE)
        raise SourceUnavailable("source.cannot_open")

    cursor = Cursor(source="phone", position={"at": 1})
    with pytest.raises(SourceUnavailable):
        make_ingest(SETTLED).run(broken(), source="phone", cursor=cursor)
    assert len(store.pending_alerts(NOON)) == 1
    assert store.cursor("phone") is None
    assert store.last_good("phone") is None


def test_an_interrupt_inside_a_transaction_is_left_an_interrupt(
    make_ingest: MakeIngest, store: Store
) -> None:
    def interrupted() -> Iterator[Item]:
        yield sms(OVERDUE)
        store._database.execute("BEGIN IMMEDIATE")  # noqa: SLF001  one that nobody ends any more
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_ingest().run(interrupted(), source="a")


def test_a_source_read_to_its_end_moves_its_cursor(make_ingest: MakeIngest, store: Store) -> None:
    cursor = Cursor(source="phone", position={"at": 1})
    make_ingest(SETTLED).run([sms(CHAT)], source="phone", cursor=cursor)
    assert store.cursor("phone") == cursor
    assert store.last_good("phone") == NOON


def test_a_damaged_file_is_told_and_does_not_count_as_read(
    make_ingest: MakeIngest, store: Store
) -> None:
    seen: list[windows.Advance] = []
    items: list[Item] = [
        Progress(read=1, total=2),
        sms(CHAT),
        Damage(source="a.xml", reason="source.is_missing"),
        Finished(source="a.xml", records=1, incoming=1),
    ]
    summary = make_ingest(SETTLED).run(items, source="phone", on_progress=seen.append)
    assert [one.reason for one in summary.damage] == ["source.is_missing"]
    assert [one.records for one in summary.finished] == [1]
    assert [(one.read, one.messages) for one in seen] == [(0, 0), (1, 1)]
    assert store.last_good("phone") is None


def test_a_run_beyond_the_window_is_judged_in_parts(
    make_ingest: MakeIngest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "WINDOW_MESSAGES", 10)
    monkeypatch.setattr(ingest, "CHUNK", 3)
    notices = [sms(OVERDUE.replace("100", str(n)), -n / 10) for n in range(100, 125)]
    summary = make_ingest(SETTLED).run(notices, source="phone")
    assert (summary.messages, summary.opened) == (25, 25)
    assert len(list(store.cases())) == 25


def test_what_could_not_be_stored_is_judged_again_without_having_been_its_own_past(
    make_ingest: MakeIngest, store: Store
) -> None:
    reader = make_ingest(OPEN)
    notices: Iterable[Item] = [sms(OVERDUE), sms(RECEIPT, 1)]
    store._database.execute("PRAGMA query_only = ON")  # noqa: SLF001  a disk that refuses to be written
    with pytest.raises(SourceUnavailable):
        reader.run(notices, source="phone")
    store._database.execute("PRAGMA query_only = OFF")  # noqa: SLF001  and takes it again
    reader.run(notices, source="phone")
    assert [one.verdict for one in store.cases()] == [Verdict.EXPECTED]
    assert len(list(store.history())) == 2


def test_no_word_of_a_message_reaches_the_log(
    make_ingest: MakeIngest, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logged:
        make_ingest(SETTLED).run([sms(OVERDUE), sms(FRAUD), sms(CHAT)], source="phone")
    assert not any(word in caplog.text + str(logged) for word in ("山海贷", "逾期", "吃饭"))
