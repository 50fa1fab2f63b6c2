"""What the pages say, what can be done on them, and that nothing of a stranger's can act."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.web.conftest import Visitor
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.model import Channel, Message, Verdict
from watcher.core.pipeline import process
from watcher.store import Store, codec
from watcher.userfiles.loans import read_loans
from watcher.userfiles.marked import read_marks
from watcher.web.book import Book
from watcher.web.inbox import PER_PAGE
from watcher.web.start import Orders

Enter = Callable[[Orders], Visitor]
VERDICTS = [verdict.value for verdict in Verdict]
PAGES = ["/", "/?status=done", "/cases/1", "/loans", "/loan/haoqidai", "/sources", "/rules", "/no"]


class Links(HTMLParser):
    """Everything by which a page could make a browser do something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "srcset", "data", "ping"):
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style":
                self.handlers.append(name)


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_and_leads_only_to_itself(visitor: Visitor, path: str) -> None:
    links = Links(visitor.get(path).text)
    assert not links.tags & {"script", "iframe", "object", "embed", "base", "video", "audio"}
    assert links.handlers == []
    assert links.addresses
    assert all(one.startswith(("/", "#")) and not one.startswith("//") for one in links.addresses)


def test_the_inbox_puts_what_is_urgent_first(visitor: Visitor) -> None:
    html = visitor.get("/").text
    order = [html.index(f"case v-{verdict}") for verdict in ("fraudulent", "stale", "lagging")]
    assert order == sorted(order)
    assert html.index("先看这里") < html.index("需要您核实") < html.index("过几天再看一次")


@pytest.mark.parametrize("verdict", sorted({"fraudulent", "stale", "lagging", "unsure"}))
def test_a_case_says_its_verdict_why_and_what_to_do(visitor: Visitor, verdict: str) -> None:
    html = visitor.get(f"/cases/{visitor.number_of(verdict)}").text
    for heading in ("该怎么做", "为什么这样判断", "可能的原因", "什么会改变这个判断", "原件在哪里"):
        assert heading in html
    assert 'class="tick"' in html
    assert "<mark>" in html
    assert "我已经付了钱" in html
    assert "征信报告上有这一笔" in html


def test_a_stale_case_tells_the_loans_story_and_what_its_steps_rest_on(visitor: Visitor) -> None:
    html = visitor.get(f"/cases/{visitor.number_of('stale')}").text
    assert "末尾的级别说它有多可靠" in html
    story = text_of(html[html.index('class="story"') :])
    assert story.index("借款") < story.index("结清通知") < story.index("就是这一条")


def test_a_lagging_case_says_when_to_look_again(visitor: Visitor) -> None:
    html = visitor.get(f"/cases/{visitor.number_of('lagging')}").text
    assert "2026年7月24日再看一次" in html
    assert "这一天到了，现在就看" in html


def test_nothing_is_put_into_the_mouth_of_a_message(visitor: Visitor, rules: Rules) -> None:
    ledger, _ = read_loans(visitor.config / "loans.toml", rules.directory)
    assert ledger is not None
    now = SystemClock().now()
    text = "你的借款已逾期，请尽快还款，否则上门。"
    nameless = Message(id="x", channel=Channel.SMS, received_at=now, sender="1069", text=text)
    with Store.open(visitor.state, now) as store:
        store.record([process(nameless, rules, ledger, History.of(()))], now=now)
        case = max(row.id for row in store.cases())
    html = visitor.get(f"/cases/{case}").text
    head = text_of(html[html.index('class="mine"') : html.index('class="columns"')])
    assert "没有写明机构，账本里只有「微粒贷」这一笔未结清" in head
    said = text_of(html[html.index('id="facts-title"') : html.index('id="loan-title"')])
    assert "机构" not in said
    assert "微粒贷" not in said


def test_no_address_or_number_of_the_senders_can_be_used(visitor: Visitor) -> None:
    html = visitor.get(f"/cases/{visitor.number_of('fraudulent')}").text
    assert "hxxps://www[.]zhaolian-jieqing[.]example/heyan" in html
    assert "https://" not in html
    assert "zhaolian-jieqing.example" not in html
    assert "tel:" not in html


def test_contacts_come_from_the_directory_and_say_whether_they_were_checked(
    visitor: Visitor,
) -> None:
    html = visitor.get(f"/cases/{visitor.number_of('fraudulent')}").text
    card = html[html.index('id="contact-title"') :]
    assert "未核对" in card
    assert "核对过出处" in card


