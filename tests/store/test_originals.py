"""Whole mails: which are wanted, where they are kept, and that a kill never claims too much."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.store.keeper import MAIL
from watcher.core.model import Case, Channel, Verdict
from watcher.errors import SourceUnavailable, UserError
from watcher.store import Original, Store
from watcher.store.schema import MIGRATIONS, migrate

MakeCase = Callable[..., Case]
KEEPER = Path(__file__).with_name("keeper.py")
ROOT = Path(__file__).parents[2]
INBOX = "imap:me@mail.test/INBOX"
SPAM = "imap:me@mail.test/垃圾邮件"


def from_mailbox(case: Case, place: str | None = "7.41", source: str = INBOX) -> Case:
    message = replace(case.message, channel=Channel.EMAIL, source=source, place=place)
    return replace(case, message=message)


def originals(store: Store) -> tuple[Original, ...]:
    [row] = store.cases()
    stored = store.case(row.id)
    assert stored is not None
    return stored.originals


def test_the_whole_mail_is_wanted_of_what_alerts_until_it_is_kept(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.record([from_mailbox(make_case())], now=now)
    [(message, place)] = store.wanted_originals(INBOX)
    assert place == "7.41"
    assert store.wanted_originals(SPAM) == ()
    store.keep_original(message, MAIL, now)
    assert store.wanted_originals(INBOX) == ()
    [kept] = originals(store)
    assert kept.path == folder / "evidence" / f"mail-{message}.eml"
    assert kept.path.read_bytes() == MAIL
    assert (kept.size, kept.sha256) == (len(MAIL), sha256(MAIL).hexdigest())
    assert kept.kept_at == now


def test_nobody_else_can_read_a_mail_that_is_kept(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    (folder / "evidence").mkdir(mode=0o755)
    store.record([from_mailbox(make_case())], now=now)
    [(message, _)] = store.wanted_originals(INBOX)
    store.keep_original(message, MAIL, now)
    [kept] = (folder / "evidence").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("verdict", [None, Verdict.EXPECTED])
def test_what_alerts_nobody_is_not_fetched_again(
    store: Store, make_case: MakeCase, now: datetime, verdict: Verdict | None
) -> None:
    store.record([from_mailbox(make_case(verdict=verdict))], now=now)
    assert store.wanted_originals(INBOX) == ()


def test_a_closed_case_wants_nothing_and_one_put_aside_still_does(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([from_mailbox(make_case())], now=now)
    [row] = store.cases()
    store.snooze(row.id, now + timedelta(days=1), now)
    assert len(store.wanted_originals(INBOX)) == 1
    store.done(row.id, now)
    assert store.wanted_originals(INBOX) == ()


def test_every_message_of_a_case_is_wanted_the_latest_first(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    first = from_mailbox(make_case(), "7.41")
    second = from_mailbox(make_case("【山海贷】再次提醒您还款。", minutes=5), "7.43")
    store.record([first, second], now=now)
    assert [place for _, place in store.wanted_originals(INBOX)] == ["7.43", "7.41"]


def test_an_sms_or_a_file_has_no_place_to_fetch_from(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([from_mailbox(make_case(), place=None)], now=now)
    assert store.wanted_originals(INBOX) == ()


def test_a_case_says_that_its_mail_is_gone_from_the_server(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    store.record([from_mailbox(make_case())], now=now)
    [(message, _)] = store.wanted_originals(INBOX)
    store.keep_original(message, None, now)
    store.keep_original(message, None, now)
    assert store.wanted_originals(INBOX) == ()
    assert [one.path for one in originals(store)] == [None]


def test_a_mail_gone_from_one_folder_is_fetched_from_the_other_that_has_it(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    store.record([from_mailbox(case)], now=now)
    store.record([from_mailbox(case, "3.9", SPAM)], now=now)
    [(message, _)] = store.wanted_originals(INBOX)
    store.keep_original(message, None, now, source=INBOX)
    assert store.wanted_originals(INBOX) == ()
    assert store.wanted_originals(SPAM) == ((message, "3.9"),)
    store.keep_original(message, None, now, source=SPAM)
    assert [one.path for one in originals(store)] == [None]


def test_a_mail_that_was_gone_and_is_found_in_another_place_is_asked_for_again(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    store.record([from_mailbox(case)], now=now)
    [(message, _)] = store.wanted_originals(INBOX)
    store.keep_original(message, None, now)
    store.sift([from_mailbox(case).message], INBOX)
    assert store.wanted_originals(INBOX) == ()
    store.sift([from_mailbox(case, "8.2").message], INBOX)
    assert store.wanted_originals(INBOX) == ((message, "8.2"),)
    store.keep_original(message, None, now)
    store.sift([from_mailbox(case, "3.9", SPAM).message], SPAM)
    assert store.wanted_originals(SPAM) == ((message, "3.9"),)


def test_a_mail_that_is_kept_stays_kept_wherever_else_it_is_found_or_missed(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    store.record([from_mailbox(case)], now=now)
    [(message, _)] = store.wanted_originals(INBOX)
    store.keep_original(message, MAIL, now)
    store.sift([from_mailbox(case, "3.9", SPAM).message], SPAM)
    store.keep_original(message, None, now, source=SPAM)
    [kept] = originals(store)
    assert kept.path is not None


def test_a_copy_of_an_sms_from_another_source_keeps_its_place(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    store.record([case], now=now, source="sms:phone")
    copy = replace(case.message, received_at=now + timedelta(seconds=3), source=INBOX, place="7.1")
    assert store.sift([copy], INBOX).fresh == ()
    assert [place for _, place in store.wanted_originals(INBOX)] == ["7.1"]


def test_forgetting_deletes_the_mail_too(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    old = from_mailbox(make_case(minutes=-60, key="old"), "7.1")
    store.record([old, from_mailbox(make_case(), "7.2")], now=now)
    for message, _ in store.wanted_originals(INBOX):
        store.keep_original(message, MAIL, now)
    [case] = [row for row in store.cases() if row.key == "old"]
    store.done(case.id, now)
    assert store.forget(now) == 1
    assert len(list((folder / "evidence").iterdir())) == 1
    assert len(originals(store)) == 1


def test_what_a_kill_left_is_forgotten_once_it_is_old(
    store: Store, folder: Path, now: datetime
) -> None:
    evidence = folder / "evidence"
    evidence.mkdir(mode=0o700)
    for name in ("mail-7.eml", "mail-8.eml.unfinished", "letter.txt"):
        (evidence / name).write_bytes(b"")
        os.utime(evidence / name, (now.timestamp(), now.timestamp()))
    store.forget(now - timedelta(days=1000))
    assert len(list(evidence.iterdir())) == 3
    store.forget(now + timedelta(days=1000))
    assert [file.name for file in evidence.iterdir()] == ["letter.txt"]


def test_a_mail_of_a_message_that_was_forgotten_meanwhile_is_not_kept(
    store: Store, folder: Path, now: datetime
) -> None:
    store.keep_original(99, MAIL, now)
    assert not (folder / "evidence").exists()


def test_a_disk_that_refuses_the_mail_leaves_it_wanted(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.record([from_mailbox(make_case())], now=now)
    [(message, _)] = store.wanted_originals(INBOX)
    (folder / "evidence").write_bytes(b"a file in the way")
    with pytest.raises(SourceUnavailable, match=r"store\.cannot_save"):
        store.keep_original(message, MAIL, now)
    assert len(store.wanted_originals(INBOX)) == 1


def test_a_kill_at_any_step_never_claims_a_mail_that_is_not_whole(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open(folder, now) as store:
        store.record([from_mailbox(make_case())], now=now)
    seen = set()
    for steps in range(1, 60):
        child = subprocess.run(
            [sys.executable, str(KEEPER), str(folder), str(steps)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            check=False,
        )
        with Store.open(folder, now) as store:
            wanted = len(store.wanted_originals(INBOX))
            kept = originals(store)
            files = [file.name for file in (folder / "evidence").glob("*")]
        assert len(kept) + wanted == 1
        for one in kept:
            assert one.path is not None
            assert one.path.read_bytes() == MAIL
            one.path.unlink()
            database = sqlite3.connect(folder / "state.db")
            with database:
                database.execute("DELETE FROM originals")
            database.close()
        seen.add((len(kept), tuple(files)))
        if child.returncode == 0:
            break
    assert child.returncode == 0
    assert {(0, ("mail-1.eml.unfinished",)), (0, ("mail-1.eml",)), (1, ("mail-1.eml",))} <= seen


def test_a_store_of_the_version_before_gets_room_for_originals_and_keeps_its_sightings(
    tmp_path: Path, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    with Store.open(tmp_path / "new", now) as store:
        store.record([make_case()], now=now, source="sms:phone")
    folder.mkdir(mode=0o700)
    (folder / "state.db").touch(mode=0o600)
    database = sqlite3.connect(folder / "state.db", isolation_level=None)
    migrate(database, lambda _: None, MIGRATIONS[:2])
    database.execute("DELETE FROM settings")
    database.execute("ATTACH ? AS new", (str(tmp_path / "new" / "state.db"),))
    for table in ("settings", "messages", "sightings", "cases", "case_messages"):
        names = ", ".join(row[1] for row in database.execute(f"PRAGMA main.table_info({table})"))
        database.execute(f"INSERT INTO {table} SELECT {names} FROM new.{table}")  # noqa: S608  fixed
    database.close()
    with pytest.raises(UserError, match=r"store\.older"):
        Store.open_to_read(folder)
    with Store.open(folder, now) as store:
        [row] = store.cases()
        stored = store.case(row.id)
        assert stored is not None
        assert (stored.sources, stored.originals) == (("sms:phone",), ())
        store.record([from_mailbox(make_case("x", key="x"))], now=now)
        assert len(store.wanted_originals(INBOX)) == 1
    assert (folder / "state.db.v2").exists()
