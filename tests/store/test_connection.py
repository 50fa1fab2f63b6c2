import random
import sqlite3
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from watcher.core.model import Case
from watcher.errors import SourceUnavailable, UserError, WatcherError
from watcher.store import Recovery, Store, state_lock
from watcher.store.connection import is_sound
from watcher.store.schema import MIGRATIONS, migrate, version

MakeCase = Callable[..., Case]


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def test_nobody_else_can_read_the_files(folder: Path, make_case: MakeCase, now: datetime) -> None:
    with Store.open(folder, now) as store, state_lock(folder):
        store.record([make_case()], now=now)
        store.back_up()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {path.name for path in folder.iterdir()} == {
            "state.db",
            "state.db-wal",
            "state.db-shm",
            "backups",
            "state.lock",
        }
        assert stat.S_IMODE((folder / "backups").stat().st_mode) == 0o700
        assert modes(folder) == {0o600}


def test_a_folder_that_others_may_enter_is_refused(folder: Path, now: datetime) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(UserError, match=r"store\.not_private"):
        Store.open(folder, now)


def test_a_database_written_by_a_newer_program_is_refused(folder: Path, now: datetime) -> None:
    Store.open(folder, now).close()
    with sqlite3.connect(folder / "state.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    with pytest.raises(UserError, match=r"store\.newer"):
        Store.open(folder, now)


def test_a_damaged_database_is_replaced_by_its_backup(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open(folder, now) as store:
        store.record([make_case()], now=now)
        store.back_up()
    (folder / "state.db").write_bytes(b"no database at all" * 300)
    with Store.open(folder, now) as store:
        assert store.recovery is Recovery.RESTORED
        assert len(list(store.cases())) == 1
        assert "store.restored" in {alert.summary.id for alert in store.pending_alerts(now)}
    assert list(folder.glob("state.db.damaged-*"))
    assert modes(folder) == {0o600}


def test_a_damaged_database_without_a_backup_starts_anew_and_says_so(
    folder: Path, now: datetime
) -> None:
    Store.open(folder, now).close()
    (folder / "state.db").write_bytes(b"no database at all" * 300)
    with Store.open(folder, now) as store:
        assert store.recovery is Recovery.STARTED_ANEW
        assert [one.summary.id for one in store.pending_alerts(now)] == ["store.started_anew"]


def test_flipped_bytes_never_keep_the_store_from_opening(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open(folder, now) as store:
        store.record([make_case(f"{n}", minutes=n, key=f"{n}") for n in range(30)], now=now)
        store.back_up()
    sound = (folder / "state.db").read_bytes()
    chance = random.Random(7)  # noqa: S311  reproducible, no secret
    for _ in range(60):
        flipped = bytearray(sound)
        # The header is left out: a version that only a newer program has is no damage.
        flipped[chance.randrange(100, len(flipped))] ^= 1 << chance.randrange(8)
        for path in folder.glob("state.db*"):
            path.unlink()
        (folder / "state.db").touch(mode=0o600)
        (folder / "state.db").write_bytes(flipped)
        with Store.open(folder, now) as store:
            assert len(list(store.history())) >= 29
            assert store.record([make_case("after")], now=now).known == 0


def test_a_migration_that_fails_leaves_the_old_version_whole(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    migrate(database, lambda _: None, (("CREATE TABLE a (x)",),))
    broken = (("CREATE TABLE a (x)",), ("CREATE TABLE b (x)", "CREATE TABLE a (x)"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, lambda _: None, broken)
    assert version(database) == 1
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    assert tables == {"a"}
    database.close()


def test_a_copy_is_kept_of_each_version_that_is_left(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    left: list[int] = []
    migrate(database, left.append)
    assert left == []
    migrate(database, left.append, (*MIGRATIONS, ("CREATE TABLE b (x)",), ("DROP TABLE b",)))
    assert left == [len(MIGRATIONS), len(MIGRATIONS) + 1]
    assert version(database) == len(MIGRATIONS) + 2
    database.close()


def test_a_column_for_numbers_takes_no_text(store: Store, folder: Path) -> None:
    database = sqlite3.connect(folder / "state.db")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("INSERT INTO seen (hash) VALUES ('12.5元')")
    database.close()
    assert store.recovery is Recovery.NONE


def test_a_page_reads_beside_the_writer(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open_to_read(folder) as page:
        store.record([make_case()], now=now)
        assert len(list(page.cases())) == 1
        with pytest.raises(SourceUnavailable):
            page.checked("s", now)


def test_reading_before_anything_was_written_says_so(folder: Path) -> None:
    with pytest.raises(UserError, match=r"store\.nothing_yet"):
        Store.open_to_read(folder)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "store.nothing_yet"),
        (b"no database at all" * 300, "store.damaged"),
        (b"garbage", "store.damaged"),
    ],
)
def test_reading_what_is_no_store_says_so(folder: Path, content: bytes, says: str) -> None:
    folder.mkdir(mode=0o700)
    (folder / "state.db").touch(mode=0o600)
    (folder / "state.db").write_bytes(content)
    with pytest.raises(WatcherError) as failure:
        Store.open_to_read(folder)
    assert failure.value.says == says


def test_reading_what_a_newer_program_wrote_says_so(folder: Path, now: datetime) -> None:
    Store.open(folder, now).close()
    database = sqlite3.connect(folder / "state.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UserError, match=r"store\.newer"):
        Store.open_to_read(folder)


def test_a_full_disk_is_something_to_try_again_later(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store._database.execute("PRAGMA max_page_count = 40")  # noqa: SLF001  as small as a disk can get
    big = make_case("很长" * 200_000)
    with pytest.raises(SourceUnavailable) as failure:
        store.record([big], now=now)
    assert failure.value.says == "store.full"
    assert list(store.cases()) == []
    store._database.execute("PRAGMA max_page_count = 100000")  # noqa: SLF001  space again
    assert store.record([big], now=now).opened == 1


def test_a_second_writer_is_told_at_once_that_the_first_is_there(folder: Path) -> None:
    with state_lock(folder), pytest.raises(UserError, match=r"store\.locked"), state_lock(folder):
        pass
    with state_lock(folder):
        pass


def test_a_row_that_no_longer_makes_sense_is_told_and_is_no_crash(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case()], now=now)
    database = sqlite3.connect(folder / "state.db")
    database.execute("UPDATE messages SET finding = replace(finding, 'judgement', 'judgemenu')")
    database.commit()
    database.close()
    [row] = store.cases()
    with pytest.raises(SourceUnavailable, match=r"store\.damaged"):
        store.case(row.id)


@pytest.mark.parametrize("column", ["verdict", "urgency"])
def test_a_column_takes_only_the_words_of_its_closed_list(
    store: Store, folder: Path, make_case: MakeCase, now: datetime, column: str
) -> None:
    store.record([make_case()], now=now)
    database = sqlite3.connect(folder / "state.db")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(f"UPDATE cases SET {column} = 'stcle'")  # noqa: S608  a name of this test
    database.close()


def test_a_look_tells_a_sound_database_from_a_damaged_one_and_changes_neither(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with pytest.raises(UserError, match=r"store\.nothing_yet"):
        is_sound(folder)
    with Store.open(folder, now) as store:
        store.record([make_case()], now=now)
        assert is_sound(folder)
    database = sqlite3.connect(folder / "state.db")
    database.execute("DROP INDEX cases_open")
    database.commit()
    database.close()
    before = (folder / "state.db").read_bytes()
    assert not is_sound(folder)
    assert (folder / "state.db").read_bytes() == before
