"""`loan-watcher calendar`, and what is noted with `alerts sent` and `alerts answered`."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from tests.cli.running import LOANS, OVERDUE, Run
from watcher.clock import SystemClock

TODAY = SystemClock().now().astimezone(ZoneInfo("Asia/Shanghai")).date()


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.fixture
def loans(home: Path) -> Path:
    """A ledger whose loan was settled long before the notice."""
    file = home / "config" / "loan-watcher" / "loans.toml"
    file.parent.mkdir(parents=True)
    file.write_text(LOANS, "utf-8")
    return file


@pytest.fixture
def noticed(run: Run, loans: Path, home: Path) -> Path:
    received = datetime.combine(day(-3), datetime.min.time(), ZoneInfo("Asia/Shanghai"))
    line = {
        "id": "1",
        "channel": "sms",
        "sender": "106900005512",
        "received_at": received.isoformat(),
        "text": OVERDUE,
    }
    file = home / "messages.jsonl"
    file.write_text(json.dumps(line) + "\n", "utf-8")
    assert run("scan", file).code == 0
    return loans


def dates(run: Run) -> list[tuple[str, str]]:
    return [(one["date"], one["day"]) for one in json.loads(run("calendar", "--json").out)]


@pytest.mark.usefixtures("noticed")
def test_a_letter_that_was_sent_starts_its_dates_and_an_answer_ends_them(run: Run) -> None:
    said = run("alerts", "sent", "1", "--letter", "t1", "--on", day(-1))
    assert said.code == 0
    assert "书面要求放贷机构停止催收" in said.out
    assert "letter-15" in dict(dates(run))
    assert dict(dates(run))["letter-15"] == day(14).isoformat()
    [row] = json.loads(run("alerts", "--json").out)
    assert (row["status"], row["stage"]) == ("open", "waiting")
    assert "等答复" in run("alerts").out

    assert run("alerts", "answered", "1").code == 0
    assert "letter-15" not in dict(dates(run))
    explained = json.loads(run("alerts", "show", "1", "--json").out)
    assert [one["change"] for one in explained["changes"]] == ["sent", "answered"]
    assert "寄出“书面要求放贷机构停止催收”" in run("explain", "1").out


@pytest.mark.usefixtures("noticed")
def test_a_closed_case_takes_no_letter_until_it_is_opened_again(run: Run) -> None:
    run("alerts", "done", "1")
    assert run("alerts", "sent", "1", "--letter", "T1").code == 2
    run("alerts", "reopen", "1")
    assert run("alerts", "sent", "1", "--letter", "T1").code == 0


@pytest.mark.usefixtures("noticed")
def test_the_file_names_nobody_and_with_details_the_lender(run: Run, home: Path) -> None:
    run("alerts", "sent", "1", "--letter", "T3")
    file = home / "dates.ics"
    assert run("calendar", "--ics", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    bare = file.read_text("utf-8")
    assert "招联" not in bare
    # An identifier is digits by chance.
    assert "640" not in re.sub(r"(?m)^(?:UID|DTSTAMP):.*$", "", bare)
    assert "宋雨桐" not in bare
    titles = [str(one["summary"]) for one in Calendar.from_ical(bare).walk("VEVENT")]
    assert "征信异议的 20 日期限" in titles

    said = run("calendar", "--ics", file, "--details")
    assert "机构的名字" in said.out
    detailed = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert any("招联金融" in str(one["summary"]) for one in detailed)


def test_a_file_that_is_no_calendar_is_left_alone(run: Run, loans: Path) -> None:
    before = loans.read_text("utf-8")
    assert run("calendar", "--ics", loans).code == 2
    assert loans.read_text("utf-8") == before
    assert run("calendar", "--ics", loans.parent / "none" / "x.ics").code == 2
    folder = run("--lang", "zh", "calendar", "--ics", loans.parent)
    assert (folder.code, "不是普通文件" in folder.err) == (2, True)
    assert run("calendar", "--details").code == 2


@pytest.mark.usefixtures("loans")
def test_the_ledger_alone_has_dates(run: Run) -> None:
    listed = run("calendar")
    assert listed.code == 0
    assert "查一次本人信用报告" in listed.out
    assert {name for name, _ in dates(run)} == {"credit-report"}


def test_without_loans_there_are_no_dates(run: Run) -> None:
    assert "没有要留意的日子" in run("calendar").out
