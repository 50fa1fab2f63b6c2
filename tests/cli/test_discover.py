"""`loan-watcher loan discover` fills a ledger from messages, loan by loan, as confirmed."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.running import Run
from watcher.clock import SystemClock
from watcher.control.commands import Dismiss
from watcher.control.deeds import Hands, perform
from watcher.core.knowledge import Rules
from watcher.phrases import LANGUAGES, Phrases
from watcher.store import Store, Topic

SHANGHAI = ZoneInfo("Asia/Shanghai")
OLD_LOAN = [
    ("2025-03-01 10:00", "【招联金融】您的12,000.00元借款已发放到尾号8043的招商银行卡。"),
    (
        "2025-04-14 09:00",
        "【招联金融】您尾号9929的借款本期应还1,352.29元，还款日4月17日，请按时还款。",
    ),
    ("2025-04-17 12:00", "【招联金融】您于04月17日成功还款1,352.29元，可前往App查看详情。"),
    ("2025-05-17 12:00", "【招联金融】您于05月17日成功还款1,352.29元，可前往App查看详情。"),
    ("2026-01-05 10:00", "【招联金融】您尾号9929的借款已全部结清，感谢一路相伴。"),
]
OPEN_LOAN = [
    ("2025-06-01 10:00", "【微粒贷】您的5,000.00元借款已发放到尾号8043的招商银行卡。"),
    ("2025-07-08 10:00", "【微粒贷】您已成功还款438.10元，谢谢。"),
]
LAST = ("2026-02-08 10:00", "【微粒贷】您的最后一期438.10元已扣款成功。")
RETURNED = ("2026-02-09 10:00", "【微粒贷】您还款的438.10元已被银行退回，请重新还款。")
FRAUD = (
    "2026-02-11 20:00",
    "【省呗】您的借款已结清，退费须添加客服微信abc12345，并缴纳解冻保证金500元到指定账户。",
)
DEMAND = ("2026-03-11 20:00", "【海尔消费金融】您的借款已逾期3天，应还800.00元。")

LEDGER = """\
# 我的账本
[holder]
name = "王小明"  # 本人

