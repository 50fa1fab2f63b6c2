"""`loan-watcher letter`: from an alert to the letter, on the screen and as a page."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.running import LOANS, OVERDUE, Run

FRAUD = "【招联金融】您的账户异常，请下载会议软件共享屏幕，把640.00元转入指定的安全账户。"
OWN = """id = "mine.copy"
to = "lender"
title = { zh = "要合同", en = "contract" }
sending = { zh = "当面交", en = "by hand" }
[[parts]]
id = "a"
text = { zh = "请给{WHAT}", en = "give {WHAT}" }
"""


def sms(text: str, day: int) -> str:
    at = round(datetime(2026, 5, day, 2, tzinfo=UTC).timestamp() * 1000)
    return f'  <sms address="106900005512" date="{at}" type="1" body="{text}" />\n'


@pytest.fixture
def cases(run: Run, home: Path) -> dict[str, int]:
    """The number of each verdict's case, after a scan."""
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    backup = home.parent / "sms-20260520.xml"
    body = sms(OVERDUE, 10) + sms(FRAUD, 12)
    backup.write_text(f'<?xml version="1.0"?>\n<smses count="2">\n{body}</smses>\n', "utf-8")
    assert run("scan", "--no-notify", backup).code == 0
    return {row["verdict"]: row["id"] for row in json.loads(run("alerts", "--json").out)}


def test_the_letter_is_all_that_is_printed_and_the_advice_stands_beside_it(
    run: Run, cases: dict[str, int]
) -> None:
    shown = run("letter", cases["stale"])
    assert shown.code == 0
    assert shown.out.startswith("致放贷机构：确认结清，停止催收\n\n致：招联金融\n\n本人宋雨桐，")
    assert shown.out.endswith("日期：【待填：提交的日期】\n")
    assert "不要发给消息里的号码" in shown.err
    assert "T2 致催收方" in shown.err
    english = run("--lang", "en", "letter", cases["stale"])
    assert english.out.startswith(shown.out)
    assert "To the lender: confirm the settlement" in english.out


def test_another_letter_is_asked_for_by_its_kind_and_one_that_does_not_fit_is_refused(
    run: Run, cases: dict[str, int]
) -> None:
    collector = run("letter", cases["stale"], "--kind", "t2")
    assert collector.out.startswith("致催收方")
    assert "宋雨桐" not in collector.out
    unfit = run("letter", cases["fraudulent"], "--kind", "T2")
    assert (unfit.code, unfit.out) == (2, "")
    assert "complaint" in unfit.err
    assert "T5" in run("letter", cases["stale"], "--kind", "T9").err
    assert run("letter", 99).code == 2


def test_a_fraud_gets_the_report_and_the_summary_for_the_police(
    run: Run, cases: dict[str, int]
) -> None:
    said = json.loads(run("letter", "--json", cases["fraudulent"]).out)
    assert said["kind"] == "complaint"
    assert said["offered"] == ["complaint"]
    assert "12321" in said["text"]
    assert "先拨 110" in said["text"]
    assert "106900005512" not in said["text"]
    assert "收款方" in said["text"]


def test_a_page_is_written_for_the_user_alone_also_over_an_older_one(
    run: Run, cases: dict[str, int], tmp_path: Path
) -> None:
    file = tmp_path / "letter.html"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o644)
    shown = run("letter", cases["stale"], "--page", file)
    assert (shown.code, shown.out) == (0, "")
    assert str(file) in shown.err.replace("\n", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "致：招联金融" in file.read_text("utf-8")
    assert run("letter", cases["stale"], "--page", tmp_path / "no" / "letter.html").code == 2
    assert run("letter", cases["stale"], "--page", tmp_path).code == 2
    assert run("letter", cases["stale"], "--page", "/dev/full").code == 2
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_letter_of_the_users_own_is_checked_and_written(
    run: Run, cases: dict[str, int], home: Path
) -> None:
    folder = home / "config" / "loan-watcher" / "rules" / "letters"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "mine.toml").write_text(OWN.replace("WHAT", "product"), encoding="utf-8")
    assert "请给【待填：产品名称】" in run("letter", cases["stale"], "--kind", "mine.copy").out
    assert run("rules", "check").code == 0
    (folder / "mine.toml").write_text(OWN.replace("WHAT", "id_number"), encoding="utf-8")
    for command in (("rules", "check"), ("letter", cases["stale"])):
        refused = run(*command)
        assert refused.code == 2
        assert "rules/letters/mine.toml:7: parts[0].text.zh" in refused.err
