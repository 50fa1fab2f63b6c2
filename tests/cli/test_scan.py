"""From a file to the list of alerts, and what the user says of each."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.running import LOANS, OVERDUE, Run
from tests.notification_server import NotificationServer, session_bus
from watcher.cli import given
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.store import Store

FRAUD = "【招联金融】您的账户异常，请下载会议软件共享屏幕，把640.00元转入指定的安全账户。"
CHAT = "明天几点的车？我去接你"


def sms(text: str, day: int) -> str:
    at = round(datetime(2026, 5, day, 2, tzinfo=UTC).timestamp() * 1000)
    return f'  <sms address="106900005512" date="{at}" type="1" body="{text}" />\n'


@pytest.fixture
def backup(home: Path) -> Path:
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "loans.toml").write_text(LOANS, encoding="utf-8")
    path = home.parent / "sms-20260520.xml"
    body = sms(OVERDUE, 10) + sms(CHAT, 11) + sms(FRAUD, 12)
    path.write_text(f'<?xml version="1.0"?>\n<smses count="3">\n{body}</smses>\n', encoding="utf-8")
    return path


@pytest.fixture
def scanned(run: Run, backup: Path) -> dict[str, int]:
    """Scan the backup; the number of each verdict's case."""
    assert run("scan", "--no-notify", backup).code == 0
    return {row["verdict"]: row["id"] for row in json.loads(run("alerts", "--json").out)}


def test_a_scan_says_what_it_found_and_what_to_do(run: Run, backup: Path) -> None:
    shown = run("scan", "--no-notify", backup)
    assert shown.code == 0
    assert "3" in shown.out
    assert shown.out.index("像是诈骗") < shown.out.index("已还清，像是旧数据")
    assert "loan-watcher explain" in shown.out


def test_what_a_scan_of_the_example_finds_is_shown_by_a_real_notification_server(
    home: Path, checkout: Path, tmp_path: Path
) -> None:
    example = checkout / "watcher" / "demo"
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    shutil.copy(example / "loans.toml", folder)
    config = folder / "config.toml"
    config.write_text("[alerts]\nquiet_hours = []\n", encoding="utf-8")

    async def scene(bus: str) -> None:
        async with NotificationServer.at(bus) as server:
            scan = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "watcher", "scan", str(example / "inbox")),
                cwd=checkout,
                env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus},
                stdout=subprocess.DEVNULL,
            )
            shown = await server.next(within=30)
            assert await scan.wait() == 0
            assert "6" in shown.body  # one summary of what had been waiting in the inbox
            assert "招联" not in shown.title + shown.body
            assert len(server.sent) == 1

    with session_bus(tmp_path / "bus") as address:
        asyncio.run(scene(address))
    with sqlite3.connect(home / "state" / "loan-watcher" / "state.db") as database:
        states = database.execute("SELECT topic, state, backend FROM alerts WHERE state = 'shown'")
        assert states.fetchall() == [("digest", "shown", "dbus")]


def test_a_scan_at_night_leaves_its_alerts_for_the_morning(
    home: Path, checkout: Path, backup: Path, tmp_path: Path
) -> None:
    now = SystemClock().now().astimezone(ZoneInfo("Asia/Shanghai"))
    quiet = [f"{now + timedelta(hours=hour):%H:%M}" for hour in (-1, 1)]
    config = home / "config" / "loan-watcher" / "config.toml"
    config.write_text(f"[alerts]\nquiet_hours = {json.dumps(quiet)}\n", encoding="utf-8")

    async def scene(bus: str) -> None:
        async with NotificationServer.at(bus) as server:
            scan = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "watcher", "scan", str(backup)),
                cwd=checkout,
                env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus},
                stdout=subprocess.DEVNULL,
            )
            assert await scan.wait() == 0
            assert server.sent == []

    with session_bus(tmp_path / "bus") as address:
        asyncio.run(scene(address))
    with sqlite3.connect(home / "state" / "loan-watcher" / "state.db") as database:
        [states] = database.execute("SELECT count(*) FROM alerts WHERE state = 'pending'")
    assert states[0] > 0


