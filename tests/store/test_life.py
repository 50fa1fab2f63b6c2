"""Every change of a case is kept, and a notice after an objection raises it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from watcher.core.life import Change, Stage
from watcher.core.model import Case, Verdict
from watcher.store import CaseStatus, Due, Store

MakeCase = Callable[..., Case]
DAY = 24 * 60


def opened(store: Store, case: Case, now: datetime) -> int:
    store.record([case], now=now)
    [row] = store.cases(CaseStatus.OPEN)
    return row.id


def object_to(store: Store, case: int, now: datetime) -> None:
    store.life.sent(case, "T1", now.date(), now, answer_due=True, objects_from=now)


def said(store: Store, now: datetime) -> list[tuple[str, object, object]]:
    """Return what the program says of itself: phrase, case, count."""
    return [
        (one.summary.id, one.summary.values.get("case"), one.summary.values.get("count"))
        for one in store.pending_alerts(now)
        if one.case_id is None
    ]


def test_every_change_is_kept_with_its_time_from_the_letter_to_the_end(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    hour = timedelta(hours=1)
    object_to(store, case, now + hour)
    store.life.answered(case, now + 2 * hour)
    store.snooze(case, now + timedelta(days=9), now + 3 * hour)
    store.done(case, now + 4 * hour)
    store.done(case, now + 5 * hour)  # it is closed already
    store.reopen(case, now + 6 * hour)
    assert [(one.change, one.stage, one.at - now) for one in store.life.changes(case)] == [
        (Change.SENT, Stage.WAITING, hour),
        (Change.ANSWERED, Stage.ACTING, 2 * hour),
        (Change.SNOOZED, Stage.ACTING, 3 * hour),
        (Change.CLOSED, Stage.DONE, 4 * hour),
        (Change.REOPENED, Stage.ACTING, 6 * hour),
    ]
    assert store.life.stages() == {case: Stage.ACTING}
    [sent, *_] = store.life.changes(case)
    assert (sent.letter, sent.sent_on) == ("T1", now.date())


def test_the_third_notice_after_an_objection_says_so(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    object_to(store, case, now + timedelta(days=1))
    later = now + timedelta(days=5)
    store.record([make_case("再次提醒。", minutes=2 * DAY)], now=later)
    assert said(store, later) == [("store.again", case, 1)]
    assert {one.about for one in store.pending_alerts(later)} == {case}
    more = [make_case(f"第{day}次。", minutes=day * DAY) for day in (3, 4)]
    store.record(more, now=later)
    assert said(store, later) == [("store.again", case, 3)]
    assert store.life.stages()[case] is Stage.ESCALATED


def test_a_notice_of_another_sum_on_the_same_debt_raises_the_case_of_the_letter(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    object_to(store, case, now + timedelta(days=1))
    later = now + timedelta(days=2)
    store.record([make_case("利滚利。", minutes=2 * DAY, key="山海贷/130.00/")], now=later)
    assert said(store, later) == [("store.again", case, 1)]


def test_a_notice_after_the_case_was_closed_raises_the_new_one(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    object_to(store, case, now + timedelta(days=1))
    store.done(case, now + timedelta(days=1))
    later = now + timedelta(days=2)
    new = opened(store, make_case("又来了。", minutes=2 * DAY), later)
    assert new != case
    assert said(store, later) == [("store.again", new, 1)]
    assert store.life.stages() == {case: Stage.DONE, new: Stage.ESCALATED}


@pytest.mark.parametrize(
    "later",
    [
        {"text": "早就发出的。", "minutes": 60},
        {"text": "点这里。", "minutes": 2 * DAY, "verdict": Verdict.FRAUDULENT},
        {"text": "本期账单。", "minutes": 2 * DAY, "verdict": Verdict.EXPECTED},
    ],
)
def test_what_came_before_the_letter_or_is_no_answer_to_it_raises_nothing(
    store: Store, make_case: MakeCase, now: datetime, later: dict[str, object]
) -> None:
    case = opened(store, make_case(), now)
    object_to(store, case, now + timedelta(days=1))
    store.record([make_case(**later)], now=now + timedelta(days=2))
    assert said(store, now + timedelta(days=2)) == []
    assert store.life.stages()[case] is Stage.WAITING


def test_a_date_is_told_of_once_and_again_only_where_it_moved(store: Store, now: datetime) -> None:
    due = Due(name="certificate/loan/a", day=date(2026, 3, 1), says="calendar.due_errand")
    moved = Due(name="certificate/loan/a", day=date(2026, 3, 9), says="calendar.due_errand")
    assert len(store.life.tell([due], now)) == 1
    assert store.life.tell([due], now) == ()
    assert len(store.life.tell([due, moved], now)) == 1


def test_a_day_that_passes_without_an_answer_escalates_until_the_answer_comes(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    object_to(store, case, now)
    due = Due(
        name=f"letter-15/case/{case}",
        day=now.date(),
        says="calendar.due_answer",
        case=case,
        overdue=True,
    )
    store.life.tell([due], now)
    assert store.life.stages()[case] is Stage.ESCALATED
    assert said(store, now) == [("calendar.due_answer", case, None)]
    store.life.answered(case, now)
    assert said(store, now) == []


def test_only_open_cases_have_dates(store: Store, make_case: MakeCase, now: datetime) -> None:
    case = opened(store, make_case(), now)
    assert store.life.dated() == ()
    object_to(store, case, now)
    assert [one.id for one in store.life.dated()] == [case]
    store.done(case, now)
    assert store.life.dated() == ()
