"""What a change of rules would change, on messages kept by the store and on lines of JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import LOANS, OVERDUE, Ran, Run

MOON = "【招联金融】您的好期贷借款（尾号5512）应还640.00元，月亮专员提醒您尽快还款。"
CHAT = "今晚的月亮专员真好看"
RULE = """
[[rules]]
id = "mine.moon"
title = { zh = "月亮专员", en = "Moon" }
strength = "hard"
sources = ["https://example.com/moon"]
all = ["月亮专员", { check = "kind", is = "demanding" }]
tests = [
  { text = "您的借款应还640.00元，月亮专员提醒您尽快还款", hit = true },
  { text = "月亮专员：您的借款已逾期，请尽快还款", hit = true },
  { text = "今晚的月亮专员真好看", hit = false },
  { text = "您的借款应还640.00元，请尽快还款", hit = false },
]
"""
SOFT = """
[[rules]]
id = "mine.receipt"
title = { zh = "月亮到账", en = "Moon receipt" }
kind = "settlement_receipt"
all = ["月亮照常"]
"""
Write = Callable[[str], Path]


def line(text: str, day: int, id_: str) -> str:
    received = datetime(2026, 5, day, 2, tzinfo=UTC).isoformat()
    form = {"id": id_, "channel": "sms", "sender": "1069", "received_at": received, "text": text}
    return json.dumps(form, ensure_ascii=False) + "\n"


@pytest.fixture
def config(home: Path) -> Path:
    folder = home / "config" / "loan-watcher"
    (folder / "rules").mkdir(parents=True, mode=0o700)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    return folder


@pytest.fixture
def changed(tmp_path: Path, config: Path) -> Path:
    """A folder with a rule that is not yet in force."""
    assert config.is_dir()
    folder = tmp_path / "changed"
    folder.mkdir()
    (folder / "moon.toml").write_text(RULE, encoding="utf-8")
    return folder


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages.jsonl"
    lines = line(OVERDUE, 10, "m1") + line(MOON, 11, "m2") + line(CHAT, 12, "m3")
    path.write_text(lines, encoding="utf-8")
    return path


@pytest.fixture
def kept(run: Run, config: Path, messages: Path) -> Path:
    """The state folder after the messages were read in and judged by the rules in force."""
    assert config.is_dir()
    assert run("scan", "--no-notify", messages).code == 0
    return config.parent.parent / "state" / "loan-watcher"


def form(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    value = json.loads(ran.out)
    assert isinstance(value, dict)
    return value


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_each_changed_verdict_is_listed_with_message_and_rule(
    run: Run, changed: Path, messages: Path
) -> None:
    told = form(run("rules", "backtest", "--json", "--rules", changed, messages))
    assert (told["messages"], told["changed"]) == (3, 1)
    assert told["counts"] == [{"from": "stale", "to": "fraudulent", "count": 1}]
    (change,) = told["changes"]
    assert (change["id"], change["from"], change["to"]) == ("m2", "stale", "fraudulent")
    assert change["rules"] == ["mine.moon"]
    assert "月亮专员" in change["text"]


def test_a_person_is_shown_the_same_in_words_with_nothing_to_click(
    run: Run, changed: Path, messages: Path
) -> None:
    linked = MOON.replace("。", "，请看 https://www.mucfc.com/pay 。")
    messages.write_text(line(linked, 11, "m2"), encoding="utf-8")
    ran = run("rules", "backtest", "--rules", changed, messages)
    assert ran.code == 0
    assert "m2" in ran.out
    assert "mine.moon" in ran.out
    assert "像是诈骗" in ran.out
    assert "https://" not in ran.out


def test_messages_kept_by_the_store_are_judged_again(run: Run, changed: Path, kept: Path) -> None:
    before = digest(kept)
    told = form(run("rules", "backtest", "--json", "--rules", changed))
    assert told["counts"] == [{"from": "stale", "to": "fraudulent", "count": 1}]
    assert told["changes"][0]["rules"] == ["mine.moon"]
    assert digest(kept) == before


def test_nothing_is_in_force_after_it(run: Run, changed: Path, kept: Path) -> None:
    assert kept.is_dir()
    first = run("rules", "backtest", "--json", "--rules", changed)
    listed = json.loads(run("alerts", "--json").out)
    assert [row["verdict"] for row in listed] == ["stale"]
    assert run("rules", "backtest", "--json", "--rules", changed).out == first.out


def test_a_draft_of_ones_own_is_tried_as_if_it_were_in_force(
    run: Run, config: Path, messages: Path
) -> None:
    draft = RULE.replace('strength = "hard"', 'strength = "hard"\nstatus = "draft"')
    (config / "rules" / "moon.toml").write_text(draft, encoding="utf-8")
    told = form(run("rules", "backtest", "--json", messages))
    assert [change["rules"] for change in told["changes"]] == [["mine.moon"]]
    checked = json.loads(run("check", "--json", MOON).out)
    assert checked["verdict"] != "fraudulent"


def test_a_rule_taken_away_by_a_new_wording_is_responsible_too(
    run: Run, config: Path, changed: Path, messages: Path
) -> None:
    (config / "rules" / "moon.toml").write_text(RULE, encoding="utf-8")
    (changed / "moon.toml").write_text(RULE.replace("月亮专员", "太阳专员"), encoding="utf-8")
    ran = run("rules", "backtest", "--json", "--rules", changed, messages)
    (change,) = form(ran)["changes"]
    assert (change["from"], change["to"]) == ("fraudulent", "stale")
    assert change["rules"] == ["mine.moon"]
    assert "变轻" in run("rules", "backtest", "--rules", changed, messages).out


def test_a_changed_rule_also_changes_what_later_messages_are_compared_with(
    run: Run, changed: Path, messages: Path
) -> None:
    (changed / "moon.toml").write_text(SOFT, encoding="utf-8")
    receipt = "【招联金融】好期贷借款（尾号5512）月亮照常升起。"
    returned = (
        "【招联金融】您3月2日对好期贷借款（尾号5512）的还款640.00元被银行退汇，"
        "未能入账，请重新还款。"
    )
    lines = line(returned, 3, "m1") + line(receipt, 4, "m2") + line(OVERDUE, 10, "m3")
    messages.write_text(lines, encoding="utf-8")
    told = form(run("rules", "backtest", "--json", "--rules", changed, messages))
    by_id = {change["id"]: change for change in told["changes"]}
    assert by_id["m3"]["from"] == "possibly_owed"
    assert by_id["m3"]["rules"] == []


def test_without_a_change_it_says_that_there_is_nothing_to_compare(
    run: Run, config: Path, messages: Path
) -> None:
    assert config.is_dir()
    ran = run("rules", "backtest", messages)
    assert ran.code == 0
    assert "--rules" in ran.err
    assert "0" in ran.out


def test_lines_that_cannot_be_read_are_named_and_the_rest_is_judged(
    run: Run, changed: Path, messages: Path
) -> None:
    messages.write_text("{\n" + line(MOON, 11, "m2") + "[]\n", encoding="utf-8")
    ran = run("rules", "backtest", "--json", "--rules", changed, messages)
    assert ran.code == 2
    assert "messages.jsonl:1" in ran.err
    assert "messages.jsonl:3" in ran.err
    assert json.loads(ran.out)["changed"] == 1


def test_without_anything_kept_and_without_a_file_it_says_so(run: Run, changed: Path) -> None:
    ran = run("rules", "backtest", "--rules", changed)
    assert ran.code == 2
    assert ran.err


def test_mistakes_of_the_changed_rules_are_named_before_anything_is_judged(
    run: Run, changed: Path, messages: Path
) -> None:
    (changed / "moon.toml").write_text(RULE.replace('"hard"', '"loud"'), encoding="utf-8")
    ran = run("rules", "backtest", "--rules", changed, messages)
    assert ran.code == 2
    assert "moon.toml:5" in ran.err
    assert ran.out == ""
