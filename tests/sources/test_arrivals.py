import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.hand_clock import HandClock
from watcher.sources.arrivals import Arrivals

NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)


def write(path: Path, text: str, seconds: float) -> Path:
    """Write a file as of so many seconds after noon."""
    path.write_text(text)
    at = (NOON + timedelta(seconds=seconds)).timestamp()
    os.utime(path, (at, at))
    return path


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


def ready(arrivals: Arrivals) -> list[str]:
    return [path.name for path in arrivals.look()[0]]


def test_a_file_written_a_while_ago_is_handed_out_once(tmp_path: Path, clock: HandClock) -> None:
    write(tmp_path / "sms.xml", "x", -60)
    arrivals = Arrivals(tmp_path, clock)

    assert ready(arrivals) == ["sms.xml"]
    assert arrivals.look() == ({}, False)


def test_a_file_that_is_still_growing_has_to_wait(tmp_path: Path, clock: HandClock) -> None:
    arrivals = Arrivals(tmp_path, clock)
    for seconds in range(10):
        clock.at = NOON + timedelta(seconds=seconds)
        write(tmp_path / "sms.xml", "x" * seconds, seconds)
        assert arrivals.look() == ({}, True)

    clock.at = NOON + timedelta(seconds=11.5)
    assert ready(arrivals) == ["sms.xml"]


def test_a_file_dated_in_the_future_needs_two_equal_looks(
    tmp_path: Path,
    clock: HandClock,
) -> None:
    write(tmp_path / "sms.xml", "x", 86_400)
    arrivals = Arrivals(tmp_path, clock)

    assert arrivals.look() == ({}, True)
    clock.at = NOON + timedelta(seconds=2.5)
    assert ready(arrivals) == ["sms.xml"]


def test_a_file_that_changed_is_handed_out_again(tmp_path: Path, clock: HandClock) -> None:
    arrivals = Arrivals(tmp_path, clock)
    write(tmp_path / "sms.xml", "x", -60)
    assert ready(arrivals) == ["sms.xml"]

    write(tmp_path / "sms.xml", "xy", -30)
    assert ready(arrivals) == ["sms.xml"]


def test_a_file_that_replaces_another_of_the_same_size_and_date_is_handed_out(
    tmp_path: Path,
    clock: HandClock,
) -> None:
    arrivals = Arrivals(tmp_path, clock)
    write(tmp_path / "sms.xml", "x", -60)
    assert ready(arrivals) == ["sms.xml"]

    write(tmp_path / ".next", "y", -60).rename(tmp_path / "sms.xml")
    assert ready(arrivals) == ["sms.xml"]


def test_a_file_given_back_is_handed_out_again(tmp_path: Path, clock: HandClock) -> None:
    path = write(tmp_path / "sms.xml", "x", -60)
    arrivals = Arrivals(tmp_path, clock)
    arrivals.look()
    arrivals.give_back(path)

    assert ready(arrivals) == ["sms.xml"]


@pytest.mark.parametrize("name", [".sms.xml", "sms.xml.part", "sms.xml~"])
def test_unfinished_files_are_left_alone(tmp_path: Path, clock: HandClock, name: str) -> None:
    write(tmp_path / name, "x", -60)

    assert Arrivals(tmp_path, clock).look() == ({}, False)


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path, clock: HandClock) -> None:
    assert Arrivals(tmp_path / "later", clock).look() == ({}, False)