def test_a_second_scan_finds_nothing_new(run: Run, backup: Path) -> None:
    first = json.loads(run("scan", "--no-notify", "--json", backup).out)
    second = json.loads(run("scan", "--no-notify", "--json", backup).out)
    assert (first["messages"], first["new"]) == (3, 3)
    assert (second["messages"], second["new"]) == (3, 0)
    assert first["open"] == second["open"]
    assert first["verdicts"] == {"stale": 1, "fraudulent": 1}


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_file_or_folder_whose_name_is_no_utf8_is_read_like_others(
    run: Run, backup: Path, *, whole_folder: bool
) -> None:
    folder = Path(os.fsdecode(os.fsencode(backup.parent) + b"/" + "备份".encode("gbk")))
    folder.mkdir()
    named = folder / os.fsdecode("短信.xml".encode("gbk"))
    backup.rename(named)
    for _ in range(2):
        shown = run("scan", "--no-notify", folder if whole_folder else named)
        assert (shown.code, shown.err) == (0, "")
    assert len(json.loads(run("alerts", "--json").out)) == 2


def test_what_came_before_a_day_can_be_left_out(run: Run, backup: Path) -> None:
    ran = run("scan", "--no-notify", "--json", "--since", "2026-05-11", backup)
    assert json.loads(ran.out)["verdicts"] == {"fraudulent": 1}


def test_a_path_that_is_not_there_is_the_users_mistake(run: Run, backup: Path) -> None:
    ran = run("scan", "--no-notify", backup, backup.with_name("gone.xml"))
    assert ran.code == 2
    assert "gone.xml" in ran.err


def test_without_a_path_or_a_configuration_the_way_is_shown(run: Run) -> None:
    ran = run("scan", "--no-notify")
    assert ran.code == 2
    assert "config.toml" in ran.err


def test_a_file_that_holds_no_messages_is_said(run: Run, backup: Path) -> None:
    note = backup.with_name("note.xml")
    note.write_text("<html><body>no backup</body></html>", encoding="utf-8")
    ran = run("scan", "--no-notify", note)
    assert ran.code == 2
    assert "note.xml" in ran.err