def test_a_step_is_ticked_off_with_a_note_and_back(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    step = {"checklist": "S", "step": "look", "anchor": "step-S-1"}
    found = re.search(r'name="step" value="([^"]+)"', visitor.get(f"/cases/{case}").text)
    assert found
    step["step"] = found[1]
    answer = visitor.post(f"/cases/{case}/tick", **step, done="1", note="工号 <12>")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/cases/{case}#step-S-1"
    html = visitor.get(f"/cases/{case}").text
    assert 'aria-pressed="true"' in html
    assert "工号 &lt;12&gt;" in html
    assert "1 / 12 步" in html
    assert "已做 1 步" in visitor.get("/").text
    visitor.post(f"/cases/{case}/tick", **step, done="0", note="")
    assert 'aria-pressed="true"' not in visitor.get(f"/cases/{case}").text


def test_a_note_too_long_is_refused_in_words_and_kept_out(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    answer = visitor.post(f"/cases/{case}/tick", checklist="S", step="x", note="字" * 501)
    assert answer.status_code == 422
    assert "最多 500 个字" in answer.text
    assert visitor.post(f"/cases/{case}/tick", checklist="S", step="none").status_code == 422
    assert visitor.post(f"/cases/{case}/choose", checklist="S", chosen="1").status_code == 422


def test_who_has_paid_gets_the_police_first_with_one_click(visitor: Visitor) -> None:
    case = visitor.number_of("fraudulent")
    assert visitor.post(f"/cases/{case}/choose", checklist="F+", chosen="1").status_code == 303
    html = visitor.get(f"/cases/{case}").text
    assert html.index("立即拨 110") < html.index("不点、不回、不拨、不转账")
    visitor.post(f"/cases/{case}/choose", checklist="F+", chosen="0")
    assert "立即拨 110" not in visitor.get(f"/cases/{case}").text


def test_a_verdict_can_be_called_wrong_and_that_be_taken_back(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    visitor.post(f"/cases/{case}/wrong", text="这笔 <还没> 还清", verdict="possibly_owed")
    [mark], problems = read_marks(visitor.config / "rules")
    assert (mark.case, mark.verdict, mark.says) == (case, "possibly_owed", "这笔 <还没> 还清")
    assert problems == ()
    assert visitor.number_of("stale") == case
    assert "这笔 &lt;还没&gt; 还清" in visitor.get(f"/cases/{case}").text
    assert "您说过这个判断不对" in visitor.get("/").text
    assert visitor.post(f"/cases/{case}/wrong", text="", verdict="fine").status_code == 422
    visitor.post(f"/cases/{case}/wrong", back="1")
    assert read_marks(visitor.config / "rules") == ((), ())
    assert "您说过这个判断不对" not in visitor.get("/").text


def test_a_case_is_closed_opened_again_and_put_aside(visitor: Visitor) -> None:
    case = visitor.number_of("stale")
    assert visitor.post(f"/cases/{case}/done").headers["location"] == "/"
    assert f"/cases/{case}" not in visitor.get("/").text
    assert f"/cases/{case}" in visitor.get("/?status=done").text
    assert visitor.post(f"/cases/{case}/reopen").status_code == 303
    assert visitor.post(f"/cases/{case}/snooze", days="3").status_code == 303
    assert f"/cases/{case}" in visitor.get("/?status=snoozed").text
    assert visitor.post(f"/cases/{case}/snooze", days="4000").status_code == 422


def test_a_loan_is_added_settled_and_reopened(visitor: Visitor) -> None:
    answer = visitor.post("/loans/add", lender="微粒贷", account_tail="7788", due_day="9")
    assert answer.status_code == 303
    ledger = (visitor.config / "loans.toml").read_text(encoding="utf-8")
    assert 'account_tail = "7788"' in ledger
    assert "# 示例账本" in ledger
    answer = visitor.post("/loans/settle", loan="weilidai", on="2026-11-02")
    assert answer.headers["location"] == "/loan/weilidai"
    assert "已结清（2026年11月2日）" in visitor.get("/loan/weilidai").text
    visitor.post("/loans/reopen", loan="weilidai")
    assert "标为已结清" in visitor.get("/loan/weilidai").text


def test_what_is_wrong_with_a_new_loan_is_said_and_nothing_typed_is_lost(visitor: Visitor) -> None:
    before = (visitor.config / "loans.toml").read_bytes()
    answer = visitor.post("/loans/add", lender="某<某>贷", monthly_amount="很多", due_day="99")
    assert answer.status_code == 422
    assert "应该是金额" in answer.text
    assert 'value="某&lt;某&gt;贷"' in answer.text
    assert (visitor.config / "loans.toml").read_bytes() == before
    assert visitor.post("/loans/settle", loan="weilidai", on="gestern").status_code == 422
    assert visitor.post("/loans/settle", loan="nobody", on="2026-01-01").status_code == 422
    assert visitor.post("/loans/confirm", proposal="none").status_code == 422
    assert visitor.post("/loans/nothing").status_code == 404


def test_mistakes_in_the_ledger_are_shown_and_the_last_good_one_stays(visitor: Visitor) -> None:
    assert "haoqidai" in visitor.get("/loan/haoqidai").text
    with (visitor.config / "loans.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[loans]]\nid = "haoqidai"\nlender = "招联金融"\nstatus = "open"\n')
    html = visitor.get("/loans").text
    assert "loans.toml:" in html
    assert "好期贷" in html


def test_a_source_that_is_silent_is_named(visitor: Visitor) -> None:
    assert "最近一次查看：" in visitor.get("/").text
    with Store.open(visitor.state, datetime.now(UTC)) as store:  # noqa: TID251  the page's clock is real
        source = next(one for one in store.overview.last_good() if "INBOX" in one)
        store.checked(source, datetime.now(UTC) - timedelta(hours=2))  # noqa: TID251  as above
    assert "很久没有查到" in visitor.get("/").text
    assert "2 小时前" in visitor.get("/sources").text


def test_problems_of_rules_are_shown_where_the_rules_are(enter: Enter, orders: Orders) -> None:
    assert "没有错处" in enter(orders).get("/rules").text
    book = replace(orders.book, problems=("mine.toml:3: rules[0].id: <b>",))
    html = enter(replace(orders, book=book)).get("/rules").text
    assert "mine.toml:3: rules[0].id: &lt;b&gt;" in html


def test_before_anything_was_read_the_page_says_so(
    enter: Enter, orders: Orders, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "none").mkdir()
    fresh = enter(replace(orders, state=tmp_path / "empty", config=tmp_path / "none"))
    html = fresh.get("/").text
    assert "没有提醒，不等于没有欠款" in html
    assert "账本里还没有借款" in html
    assert fresh.get("/cases/1").status_code == 404
    assert "还没有设置来源" in fresh.get("/sources").text


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "1" * 5000, "a", "１"])
def test_a_number_that_is_no_case_is_no_bug(visitor: Visitor, number: str) -> None:
    assert visitor.get(f"/cases/{quote(number)}").status_code == 404
    assert visitor.get(f"/?page={quote(number)}&status={quote(number)}").status_code == 200


def test_a_damaged_store_is_said_in_words(visitor: Visitor) -> None:
    (visitor.state / "state.db").write_bytes(b"x" * 8192)
    answer = visitor.get("/")
    assert answer.status_code == 503
    assert "<h1" in answer.text


def test_a_long_list_is_shown_in_pages(visitor: Visitor) -> None:
    with visitor.store() as store:
        assert len(list(store.cases())) < PER_PAGE
    html = visitor.get("/?page=99").text
    assert "像是诈骗" in html


def test_english_pages_speak_no_chinese_of_ours(enter: Enter, orders: Orders) -> None:
    inside = enter(replace(orders, language="en", book=replace(orders.book)))
    for path in ("/", "/loans", "/sources"):
        words = text_of(inside.get(path).text)
        ours = re.sub(
            "招联金融|好期贷|马上消费金融|安逸花|度小满|有钱花|微粒贷|中邮消费金融|垃圾邮件",
            "",
            words,
        )
        assert not re.search("[\u4e00-\u9fff]", ours.split("datalist")[0]), path


def test_no_colour_on_the_page_is_green(checkout: Path) -> None:
    css = (checkout / "watcher" / "web" / "style.css").read_text(encoding="utf-8")
    assert "green" not in re.sub(r"/\*.*?\*/", "", css)
    for colour in re.findall(r"#([0-9a-f]{6})\b", css):
        red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
        assert not green > max(red, blue) + 8, colour


def test_book_travels_as_json(orders: Orders) -> None:
    assert codec.loads(Book, codec.dumps(orders.book)) == orders.book
