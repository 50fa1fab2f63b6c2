"""Judging one pasted message for a person."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.running import Run

FRAUD = (
    "【招联金融】您的好期贷账户异常，请点 https://zhaolian-fix.example/a 下载会议软件共享屏幕，"
    "或致电13812345678，把640.00元转入指定的安全账户。"
)
LOANS = """
[[loans]]
id = "haoqidai"
lender = "招联金融"
account_tail = "5512"
status = "settled"
settled_on = 2020-03-02
monthly_amount = "640.00"
"""
OVERDUE = "【招联金融】您的好期贷借款（尾号5512）已逾期，应还640.00元，请尽快还款。"
OVERDUE_IN_TRADITIONAL = "【招聯金融】您的好期貸借款（尾號5512）已逾期，應還640.00元，請盡快還款。"


@pytest.fixture
def loans(home: Path) -> Path:
    path = home.parent / "loans.toml"
    path.write_text(LOANS, encoding="utf-8")
    return path


def test_a_fraud_is_named_with_the_words_that_show_it_and_the_steps(run: Run, loans: Path) -> None:
    shown = run("check", "--loans", loans, FRAUD)
    assert shown.code == 0
    for expected in ("像是诈骗", "共享屏幕", "安全账户", "决定性", "该怎么做", "96110", "App"):
        assert expected in shown.out


def test_nothing_of_the_message_can_be_followed_or_dialled(run: Run, loans: Path) -> None:
    shown = run("check", "--loans", loans, FRAUD + "\x1b[2J\u202e")
    assert "https://zhaolian" not in shown.out
    assert "13812345678" not in shown.out
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out


def test_an_old_claim_is_explained_by_the_ledger(run: Run, loans: Path) -> None:
    shown = run("check", "--loans", loans, "--lang", "en", OVERDUE)
    assert "Repaid; looks like old data" in shown.out
    assert "2 Mar 2020" in shown.out
    assert "What to do" in shown.out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5"])
def test_a_text_file_and_standard_input_are_judged_alike_in_any_charset(
    run: Run, loans: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    said = (OVERDUE if encoding != "big5" else OVERDUE_IN_TRADITIONAL).encode(encoding)
    file = loans.with_name("短信.txt")
    file.write_bytes(said)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said)))
    from_file, from_input = run("check", "--loans", loans, file), run("check", "--loans", loans)
    assert from_file.out == from_input.out
    assert "已还清，像是旧数据" in from_file.out


def test_a_saved_mail_is_judged_as_of_its_own_date(run: Run, loans: Path) -> None:
    file = loans.with_name("notice.eml")
    file.write_text(
        "From: notice@mucfc.com\nTo: me@example.org\nSubject: notice\n"
        "Date: Tue, 03 Mar 2020 10:00:00 +0800\nMessage-ID: <1@example.org>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n\n{OVERDUE}\n",
        encoding="utf-8",
    )
    assert "刚还清，记录可能还没更新" in run("check", "--loans", loans, file).out


@pytest.mark.parametrize(
    "name", ["./notice", "/dev/null", "notice.csv", "~/notice", "a.eml", "backups/"]
)
def test_a_name_of_no_file_is_never_judged_as_a_message(run: Run, name: str) -> None:
    refused = run("check", "--lang", "en", name)
    assert (refused.code, refused.out) == (2, "")
    assert f"There is no such file: {name}" in refused.err


@pytest.mark.parametrize("text", ["今天/明天都行", "回复a.com/x退订"])
def test_a_text_with_a_slash_is_a_message(run: Run, text: str) -> None:
    assert run("check", text).code == 0


def test_a_file_of_several_messages_is_left_to_scan(run: Run, loans: Path) -> None:
    lines = [
        {
            "id": str(n),
            "channel": "sms",
            "received_at": "2026-05-10T10:00:00+08:00",
            "text": OVERDUE,
        }
        for n in range(2)
    ]
    file = loans.with_name("messages.jsonl")
    file.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    refused = run("check", "--loans", loans, file)
    assert refused.code == 2
    assert "loan-watcher scan" in refused.err


def test_a_program_gets_the_object_of_the_batch_contract(run: Run, loans: Path) -> None:
    form = json.loads(run("check", "--loans", loans, "--json", OVERDUE).out)
    assert form["verdict"] == "stale"
    assert form["summary"].endswith("。")


def test_an_empty_ledger_is_mentioned(run: Run) -> None:
    assert "loan-watcher loan discover" in run("check", OVERDUE).err


def test_nothing_to_judge_is_the_users_mistake(run: Run) -> None:
    assert run("check", " ").code == 2


def test_a_folder_is_left_to_scan_and_no_pipe_in_place_of_the_settings_is_waited_for(
    run: Run, loans: Path
) -> None:
    shown = run("check", loans.parent)
    assert shown.code == 2
    assert f"loan-watcher scan {loans.parent}" in shown.err
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "loan-watcher" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(settings)
    assert run("check", " ").code == 2
    assert "普通文件" in run("status").err + run("status").out


def test_a_message_cut_for_its_length_is_not_passed_over(run: Run, loans: Path) -> None:
    file = loans.with_name("long.jsonl")
    message = {"id": "1", "channel": "sms", "received_at": "2026-05-10T10:00:00+08:00"}
    file.write_text(json.dumps({**message, "text": "好" * 1_100_000}) + "\n", encoding="utf-8")
    shown = run("check", "--loans", loans, file)
    assert "说不准，需要核实" in shown.out
    assert "没有读全的原因" in shown.out
