"""What becomes of an edit while the daemon runs."""

import asyncio
import signal
import time
from contextlib import suppress

from tests.daemon.home import QUICK, Home, end, line_of, polled, ready, until
from watcher.control.asking import ask_daemon
from watcher.control.commands import Ping, Status
from watcher.errors import SourceUnavailable
from watcher.store import Store

SLEEPY = QUICK.replace("poll=0.3", "poll=3600")


def told(home: Home) -> list[tuple[str, object]]:
    """Return how the mistakes in the user's files are announced now, with the line."""
    with Store.open_to_read(home.state) as store:
        found = [alert.summary for alert in store.overview.announcements()]
    return [
        (one.id, one.values["line"])
        for one in found
        if one is not None and one.id.startswith("daemon.wrong_")
    ]


def status(home: Home) -> Status | None:
    with suppress(SourceUnavailable):
        answer = ask_daemon(Ping(), home.state)
        assert answer is None or isinstance(answer, Status)
        return answer
    return None


def test_a_hangup_has_the_files_read_again(home: Home) -> None:
    daemon = ready(home, SLEEPY)

    daemon.send_signal(signal.SIGHUP)

    assert '"count": 1' in line_of(daemon, "user-files-read")
    assert end(daemon)[0] == 0


def test_an_edit_counts_within_two_seconds(home: Home) -> None:
    daemon = ready(home, SLEEPY)
    asyncio.run(until(lambda: polled(home)))
    begun = time.monotonic()
    edited = home.loans.with_name(".loans.toml.new")
    edited.write_text(home.loans.read_text().replace("1352.29", "1352.30"))

    edited.rename(home.loans)

    assert line_of(daemon, "user-files-read")
    assert time.monotonic() - begun < 2


def test_a_mistake_is_told_once_with_its_place_and_taken_back_when_it_is_mended(
    home: Home,
) -> None:
    daemon = ready(home)
    good = home.loans.read_text()
    for _ in range(2):
        home.loans.write_text(good.replace("settled_on", "setled_on"))
        daemon.send_signal(signal.SIGHUP)
        asyncio.run(until(lambda: told(home), within=20))
    asyncio.run(until(lambda: told(home) == [("daemon.wrong_loans", 7)], within=20))

    home.loans.write_text(good)
    asyncio.run(until(lambda: not told(home), within=20))


def test_a_file_that_is_empty_while_it_is_saved_changes_nothing(home: Home) -> None:
    daemon = ready(home, SLEEPY)
    good = home.loans.read_text()

    with home.loans.open("w") as file:
        daemon.send_signal(signal.SIGHUP)
        assert line_of(daemon, "user-files-empty")
        file.write(good)

    assert '"count": 1' in line_of(daemon, "user-files-read")


def test_a_bad_setting_leaves_the_last_good_ones_in_force(home: Home) -> None:
    daemon = ready(home)
    config = home.loans.parent / "config.toml"

    config.write_text(f'[[sms]]\npath = "{home.sms}"\n[alerts]\nmax_per_minute = 0\n')

    asyncio.run(until(lambda: told(home), within=20))
    assert told(home) == [("daemon.wrong_config", 4)]
    now = status(home)
    assert now is not None
    assert now.pid == daemon.pid


def test_other_settings_count_without_a_restart(home: Home) -> None:
    daemon = ready(home)
    config = home.loans.parent / "config.toml"
    (home.folder / "more").mkdir()

    config.write_text(f'{config.read_text()}[[sms]]\npath = "{home.folder}/more"\n')

    def counts() -> bool:
        now = status(home)
        return now is not None and now.folders == 2

    asyncio.run(until(counts, within=20))
    now = status(home)
    assert now is not None
    assert now.pid == daemon.pid
    assert end(daemon)[0] == 0
