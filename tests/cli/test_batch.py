"""The batch contract: what goes in, what comes out, and when."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from tests.cli.running import Run
from tests.sources.pictures import data_address, encoded, qr
from watcher.cli import given
from watcher.cli.batch import Batch
from watcher.cli.context import Context
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder
from watcher.phrases import Phrases

LOANS = """
[holder]
name = "宋雨桐"
[[loans]]
id = "haoqidai"
lender = "招联金融"
product = "好期贷"
account_tail = "5512"
status = "settled"
settled_on = 2026-03-02
due_day = 2
monthly_amount = "640.00"
"""
OVERDUE = "【招联金融】您的好期贷借款（尾号5512）已逾期，应还640.00元，请尽快还款。"
RETURNED = (
    "【招联金融】您3月2日对好期贷借款（尾号5512）的还款640.00元被银行退汇，未能入账，请重新还款。"
)
FRAUD = "【招联金融】您的好期贷账户异常，请下载会议软件共享屏幕，把640.00元转入指定的安全账户。"
CHAT = "明天几点的车？我去接你"

KEYS = ["id", "kind", "verdict", "lender", "loan", "amount"]
MORE = ["causes", "signals", "checklist", "summary"]


@pytest.fixture(scope="session")
def rules() -> Rules:
    return given.load_rules(Context("zh"))


@pytest.fixture
def batch(rules: Rules, loans: Path) -> Batch:
    return Batch(rules, given.load_ledger(Context("zh"), loans, rules), Phrases("zh"))


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    path = tmp_path / "loans.toml"
    path.write_text(LOANS, encoding="utf-8")
    return path


def line(text: str, number: str = "1", day: str = "2026-05-10", **more: object) -> dict[str, Any]:
    received_at = f"{day}T10:00:00+08:00"
    sms = {"id": number, "channel": "sms", "sender": "106900005512", "received_at": received_at}
    return {**sms, "text": text, **more}


def judge(run: Run, loans: Path, *lines: object, code: int = 0) -> list[dict[str, Any]]:
    file = loans.with_name("messages.jsonl")
    file.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    ran = run("check", "--loans", loans, "--json", file)
    assert ran.code == code
    return [json.loads(one) for one in ran.out.splitlines()]


def test_each_line_has_the_keys_of_the_contract_in_their_order(run: Run, loans: Path) -> None:
    overdue, chat = judge(run, loans, line(OVERDUE), line(CHAT))
    assert list(overdue) == [*KEYS, "account_tail", *MORE]
    assert list(chat) == [*KEYS, *MORE]
    assert overdue["verdict"] == "stale"
    assert (overdue["lender"], overdue["loan"]) == ("招联金融", "haoqidai")
    assert (overdue["amount"], overdue["account_tail"]) == ("640.00", "5512")
    assert [list(cause) for cause in overdue["causes"]] == [["id", "because"]] * len(
        overdue["causes"]
    )
    assert overdue["causes"]
    assert (chat["kind"], chat["verdict"], chat["lender"], chat["amount"]) == (
        "other",
        None,
        None,
        None,
    )


def test_every_quote_stands_where_it_is_said_to(run: Run, loans: Path) -> None:
    message = line("😀" + FRAUD)
    (fraud,) = judge(run, loans, message)
    assert fraud["verdict"] == "fraudulent"
    assert "F" in fraud["checklist"]
    assert fraud["signals"]
    for signal in fraud["signals"]:
        assert list(signal) == ["rule", "severity", "field", "quote", "start", "end"]
        assert message[signal["field"]][signal["start"] : signal["end"]] == signal["quote"]


def test_repeated_ids_are_kept_in_the_order_of_the_lines(run: Run, loans: Path) -> None:
    out = judge(run, loans, line(CHAT, "7"), line(OVERDUE, "7"), line(CHAT, "7"))
    assert [one["id"] for one in out] == ["7", "7", "7"]
    assert [one["verdict"] for one in out] == [None, "stale", None]


def test_a_bad_line_is_answered_in_its_place_and_the_run_goes_on(run: Run, loans: Path) -> None:
    no_date = line(OVERDUE, "2")
    del no_date["received_at"]
    out = judge(run, loans, line(CHAT), no_date, [1], "text", line(OVERDUE, "3"), code=2)
    assert [list(one) for one in out[1:4]] == [["id", "error"], ["error"], ["error"]]
    assert out[1]["id"] == "2"
    assert (out[0]["id"], out[4]["id"]) == ("1", "3")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"id": 1e9999}',
        b'{"id":"a","received_at":5}',
        b"nul",
    ],
)
def test_whatever_a_line_holds_it_gets_one_line_of_json(batch: Batch, bad: bytes) -> None:
    answer = batch.result(bad)
    assert answer.endswith("\n")
    assert "error" in json.loads(answer)
    assert batch.errors == 1


@settings(deadline=None)
@examples(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: json.dumps(text).encode()))
def test_random_lines_are_answered_with_an_error(rules: Rules, data: bytes) -> None:
    batch = Batch(rules, Ledger.of(Holder(), (), rules.directory), Phrases("zh"))
    assert set(json.loads(batch.result(data))) <= {"id", "error"}


@settings(deadline=None)
@examples(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_answered_with_its_id_in_encodable_json(rules: Rules, text: str) -> None:
    batch = Batch(rules, Ledger.of(Holder(), (), rules.directory), Phrases("zh"))
    answer = batch.result(json.dumps(line(text, text)).encode())
    answer.encode()
    assert batch.errors == 0
    assert json.loads(answer)["id"] == "".join(
        "\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text
    )


def test_half_a_character_stops_nothing(run: Run, loans: Path) -> None:
    out = judge(run, loans, line("\ud83d" + FRAUD, "\ud800"), line(CHAT))
    assert [one["verdict"] for one in out] == ["fraudulent", None]
    assert out[0]["id"] == "\ufffd"
    assert FRAUD[out[0]["signals"][0]["start"] - 1 :].startswith(out[0]["signals"][0]["quote"])


def test_history_is_the_earlier_lines_that_are_not_later_in_time(run: Run, loans: Path) -> None:
    before = line(RETURNED, "r", "2026-03-03")
    after = line(RETURNED, "r", "2026-06-03")
    assert judge(run, loans, before, line(OVERDUE))[1]["verdict"] == "possibly_owed"
    assert judge(run, loans, after, line(OVERDUE))[1]["verdict"] == "stale"
    assert judge(run, loans, line(OVERDUE), before)[0]["verdict"] == "stale"


def test_the_worse_of_text_and_html_stands(run: Run, loans: Path) -> None:
    mail = line(CHAT, channel="email", sender="a@b.example", html=f"<p>{FRAUD}</p>", subject="通知")
    (judged,) = judge(run, loans, mail)
    assert judged["verdict"] == "fraudulent"
    assert {signal["field"] for signal in judged["signals"]} == {"html"}


def test_a_code_in_an_image_of_the_html_is_judged_and_quoted(run: Run, loans: Path) -> None:
    evil, genuine = (
        f"<p>{OVERDUE}</p><img src='{data_address(encoded(qr(code)))}'>"
        for code in ("https://zl-huankuan.xyz/a", "https://www.mucfc.com/app")
    )
    mails = [
        {**line(OVERDUE, channel="email", sender="a@example.com"), "html": html}
        for html in (evil, genuine, "<img src='data:image/png;base64," + "A" * 99 + "'>")
    ]

    first, second, third = judge(run, loans, *mails)

    assert [each["verdict"] for each in (first, second, third)] == ["fraudulent", "stale", "stale"]
    extracted = f"{OVERDUE}\n[QR] https://zl-huankuan.xyz/a"
    assert {signal["field"] for signal in first["signals"]} >= {"html"}
    fields = {"html": extracted, "text": OVERDUE}
    for signal in first["signals"]:
        where = fields[signal["field"]]
        assert where[signal["start"] : signal["end"]] == signal["quote"]


def test_the_batch_speaks_chinese_unless_told_otherwise(
    run: Run, loans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    file = loans.with_name("m.jsonl")
    file.write_text(json.dumps(line(OVERDUE)), encoding="utf-8")
    chinese = json.loads(run("check", "--loans", loans, "--json", file).out)
    english = json.loads(run("--lang", "en", "check", "--loans", loans, "--json", file).out)
    assert "结清" in chinese["summary"]
    assert "repaid" in english["summary"]
    assert chinese["verdict"] == english["verdict"]


def test_the_batch_reads_no_configuration_and_touches_no_state(
    run: Run, loans: Path, home: Path
) -> None:
    judge(run, loans, line(OVERDUE))
    assert list(home.iterdir()) == []
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("this is no toml", encoding="utf-8")
    (folder / "loans.toml").write_text("neither is this", encoding="utf-8")
    (folder / "rules").mkdir()
    (folder / "rules" / "bad.toml").write_text("nor this", encoding="utf-8")
    assert judge(run, loans, line(OVERDUE))[0]["verdict"] == "stale"


def test_a_folder_of_rules_is_laid_over_the_shipped_ones(run: Run, loans: Path) -> None:
    folder = loans.with_name("rules")
    folder.mkdir(mode=0o700)
    (folder / "mine.toml").write_text(
        """
        [[lenders]]
        id = "X1"
        name = "青禾小贷"
        kind = "microloan"
        aliases = ["青禾"]
        [lenders.basis]
        aliases = "an invented lender"
        """,
        encoding="utf-8",
    )
    file = loans.with_name("m.jsonl")
    notice = line("【青禾小贷】您的借款已逾期5天，应还300.00元，请尽快还款。")
    file.write_text(json.dumps(notice), encoding="utf-8")
    without = json.loads(run("check", "--loans", loans, "--json", file).out)
    ran = run("check", "--loans", loans, "--rules", folder, "--json", file)
    assert json.loads(ran.out)["lender"] == "青禾小贷"
    assert without["lender"] is None


def test_a_rule_of_the_users_own_makes_no_verdict_milder(run: Run, loans: Path) -> None:
    folder = loans.with_name("rules")
    folder.mkdir()
    (folder / "mine.toml").write_text(
        """
        [[rules]]
        id = "mine.calm"
        title = { zh = "债权转让也算收到", en = "An assignment as a receipt" }
        kind = "settlement_receipt"
        all = ["债权"]
        tests = [
          { text = "债权已转让", hit = true },
          { text = "我们的债权", hit = true },
          { text = "债务已转让", hit = false },
          { text = "已转让", hit = false },
        ]
        """,
        encoding="utf-8",
    )
    file = loans.with_name("m.jsonl")
    notice = line("【招联金融】您的好期贷（尾号5512）债权已转让给青禾资产管理公司，特此通知。")
    file.write_text(json.dumps(notice), encoding="utf-8")
    alone = json.loads(run("check", "--loans", loans, "--json", file).out)
    with_mine = json.loads(run("check", "--loans", loans, "--rules", folder, "--json", file).out)
    assert alone["verdict"] == with_mine["verdict"] == "stale"


def test_a_wrong_ledger_is_reported_with_every_mistake_and_nothing_is_judged(
    run: Run, loans: Path
) -> None:
    loans.write_text('[[loans]]\nid = 5\nlender = ""\nstatus = "paid"\n', encoding="utf-8")
    file = loans.with_name("m.jsonl")
    file.write_text(json.dumps(line(CHAT)), encoding="utf-8")
    ran = run("check", "--loans", loans, "--json", file)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("loans.toml") > 1


def test_a_missing_file_is_no_text_to_be_judged(run: Run, loans: Path) -> None:
    for arguments in (["--loans", loans, "--json", "gone.jsonl"], ["--loans", "gone.toml", "x"]):
        ran = run("check", *arguments)
        assert ran.code == 2
        assert "gone." in ran.err


@pytest.fixture
def piped(loans: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "watcher", "check", "--loans", str(loans), "--json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield process
        process.kill()


def test_a_result_is_written_before_the_next_line_is_waited_for(
    piped: "subprocess.Popen[bytes]",
) -> None:
    assert piped.stdin is not None
    assert piped.stdout is not None
    for number in ("1", "2", "3"):
        piped.stdin.write(json.dumps(line(OVERDUE, number)).encode() + b"\n")
        piped.stdin.flush()
        assert json.loads(piped.stdout.readline())["id"] == number
    piped.stdin.write(json.dumps(line(CHAT, "4")).encode())
    piped.stdin.close()
    assert json.loads(piped.stdout.readline())["id"] == "4"
    assert piped.wait(timeout=30) == 0
