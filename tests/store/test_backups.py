import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from watcher.core.model import Case, Urgency
from watcher.errors import SourceUnavailable
from watcher.store import Cursor, Recovery, Store, suspect
from watcher.store.connection import is_damaged

MakeCase = Callable[..., Case]
MENDER = Path(__file__).with_name("mender.py")
ROOT = Path(__file__).parents[2]
NO_DATABASE = b"no database at all" * 300


def backups(folder: Path) -> list[Path]:
    return sorted((folder / "backups").iterdir())


def test_seven_backups_are_kept_and_each_is_a_sound_database(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    for number in range(9):
        store.record([make_case(f"{number}", key=f"{number}", minutes=number)], now=now)
        store.back_up()
    kept = backups(folder)
    assert [path.name for path in kept] == [f"state-{n:06}.db" for n in range(3, 10)]
    assert not any(map(is_damaged, kept))


def test_a_backup_is_made_once_a_night(store: Store, folder: Path) -> None:
    for moment, is_made in (
        ("2026-03-01T18:00+08:00", True),  # there was none
        ("2026-03-02T02:59+08:00", False),
        ("2026-03-02T03:01+08:00", True),
        ("2026-03-02T23:00+08:00", False),
        ("2026-03-09T12:00+08:00", True),  # the computer was off
        ("2036-03-09T12:00+08:00", True),  # a clock that is wrong
        ("2026-03-09T13:00+08:00", True),  # and right again
        ("2026-03-09T14:00+08:00", False),
    ):
        now = datetime.fromisoformat(moment)
        assert store.keeping.back_up_once(now) is is_made, moment
        if is_made:
            os.utime(backups(folder)[-1], times=(now.timestamp(), now.timestamp()))


def test_a_backup_that_a_wrong_clock_dates_far_ahead_is_not_taken_for_the_latest(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.back_up()
    ahead = (now + timedelta(days=3650)).timestamp()
    os.utime(backups(folder)[0], times=(ahead, ahead))
    store.record([make_case()], now=now)
    store.back_up()
    store.close()
    (folder / "state.db").write_bytes(NO_DATABASE)
    with Store.open(folder, now) as restored:
        assert len(list(restored.cases())) == 1


def test_a_damaged_backup_is_passed_over_for_the_one_before(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now, cursor=Cursor(source="s", position={"uid": 5}))
    store.back_up()
    store.record([], now=now, cursor=Cursor(source="s", position={"uid": 9}))
    store.back_up()
    store.close()
    (folder / "state.db").write_bytes(NO_DATABASE)
    backups(folder)[-1].write_bytes(NO_DATABASE)
    with Store.open(folder, now) as restored:
        assert restored.recovery is Recovery.RESTORED
        cursor = restored.cursor("s")
        assert cursor is not None
        assert cursor.position == {"uid": 5}  # read again rather than skipped


def test_a_database_that_is_found_damaged_while_it_is_copied_gives_no_backup(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case(f"{n}", key=f"{n}") for n in range(30)], now=now)
    store._database.execute("UPDATE messages SET headers = '[' WHERE id = 7")  # noqa: SLF001  as a disk may
    with pytest.raises(SourceUnavailable, match=r"store\.damaged"):
        store.back_up()
    assert backups(folder) == []


def test_a_database_closed_in_order_is_believed_and_one_that_was_not_is_checked(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open(folder, now) as store:
        store.record([make_case()], now=now)
        store.back_up()
        store._database.execute("UPDATE messages SET headers = '['")  # noqa: SLF001  as a disk may
        killed = folder.with_name("killed")
        shutil.copytree(folder, killed)
    with Store.open(folder, now, check=False) as believed:
        assert believed.recovery is Recovery.NONE
    with Store.open(killed, now, check=False) as mended:
        assert mended.recovery is Recovery.RESTORED
    suspect(folder)
    with Store.open(folder, now, check=False) as checked:
        assert checked.recovery is Recovery.RESTORED
    with Store.open(folder, now, check=False) as again:
        assert again.recovery is Recovery.NONE


@pytest.mark.parametrize("damage", [NO_DATABASE, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_database_that_is_believed_and_cannot_be_read_is_mended_at_once(
    folder: Path, now: datetime, damage: bytes
) -> None:
    Store.open(folder, now).close()
    (folder / "state.db").write_bytes(damage)
    with Store.open(folder, now, check=False) as store:
        assert store.recovery is Recovery.STARTED_ANEW


@pytest.mark.parametrize("with_backup", [True, False])
def test_a_kill_at_any_step_of_the_mending_leaves_it_to_be_finished_and_told_once(
    folder: Path, make_case: MakeCase, now: datetime, *, with_backup: bool
) -> None:
    with Store.open(folder, now) as store:
        store.record([make_case(verdict=None)], now=now)
        store.announce(make_case().summary, Urgency.NORMAL, now)
        if with_backup:
            store.back_up()
    (folder / "state.db").write_bytes(NO_DATABASE)
    (folder / "state.db-wal").write_bytes(b"the log of another database")
    done = subprocess.run(
        [sys.executable, str(MENDER), str(folder), str(folder.with_name("work"))],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    before = ["core.summary"] if with_backup else []
    says = "store.restored" if with_backup else "store.started_anew"
    assert len(found) > 10
    for one in found:
        assert one["told"] == [*before, says]
        assert one["aside"] >= 1
        assert one["half"] == []
