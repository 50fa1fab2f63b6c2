"""The journey in a real browser, what a screen reader needs, and hostile texts in every field."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Request, expect
from playwright.sync_api import Page as Tab

from watcher.casework.proofs import LARGEST, claim, receive
from watcher.casework.verifying import verify
from watcher.cli.demo import PLAYS_AT
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.core.model import Channel, Message, Phrase, Urgency
from watcher.ingest import Ingest
from watcher.store import Store
from watcher.userfiles.loans import read_loans
from watcher.web.start import Orders, Page

PATHS = [
    "/", "/cases/{fraudulent}", "/cases/{stale}", "/cases/{lagging}", "/loans",
    "/loan/haoqidai", "/cases/{stale}/letters/T1", "/dates",
    "/cases/{fraudulent}/letters/complaint",
    "/sources", "/rules", "/nothing",
]  # fmt: skip
ADDRESSES = """() => [...document.querySelectorAll('[href], [src], [action]')].flatMap(
    one => ['href', 'src', 'action'].map(name => one.getAttribute(name)).filter(value => value))"""
NORMAL = Urgency.NORMAL
ACTIVE = "script, iframe, object, embed, base, svg, style, main img"
XSS = [
    "<script>document.title='owned'</script>",
    "\"><img src=//evil.example/a.png onerror=document.title='owned'>",
    "'><svg/onload=document.title='owned'>",
    "</textarea><script>document.title='owned'</script>",
    "</title><script>document.title='owned'</script>",
    "<iframe src=http://evil.example/></iframe>",
    "<link rel=stylesheet href=//evil.example/x.css><style>@import '//evil.example/y'</style>",
    "<a href=javascript:document.title='owned' autofocus onfocus=document.title='owned'>x</a>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<base href=http://evil.example/><form action=http://evil.example/><input name=csrf>",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>#{7*7}",
    "<math><mtext><table><mglyph><style><img src=x onerror=document.title='owned'>",
    "<object data=http://evil.example/></object><embed src=http://evil.example/>",
    "\u202e<details open ontoggle=document.title='owned'>\u2066",
    "<video><source onerror=document.title='owned'></video>",
    "&lt;script&gt;document.title='owned'&lt;/script&gt;",
]


class Watching:
    """A tab, and all that it asked for, tripped over or was asked to say."""

    def __init__(self, context: BrowserContext) -> None:
        self.tab: Tab = context.new_page()
        self.outside: list[str] = []
        self.trouble: list[str] = []
        self.tab.on("request", self._asked)
        self.tab.on("console", lambda said: self.trouble.append(said.text))
        self.tab.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        self.base = ""

    def _asked(self, request: Request) -> None:
        if not re.match(r"http://127\.0\.0\.1:\d+/|file:///.+/page\.html$", request.url):
            self.outside.append(request.url)

    def enter(self, page: Page, path: str = "/") -> None:
        """Come in the way the desktop leads: by the file."""
        self.tab.goto(page.open(path).as_uri())
        self.tab.wait_for_url(re.compile(r"http://127\.0\.0\.1:\d+(?!/enter)"))
        self.tab.wait_for_selector("main")
        self.base = "/".join(self.tab.url.split("/")[:3])

    def go(self, path: str) -> None:
        self.tab.goto(self.base + path)


@pytest.fixture
def watching(chromium: Browser) -> Iterator[Callable[..., Watching]]:
    """Return what opens a tab of its own, with the given settings."""
    opened: list[BrowserContext] = []

    def open_one(**settings: Any) -> Watching:
        opened.append(chromium.new_context(**settings))
        opened[-1].set_default_timeout(10_000)
        return Watching(opened[-1])

    yield open_one
    for context in opened:
        context.close()


def numbers(orders: Orders) -> dict[str, int]:
    with Store.open_to_read(orders.state) as store:
        return {row.verdict.value: row.id for row in store.cases()}


def test_from_the_file_to_a_closed_case_without_any_script(
    watching: Callable[..., Watching], page: Page, orders: Orders
) -> None:
    case = numbers(orders)["stale"]
    seen = watching(java_script_enabled=False)
    seen.enter(page, f"/cases/{case}")
    tab = seen.tab
    assert tab.url.endswith(f"/cases/{case}")
    expect(tab.get_by_role("heading", level=1)).to_have_text("已结清，像是旧数据")

    tab.get_by_role("button", name="第 1 步做完了").click()
    expect(tab.get_by_role("button", name="第 1 步做完了")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert re.search(r"#step-S-1$", tab.url)
    first = tab.locator("#step-S-1")
    first.get_by_text("记一笔").click()
    first.get_by_label("第 1 步的记录").fill("App 里显示已结清，客服工号 0417")
    first.get_by_role("button", name="保存").click()
    expect(tab.locator("#step-S-1 .note")).to_have_text("App 里显示已结清，客服工号 0417")
    expect(tab.locator("#step-S-1 .tick")).to_have_attribute("aria-pressed", "true")

    tab.get_by_role("button", name="征信报告上有这一笔").click()
    expect(tab.get_by_role("heading", name="征信报告上还是逾期或未结清")).to_be_visible()
    tab.get_by_label("哪里不对").fill("金额不是我的")
    tab.get_by_role("button", name="这个判断不对").click()
    expect(tab.get_by_text("金额不是我的")).to_be_visible()

    tab.get_by_role("button", name="已处理", exact=True).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("提醒")
    assert tab.locator(f'a[href="/cases/{case}"]').count() == 0
    tab.get_by_role("link", name="已处理").click()
    expect(tab.locator(f'a[href="/cases/{case}"]')).to_be_visible()
    assert (seen.outside, seen.trouble) == ([], [])


def test_from_the_alert_to_a_letter_and_the_pack_in_three_clicks(
    watching: Callable[..., Watching], page: Page, orders: Orders, tmp_path: Path
) -> None:
    case = numbers(orders)["stale"]
    seen = watching(java_script_enabled=False, accept_downloads=True)
    seen.enter(page, f"/cases/{case}")  # the first click, on the pop-up
    tab = seen.tab
    tab.get_by_role("link", name="致放贷机构：确认结清，停止催收").click()
    expect(tab.get_by_role("article")).to_contain_text("本函不确认任何欠款")
    expect(tab.get_by_text("只通过放贷机构自己的 App")).to_be_visible()
    with tab.expect_download() as downloading:
        tab.get_by_role("link", name="下载证据包").click()
    pack = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(pack)
    assert pack.name == f"loan-watcher-case-{case}.zip"
    assert verify(pack).files > 3

    tab.get_by_text("要复制的文字").click()
    tab.locator(".copy").click()
    assert "尾号：3377" in tab.locator(".copy").inner_text()
    tab.get_by_role("button", name="已经寄出").click()
    expect(tab.get_by_text("已经寄出，等答复").first).to_be_visible()
    tab.get_by_role("link", name="日子").click()
    expect(tab.get_by_text("书面答复的 15 日期限")).to_be_visible()
    with tab.expect_download() as downloading:
        tab.get_by_role("link", name="下载日历文件").click()
    assert downloading.value.suggested_filename == "loan-watcher.ics"
    assert (seen.outside, seen.trouble) == ([], [])


def test_only_the_letter_is_printed(
    watching: Callable[..., Watching], page: Page, orders: Orders
) -> None:
    seen = watching()
    seen.enter(page, f"/cases/{numbers(orders)['stale']}/letters/T1")
    seen.tab.emulate_media(media="print")
    expect(seen.tab.get_by_role("article")).to_be_visible()
    for other in (".top", ".foot", ".back", ".notice", ".pack", "h1", ".copying"):
        expect(seen.tab.locator(other).first).to_be_hidden()


def test_a_certificate_is_uploaded_in_the_browser_and_one_too_big_is_told_so(
    watching: Callable[..., Watching], page: Page, tmp_path: Path
) -> None:
    good, big = tmp_path / "结清证明.pdf", tmp_path / "视频.mp4"
    good.write_bytes(b"%PDF-1.7\ninvented\n%%EOF\n")
    with big.open("wb") as hole:
        hole.truncate(LARGEST + 30_000_000)
    seen = watching(java_script_enabled=False)
    seen.enter(page, "/loan/haoqidai")
    for file, says in ((good, "结清证明.pdf"), (big, "超过 20 MB")):
        seen.tab.get_by_label("选一个文件").set_input_files(file)
        seen.tab.get_by_role("button", name="加入").click()
        expect(seen.tab.get_by_text(says)).to_be_visible()
    expect(seen.tab.get_by_text("结清证明.pdf")).to_be_visible()


def test_a_loan_is_settled_by_keyboard_alone(watching: Callable[..., Watching], page: Page) -> None:
    seen = watching()
    seen.enter(page, "/loan/weilidai")
    tab = seen.tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent") == "标为已结清":
            break
    tab.keyboard.press("Enter")
    expect(tab.locator(".head .state")).to_contain_text("已结清")


def test_a_second_browser_and_a_foreign_site_see_nothing(
    watching: Callable[..., Watching], page: Page
) -> None:
    inside = watching()
    inside.enter(page)
    stranger = watching()
    answer = stranger.tab.goto(inside.base + "/cases/1")
    assert answer is not None
    assert answer.status == 403
    assert "招联" not in stranger.tab.content()
    # Another site of this browser, which has the cookie, posts a form and frames a page.
    inside.tab.route(
        "http://evil.example/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method=post action="{inside.base}/cases/1/done"><button>x</button></form>'
            f'<iframe src="{inside.base}/"></iframe>',
        ),
    )
    inside.tab.goto("http://evil.example/")
    assert "招联" not in inside.tab.frames[-1].content()
    inside.tab.get_by_role("button").click()
    inside.tab.wait_for_load_state()
    assert "403" in inside.tab.content()


@pytest.mark.parametrize(("scheme", "paths"), [("light", PATHS), ("dark", PATHS[:9:2])])
def test_no_page_stands_in_the_way_of_a_screen_reader(
    watching: Callable[..., Watching], page: Page, orders: Orders, scheme: str, paths: list[str]
) -> None:
    seen = watching(color_scheme=scheme)
    seen.enter(page)
    case = numbers(orders)["stale"]
    seen.go(f"/cases/{case}")
    seen.tab.locator(".tick").first.click()
    seen.tab.get_by_role("button", name="我已经付了钱").click()
    for path in paths:
        seen.go(path.format(**numbers(orders)))
        seen.tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(seen.tab)
        assert found.violations_count == 0, (path, found.generate_report())


@pytest.mark.parametrize("width", [320, 375, 768])
def test_nothing_is_wider_than_a_narrow_screen(
    watching: Callable[..., Watching], page: Page, orders: Orders, width: int
) -> None:
    seen = watching(viewport={"width": width, "height": 700})
    seen.enter(page)
    for path in PATHS:
        seen.go(path.format(**numbers(orders)))
        wide = seen.tab.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


def test_hostile_texts_in_every_field_stay_texts(
    watching: Callable[..., Watching], orders: Orders, rules: Rules
) -> None:
    evil = hostile(orders, rules)
    page = Page(lambda: evil)
    try:
        seen = watching()
        seen.enter(page)
        with Store.open_to_read(evil.state) as store:
            cases = [row.id for row in store.cases()]
        assert len(cases) >= len(XSS)
        for path in ["/", "/?status=<script>", "/loans", "/sources", "/rules", "/dates",
                     *(f"/cases/{case}" for case in cases), *loan_paths(seen),
                     *letter_paths(seen, cases)]:  # fmt: skip
            seen.go(path)
            assert seen.tab.title() != "owned"
            assert seen.tab.locator(ACTIVE).count() == 0
            leads = seen.tab.evaluate(ADDRESSES)
            assert leads
            assert all(re.match(r"[/#](?!/)", lead) for lead in leads), leads
        note_and_objection(seen, cases[0])
        assert (seen.outside, seen.trouble) == ([], [])
    finally:
        page.close()


def letter_paths(seen: Watching, cases: list[int]) -> list[str]:
    found: list[str] = []
    for case in cases[:2]:
        seen.go(f"/cases/{case}")
        links = seen.tab.locator(".letters a").all()
        found.extend(str(link.get_attribute("href")) for link in links)
    assert found
    return found


def loan_paths(seen: Watching) -> list[str]:
    seen.go("/loans")
    return [str(link.get_attribute("href")) for link in seen.tab.locator("a.row").all()[:6]]


def note_and_objection(seen: Watching, case: int) -> None:
    for text in ("".join(XSS[:5]), "".join(XSS[5:10])):
        seen.go(f"/cases/{case}")
        seen.tab.locator(".step").first.get_by_text(re.compile("记一笔|改这条记录")).click()
        seen.tab.locator(".step textarea").first.fill(text)
        seen.tab.locator(".step").first.get_by_role("button", name="保存").click()
        expect(seen.tab.locator(".step textarea").first).to_have_value(text)
    seen.tab.locator("#wrong-text").fill("".join(XSS[:6]))
    seen.tab.get_by_role("button", name="这个判断不对").click()
    expect(seen.tab.locator("blockquote")).to_have_text("".join(XSS[:6]))
    assert seen.tab.title() != "owned"


def hostile(orders: Orders, rules: Rules) -> Orders:
    """Put a hostile text into everything that a page shows."""
    with (orders.config / "loans.toml").open("a", encoding="utf-8") as file:
        for number, text in enumerate(XSS):
            quoted = "".join(f"\\U{ord(one):08X}" for one in text)
            file.write(
                f'\n[[loans]]\nid = "{quoted}"\nlender = "{quoted}"\nproduct = "{quoted}"\n'
                f'account_tail = "{7000 + number}"\nstatus = "settled"\nsettled_on = 2026-01-02\n'
            )
    with (orders.config / "config.toml").open("a", encoding="utf-8") as file:
        file.write(f'[[sms]]\npath = "/{XSS[0].replace(chr(34), "")}"\n')
    ledger, problems = read_loans(orders.config / "loans.toml", rules.directory)
    assert ledger is not None, problems
    messages = [
        Message(
            id=str(number),
            channel=Channel.EMAIL,
            received_at=PLAYS_AT,
            sender=text,
            subject=f"{text} 您的借款已逾期",
            text=f"【{text}】{text}您的借款（尾号{7000 + number}）逾期{number + 3}天，"
            f"应还{number + 100}.00元，请转账到安全账户并加微信。{text}",
            html=f"<p>{text}您的借款逾期，请下载会议软件共享屏幕</p>",
            headers=((text.replace("\n", ""), text),),
            source=f"imap:{text}/{text}",
            place=text,
        )
        for number, text in enumerate(XSS)
    ]
    with Store.open(orders.state, PLAYS_AT) as store:
        Ingest(rules=rules, ledger=ledger, store=store, clock=SystemClock()).run(
            iter(messages), source=f"imap:{XSS[0]}/x"
        )
        now = datetime.now(UTC)  # noqa: TID251  the page's clock is real
        for number, text in enumerate(XSS):
            proof = receive(orders.state, text, [b"%PDF", text.encode()], now)
            claim(orders.state, proof, ledger.loans[-1 - number].id, now)
            store.announce(Phrase(id="daemon.folder_gone", values={"folder": text}), NORMAL, now)
        for row in store.cases():
            store.life.sent(
                row.id, XSS[0], date(2026, 7, 21), now, answer_due=True, objects_from=None
            )
        for text in XSS:
            store.checked(f"imap:heqiuhe@mail.example/{text}", now)
    return replace(orders, book=replace(orders.book, problems=tuple(XSS)))
