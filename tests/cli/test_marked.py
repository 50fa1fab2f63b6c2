"""A verdict called wrong on the command line, and what becomes of it when rules change."""

import json
from pathlib import Path

import pytest

from tests.cli.running import LOANS, Run
from watcher.store import Store

TEXT = "【月亮贷】您的借款已逾期，请立即转账到客服王经理的个人账户62220000000000，否则上门。"
RULE = """
[[rules]]
id = "mine.moon"
title = { zh = "月亮贷", en = "Moon" }
strength = "hard"
sources = ["https://example.com/moon"]
all = ["月亮贷"]
tests = [
  { text = "月亮贷提醒您还款", hit = true },
  { text = "【月亮贷】请尽快还款", hit = true },
  { text = "今晚的月亮真好看", hit = false },
  { text = "请尽快还款", hit = false },
]
"""


@pytest.fixture
def config(home: Path, tmp_path: Path, run: Run) -> Path:
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    line = {
        "id": "1",
        "channel": "sms",
        "sender": "13800000000",
        "received_at": "2026-05-20T10:00:00+08:00",
        "text": TEXT,
    }
    export = tmp_path / "messages.jsonl"
    export.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    assert run("scan", export).code == 0
    return folder


def verdict_of(home: Path) -> str:
    with Store.open_to_read(home / "state" / "loan-watcher") as store:
        [row] = store.cases()
        return row.verdict.value


def test_a_verdict_called_wrong_stays_and_becomes_a_proposed_test(
    config: Path, home: Path, run: Run
) -> None:
    assert run("alerts", "wrong", "99").code == 2
    assert run("alerts", "wrong", "1", "--should", "fine").code == 2
    assert not (config / "rules").exists()
    before = verdict_of(home)
    ran = run("alerts", "wrong", "1", "--because", "是我自己借的")
    assert ran.code == 0
    assert "rules/marked/" in ran.out
    [file] = (config / "rules" / "marked").iterdir()
    assert "是我自己借的" in file.read_text(encoding="utf-8")
    assert verdict_of(home) == before
    assert run("alerts", "wrong", "1", "--back").code == 0
    assert list((config / "rules" / "marked").iterdir()) == []


def test_rules_test_holds_what_is_expected_against_the_rules(
    config: Path, home: Path, run: Run
) -> None:
    fails = "第 1 条提醒：您认为应该是"
    assert run("alerts", "wrong", "1").code == 0
    [file] = (config / "rules" / "marked").iterdir()
    silent = file.read_text(encoding="utf-8").replace("case = 1", "case = 2")
    file.with_name("case-2.toml").write_text(silent, encoding="utf-8")
    assert run("alerts", "wrong", "1", "--should", "null").code == 0
    tested = run("rules", "test")
    assert tested.code == 2
    assert f"{fails}“没有看到催款内容”" in tested.out
    assert "另有 1 条" in tested.err
    right = file.read_text(encoding="utf-8").replace('"null"', f'"{verdict_of(home)}"')
    file.write_text(right, encoding="utf-8")
    assert fails not in run("rules", "test").out


def test_backtest_says_what_a_change_does_to_it(
    config: Path, home: Path, tmp_path: Path, run: Run
) -> None:
    assert run("alerts", "wrong", "1", "--because", "是诈骗", "--should", "fraudulent").code == 0
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "moon.toml").write_text(RULE, encoding="utf-8")
    before = verdict_of(home)
    form = json.loads(run("rules", "backtest", "--rules", changed, "--json").out)
    [one] = form["marked"]
    assert (one["case"], one["from"], one["to"]) == (1, before, "fraudulent")
    assert (one["expected"], one["says"]) == ("fraudulent", "是诈骗")
    empty = tmp_path / "none.jsonl"
    empty.write_text("", encoding="utf-8")
    said = run("rules", "backtest", "--rules", changed, empty).out
    assert "您说过不对的 1 条" in said
    assert config.is_dir()
