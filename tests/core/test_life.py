"""Where a case stands after what was done about it, and which letters still count."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.dates import Dates, Letter
from watcher.core.life import CaseChange, Change, Stage, follow
from watcher.core.rules import Text

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
NAMED = Text(zh="信", en="letter")
LETTERS = Dates.of(
    (
        Letter(id="T1", title=NAMED),
        Letter(id="complaint", title=NAMED, ends=("T1",)),
    ),
    (),
)


def lived(*changes: tuple[Change, bool]) -> Stage:
    stages: tuple[Stage, ...] = ()
    for change, answer_due in changes:
        stages = (*stages, follow(stages, change, answer_due=answer_due))
    return stages[-1]


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ([(Change.SENT, False)], Stage.ACTING),
        ([(Change.SENT, True)], Stage.WAITING),
        ([(Change.SENT, True), (Change.SENT, False)], Stage.WAITING),
        ([(Change.SENT, True), (Change.ANSWERED, False)], Stage.ACTING),
        ([(Change.SENT, True), (Change.OVERDUE, False)], Stage.ESCALATED),
        ([(Change.SENT, True), (Change.AGAIN, False)], Stage.ESCALATED),
        ([(Change.SENT, True), (Change.OVERDUE, False), (Change.SENT, True)], Stage.WAITING),
        ([(Change.SENT, True), (Change.SNOOZED, False)], Stage.WAITING),
        ([(Change.SENT, True), (Change.CLOSED, False)], Stage.DONE),
        ([(Change.CLOSED, False), (Change.OVERDUE, False)], Stage.DONE),
    ],
)
def test_a_case_goes_on_with_what_is_done_about_it(
    changes: list[tuple[Change, bool]], stage: Stage
) -> None:
    assert lived(*changes) is stage


def test_a_case_that_is_opened_again_goes_on_where_it_was() -> None:
    waiting = (Change.SENT, True)
    closed, reopened = (Change.CLOSED, False), (Change.REOPENED, False)
    assert lived(waiting, closed, reopened) is Stage.WAITING
    assert lived(closed, reopened) is Stage.OPEN
    assert lived(waiting, closed, (Change.SNOOZED, False)) is Stage.WAITING


@given(st.lists(st.sampled_from(list(Change))))
def test_only_closing_closes_a_case(changes: list[Change]) -> None:
    stages: tuple[Stage, ...] = ()
    for change in changes:
        before = stages[-1] if stages else Stage.OPEN
        stages = (*stages, follow(stages, change, answer_due=True))
        if stages[-1] is Stage.DONE:
            assert change is Change.CLOSED or before is Stage.DONE


def sent(letter: str, day: int) -> CaseChange:
    return CaseChange(
        at=NOON,
        change=Change.SENT,
        stage=Stage.WAITING,
        letter=letter,
        sent_on=date(2026, 11, day),
    )


def test_a_letter_sent_again_counts_from_the_later_day() -> None:
    assert LETTERS.running([sent("T1", 1), sent("T1", 9)]) == {"T1": date(2026, 11, 9)}


def test_a_complaint_ends_the_dates_of_the_letter_before_it() -> None:
    assert LETTERS.running([sent("T1", 1), sent("complaint", 9)]) == {
        "complaint": date(2026, 11, 9)
    }


def test_an_answer_ends_what_was_sent_before_it() -> None:
    answer = CaseChange(at=NOON, change=Change.ANSWERED, stage=Stage.ACTING)
    assert LETTERS.running([sent("T1", 1), answer]) == {}
    assert LETTERS.running([sent("T1", 1), answer, sent("T1", 5)]) == {"T1": date(2026, 11, 5)}
