import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from watcher.core.model import Case, Kind, Loan, LoanStatus, Match, Urgency
from watcher.errors import SourceUnavailable
from watcher.store import Recovery, Store

MakeCase = Callable[..., Case]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def about(case: Case, loan: str, *rivals: str) -> Case:
    """Say that a case is about a loan, and could be about others."""
    assert case.evidence is not None
    loans = [_loan(each) for each in (loan, *rivals)]
    match = Match(lender="山海贷", loan=loans[0], rivals=tuple(loans[1:]))
    return replace(case, match=match, evidence=replace(case.evidence, loan=loan))


def _loan(name: str) -> Loan:
    return Loan(
        id=name,
        lender="山海贷",
        product=f"{name}的产品",
        principal=Decimal("12000.00"),
        status=LoanStatus.SETTLED,
        settled_on=datetime(2025, 1, 1, tzinfo=UTC).date(),
    )


def test_what_is_too_old_leaves_the_database_and_its_log_and_stays_known(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    old = make_case("old-canary " * 50, minutes=-60, key="old")
    store.record([old, make_case("new-canary")], now=now)
    [case] = [row for row in store.cases() if row.key == "old"]
    store.done(case.id, now)
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


def test_receipts_of_a_loan_stay_while_one_of_its_cases_is_open(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    def receipt(loan: str) -> Case:
        case = about(make_case(f"结清 {loan}", verdict=None, minutes=-90), loan)
        return replace(case, notice=replace(case.notice, kind=Kind.SETTLEMENT_RECEIPT))

    notice = about(make_case("逾期", minutes=-60), "one")
    store.record([receipt("one"), receipt("two"), notice], now=now)
    assert store.forget(now) == 1
    assert [one.loan for one in store.history()] == ["one", "one"]


def test_retention_forgets_once_a_night_and_a_wrong_clock_forgets_next_to_nothing(
    store: Store, make_case: MakeCase, now: datetime
) -> None:
    day = timedelta(days=1)
    store.record(
        [make_case(f"{n}", verdict=None, minutes=-n * 1440) for n in (0, 90, 101, 110)], now=now
    )
    for moment, forgotten in (
        (now, 0),  # there is no earlier night to compare with
        (now, 0),
        (now + day, 2),
        (now + 3650 * day, 0),  # five days too many at most
        (now + 3650 * day + timedelta(hours=1), 0),
        (now + 2 * day, 0),
        (now + 3 * day, 0),
        (now + 11 * day, 0),
        (now + 12 * day, 1),
    ):
        assert store.keeping.only(100, moment) == forgotten, moment


def test_moved_aside_files_are_kept_for_a_month(store: Store, folder: Path, now: datetime) -> None:
    kept, gone = folder / "state.db.v1", folder / "state.db.damaged-20250101T000000000000Z"
    for copy, days in ((kept, 20), (gone, 40)):
        copy.write_bytes(b"")
        written = (now - timedelta(days=days)).timestamp()
        os.utime(copy, (written, written))
    store.keeping.only(100, now)
    store.keeping.only(100, now + timedelta(days=1))
    assert (kept.exists(), gone.exists()) == (True, False)


def fill(store: Store, folder: Path, make_case: MakeCase, now: datetime) -> None:
    """Have what is to be forgotten stand in every kind of file."""
    store.announce(make_case().summary, Urgency.NORMAL, now)
    gone = about(make_case("canary-gone 第一条", key="gone"), "loan-gone")
    more = about(make_case("canary-gone 第二条", key="gone", minutes=1), "loan-gone", "loan-kept")
    kept = about(make_case("canary-kept", key="kept", minutes=2), "loan-kept", "loan-gone")
    store.record([gone, more, kept], now=now)
    for number in (1, 2, 3):
        store.keep_original(number, f"mail {number} canary-{number}".encode(), now)
    store.tick(1, "S", "call", now, "canary-gone 打过电话")
    store.back_up()
    store.back_up()
    for name in ("state.db.v3", "state.db.damaged-20260101T000000000000Z"):
        shutil.copyfile(folder / "backups" / "state-000001.db", folder / name)
    (folder / "last-good").mkdir()
    (folder / "last-good" / "loans.toml").write_text('id = "loan-gone"', encoding="utf-8")
    (folder / "evidence" / "mail-77.eml").write_bytes(b"canary-gone, as before a restore")


def test_a_loan_leaves_every_file_of_the_state_folder(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    fill(store, folder, make_case, now)
    assert on_disk(folder).count(b"canary-gone") > 6
    forgotten = store.keeping.forget_loan("loan-gone")
    assert (forgotten.messages, forgotten.cases, forgotten.originals) == (2, 1, 2)
    assert forgotten.left == ()
    left = on_disk(folder)
    for trace in (
        b"canary-gone",
        b"loan-gone",
        "loan-gone的产品".encode(),
        b"canary-1",
        b"canary-2",
    ):
        assert trace not in left
    for kept in (b"canary-kept", b"canary-3", b"loan-kept"):
        assert kept in left
    [row] = store.cases()
    found = store.case(row.id)
    assert found is not None
    assert found.leading.match.rivals == ()


def test_a_person_leaves_every_file_however_the_name_is_written(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    cases = [
        make_case("王小明，您的借款已逾期", key="1"),
        make_case("<p>&#29579;小<b>明</b></p> 请还款", key="2", minutes=1),
        make_case("王 小 明 先生", key="3", minutes=2),
        make_case("李晓，您的借款已逾期", key="4", minutes=3),
    ]
    store.record(cases, now=now)
    store.mark_wrong(4, "这是王小明的债", now)
    store.tick(4, "S", "call", None, "问过王小明")
    store.back_up()
    forgotten = store.keeping.forget_person("王小明")
    assert (forgotten.messages, forgotten.cases, forgotten.left) == (3, 3, ())
    left = on_disk(folder).decode("utf-8", "replace")
    assert "王小明" not in left
    assert "小<b>明" not in left
    assert [row.id for row in store.cases()] == [4]


def test_what_still_names_the_forgotten_is_reported(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    store.record([make_case("王小明，您好")], now=now)
    proofs = folder / "evidence" / "proofs"
    proofs.mkdir(mode=0o700, parents=True)
    (proofs / "note.json").write_text('{"name": "王小明的证明.pdf"}')
    assert store.keeping.forget_person("王小明").left == ("evidence/proofs/note.json",)


def test_restoring_brings_nothing_back_that_was_forgotten(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    fill(store, folder, make_case, now)
    store.keeping.forget_loan("loan-gone")
    store.close()
    (folder / "state.db").write_bytes(b"no database at all" * 300)
    with Store.open(folder, now) as restored:
        assert restored.recovery is Recovery.RESTORED
        assert [row.key for row in restored.cases()] == ["kept"]
        again = about(make_case("canary-gone 第一条", key="gone"), "loan-gone")
        assert restored.record([again], now=now).known == 1


def test_forgetting_that_was_interrupted_restores_no_backup_and_is_finished_at_the_next_start(
    store: Store, folder: Path, make_case: MakeCase, now: datetime
) -> None:
    fill(store, folder, make_case, now)
    with Store.open_to_read(folder) as reader:
        asked = reader._database.execute("SELECT * FROM messages")  # noqa: SLF001  a page that is being read
        asked.fetchone()
        store._database.execute("PRAGMA busy_timeout = 50")  # noqa: SLF001  it waits for five seconds else
        with pytest.raises(SourceUnavailable, match=r"store\.still_read"):
            store.keeping.forget_loan("loan-gone")
        asked.close()
    store.close()
    damaged = folder.with_name("damaged")
    shutil.copytree(folder, damaged)
    (damaged / "state.db").write_bytes(b"no database at all" * 300)
    with Store.open(damaged, now) as anew:
        assert anew.recovery is Recovery.STARTED_ANEW
        assert b"canary-gone" not in on_disk(damaged)
    with Store.open(folder, now) as finished:
        assert [row.key for row in finished.cases()] == ["kept"]
        assert b"canary-gone" not in on_disk(folder)
