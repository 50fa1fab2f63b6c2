"""The journey in a real browser, and what a screen reader and a narrow screen need."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.web.watching import Watching, numbers
from watcher.casework.proofs import LARGEST
from watcher.casework.verifying import verify
from watcher.web.start import Orders, Page

PATHS = [
    "/", "/cases/{fraudulent}", "/cases/{stale}", "/cases/{lagging}", "/loans",
    "/loan/haoqidai", "/cases/{stale}/letters/T1", "/dates",
    "/cases/{fraudulent}/letters/complaint",
    "/sources", "/rules", "/nothing",
]  # fmt: skip


def test_from_the_file_to_a_closed_case_without_any_script(
    watching: Callable[..., Watching], page: Page, orders: Orders
) -> None:
    case = numbers(orders)["stale"]
    seen = watching(java_script_enabled=False)
    seen.enter(page, f"/cases/{case}")
    tab = seen.tab
    assert tab.url.endswith(f"/cases/{case}")
    expect(tab.get_by_role("heading", level=1)).to_have_text("已还清，像是旧数据")

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


def test_the_tabs_of_the_list_need_no_scrolling_up_or_down(
    watching: Callable[..., Watching], page: Page
) -> None:
    seen = watching(viewport={"width": 1024, "height": 700})
    seen.enter(page)
    tabs = seen.tab.locator(".tabs")
    needed, given = tabs.evaluate(
        "one => [[one.scrollHeight, one.scrollWidth], [one.clientHeight, one.clientWidth]]"
    )
    assert needed == given


def test_the_first_screen_of_a_phone_says_what_it_is_whose_loan_and_what_to_do(
    watching: Callable[..., Watching], page: Page, orders: Orders
) -> None:
    high = 812
    seen = watching(viewport={"width": 375, "height": high})
    seen.enter(page)
    for verdict, case in numbers(orders).items():
        seen.go(f"/cases/{case}")
        for part in ("h1", ".headline", ".mine", ".excerpt", "#todo-title"):
            box = seen.tab.locator(part).bounding_box()
            assert box, (verdict, part)
            assert box["y"] + box["height"] < high, (verdict, part)


def test_no_word_is_torn_in_two_to_fit_a_phone(
    watching: Callable[..., Watching], orders: Orders
) -> None:
    page = Page(lambda: replace(orders, language="en"))
    seen = watching(viewport={"width": 375, "height": 700})
    seen.enter(page)
    heights = {one.bounding_box()["height"] for one in seen.tab.locator(".top nav a").all()}  # type: ignore[index]
    page.close()
    assert len(heights) == 1
    assert max(heights) < 50


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
