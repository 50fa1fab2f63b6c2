from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.core.model import Phrase, Urgency, Verdict
from watcher.store import AlertState, Topic, WaitingAlert
from watcher.turns import (
    MOST_COURTS,
    Rank,
    Turn,
    in_order,
    is_due,
    is_quiet,
    next_turn,
    rank,
)

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (time(22), time(8))
OURS = frozenset({"招联金融"})


def waiting(  # noqa: PLR0913  each is what some test varies
    number: int = 1,
    *,
    verdict: Verdict | None = Verdict.STALE,
    court: bool = False,
    lender: str | None = "某某贷",
    pair: bool = False,
    topic: Topic = Topic.CASE,
    shown_at: datetime | None = None,
    restored_at: datetime | None = None,
) -> WaitingAlert:
    return WaitingAlert(
        id=number,
        case_id=number if topic is Topic.CASE else None,
        topic=topic,
        state=AlertState.PENDING,
        verdict=verdict,
        urgency=Urgency.CRITICAL if verdict is Verdict.FRAUDULENT else Urgency.NORMAL,
        count=1,
        lender=lender,
        summary=Phrase(id="x"),
        created_at=NOON,
        shown_at=shown_at,
        server_id=None,
        attempts=0,
        restored_at=restored_at,
        court=court,
        pair=pair,
    )


PROGRAM = waiting(90, topic=Topic.PROGRAM, verdict=None, lender=None)
MOMENTS = st.none() | st.integers(-80, 5).map(lambda hours: NOON + timedelta(hours=hours))
ALERTS = st.lists(
    st.builds(
        waiting,
        st.integers(1, 10_000),
        verdict=st.sampled_from([Verdict.FRAUDULENT, Verdict.STALE, Verdict.UNSURE]),
        court=st.booleans(),
        lender=st.sampled_from([None, "某某贷", *OURS]),
        pair=st.booleans(),
        topic=st.sampled_from([Topic.CASE, Topic.CASE, Topic.CASE, Topic.PROGRAM]),
        shown_at=MOMENTS,
        restored_at=MOMENTS,
    ),
    max_size=40,
    unique_by=lambda alert: alert.id,
)


def turn(
    alerts: Sequence[WaitingAlert], left: int = 3, had: frozenset[Rank] = frozenset()
) -> Turn | None:
    return next_turn(alerts, left=left, had=had, lenders=OURS, now=NOON)


def minute(alerts: Sequence[WaitingAlert], most: int = 3) -> list[Turn]:
    """The pop-ups of one minute."""
    had: set[Rank] = set()
    found: list[Turn] = []
    rest = list(alerts)
    for left in range(most, 0, -1):
        one = turn(rest, left, frozenset(had))
        if one is None:
            break
        found.append(one)
        if one.alone:
            had.add(one.rank)
        rest = [alert for alert in rest if alert not in one.alerts]
    return found


def test_ranks_are_fraud_court_lenders_of_the_ledger_new_pairs_and_the_rest() -> None:
    alerts = [
        waiting(1),
        waiting(2, pair=True),
        PROGRAM,
        waiting(3, lender="招联金融"),
        waiting(4, court=True),
        waiting(5, verdict=Verdict.FRAUDULENT),
    ]
    assert [rank(one, OURS) for one in in_order(alerts, OURS, NOON)] == list(Rank)


def test_as_many_as_a_minute_shows_are_each_shown_alone() -> None:
    turns = minute([waiting(1), waiting(2, verdict=Verdict.FRAUDULENT), waiting(3, court=True)])
    assert [[alert.id for alert in one.alerts] for one in turns] == [[2], [3], [1]]


def test_more_than_a_minute_shows_are_told_of_together_at_its_end() -> None:
    turns = minute([waiting(number, verdict=Verdict.FRAUDULENT) for number in range(1, 11)])
    assert [len(one.alerts) for one in turns] == [1, 1, 8]


def test_a_flood_of_frauds_does_not_keep_a_lender_of_the_ledger_from_a_pop_up_of_its_own() -> None:
    flood = [waiting(number, verdict=Verdict.FRAUDULENT) for number in range(1, 10_000)]
    turns = minute([*flood, waiting(20_000, lender="招联金融")])
    assert [one.rank for one in turns] == [Rank.FRAUD, Rank.LEDGER, Rank.FRAUD]
    assert [alert.id for alert in turns[1].alerts] == [20_000]


