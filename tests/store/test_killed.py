import json
import random
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from watcher.store import Store
from watcher.store.schema import MIGRATIONS

ROUNDS = 20
RECORDER = Path(__file__).with_name("recorder.py")
MIGRATOR = Path(__file__).with_name("migrator.py")
ROOT = Path(__file__).parents[2]


def test_a_kill_at_any_moment_loses_nothing_acknowledged_and_doubles_nothing(folder: Path) -> None:
    chance = random.Random(11)  # noqa: S311  reproducible, no secret
    now = datetime(2026, 3, 2, tzinfo=UTC)
    acknowledged = -1
    for _ in range(ROUNDS):
        child = subprocess.Popen(
            [sys.executable, str(RECORDER), str(folder)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        for _ in range(chance.randrange(1, 40)):
            acknowledged = int(child.stdout.readline())
        child.kill()
        rest = child.stdout.read().split()
        child.stdout.close()
        child.wait()
        # A line cut by the kill is no acknowledgement, but a shorter number is never wrong.
        acknowledged = max([acknowledged, *map(int, rest)])
        with Store.open(folder, now) as store:
            keys = [int(row.key) for row in store.cases()]
            alerts = [alert.case_id for alert in store.pending_alerts(now)]
        assert set(range(acknowledged + 1)) <= set(keys)
        assert len(keys) == len(set(keys)) == len(alerts) == len(set(alerts))
    database = sqlite3.connect(folder / "state.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_a_migration_killed_at_any_statement_leaves_the_old_version_or_the_new(
    folder: Path,
) -> None:
    folder.mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, str(MIGRATOR), str(folder)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for one in found:
        assert (one["version"] == 0) == (one["tables"] == 0)
        assert one["whole"]  # the tables are those of the version, all of them
    assert {one["version"] for one in found} == set(range(len(MIGRATIONS) + 1))
