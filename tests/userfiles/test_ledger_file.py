from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from watcher.core.knowledge import Rules
from watcher.errors import UserError
from watcher.userfiles import ledger_edits
from watcher.userfiles.ledger_file import LedgerFile
from watcher.userfiles.loans import read_loans

LOANS = '[[loans]]\nid = "one"  # 第一笔\nlender = "招联金融"\nstatus = "active"\n'
NOW = datetime(2026, 5, 20, 4, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "loans.toml"
    path.write_text(LOANS, encoding="utf-8")
    return path


def test_what_an_editor_wrote_meanwhile_is_not_lost(ledger: Path, rules: Rules) -> None:
    file = LedgerFile.open(ledger, rules.directory)
    edited = LOANS.replace("第一笔", "第一笔，去年的")
    ledger.write_text(edited, encoding="utf-8")

    with pytest.raises(UserError, match=r"loan\.changed_meanwhile"):
        ledger_edits.settle(file, "one", None, NOW, "loan settle")

    assert ledger.read_text("utf-8") == edited


def test_a_ledger_that_was_taken_away_meanwhile_is_not_made_anew(
    ledger: Path, rules: Rules
) -> None:
    file = LedgerFile.open(ledger, rules.directory)
    ledger.unlink()

    with pytest.raises(UserError, match=r"loan\.changed_meanwhile"):
        ledger_edits.settle(file, "one", None, NOW, "loan settle")

    assert not ledger.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[holder]\nname = "王小明"\n'),
        (LOANS, f'{LOANS}\n[holder]\nname = "王小明"\n'),
        (
            f'[holder]  # 我\nname = "王明"  # 旧名\n{LOANS}',
            f'[holder]  # 我\nname = "王小明"  # 旧名\n{LOANS}',
        ),
    ],
)
def test_the_holder_is_named_and_every_comment_stays(
    ledger: Path, rules: Rules, before: str, after: str
) -> None:
    ledger.write_text(before, encoding="utf-8")
    ledger_edits.name_holder(LedgerFile.open(ledger, rules.directory), "王小明")
    assert ledger.read_text("utf-8") == after


def test_of_two_who_add_loans_at_once_neither_loses_one(ledger: Path, rules: Rules) -> None:
    with ThreadPoolExecutor() as two:
        list(two.map(lambda name: _add_ten(ledger, rules, name), ("a", "b")))

    ledger_now, problems = read_loans(ledger, rules.directory)
    assert problems == ()
    assert ledger_now is not None
    assert len(ledger_now.loans) == 21


def _add_ten(path: Path, rules: Rules, name: str) -> None:
    for number in range(10):
        while not _add(path, rules, f"{name}{number}"):
            pass


def _add(path: Path, rules: Rules, id_: str) -> bool:
    file = LedgerFile.open(path, rules.directory)
    try:
        ledger_edits.add(file, {"id": id_, "lender": "微粒贷"}, NOW, "loan add")
    except UserError as refused:
        if refused.says != "loan.changed_meanwhile":
            raise
        return False
    return True
