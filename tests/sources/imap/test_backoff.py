from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from watcher.sources.imap.backoff import HEALTHY, SHORT_LIVED, Backoff, Refusals

HOUR = 3600.0


def _backoff(seed: int) -> Backoff:
    return Backoff(Random(seed))  # noqa: S311  jitter is no secret


def test_a_server_that_cannot_be_reached_is_asked_at_least_every_45_seconds() -> None:
    backoff = _backoff(1)
    waits = [backoff.unreachable() for _ in range(50)]

    assert all(earlier < later for earlier, later in pairwise(waits[:6]))
    assert max(waits) <= 45
    assert min(waits[6:]) > 30


def test_a_server_that_drops_every_session_at_once_sees_few_connections_in_an_hour() -> None:
    backoff = _backoff(2)
    passed, connections = 0.0, 0
    while passed < HOUR:
        connections += 1
        passed += backoff.ended(0.2)

    assert connections <= 20
    assert max(backoff.ended(1) for _ in range(100)) <= 300


def test_sessions_that_lived_a_while_are_followed_by_a_quick_return() -> None:
    backoff = _backoff(3)

    assert max(backoff.ended(SHORT_LIVED + 1) for _ in range(100)) <= 45


def test_ten_healthy_minutes_forget_all_failures() -> None:
    backoff = _backoff(4)
    for _ in range(20):
        backoff.unreachable()
        backoff.ended(1)

    assert backoff.ended(HEALTHY) <= 1
    for _ in range(20):
        backoff.ended(1)
    backoff.healthy()
    assert backoff.unreachable() <= 1
    assert backoff.ended(1) <= 5


def test_a_sign_in_that_worked_ends_the_count_of_an_outage_but_not_of_short_sessions() -> None:
    backoff = _backoff(5)
    for _ in range(20):
        backoff.unreachable()
    assert backoff.ended(1) <= 5
    for _ in range(5):
        backoff.unreachable()
    assert backoff.ended(1) > 10


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9))), st.integers())
def test_no_course_of_failures_makes_a_wait_longer_than_five_minutes(
    lives: list[float | None], seed: int
) -> None:
    backoff = _backoff(seed)
    for lived in lives:
        wait = backoff.unreachable() if lived is None else backoff.ended(lived)
        assert 0 < wait <= 300


def test_two_programs_do_not_come_back_in_the_same_second() -> None:
    one, other = _backoff(6), _backoff(7)

    assert [one.unreachable() for _ in range(9)] != [other.unreachable() for _ in range(9)]


def test_a_refused_secret_is_tried_twice_and_told_of_once() -> None:
    refusals = Refusals()
    told = []
    while refusals.may_try("旧授权码"):
        told.append(refusals.refused("旧授权码"))

    assert told == [False, True]


def test_another_secret_is_tried_at_once_and_gets_two_tries_of_its_own() -> None:
    refusals = Refusals()
    while refusals.may_try("旧授权码"):
        refusals.refused("旧授权码")

    assert refusals.may_try("新授权码")
    assert not refusals.refused("新授权码")
    assert refusals.may_try("新授权码")
    refusals.accepted()
    assert refusals.may_try("旧授权码")