[[loans]]
id = "weili"   # 自己起的编号
lender = "微粒贷"
status = "active"
"""


def export(path: Path, rows: Iterable[tuple[str, str]]) -> Path:
    lines = [
        f'  <sms address="106900005512" date="{round(_at(day) * 1000)}" type="1" body="{text}" />'
        for day, text in rows
    ]
    body = "\n".join(lines)
    path.write_text(
        f'<?xml version="1.0"?>\n<smses count="{len(lines)}">\n{body}\n</smses>\n', "utf-8"
    )
    return path


def _at(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI).timestamp()


@pytest.fixture
def backup(home: Path) -> Path:
    return export(home.parent / "sms.xml", [*OLD_LOAN, *OPEN_LOAN, FRAUD, DEMAND])


@pytest.fixture
def ledger(home: Path) -> Path:
    return home / "config" / "loan-watcher" / "loans.toml"


@pytest.fixture
def written(ledger: Path) -> Path:
    ledger.parent.mkdir(parents=True, mode=0o700)
    ledger.write_text(LEDGER, encoding="utf-8")
    return ledger


def answered(home: Path, answers: str, *arguments: str | Path) -> str:
    """Run the command on a terminal of its own, where somebody types."""
    parent, child = pty.openpty()
    os.write(parent, answers.encode())
    done = subprocess.run(
        [sys.executable, "-m", "watcher", "loan", "discover", *map(str, arguments)],
        stdin=child,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONUTF8": "1", "HOME": str(home)},
    )
    os.close(parent)
    os.close(child)
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(run: Run) -> dict[str, dict[str, object]]:
    return {loan["lender"]: loan for loan in json.loads(run("loan", "list", "--json").out)}


def test_an_export_shows_the_loans_and_changes_nothing_unasked(
    run: Run, backup: Path, ledger: Path
) -> None:
    shown = run("loan", "discover", backup)
    assert (shown.code, shown.err) == (0, "")
    for said in ("招联消费金融", "尾号9929", "12,000.00元", "每月17日还1,352.29元"):
        assert said in shown.out
    assert "2026年1月5日收到结清" in shown.out
    assert "微粒贷" in shown.out
    assert "--yes" in shown.out
    assert not ledger.exists()
    assert listed(run) == {}


def test_neither_a_fraud_nor_a_demand_proposes_a_loan(run: Run, backup: Path) -> None:
    proposed = json.loads(run("loan", "discover", "--json", backup).out)["proposals"]
    assert {one["lender"] for one in proposed} == {"招联消费金融", "微粒贷"}


def test_a_yes_to_all_fills_the_ledger(run: Run, backup: Path, ledger: Path) -> None:
    assert run("loan", "discover", "--yes", backup).code == 0
    loans = listed(run)
    assert loans["招联消费金融"] == {
        "id": "招联消费金融-2025",
        "lender": "招联消费金融",
        "product": None,
        "account_tail": ["9929"],
        "principal": "12000.00",
        "opened_on": "2025-03-01",
        "status": "settled",
        "settled_on": "2026-01-05",
        "due_day": 17,
        "monthly_amount": "1352.29",
        "proofs": [],
    }
    assert loans["微粒贷"]["status"] == "active"
    assert ledger.stat().st_mode & 0o777 == 0o600
    again = run("loan", "discover", backup)
    assert "没有要登记" in again.out


def test_the_history_of_the_store_is_enough(run: Run, backup: Path) -> None:
    assert run("scan", "--no-notify", backup).code == 0
    shown = run("loan", "discover")
    assert shown.code == 0
    assert "尾号9929" in shown.out


def test_what_was_dismissed_on_the_page_is_not_offered_unless_it_is_asked_for(
    run: Run, backup: Path, home: Path, rules: Rules
) -> None:
    assert run("scan", "--no-notify", backup).code == 0
    first, *others = json.loads(run("loan", "discover", "--json").out)["proposals"]
    clock = SystemClock()
    with Store.open(home / "state" / "loan-watcher", clock.now()) as store:
        loans = home / "config" / "loan-watcher" / "loans.toml"
        hands = Hands(store=store, clock=clock, terms=lambda: rules, loans=loans)
        perform(Dismiss(proposal=first["id"]), hands)
    assert json.loads(run("loan", "discover", "--json").out)["proposals"] == others
    every = json.loads(run("loan", "discover", "--all", "--json").out)["proposals"]
    assert every == [first, *others]


def test_a_message_of_the_store_and_of_a_file_counts_once(run: Run, backup: Path) -> None:
    assert run("scan", "--no-notify", backup).code == 0
    alone = json.loads(run("loan", "discover", "--json").out)
    assert json.loads(run("loan", "discover", "--json", backup, backup).out) == alone


def test_looking_at_a_file_keeps_nothing_of_it(run: Run, backup: Path, home: Path) -> None:
    run("loan", "discover", backup)
    assert list((home / "state" / "loan-watcher").iterdir()) == []


def test_a_scan_with_an_empty_ledger_names_the_command(run: Run, backup: Path) -> None:
    assert "loan-watcher loan discover" in run("scan", "--no-notify", backup).err
    assert "loan-watcher loan discover" in run("loan", "list").out


def test_the_summary_that_is_shown_for_an_empty_ledger_names_the_command(
    run: Run, home: Path, backup: Path
) -> None:
    run("scan", "--no-notify", backup)
    with Store.open_to_read(home / "state" / "loan-watcher") as store:
        alerts = store.pending_alerts(datetime(2026, 4, 1, tzinfo=SHANGHAI))
    (summary,) = (one.summary for one in alerts if one.topic is Topic.LEDGER)
    for language in LANGUAGES:
        assert "loan-watcher loan discover" in Phrases(language).render(summary)


def test_nothing_to_look_at_says_what_to_give(run: Run) -> None:
    done = run("loan", "discover")
    assert done.code == 2
    assert "短信备份" in done.err


def test_the_last_instalment_is_offered_as_settled_with_comments_kept(
    run: Run, home: Path, written: Path
) -> None:
    path = export(home.parent / "sms.xml", [*OPEN_LOAN, LAST])
    shown = run("loan", "discover", "--yes", path)
    assert "还了最后一期" in shown.out
    text = written.read_text("utf-8")
    assert "settled_on = 2026-02-08" in text
    assert 'id = "weili"   # 自己起的编号' in text
    assert text.startswith("# 我的账本\n")


def test_a_payment_that_came_back_takes_the_offer_back(run: Run, home: Path, written: Path) -> None:
    path = export(home.parent / "sms.xml", [*OPEN_LOAN, LAST, RETURNED])
    shown = run("loan", "discover", "--yes", path)
    assert "没有要登记" in shown.out
    assert written.read_text("utf-8") == LEDGER


def test_on_a_terminal_each_is_asked_and_who_stops_keeps_only_what_was_confirmed(
    run: Run, home: Path, backup: Path
) -> None:
    out = answered(home, "maybe\ny\nq\n", backup)
    assert "登记了 1 笔" in out
    assert set(listed(run)) == {"招联消费金融"}


def test_a_loan_that_is_paid_off_though_no_message_says_so_is_added_as_settled(
    run: Run, home: Path, backup: Path
) -> None:
    answered(home, "n\ns\n昨天\n2026-02-08\n", backup)
    assert listed(run)["微粒贷"]["settled_on"] == "2026-02-08"


def test_it_speaks_english_too(run: Run, backup: Path) -> None:
    shown = run("--lang", "en", "loan", "discover", backup)
    assert shown.code == 0
    assert "ends in 9929" in shown.out
    assert "1,352.29 monthly, day 17" in shown.out
