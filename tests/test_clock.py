from datetime import timedelta

from watcher.clock import SystemClock


def test_the_clock_tells_a_moment_that_needs_no_time_zone_to_be_guessed() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_durations_do_not_run_backwards() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
