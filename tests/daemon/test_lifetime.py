import asyncio
import os
import signal

import pytest

from tests.daemon.home import (
    CHAT,
    COPYING,
    LIVE,
    QUICK,
    Home,
    end,
    line_of,
    polled,
    ready,
    until,
    wait_for_child,
)

READING = QUICK.replace(
    "sys.exit(",
    "import time\n"
    "import structlog\n"
    "from watcher.daemon.upkeep import Upkeep\n"
    "def read_all(_):\n"
    "    structlog.get_logger().info('reading')\n"
    "    time.sleep(30)\n"
    "Upkeep.open = read_all\n"
    "sys.exit(",
)
"""One whose database takes as long to check as a big one after a power cut."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_five_seconds_even_during_a_big_file(
    home: Home,
    number: int,
) -> None:
    home.drop("sms-1.xml", *(CHAT.format(number=each) for each in range(150_000)))
    daemon = ready(home)
    wait_for_child(daemon.pid)

    code, seconds, log = end(daemon, number)

    assert code == 0
    assert seconds < 5
    assert '"event": "ended"' in log
    assert "sms-1.xml" not in log


def test_a_reader_that_hangs_does_not_hold_up_the_end(home: Home) -> None:
    home.drop("sms-1.xml", *(CHAT.format(number=each) for each in range(150_000)))
    daemon = ready(home)
    reader = wait_for_child(daemon.pid)
    os.kill(reader, signal.SIGSTOP)
    try:
        code, seconds, log = end(daemon)
    finally:
        os.kill(reader, signal.SIGKILL)

    assert code == 0
    assert seconds < 5
    assert "left-unfinished" in log
    assert home.alerts() == []


def test_a_signal_ends_it_at_once_while_it_still_reads_a_big_database(home: Home) -> None:
    daemon = home.start(READING)
    assert line_of(daemon, "reading")

    code, seconds, _ = end(daemon)

    assert code == 0
    assert seconds < 5


def test_a_second_daemon_says_so_and_leaves(home: Home) -> None:
    ready(home)
    second = home.start(LIVE)

    assert second.wait(30) == 2
    assert "Traceback" not in second.logged()
    assert second.logged().strip()


def test_a_mistake_in_the_configuration_is_said_and_nothing_runs(home: Home) -> None:
    (home.folder / "config" / "loan-watcher" / "config.toml").write_text("[[sms]]\npth = 1\n")

    daemon = home.start(LIVE)

    assert daemon.wait(30) == 2
    assert "config.toml" in daemon.logged()


def test_it_copies_its_store_while_it_runs(home: Home) -> None:
    daemon = ready(home, COPYING)
    asyncio.run(until(lambda: list((home.state / "backups").glob("*.db"))))

    assert end(daemon)[0] == 0


def test_every_file_it_makes_is_the_users_alone(home: Home) -> None:
    before = os.umask(0)
    try:
        daemon = ready(home)
        asyncio.run(until(lambda: polled(home)))
        end(daemon)
    finally:
        os.umask(before)

    made = [home.state, *home.state.rglob("*")]
    assert len(made) > 1
    assert [path for path in made if path.stat().st_mode & 0o077] == []
