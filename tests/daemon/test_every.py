from datetime import UTC, datetime, timedelta

from watcher.daemon.every import Every

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_what_was_missed_for_years_is_due_once() -> None:
    every = Every(60)
    assert every.get_next_fire_time(None, NOON) == NOON + MINUTE
    assert every.get_next_fire_time(NOON, NOON) == NOON + MINUTE
    assert every.get_next_fire_time(NOON, NOON + 0.9 * MINUTE) == NOON + MINUTE
    late = NOON + timedelta(days=20_000)
    assert every.get_next_fire_time(NOON, late) == late + MINUTE
    assert every.get_next_fire_time(late, NOON) == late + MINUTE  # whoever set it back says so