def test_a_bug_is_logged_beside_what_a_program_reads_and_never_in_it(
    run: Run, backup: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A table without the row that always holds: the judge fails on what is no fraud.
    lame = Rules.compile(replace(rules.data, rows=rules.data.rows[:1]))
    monkeypatch.setattr(given, "load_rules", lambda *_: lame)
    ran = run("scan", "--no-notify", "--json", backup)
    assert json.loads(ran.out)["messages"] == 3
    assert "message-not-judged" in ran.err
    assert "逾期" not in ran.err


def test_the_list_shows_open_alerts_and_on_request_the_others(
    run: Run, scanned: dict[str, int]
) -> None:
    assert run("alerts", "done", scanned["stale"]).code == 0
    assert "已还清，像是旧数据" not in run("alerts").out
    every = run("alerts", "--all").out
    assert every.startswith("编号")
    assert "已还清，像是旧数据" in every
    assert "像是诈骗" in run("alerts", "list").out


def test_an_alert_can_be_put_aside_and_opened_again(run: Run, scanned: dict[str, int]) -> None:
    number = scanned["fraudulent"]
    assert run("alerts", "snooze", number, "--until", "2099-01-01").code == 0
    (row,) = (one for one in json.loads(run("alerts", "--json").out) if one["id"] == number)
    assert row["status"] == "snoozed"
    assert row["snoozed_until"].startswith("2099-01-01T00:00")
    assert run("alerts", "reopen", number).code == 0
    assert '"status": "snoozed"' not in run("alerts", "--json").out


def test_an_alert_is_not_put_aside_into_the_past(run: Run, scanned: dict[str, int]) -> None:
    assert run("alerts", "snooze", scanned["stale"], "--until", "2020-01-01").code == 2


def test_an_explanation_has_everything_that_stands_behind_a_verdict(
    run: Run, scanned: dict[str, int]
) -> None:
    stale = run("explain", scanned["stale"]).out
    for expected in (
        "⟦",  # the words that show it, marked in the message
        "尾号5512",
        "可能的原因",
        "支持",
        "对上的借款",
        "haoqidai",
        "该怎么做",
        "来源：",
        "什么会改变这个判断",
    ):
        assert expected in stale
    assert " ".join(stale.split()).count("末尾的级别说它有多可靠") == 1
    assert run("alerts", "show", scanned["stale"]).out == stale


def test_times_are_those_where_the_holder_lives_whatever_the_computer_is_set_to(
    run: Run, scanned: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        form = json.loads(run("explain", "--json", scanned["stale"]).out)
        shown = run("explain", scanned["stale"]).out
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    received = datetime.fromisoformat(form["received_at"])
    assert f"{received.astimezone(ZoneInfo('Asia/Shanghai')):%H:%M}" in shown


def test_an_explanation_for_a_program_holds_message_grounds_and_quotes(
    run: Run, scanned: dict[str, int], backup: Path
) -> None:
    form = json.loads(run("explain", "--json", scanned["fraudulent"]).out)
    (case,) = form["cases"]
    assert case["message"]["text"] == FRAUD
    assert case["signals"]
    assert all(FRAUD[one["start"] : one["end"]] == one["quote"] for one in case["signals"])
    assert [cause["id"] for cause in case["causes"]]
    assert form["sources"] == [str(backup)]


@pytest.mark.parametrize("command", [["explain"], ["alerts", "done"], ["alerts", "show"]])
def test_an_unknown_number_is_answered_with_the_way_to_the_list(
    run: Run, scanned: dict[str, int], command: list[str]
) -> None:
    ran = run(*command, max(scanned.values()) + 1000)
    assert ran.code == 2
    assert "loan-watcher alerts" in ran.err


def test_a_number_too_big_for_any_alert_is_an_unknown_one(
    run: Run, scanned: dict[str, int]
) -> None:
    assert scanned
    ran = run("explain", 10**30)
    assert ran.code == 2
    assert "loan-watcher alerts" in ran.err


def test_an_empty_list_promises_nothing(run: Run, backup: Path) -> None:
    chat = backup.with_name("chat.xml")
    chat.write_text(f'<smses count="1">\n{sms(CHAT, 3)}</smses>\n', encoding="utf-8")
    assert run("scan", "--no-notify", chat).code == 0
    assert "App" in run("alerts").out


def test_a_case_says_where_its_whole_mail_is_kept_or_that_it_is_gone(
    run: Run, scanned: dict[str, int], home: Path
) -> None:
    now = datetime(2026, 5, 20, tzinfo=UTC)
    state = home / "state" / "loan-watcher"
    assert "邮件原件" not in run("explain", scanned["stale"]).out
    with Store.open(state, now) as store:
        for verdict, mail in (("stale", b"Subject: x\r\n\r\n"), ("fraudulent", None)):
            database = sqlite3.connect(state / "state.db")
            query = "SELECT lead FROM cases WHERE id = ?"
            (message,) = database.execute(query, (scanned[verdict],)).fetchone()
            database.close()
            store.keep_original(message, mail, now)
    kept = run("explain", scanned["stale"]).out
    assert str(state / "evidence") in kept.replace("\n", "")
    assert "服务器上已经没有" in run("explain", scanned["fraudulent"]).out
    form = json.loads(run("explain", "--json", scanned["stale"]).out)
    [original] = form["originals"]
    assert Path(original["path"]).read_bytes() == b"Subject: x\r\n\r\n"
    assert original["bytes"] == len(b"Subject: x\r\n\r\n")
