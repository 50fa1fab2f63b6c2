from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from watcher.core.model import Case, Phrase, Urgency, Verdict
from watcher.errors import UserError
from watcher.store import AlertState, CaseStatus, Store

MakeCase = Callable[..., Case]


def test_the_most_urgent_alert_waits_first(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    verdicts = (Verdict.LAGGING, Verdict.STALE, Verdict.FRAUDULENT)
    store.record([make_case(v, key=v, verdict=v) for v in verdicts], now=now)
    found = [alert.urgency for alert in store.pending_alerts(now)]
    assert found == [Urgency.CRITICAL, Urgency.NORMAL, Urgency.LOW]


def test_an_alert_that_could_not_be_shown_stays(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    [alert] = store.pending_alerts(now)
    store.mark_tried(alert.id)
    assert [one.attempts for one in store.pending_alerts(now)] == [1]


def test_alerts_nobody_acknowledged_are_shown_again_when_the_desktop_lost_them(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case("a", key="a"), make_case("b", key="b")], now=now)
    first, second = store.pending_alerts(now)
    for alert in (first, second):
        store.mark_shown(alert.id, "dbus", 1, now)
    assert store.acknowledge(first.id)
    assert store.popups.lost(now) == 1
    assert [alert.id for alert in store.pending_alerts(now)] == [second.id]


def test_an_alert_that_does_not_exist_cannot_be_acknowledged(store: Store) -> None:
    assert not store.acknowledge(99)


def test_a_snoozed_case_is_silent_until_its_time_and_then_open_again(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    [alert] = store.pending_alerts(now)
    store.mark_shown(alert.id, "dbus", 1, now)
    [row] = store.cases()
    assert store.snooze(row.id, now + timedelta(days=1), now)
    assert store.pending_alerts(now + timedelta(hours=23)) == ()
    later = now + timedelta(days=1)
    [again] = store.pending_alerts(later)
    store.mark_shown(again.id, "dbus", 2, later)
    assert [one.status for one in store.cases()] == [CaseStatus.OPEN]


def test_a_case_done_is_no_longer_announced(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    [row] = store.cases()
    store.done(row.id, now)
    assert store.pending_alerts(now) == ()
    assert [one.alert for one in store.cases(CaseStatus.DONE)] == [AlertState.ACKED]


def test_a_case_is_not_reopened_beside_its_successor(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    [row] = store.cases()
    store.done(row.id, now)
    assert store.reopen(row.id, now)
    store.done(row.id, now)
    store.record([make_case(minutes=600)], now=now)
    with pytest.raises(UserError):
        store.reopen(row.id, now)


def test_a_case_that_does_not_exist_cannot_be_changed(store: Store, now: datetime) -> None:
    assert not store.done(99, now)
    assert not store.snooze(99, now, now)
    assert store.case(99) is None


def test_the_program_says_a_thing_about_itself_once_until_it_is_acknowledged(
    store: Store, now: datetime
) -> None:
    blind = Phrase(id="store.restored")
    first = store.announce(blind, Urgency.NORMAL, now)
    assert store.announce(blind, Urgency.NORMAL, now) == first
    store.acknowledge(first)
    assert store.announce(blind, Urgency.NORMAL, now) != first


def test_a_source_knows_when_it_was_last_read_to_its_end(store: Store, now: datetime) -> None:
    assert store.last_good("imap:mailbox") is None
    store.checked("imap:mailbox", now)
    assert store.last_good("imap:mailbox") == now
    assert store.cursor("imap:mailbox") is None
