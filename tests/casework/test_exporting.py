import csv
import json
import stat
from io import StringIO
from pathlib import Path

import pytest

from tests.casework.noticed import SAID, ZONE, judged, ledger_of, sms
from watcher.casework.exporting import Exported, cell, export
from watcher.core.knowledge import Rules
from watcher.core.model import Verdict
from watcher.errors import SourceUnavailable, UserError
from watcher.phrases import Phrases
from watcher.store import Store

HOSTILE = '=HYPERLINK("http://pay.example.top","查看")'


@pytest.fixture
def state(tmp_path: Path, rules: Rules) -> Path:
    """A store with a stale notice and one whose text is a formula."""
    ledger, folder = ledger_of(rules), tmp_path / "state"
    _, text = SAID[Verdict.STALE]
    now = sms(text).received_at
    with Store.open(folder, now) as store:
        store.record(
            [
                judged(rules, ledger, sms(text)),
                judged(rules, ledger, sms(f"{HOSTILE}{text}", "2026-05-11", "+861069005512")),
            ],
            now=now,
        )
    return folder


def exported(state: Path, into: Path) -> Exported:
    ledger = into / "loans.toml"
    ledger.write_text("[holder]\n", encoding="utf-8")
    with Store.open_to_read(state) as store:
        now = sms("").received_at
        return export(store, state, ledger, into, Phrases("zh"), ZONE, now)


def test_json_holds_every_table_but_the_key(state: Path, tmp_path: Path) -> None:
    written = exported(state, tmp_path)
    document = json.loads((written.path / "export.json").read_text(encoding="utf-8"))
    assert written.path.name == "loan-watcher-export-2026-05-10"
    assert document["format"] == "loan-watcher-export"
    assert document["ledger"] == "[holder]\n"
    tables = document["tables"]
    assert {"messages", "cases", "alerts", "seen", "case_changes", "cursors"} <= tables.keys()
    assert "settings" not in tables
    message = tables["messages"][0]
    assert message["text"] == SAID[Verdict.STALE][1]
    assert message["received_at"] == "2026-05-10T02:00:00+00:00"
    assert message["finding"]["judgement"]["verdict"] == "stale"
    assert tables["cases"][0]["amount"] == "640.00"


def test_csv_opens_in_a_spreadsheet_and_holds_no_formula(state: Path, tmp_path: Path) -> None:
    folder = exported(state, tmp_path).path
    rows = {}
    for name in ("cases", "messages"):
        raw = (folder / f"{name}.csv").read_bytes().decode("utf-8-sig")
        rows[name] = list(csv.reader(StringIO(raw, newline="")))
        assert all(one[:1] not in "=+-@" for row in rows[name] for one in row if one)
    heads, first, second = rows["messages"]
    assert heads[:3] == ["收到时间", "来自", "发送方"]
    assert first[:2] == ["2026-05-10 10:00", "短信"]
    assert second[2] == "'+861069005512"
    assert second[4].startswith(f"'{HOSTILE}")


def test_nobody_else_can_read_an_export_and_none_is_written_over(
    state: Path, tmp_path: Path
) -> None:
    first, second = exported(state, tmp_path), exported(state, tmp_path)
    assert second.path.name == f"{first.path.name}-2"
    assert first.private
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in first.path.iterdir()} == {0o600}


def test_an_export_that_fails_leaves_nothing_behind(state: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    (into / "loans.toml").mkdir()
    with Store.open_to_read(state) as store, pytest.raises(SourceUnavailable):
        export(store, state, into / "loans.toml", into, Phrases("zh"), ZONE, sms("").received_at)
    assert [path.name for path in into.iterdir()] == ["loans.toml"]
    with Store.open_to_read(state) as store, pytest.raises(UserError, match=r"no_folder"):
        export(store, state, into, into / "none", Phrases("zh"), ZONE, sms("").received_at)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+8613800000000", "'+8613800000000"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'\n=1"),
        (" =1", "' =1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("＝1", "'＝1"),
        ("－1", "'－1"),
        ("%0A=1", "'%0A=1"),
        ("|cmd", "'|cmd"),
        ("a\0b\x1b[31m", "ab[31m"),
        ("逾期=3天", "逾期=3天"),
        ("", ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(text: str, kept: str) -> None:
    assert cell(text) == kept
