import random
from datetime import timedelta
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.kill import Feed, judged
from tests.daemon.home import STALE, home_of
from tests.needed import needs
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.model import Channel, Message
from watcher.core.pipeline import process
from watcher.store import Store
from watcher.userfiles.loans import read_loans


def test_a_daemon_killed_again_and_again_loses_nothing_and_doubles_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    needs("dbus-daemon", "dbus-daemon")
    assert main(["kill", "--rounds", "12", "--seed", "7"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith('{"rounds": 12, "lost": 0, "doubled": 0, "repeated": ')


def test_what_is_lost_doubled_and_repeated_is_counted(tmp_path: Path, rules: Rules) -> None:
    now = SystemClock().now()
    texts = [STALE.replace("1352.29", f"{number}52.29") for number in (1, 2, 3)]
    with home_of(tmp_path / "home") as home:
        ledger, _ = read_loans(home.loans, rules.directory)
        assert ledger is not None
        feed = Feed(home=home, chance=random.Random(1))  # noqa: S311  decides nothing secret
        feed.texts += texts
        stored = ((texts[0], 1), (texts[1], 2), (texts[1], 3))
        with Store.open(home.state, now) as store:
            messages = [
                Message(
                    id=str(minute),
                    channel=Channel.SMS,
                    sender="1069",
                    received_at=now - timedelta(minutes=minute),
                    text=text,
                )
                for text, minute in stored
            ]
            store.record([process(one, rules, ledger, History()) for one in messages], now=now)
            alerts = [alert.id for alert in store.pending_alerts(now)]
        assert len(alerts) == 2

        found = judged(feed, {alerts[0]: 3}, rounds=5, seconds=1.0)

    # The second has no pop-up, the third nothing; the second is there twice.
    assert found == {"rounds": 5, "lost": 2, "doubled": 1, "repeated": 2}
