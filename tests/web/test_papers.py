"""Letters, the evidence pack, dates and the life of a case, as the page has them."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.web.conftest import Visitor
from watcher.casework.verifying import verify
from watcher.clock import SystemClock
from watcher.core.model import Phrase, Urgency
from watcher.store import Due, Store
from watcher.web.start import Orders

Enter = Callable[[Orders], Visitor]
LETTERS = re.compile(r'href="(/cases/\d+/letters/[^"./]+)"')
NOW = SystemClock().now()
TODAY = NOW.date()


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("verdict", "first"),
    [
        ("stale", "致放贷机构：确认结清，停止催收"),
        ("fraudulent", "投诉、举报和报警材料"),
        ("not_mine", "找错了人：请更正号码"),
        ("possibly_owed", "提供书面明细"),
    ],
)
def test_each_case_offers_the_letters_that_fit_it(
    visitor: Visitor, verdict: str, first: str
) -> None:
    case = visitor.number_of(verdict)
    html = visitor.get(f"/cases/{case}").text
    offered = LETTERS.findall(html)
    assert offered
    assert first in text_of(visitor.get(offered[0]).text)
    assert "下载证据包" in html


def test_a_letter_is_filled_from_the_ledger_and_its_blanks_are_marked(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    html = visitor.get(f"/cases/{case}/letters/T1").text
    paper = html[html.index('<article class="paper"') : html.index("</article>")]
    assert "尾号：3377" in text_of(paper)
    assert '<span class="blank">借据或合同编号</span>' in paper
    copied = html[html.index('<pre class="copy"') : html.index("</pre>")]
    assert "【待填：借据或合同编号】" in copied
    assert "本函不确认任何欠款" in copied


def test_what_collectors_and_strangers_get_holds_nothing_of_the_loan(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    html = visitor.get(f"/cases/{case}/letters/T2").text
    paper = text_of(html[html.index('<article class="paper"') : html.index("</article>")])
    assert "3377" not in paper
    assert "14,000" not in paper


def test_a_letter_comes_as_text_and_as_a_page_of_its_own(visitor: Visitor) -> None:
    path = f"/cases/{visitor.number_of('stale')}/letters/T1"
    text, page = visitor.get(f"{path}.txt"), visitor.get(f"{path}.html")
    assert text.headers["content-disposition"].startswith("attachment; ")
    assert text.headers["content-type"].startswith("text/plain")
    assert "尾号：3377" in text.text
    assert page.headers["content-disposition"].endswith('-T1.html"')
    assert "<style>" in page.text
    assert "尾号：3377" in text_of(page.text)


@pytest.mark.parametrize(
    "letter", ["T9", "T4", "t1", "T1.exe", "T1.", "%2e%2e%2fT1", "<b>", "T1.txt.html"]
)
def test_a_letter_that_does_not_fit_or_exist_is_not_there(visitor: Visitor, letter: str) -> None:
    case = visitor.number_of("stale")
    answer = visitor.get(f"/cases/{case}/letters/{letter}")
    assert answer.status_code == 404


def test_an_english_page_has_the_chinese_letter_and_its_gloss(enter: Enter, orders: Orders) -> None:
    inside = enter(replace(orders, language="en"))
    html = inside.get(f"/cases/{inside.number_of('stale')}/letters/T1").text
    assert '<article class="paper" lang="zh-CN">' in html
    assert "English gloss" in html
    assert "本函不确认任何欠款" in html


def test_a_letter_that_was_sent_runs_until_its_answer_comes(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    sent = visitor.post(f"/cases/{case}/sent", letter="T1", on=TODAY.isoformat())
    assert sent.headers["location"] == f"/cases/{case}#life"
    html = visitor.get(f"/cases/{case}").text
    assert "已经寄出，等答复" in html
    due = TODAY + timedelta(days=15)
    assert f'datetime="{due.isoformat()}"' in html
    assert "书面答复的 15 日期限" in html
    assert "已经寄出，等答复" in visitor.get("/").text
    dates = visitor.get("/dates").text
    assert f'href="/cases/{case}"' in dates
    assert f'datetime="{due.isoformat()}"' in dates
    complaint = text_of(visitor.get(f"/cases/{case}/letters/complaint").text)
    said = f"{TODAY.year}年{TODAY.month}月{TODAY.day}日，本人已向该机构书面提出异议"
    assert said in complaint
    visitor.post(f"/cases/{case}/answered")
    html = visitor.get(f"/cases/{case}").text
    assert "收到答复" in html
    assert f'datetime="{due.isoformat()}"' not in html


def test_who_reports_a_fraud_is_promised_no_answer_by_a_lender(visitor: Visitor) -> None:
    case = visitor.number_of("fraudulent")
    visitor.post(f"/cases/{case}/sent", letter="complaint", on=TODAY.isoformat())
    html = visitor.get(f"/cases/{case}").text
    assert "投诉、举报或报警材料" in html
    assert "已经办了一步" in html
    assert "等答复" not in html
    assert "15 日期限" not in html + visitor.get("/dates").text
    with closing(sqlite3.connect(visitor.state / "state.db")) as kept:
        objected = kept.execute("SELECT letter, objects_from FROM case_changes").fetchall()
    # What the lender itself sends later does not come in spite of it.
    assert objected == [("complaint", None)]


def test_what_cannot_have_been_sent_is_refused_in_words(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    tomorrow = (TODAY + timedelta(days=2)).isoformat()
    for letter, on in (("T1", tomorrow), ("T9", TODAY.isoformat()), ("T1", "gestern")):
        answer = visitor.post(f"/cases/{case}/sent", letter=letter, on=on)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    visitor.post(f"/cases/{case}/done")
    assert visitor.post(f"/cases/{case}/sent", letter="T1", on="2026-07-20").status_code == 422
    assert visitor.post(f"/cases/{case}/answered").status_code == 422
    html = visitor.get(f"/cases/{case}").text
    assert "寄出的日子" not in html
    assert "标为已处理" in html


def test_the_calendar_file_names_nobody_unless_it_is_asked_to(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    visitor.post(f"/cases/{case}/sent", letter="T1", on=TODAY.isoformat())
    bare, full = visitor.get("/dates.ics"), visitor.get("/dates.ics?details=1")
    assert bare.headers["content-type"].startswith("text/calendar")
    for answer, names in ((bare, False), (full, True)):
        events = Calendar.from_ical(answer.content).walk("VEVENT")
        days = {event.decoded("dtstart") for event in events}
        assert TODAY + timedelta(days=15) in days
        assert all(isinstance(day, date) for day in days)
        assert ("马上消费金融" in "".join(str(event["summary"]) for event in events)) is names


def test_before_anything_was_read_there_are_dates_and_no_cases(
    enter: Enter, orders: Orders, tmp_path: Path
) -> None:
    for name in ("empty", "none"):
        (tmp_path / name).mkdir()
    fresh = enter(replace(orders, state=tmp_path / "empty", config=tmp_path / "none"))
    assert "现在没有要记的日子" in fresh.get("/dates").text
    assert Calendar.from_ical(fresh.get("/dates.ics").content).walk("VEVENT") == []
    assert fresh.get("/cases/1/evidence.zip").status_code == 404
    assert fresh.get("/cases/1/letters/T1").status_code == 404


@pytest.mark.parametrize("verdict", ["stale", "fraudulent", "not_mine", "unsure", "lagging"])
def test_the_pack_of_a_case_is_whole_and_can_be_checked(
    visitor: Visitor, verdict: str, tmp_path: Path
) -> None:
    case = visitor.number_of(verdict)
    before = {path.name for path in visitor.state.rglob("*")}
    answer = visitor.get(f"/cases/{case}/evidence.zip")
    assert answer.status_code == 200
    assert f'filename="loan-watcher-case-{case}.zip"' in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    pack = tmp_path / "pack.zip"
    pack.write_bytes(answer.content)
    assert verify(pack).files > 3
    assert {path.name for path in visitor.state.rglob("*")} <= before | {"evidence"}
    assert "只通过放贷机构自己的 App" in visitor.get(f"/cases/{case}").text


def test_a_pack_that_cannot_be_made_is_told_of_in_words_and_leaves_nothing(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = visitor.number_of("stale")
    monkeypatch.setattr("watcher.casework.packing.MOST_BYTES", 64)
    before = sorted(visitor.state.rglob("*"))
    answer = visitor.get(f"/cases/{case}/evidence.zip")
    assert answer.status_code == 503
    assert "装不进一个证据包" in answer.text
    assert "content-disposition" not in answer.headers
    assert sorted(visitor.state.rglob("*")) == before


def test_what_the_program_says_of_itself_is_taken_in_and_gone(visitor: Visitor) -> None:
    with Store.open(visitor.state, NOW) as store:
        alert = store.announce(Phrase(id="daemon.damage", values={"count": 2}), Urgency.NORMAL, NOW)
    path = f"/alerts/{alert}/heed"
    html = visitor.get("/").text
    assert f'action="{path}"' in html
    assert visitor.post(path).headers["location"] == "/"
    assert path not in visitor.get("/").text
    with visitor.store() as store:
        assert [one for one in store.pending_alerts(NOW) if one.id == alert] == []
    for unknown in ("99999", "0", "x"):
        assert visitor.post(f"/alerts/{unknown}/heed").status_code == 422


def test_a_summary_that_is_taken_in_takes_in_its_alerts_and_closes_no_case(
    visitor: Visitor,
) -> None:
    with Store.open(visitor.state, NOW) as store:
        waiting = store.pending_alerts(NOW)
        assert len(waiting) > 2
        told = Phrase(id="store.digest", values={"count": len(waiting), "frauds": 1})
        digest = store.popups.gather(waiting, told, NOW)
        store.popups.mark_gathered(digest, waiting, "dbus", 1, NOW, "server")
        cases = {row.id: row.status for row in store.cases()}
    assert f'action="/alerts/{digest}/heed"' in visitor.get("/").text
    assert visitor.post(f"/alerts/{digest}/heed").status_code == 303
    with visitor.store() as store:
        later = NOW + timedelta(days=2)
        assert store.popups.waiting(later, timedelta(days=7)) == ()
        assert {row.id: row.status for row in store.cases()} == cases


def test_an_answer_that_does_not_come_calls_for_the_next_step(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    visitor.post(f"/cases/{case}/sent", letter="T1", on=(TODAY - timedelta(days=16)).isoformat())
    due = Due(name="x", day=TODAY, says="calendar.due_answer", case=case, overdue=True)
    with Store.open(visitor.state, NOW) as store:
        [alert] = store.life.tell([due], NOW)
    inbox = visitor.get("/").text
    assert f'action="/alerts/{alert}/heed"' in inbox
    told = inbox[inbox.index("您等的答复到期限了") : inbox.index(f"/alerts/{alert}/heed")]
    assert f'href="/cases/{case}"' in told
    assert 'href="/dates"' in told
    assert "该走下一步了" in inbox
    html = visitor.get(f"/cases/{case}").text
    assert "该走下一步了" in html
    assert "答复到期了" in html
    assert "刚过去的" in visitor.get("/dates").text


def test_a_proposal_that_is_dismissed_stays_away(visitor: Visitor) -> None:
    (visitor.config / "loans.toml").write_text("# leer\n", encoding="utf-8")
    offered = re.findall(r'name="proposal" value="([0-9a-f]+)"', visitor.get("/loans").text)
    assert offered
    gone = offered[0]
    assert visitor.post("/loans/dismiss", proposal=gone).headers["location"] == "/loans"
    left = re.findall(r'name="proposal" value="([0-9a-f]+)"', visitor.get("/loans").text)
    assert set(left) == set(offered) - {gone}
    assert visitor.post("/loans/dismiss", proposal="none").status_code == 422
    assert (visitor.config / "loans.toml").read_text(encoding="utf-8") == "# leer\n"
