"""What `loan-watcher loan import` remarks on, and which files it refuses."""

from pathlib import Path

from tests.cli.running import Run


def test_a_loan_that_is_entered_twice_is_pointed_out(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_text("lender,settled_on\n招联金融,2026-07-17\n", encoding="utf-8")
    assert "一模一样" not in run("loan", "import", path).err
    again = run("loan", "import", path)
    assert again.code == 0
    assert "loan-watcher loan remove 招联金融-2026-2" in again.err


def test_a_folder_is_no_spreadsheet(run: Run, tmp_path: Path) -> None:
    refused = run("loan", "import", tmp_path)
    assert (refused.code, "不是普通文件" in refused.err) == (2, True)


def test_a_spreadsheet_that_is_not_there_is_the_users_mistake(run: Run, tmp_path: Path) -> None:
    assert run("loan", "import", tmp_path / "none.csv").code == 2
