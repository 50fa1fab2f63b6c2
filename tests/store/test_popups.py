import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from watcher.core.model import Case, Phrase, Verdict
from watcher.store import AlertState, PopUpSeen, Store
from watcher.store.schema import MIGRATIONS, migrate

MakeCase = Callable[..., Case]
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
DIGEST = Phrase(id="store.digest", values={"count": 2, "frauds": 0})
FLOOD = Phrase(id="daemon.flood", values={"count": 2})


def cases(make_case: MakeCase, *keys: str, verdict: Verdict = Verdict.STALE) -> list[Case]:
    return [make_case(key, key=key, verdict=verdict) for key in keys]


def of_court(case: Case) -> Case:
    return replace(case, judgement=replace(case.judgement, checklists=("S", "FJ")))


def test_a_fraud_comes_back_every_day_until_its_days_are_over(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", verdict=Verdict.FRAUDULENT), now=now)
    shown = 0
    for hour in range(0, 24 * 12, 6):
        later = now + timedelta(hours=hour)
        for alert in store.popups.waiting(later, WEEK):
            store.mark_shown(alert.id, "dbus", 1, later, "server")
            shown += 1
    assert shown == 7


def test_a_fraud_that_was_acknowledged_does_not_come_back(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", verdict=Verdict.FRAUDULENT), now=now)
    [alert] = store.popups.waiting(now, WEEK)
    store.mark_shown(alert.id, "dbus", 1, now, "server")
    assert len(store.popups.waiting(now + DAY, WEEK)) == 1
    assert alert.case_id is not None
    store.acknowledge_case(alert.case_id)
    assert store.popups.waiting(now + DAY, WEEK) == ()


def test_who_takes_in_a_summary_takes_in_each_alert_that_it_stands_for(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", "b", "c", verdict=Verdict.FRAUDULENT), now=now)
    first, second, later = store.popups.waiting(now, WEEK)
    digest = store.popups.gather((first, second), DIGEST, now)
    store.popups.mark_gathered(digest, (first, second), "dbus", 7, now, "server")
    assert second.case_id is not None
    store.snooze(second.case_id, now + DAY, now)
    assert store.acknowledge(digest)
    again = store.popups.waiting(now + 2 * DAY, WEEK)
    assert {alert.id for alert in again} == {second.id, later.id}
    assert {row.status.value for row in store.cases()} == {"open", "snoozed"}


def test_only_frauds_come_back(store: Store, make_case: MakeCase, now: datetime) -> None:
    store.record(cases(make_case, "a"), now=now)
    [alert] = store.popups.waiting(now, WEEK)
    store.mark_shown(alert.id, "dbus", 1, now, "server")
    assert store.popups.waiting(now + DAY, WEEK) == ()


def test_a_waiting_alert_tells_what_its_turn_depends_on(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case("a", key="a"), of_court(make_case("b", key="b"))], now=now)
    first, second = store.popups.waiting(now, WEEK)
    assert (first.court, first.pair) == (False, True)
    assert (second.court, second.pair) == (True, False)  # the lender and the sum of the first


def test_several_told_of_by_one_pop_up_are_each_shown(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", "b"), now=now)
    parts = store.popups.waiting(now, WEEK)
    number = store.popups.gather(parts, DIGEST, now)
    assert store.popups.waiting(now, WEEK) == parts  # nothing counts until it is shown

    store.popups.mark_gathered(number, parts, "dbus", 7, now, "server")

    assert store.popups.waiting(now, WEEK) == ()
    assert {row.alert for row in store.cases()} == {AlertState.SHOWN}
    assert store.popups.at("server", 7) == number
    assert store.popups.at("another server", 7) is None


def test_a_pop_up_for_several_is_taken_back_when_the_last_is_dealt_with(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", "b"), now=now)
    parts = store.popups.waiting(now, WEEK)
    number = store.popups.gather(parts, DIGEST, now)
    store.popups.mark_gathered(number, parts, "dbus", 7, now, "server")
    first, second = (row.id for row in store.cases())
    store.done(first, now)
    assert store.popups.superseded() == ()
    store.acknowledge_case(second)
    assert store.popups.superseded() == (PopUpSeen(alert_id=number, server="server", server_id=7),)
    store.popups.mark_closed(number)
    assert store.popups.superseded() == ()


def test_a_case_dealt_with_elsewhere_has_its_pop_up_taken_back(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", "b"), now=now)
    for number, alert in enumerate(store.popups.waiting(now, WEEK), 1):
        store.mark_shown(alert.id, "dbus", number, now, "server")
    assert store.popups.superseded() == ()
    late, early = (row.id for row in store.cases())
    store.done(early, now)
    store.snooze(late, now + DAY, now)
    assert [one.server_id for one in store.popups.superseded()] == [1, 2]


def test_one_acknowledged_while_it_was_being_shown_is_taken_back(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a"), now=now)
    [alert] = store.popups.waiting(now, WEEK)
    store.acknowledge(alert.id)
    store.mark_shown(alert.id, "dbus", 3, now, "server")
    assert [one.server_id for one in store.popups.superseded()] == [3]


def test_what_was_lost_comes_again_once_a_day(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a"), now=now)
    lost = []
    for hours in (0, 1, 2, 25, 26):
        later = now + timedelta(hours=hours)
        for alert in store.popups.waiting(later, WEEK):
            store.mark_shown(alert.id, "dbus", 1, later, "server")
        lost.append(store.popups.lost(later))
    assert lost == [1, 0, 0, 1, 0]


def test_what_one_pop_up_told_of_is_lost_with_it(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a", "b"), now=now)
    parts = store.popups.waiting(now, WEEK)
    number = store.popups.gather(parts, DIGEST, now)
    store.popups.mark_gathered(number, parts, "dbus", 7, now, "server")
    assert store.popups.lost(now) == 2
    assert [one.id for one in store.popups.waiting(now, WEEK)] == [one.id for one in parts]


def test_a_flood_is_told_of_once_a_day(store: Store, make_case: MakeCase, now: datetime) -> None:
    def warned(later: timedelta) -> bool:
        return store.popups.warn_of_flood(FLOOD, 2, timedelta(hours=1), now + later)

    store.record(cases(make_case, "a", "b"), now=now)
    assert not warned(timedelta())
    store.record(cases(make_case, "c"), now=now)
    assert warned(timedelta())
    assert not warned(timedelta(minutes=30))
    store.record(cases(make_case, "d", "e", "f"), now=now + 2 * DAY)
    assert warned(2 * DAY)
    assert sum(one.case_id is None for one in store.pending_alerts(now)) == 1


def test_a_nudge_is_allowed_once_a_day_even_after_a_restart(folder: Path, now: datetime) -> None:
    with Store.open(folder, now) as store:
        assert store.popups.may_nudge(now)
    with Store.open(folder, now) as store:
        assert not store.popups.may_nudge(now + timedelta(hours=23))
        assert store.popups.may_nudge(now + DAY)


def test_every_pop_up_is_kept_with_its_backend(
    folder: Path, store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record(cases(make_case, "a"), now=now)
    [alert] = store.popups.waiting(now, WEEK)
    store.mark_shown(alert.id, "terminal", None, now)
    store.mark_shown(alert.id, "dbus", 1, now + DAY, "server")
    with sqlite3.connect(folder / "state.db") as database:
        rows = database.execute("SELECT alert, backend, verdict, count FROM popups").fetchall()
    database.close()
    assert rows == [(alert.id, "terminal", "stale", 1), (alert.id, "dbus", "stale", 1)]
    assert store.popups.shown_since(now) == (now + DAY,)


def test_cases_of_a_court_are_found_when_a_store_is_brought_up_to_date(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open(folder, now) as store:
        store.record([make_case("a", key="a"), of_court(make_case("b", key="b"))], now=now)
    new = sqlite3.connect(folder / "state.db", isolation_level=None)
    old = sqlite3.connect(folder / "old.db", isolation_level=None)
    migrate(old, lambda _: None, MIGRATIONS[:4])
    for table in ("messages", "cases", "case_messages"):
        names = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
        rows = new.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()  # noqa: S608  fixed
        old.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows)  # noqa: S608  fixed
    migrate(old, lambda _: None)
    assert old.execute("SELECT court FROM cases ORDER BY id").fetchall() == [(0,), (1,)]
    old.close()
    new.close()
