"""Every date that the program knows of: when it comes, of what it is, and when it is told."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.casework.days import KEPT, Entry, entries, tell
from watcher.casework.workdays import is_workday
from watcher.core.dates import Dates, after_workdays
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory, Lender
from watcher.core.life import CaseChange, Change, Stage
from watcher.core.model import Holder, Loan, LoanStatus
from watcher.store import DatedCase, Store
from watcher.userfiles.dates import read_dates

DIRECTORY = Directory.of(
    (
        Lender(id="P1", name="远山银行", kind="bank"),
        Lender(id="P2", name="青禾小贷", kind="microloan"),
        Lender(id="P3", name="青禾消费金融", kind="consumer_finance", aliases=("青禾借",)),
        Lender(id="P4", name="青禾平台", kind="platform", aliases=("青禾借",)),
    )
)
TODAY = date(2026, 11, 20)
Known = Callable[..., list[tuple[str, date]]]


@pytest.fixture(scope="module")
def dates(checkout: Path) -> Dates:
    read, _ = read_dates(checkout / "rules")
    assert read is not None
    return read


def ledger(*loans: Loan) -> Ledger:
    return Ledger.of(Holder(name="王小明"), loans, DIRECTORY)


def case(
    *letters: tuple[str, date],
    lender: str | None = "远山银行",
    recheck_on: date | None = None,
    fraud: bool = False,
) -> DatedCase:
    changes = tuple(
        CaseChange(
            at=datetime(2026, 11, 20, tzinfo=UTC),
            change=Change.SENT,
            stage=Stage.WAITING,
            letter=letter,
            sent_on=on,
        )
        for letter, on in letters
    )
    return DatedCase(
        id=7, lender=lender, loan=None, recheck_on=recheck_on, fraud=fraud, changes=changes
    )


def settled(on: date) -> Loan:
    return Loan(id="a", lender="远山银行", status=LoanStatus.SETTLED, settled_on=on)


def days(known: tuple[Entry, ...]) -> list[tuple[str, date]]:
    return [(entry.rule.id, entry.day) for entry in known]


@pytest.fixture
def of_case(dates: Dates) -> Known:
    def known(case: DatedCase, today: date = TODAY) -> list[tuple[str, date]]:
        return days(entries([case], ledger(), DIRECTORY, dates, today))

    return known


def test_a_recent_settlement_is_looked_at_again_on_the_day_that_the_alert_named(
    of_case: Known,
) -> None:
    assert of_case(case(recheck_on=date(2026, 11, 25))) == [("look-again", date(2026, 11, 25))]


def test_a_bank_has_15_days_to_answer_a_letter(of_case: Known) -> None:
    assert of_case(case(("T1", TODAY))) == [("letter-15", date(2026, 12, 5))]


@pytest.mark.parametrize("letter", ["T1", "T5", "complaint"])
@pytest.mark.parametrize("lender", ["青禾小贷", "青禾借", "没听过的机构", None])
def test_the_rule_of_15_days_is_claimed_of_no_other_lender(
    of_case: Known, lender: str | None, letter: str
) -> None:
    [(rule, _)] = of_case(case((letter, TODAY), lender=lender))
    assert rule == ("complaint-others" if letter == "complaint" else "letter-others")


def test_no_lender_has_to_answer_for_those_who_only_use_its_name(of_case: Known) -> None:
    assert of_case(case(("complaint", TODAY), fraud=True)) == []
    assert of_case(case(("T3", TODAY), fraud=True)) == [("credit-objection", date(2026, 12, 10))]


def test_a_complaint_has_15_then_30_then_60_days(of_case: Known) -> None:
    assert of_case(case(("complaint", TODAY))) == [
        ("complaint-15", date(2026, 12, 5)),
        ("complaint-30", date(2026, 12, 20)),
        ("complaint-60", date(2027, 1, 19)),
    ]


def test_an_objection_to_the_credit_record_has_20_calendar_days(of_case: Known) -> None:
    assert of_case(case(("T3", date(2026, 9, 25))), date(2026, 9, 25)) == [
        ("credit-objection", date(2026, 10, 15))
    ]


def test_a_complaint_to_the_central_bank_has_10_working_days_and_30_days(of_case: Known) -> None:
    # 25 to 27 September and 1 to 7 October 2026 are holidays; on Sunday the 20th and on
    # Saturday the 10th of October there is work instead.
    handed_in = case(("pboc", date(2026, 9, 18)))
    assert of_case(handed_in, date(2026, 9, 18)) == [
        ("pboc-accepts", date(2026, 10, 9)),
        ("pboc-answers-latest", date(2026, 11, 8)),
    ]
    accepted = case(("pboc", date(2026, 9, 18)), ("pboc-accepted", date(2026, 9, 22)))
    assert of_case(accepted, date(2026, 9, 22)) == [("pboc-answers", date(2026, 10, 22))]


def test_days_in_a_year_whose_holidays_are_not_announced_are_said_to_move(dates: Dates) -> None:
    unknown = date(2080, 3, 1)
    known = entries([case(("pboc", unknown))], ledger(), DIRECTORY, dates, unknown)
    assert {entry.moves for entry in known} == {True}
    [fifteen] = entries([case(("T1", unknown))], ledger(), DIRECTORY, dates, unknown)
    assert not fifteen.moves


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 30))
def test_working_days_end_on_a_working_day_and_take_longer_than_as_many_days(
    begun: date, count: int
) -> None:
    day, _ = after_workdays(begun, count, is_workday)
    assert day - begun >= timedelta(days=count)
    assert is_workday(day) is not False
    earlier, _ = after_workdays(begun, count - 1, is_workday)
    assert earlier < day


def test_after_a_settlement_proof_debit_and_credit_line_are_seen_to(dates: Dates) -> None:
    known = entries([], ledger(settled(TODAY)), DIRECTORY, dates, TODAY)
    assert days(known)[:3] == [
        ("certificate", date(2026, 11, 21)),
        ("debit-mandate", date(2026, 11, 23)),
        ("close-line", date(2026, 11, 27)),
    ]


def test_a_loan_that_was_settled_long_ago_asks_for_nothing(dates: Dates) -> None:
    long_ago = settled(TODAY - KEPT - timedelta(days=8))
    known = entries([], ledger(long_ago), DIRECTORY, dates, TODAY)
    assert {rule for rule, _ in days(known)} == {"credit-report"}


def test_the_credit_report_comes_up_twice_a_year_where_there_are_loans(dates: Dates) -> None:
    long_ago = settled(date(2020, 1, 1))
    known = entries([], ledger(long_ago), DIRECTORY, dates, TODAY)
    assert days(known) == [
        ("credit-report", date(2027, 3, 1)),
        ("credit-report", date(2027, 9, 1)),
    ]
    assert entries([], ledger(), DIRECTORY, dates, TODAY) == ()


@pytest.mark.parametrize(
    ("due_day", "today", "day"),
    [
        (25, date(2026, 11, 20), date(2026, 11, 22)),
        (19, date(2026, 11, 20), date(2026, 12, 16)),
        (31, date(2026, 2, 3), date(2026, 2, 25)),
        (5, date(2026, 12, 20), date(2027, 1, 2)),
    ],
)
def test_an_instalment_is_announced_three_days_before(
    dates: Dates, due_day: int, today: date, day: date
) -> None:
    owed = Loan(id="b", lender="远山银行", status=LoanStatus.ACTIVE, due_day=due_day)
    known = dict(days(entries([], ledger(owed), DIRECTORY, dates, today)))
    assert known["instalment"] == day


def test_a_date_is_told_of_in_the_morning_and_once(tmp_path: Path, dates: Dates) -> None:
    book = ledger(settled(TODAY))
    night = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # 7:30 of the 21st in Shanghai
    with Store.open(tmp_path / "state", night) as store:
        assert tell(store, book, DIRECTORY, dates, night) == ()
        morning = night + timedelta(hours=1)
        [alert] = tell(store, book, DIRECTORY, dates, morning)
        [waiting] = store.pending_alerts(morning)
        assert (waiting.id, waiting.summary.id) == (alert, "calendar.due_errand")
        assert waiting.summary.values == {"count": 1}
        store.acknowledge(alert)
        assert tell(store, book, DIRECTORY, dates, morning + timedelta(hours=1)) == ()
        later = morning + timedelta(days=7)
        [alert] = tell(store, book, DIRECTORY, dates, later)
        told = store.alert(alert)
        assert told is not None
        assert told.summary.values == {"count": 2}


def test_a_newcomer_is_not_told_of_a_report_that_was_due_before(
    tmp_path: Path, dates: Dates
) -> None:
    book = ledger(settled(date(2020, 1, 1)))
    begun = datetime(2026, 9, 3, 4, tzinfo=UTC)
    with Store.open(tmp_path / "state", begun) as store:
        assert tell(store, book, DIRECTORY, dates, begun) == ()
        assert len(tell(store, book, DIRECTORY, dates, datetime(2027, 3, 1, 4, tzinfo=UTC))) == 1
