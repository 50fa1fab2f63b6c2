import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from watcher.core.model import Case
from watcher.store import Store

MakeCase = Callable[..., Case]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_is_too_old_leaves_every_file_and_stays_known(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    old = make_case("old-canary " * 50, minutes=-60, key="old")
    store.record([old, make_case("new-canary")], now=now)
    [case] = [row for row in store.cases() if row.key == "old"]
    store.done(case.id, now)
    store.back_up()
    assert b"old-canary" in on_disk(folder)
    assert store.forget(now) == 1
    assert b"old-canary" not in on_disk(folder)
    assert b"new-canary" in on_disk(folder)
    assert store.record([old], now=now).known == 1


def test_the_evidence_of_an_open_case_is_kept_however_old(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case(minutes=-60), make_case("again", minutes=-30)], now=now)
    [row] = store.cases()
    store.snooze(row.id, now + timedelta(days=1), now)
    assert store.forget(now) == 0
    assert [one.messages for one in store.cases()] == [2]


def test_receipts_are_forgotten_with_their_time(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case(verdict=None, minutes=-60), make_case("b", verdict=None)], now=now)
    assert store.forget(now) == 1
    assert [one.received_at for one in store.history()] == [now]


def test_copies_of_damaged_and_migrated_files_are_forgotten_too(
    store: Store, folder: Path, now: datetime
) -> None:
    kept, gone = folder / "state.db.v1", folder / "state.db.damaged-20250101T000000000000Z"
    for copy, written in ((kept, now), (gone, now - timedelta(days=1))):
        copy.write_bytes(b"")
        os.utime(copy, (written.timestamp(), written.timestamp()))
    store.forget(now)
    assert (kept.exists(), gone.exists()) == (True, False)
