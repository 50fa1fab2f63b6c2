"""`loan-watcher loan` edits the ledger as a careful person would."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Run

LEDGER = """\
# 我的账本
[holder]
name = "王小明"  # 本人

# 第一笔，找了客服三次
[[loans]]
id = "first"   # 自己起的编号
lender = "招联金融"
status = "active"
due_day = 17   # 每月

# 第二笔
[[loans]]
id = "second"
lender = "微粒贷"
account_tail = [
  "1234",  # 卡
]

# 完
"""


@pytest.fixture
def ledger(home: Path) -> Path:
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    return folder / "loans.toml"


@pytest.fixture
def full(ledger: Path) -> Path:
    ledger.write_text(LEDGER, encoding="utf-8")
    return ledger


def comments(path: Path) -> list[str]:
    return [line.partition("#")[2] for line in path.read_text("utf-8").splitlines() if "#" in line]


def listed(run: Run) -> list[dict[str, object]]:
    loans: list[dict[str, object]] = json.loads(run("loan", "list", "--json").out)
    return loans


@pytest.mark.parametrize(
    "command",
    [
        ["settle", "first", "--on", "2098-01-02"],
        ["edit", "first", "--status", "settled", "--settled-on", "2098-01-02"],
        ["add", "--lender", "招联金融", "--settled-on", "2098-01-02"],
    ],
)
def test_a_settlement_that_is_yet_to_come_is_remarked(
    run: Run, full: Path, command: list[str]
) -> None:
    ran = run("loan", *command)
    assert ran.code == 0
    assert "2098年1月2日 还没有到" in ran.err
    assert "2098-01-02" in full.read_text("utf-8")


def test_an_empty_ledger_says_how_to_begin(run: Run) -> None:
    done = run("loan", "list")
    assert (done.code, done.err) == (0, "")
    assert "loan-watcher loan add" in done.out
    assert listed(run) == []


def test_a_loan_is_added_with_an_id_of_its_lender_and_year(run: Run, ledger: Path) -> None:
    done = run(
        *("loan", "add", "--lender", "招联金融", "--opened-on", "2025-03-01"),
        *("--settled-on", "2026-07-17", "--account-tail", "9929", "--account-tail", "0831"),
        *("--principal", "12,000", "--monthly-amount", "1352.29", "--due-day", "17"),
    )
    assert done.code == 0
    assert listed(run) == [
        {
            "id": "招联金融-2025",
            "lender": "招联金融",
            "product": None,
            "account_tail": ["9929", "0831"],
            "principal": "12000.00",
            "opened_on": "2025-03-01",
            "status": "settled",
            "settled_on": "2026-07-17",
            "due_day": 17,
            "monthly_amount": "1352.29",
            "proofs": [],
        },
    ]
    assert ledger.stat().st_mode & 0o777 == 0o600
    assert run("loan", "add", "--lender", "招联金融", "--opened-on", "2025-09-01").code == 0
    assert [loan["id"] for loan in listed(run)] == ["招联金融-2025", "招联金融-2025-2"]


def test_adding_keeps_all_that_stood_in_the_file(run: Run, full: Path) -> None:
    assert run("loan", "add", "--lender", "招联金融", "--id", "third").code == 0
    assert full.read_text(encoding="utf-8").startswith(LEDGER)
    assert [loan["id"] for loan in listed(run)] == ["first", "second", "third"]


def test_all_mistakes_of_a_new_loan_are_named_by_their_options_and_nothing_is_written(
    run: Run, full: Path
) -> None:
    done = run(
        *("loan", "add", "--lender", "招联金融", "--due-day", "40", "--principal", "1.2万"),
        *("--settled-on", "昨天", "--account-tail", "9"),
    )
    assert done.code == 2
    for name in ("--due-day", "--principal", "--settled-on", "--account-tail"):
        assert f"loan add: {name}: " in done.err
    assert full.read_text(encoding="utf-8") == LEDGER


def test_an_id_that_is_taken_is_refused(run: Run, full: Path) -> None:
    done = run("loan", "add", "--lender", "招联金融", "--id", "first")
    assert done.code == 2
    assert "“first”" in done.err
    assert full.read_text(encoding="utf-8") == LEDGER


def test_a_missing_lender_is_an_error_where_nobody_can_be_asked(run: Run) -> None:
    done = run("loan", "add", "--due-day", "5")
    assert done.code == 2
    assert "--lender" in done.err


def test_on_a_terminal_the_lender_and_the_day_are_asked_for(home: Path) -> None:
    parent, child = pty.openpty()
    os.write(parent, "招联金融\n2026-07-17\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "watcher", "loan", "add"],
        stdin=child,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    os.close(parent)
    os.close(child)
    assert done.returncode == 0, done.stderr
    text = (home / "config" / "loan-watcher" / "loans.toml").read_text(encoding="utf-8")
    assert 'lender = "招联金融"' in text
    assert "settled_on = 2026-07-17" in text


def test_an_unknown_lender_is_added_with_a_warning_said_once(run: Run) -> None:
    done = run("loan", "add", "--lender", "无名小贷公司")
    assert done.code == 0
    assert "“无名小贷公司”" in done.err
    assert run("loan", "add", "--lender", "招联金融").err == ""


def test_editing_keeps_comments_and_other_keys(run: Run, full: Path) -> None:
    before = comments(full)
    assert run("loan", "edit", "first", "--due-day", "9", "--product", "好期贷").code == 0
    assert comments(full) == before
    assert "due_day = 9   # 每月" in full.read_text(encoding="utf-8")
    assert listed(run)[0]["product"] == "好期贷"
    assert run("loan", "edit", "second", "--account-tail", "").code == 0
    assert listed(run)[1]["account_tail"] == []


def test_an_edit_with_a_mistake_or_without_a_change_writes_nothing(run: Run, full: Path) -> None:
    wrong = run("loan", "edit", "first", "--due-day", "neun")
    assert (wrong.code, run("loan", "edit", "first").code) == (2, 2)
    assert "--due-day" in wrong.err
    assert full.read_text(encoding="utf-8") == LEDGER


def test_a_loan_is_settled_and_reopened(run: Run, full: Path) -> None:
    before = comments(full)
    assert run("loan", "settle", "first", "--on", "2026年7月17日").code == 0
    assert (listed(run)[0]["status"], listed(run)[0]["settled_on"]) == ("settled", "2026-07-17")
    assert run("loan", "reopen", "first").code == 0
    assert (listed(run)[0]["status"], listed(run)[0]["settled_on"]) == ("active", None)
    assert comments(full) == before


def test_a_loan_settled_without_a_day_is_settled_today(run: Run, full: Path) -> None:
    assert run("loan", "settle", "second").code == 0
    assert "settled_on = 20" in full.read_text(encoding="utf-8")


def test_a_day_before_the_loan_began_is_refused(run: Run, full: Path) -> None:
    assert run("loan", "edit", "first", "--opened-on", "2026-01-01").code == 0
    before = full.read_text(encoding="utf-8")
    done = run("loan", "settle", "first", "--on", "2025-12-31")
    assert done.code == 2
    assert "--settled-on" in done.err
    assert full.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("id_", ["first", "second"])
def test_removing_a_loan_leaves_the_other_and_the_comments_around_it(
    run: Run, full: Path, id_: str
) -> None:
    assert run("loan", "remove", id_).code == 0
    assert [loan["id"] for loan in listed(run)] == [{"first": "second", "second": "first"}[id_]]
    text = full.read_text(encoding="utf-8")
    for comment in ("# 我的账本", "# 第一笔，找了客服三次", "# 第二笔", "# 完"):
        assert comment in text


@pytest.mark.parametrize("command", ["edit", "settle", "reopen", "remove"])
def test_an_unknown_id_is_refused_with_the_nearest(run: Run, full: Path, command: str) -> None:
    more = ["--due-day", "5"] if command == "edit" else []
    done = run("loan", command, "frist", *more)
    assert done.code == 2
    assert "“first”" in done.err
    assert full.read_text(encoding="utf-8") == LEDGER


def test_a_broken_ledger_is_reported_whole_and_never_overwritten(run: Run, ledger: Path) -> None:
    broken = "[[loans]]\nid = 'a'\nlendr = '招联金融'\ndue_day = 50\n"
    ledger.write_text(broken, encoding="utf-8")
    for arguments in (("list",), ("add", "--lender", "招联金融"), ("settle", "a")):
        done = run("loan", *arguments)
        assert done.code == 2
        assert "loans.toml:3: loans[0].lendr" in done.err
        assert "loans.toml:4: loans[0].due_day" in done.err
    assert ledger.read_text(encoding="utf-8") == broken


def test_a_ledger_with_an_empty_list_can_be_added_to(run: Run, ledger: Path) -> None:
    ledger.write_text("# 空\nloans = []\n[holder]\nname = '王小明'\n", encoding="utf-8")
    assert run("loan", "add", "--lender", "招联金融", "--id", "a").code == 0
    assert [loan["id"] for loan in listed(run)] == ["a"]
    assert "# 空" in ledger.read_text(encoding="utf-8")


def test_a_ledger_of_inline_tables_is_left_to_its_writer(run: Run, ledger: Path) -> None:
    text = "loans = [{ id = 'a', lender = '招联金融' }]\n"
    ledger.write_text(text, encoding="utf-8")
    assert run("loan", "add", "--lender", "微粒贷").code == 2
    assert ledger.read_text(encoding="utf-8") == text


def test_a_linked_ledger_stays_a_link(run: Run, ledger: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text(LEDGER, encoding="utf-8")
    ledger.symlink_to(target)
    assert run("loan", "reopen", "first").code == 0
    assert ledger.is_symlink()
    assert list(ledger.parent.iterdir()) == [ledger]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_spreadsheet_is_imported_in_any_usual_encoding(
    run: Run, full: Path, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "借款.csv"
    path.write_bytes(
        "lender,product,account_tail,settled_on,status,principal\r\n"
        '招联金融,好期贷,9929、0831,2026/7/17,settled,"12,000.00"\r\n'
        "\r\n"
        "微粒贷,,,,,\r\n".encode(encoding),
    )
    done = run("loan", "import", path)
    assert done.code == 0, done.err
    assert full.read_text(encoding="utf-8").startswith(LEDGER)
    third, fourth = listed(run)[2:]
    assert third["account_tail"] == ["9929", "0831"]
    assert (third["id"], third["principal"]) == ("招联金融-2026", "12000.00")
    assert (fourth["lender"], fourth["status"]) == ("微粒贷", "active")


def test_all_mistakes_of_a_spreadsheet_are_listed_with_lines_and_nothing_is_written(
    run: Run, full: Path, tmp_path: Path
) -> None:
    path = tmp_path / "loans.csv"
    path.write_text(
        "id,lender,due_day,settled_on,status\n"
        "a,招联金融,40,,\n"
        '"b",微粒贷,5,2026-02-30,settled\n'
        "b,微粒贷,5,,settled\n"
        "c,,5,,\n"
        "d,微粒贷,5,,,extra\n",
        encoding="utf-8",
    )
    done = run("loan", "import", path)
    assert done.code == 2
    for line in (
        "loans.csv:2: due_day: ",
        "loans.csv:3: settled_on: ",
        "loans.csv:4: id: ",
        "loans.csv:4: 已结清",
        "loans.csv:5: ",
        "loans.csv:6: ",
    ):
        assert line in done.err
    assert full.read_text(encoding="utf-8") == LEDGER


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "loans.csv: "),
        (b"\xff\xff\x81", "UTF-8"),
        (b'lender\n"x\n', "CSV"),
        ("机构\n招联金融\n".encode(), "“机构”"),
        ("lender,lendr\n招联金融,x\n".encode(), "“lender”"),
        ("id,lender\nfirst,招联金融\n".encode(), "“first”"),
    ],
)
def test_a_spreadsheet_of_another_form_is_refused(
    run: Run, full: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "loans.csv"
    path.write_bytes(content)
    done = run("loan", "import", path)
    assert done.code == 2
    assert said in done.err
    assert full.read_text(encoding="utf-8") == LEDGER


def test_the_list_is_said_in_english_too(run: Run, full: Path) -> None:
    assert run("loan", "settle", "first", "--on", "2026-07-17").code == 0
    out = run("loan", "list", "--lang", "en").out
    assert "paid off 17 Jul 2026" in out
    assert full.exists()
