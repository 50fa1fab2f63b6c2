"""What the user did with a case: kept, taken back, forgotten with it, and migrated."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from watcher.core.model import Case
from watcher.store import Casework, Objection, Store, Tick
from watcher.store.schema import MIGRATIONS, migrate

MakeCase = Callable[..., Case]


def opened(store: Store, case: Case, now: datetime) -> int:
    store.record([case], now=now)
    [row] = store.cases()
    return row.id


def test_a_step_keeps_the_day_on_which_it_was_first_done(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    later = now + timedelta(days=2)
    assert store.tick(case, "S", "app", now)
    assert store.tick(case, "S", "app", later, "客服工号 12")
    [tick] = store.casework(case).ticks
    assert tick == Tick(checklist="S", step="app", done_at=now, note="客服工号 12")


def test_a_note_stays_where_its_step_is_not_done_and_goes_when_it_is_emptied(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    assert store.tick(case, "S", "app", now, "打不通")
    assert store.tick(case, "S", "app", None, "打不通")
    [tick] = store.casework(case).ticks
    assert (tick.done_at, tick.note) == (None, "打不通")
    assert store.tick(case, "S", "app", None, "")
    assert store.casework(case) == Casework()


def test_checklists_can_be_asked_for_and_given_back(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    assert store.choose(case, "C", now + timedelta(hours=1))
    assert store.choose(case, "F+", now)
    assert store.choose(case, "F+", now + timedelta(hours=2))
    assert store.casework(case).chosen == ("F+", "C")
    assert store.choose(case, "F+", None)
    assert store.casework(case).chosen == ("C",)


def test_an_objection_replaces_the_one_before_and_can_be_taken_back(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    assert store.mark_wrong(case, "不是我的", now)
    later = now + timedelta(hours=1)
    assert store.mark_wrong(case, "", later)
    assert store.casework(case).objection == Objection(text="", made_at=later)
    assert store.mark_wrong(case, None, later)
    assert store.casework(case).objection is None


def test_nothing_is_kept_of_a_case_that_is_not_there(store: Store, now: datetime) -> None:
    assert not store.tick(7, "S", "app", now)
    assert not store.choose(7, "C", now)
    assert not store.mark_wrong(7, "x", now)
    assert store.casework(7) == Casework()


def test_text_that_no_encoding_holds_is_kept_all_the_same(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    assert store.tick(case, "S", "app", now, "\ud800坏")
    assert store.mark_wrong(case, "\udfff", now)
    [tick] = store.casework(case).ticks
    assert tick.note == "�坏"


def test_notes_are_forgotten_with_their_case(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    case = opened(store, make_case(), now)
    store.tick(case, "S", "app", now, "canary-note")
    store.mark_wrong(case, "canary-objection", now)
    store.done(case, now)
    store.forget(now + timedelta(days=9))
    assert store.casework(case) == Casework()
    for file in folder.iterdir():
        assert b"canary-" not in file.read_bytes()


def test_a_database_from_before_gets_the_loans_of_its_evidence(
    folder: Path, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    assert case.evidence is not None
    case = replace(case, evidence=replace(case.evidence, loan="shanhai-1"))
    with Store.open(folder, now) as store:
        store.record([case], now=now)
    with sqlite3.connect(folder / "state.db") as database:
        rows = database.execute("SELECT loan, evidence FROM messages").fetchall()
    database.close()
    assert [loan for loan, _ in rows] == ["shanhai-1"]

    old = sqlite3.connect(folder / "old.db", isolation_level=None)
    migrate(old, lambda _: None, MIGRATIONS[:3])
    old.execute(
        "INSERT INTO messages (hash, content, received_at, source_id, channel, headers, kind,"
        " finding, evidence) VALUES (1, 1, 1, 'a', 'sms', '[]', 'overdue', '{}', ?)",
        (rows[0][1],),
    )
    migrate(old, lambda _: None)
    assert old.execute("SELECT loan FROM messages").fetchall() == [("shanhai-1",)]
    old.close()