def test_what_the_program_says_of_itself_is_never_told_together_with_others() -> None:
    turns = minute([PROGRAM, *(waiting(number) for number in range(1, 9))])
    assert [one.alone for one in turns] == [True, True, False]
    assert PROGRAM not in turns[2].alerts


@given(alerts=ALERTS, left=st.integers(1, 5), had=st.frozensets(st.sampled_from(Rank)))
def test_no_rank_goes_before_one_above_it_unless_that_one_had_its_turn(
    alerts: list[WaitingAlert], left: int, had: frozenset[Rank]
) -> None:
    one = turn(alerts, left, had)
    due = [alert for alert in alerts if is_due(alert, NOON)]
    if one is None:
        assert due == []
        return
    assert {alert.id for alert in one.alerts} <= {alert.id for alert in due}
    if one.alone and left > 1:
        above = {rank(alert, OURS) for alert in due if rank(alert, OURS) < one.rank}
        assert above <= had


@given(alerts=ALERTS, left=st.integers(1, 5))
def test_the_order_in_which_alerts_came_out_of_the_store_decides_nothing(
    alerts: list[WaitingAlert], left: int
) -> None:
    assert turn(alerts, left) == turn(alerts[::-1], left)


@settings(max_examples=50)
@given(alerts=ALERTS, most=st.integers(1, 6))
def test_minute_by_minute_every_alert_is_told_of_exactly_once(
    alerts: list[WaitingAlert], most: int
) -> None:
    rest = [alert for alert in alerts if is_due(alert, NOON)]
    told: list[int] = []
    for _ in range(60):
        turns = minute(rest, most)
        assert len(turns) <= most
        told += [alert.id for one in turns for alert in one.alerts]
        rest = [alert for alert in rest if alert.id not in told]
    assert sorted(told) == sorted(alert.id for alert in alerts if is_due(alert, NOON))


@given(alerts=ALERTS, left=st.integers(1, 5))
def test_one_pop_up_names_no_more_court_messages_than_fit(
    alerts: list[WaitingAlert], left: int
) -> None:
    one = turn(alerts, left)
    assert one is None or sum(alert.court for alert in one.alerts) <= MOST_COURTS


@given(alerts=ALERTS, left=st.integers(1, 5))
def test_no_case_has_two_pop_ups_within_a_day(alerts: list[WaitingAlert], left: int) -> None:
    one = turn(alerts, left)
    for alert in one.alerts if one else ():
        shown, lost = alert.shown_at, alert.restored_at
        assert shown is None or abs(NOON - shown) >= DAY or (lost is not None and lost >= shown)


@pytest.mark.parametrize(
    ("local", "quiet"),
    [("21:59", False), ("22:00", True), ("00:00", True), ("07:59", True), ("08:00", False)],
)
def test_quiet_hours_go_over_midnight_in_the_holders_own_time(local: str, *, quiet: bool) -> None:
    there = datetime.fromisoformat(f"2026-03-01T{local}").replace(tzinfo=SHANGHAI)
    assert is_quiet(there.astimezone(UTC), NIGHT, SHANGHAI) is quiet


def test_quiet_hours_may_lie_within_a_day_or_not_be_at_all() -> None:
    siesta = (time(13), time(15))
    assert is_quiet(datetime(2026, 3, 1, 14, tzinfo=SHANGHAI), siesta, SHANGHAI)
    assert not is_quiet(datetime(2026, 3, 1, 15, tzinfo=SHANGHAI), siesta, SHANGHAI)
    assert not is_quiet(datetime(2026, 3, 1, 3, tzinfo=SHANGHAI), None, SHANGHAI)


@given(minutes=st.integers(0, 1439), hours=st.tuples(st.times(), st.times()))
def test_what_is_quiet_one_way_round_is_loud_the_other(
    minutes: int, hours: tuple[time, time]
) -> None:
    start, end = (one.replace(second=0, microsecond=0) for one in hours)
    now = NOON + timedelta(minutes=minutes)
    if start != end:
        assert is_quiet(now, (start, end), SHANGHAI) != is_quiet(now, (end, start), SHANGHAI)
