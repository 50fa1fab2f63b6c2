"""QR codes of a message: judged as what they lead to, quoted where they stand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from watcher.cli import given
from watcher.cli.context import Context
from watcher.core.codes import with_codes
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Field, Holder, Message, Verdict
from watcher.core.pieces import texts_of
from watcher.core.pipeline import process

BILL = "【招联金融】您的好期贷借款（尾号5512）已逾期，应还640.00元，请尽快还款。"
EVIL = "https://zl-huankuan.xyz/pay"
GENUINE = "https://www.mucfc.com/app"


@pytest.fixture(scope="module")
def rules() -> Rules:
    return given.load_rules(Context("zh"))


def judge(rules: Rules, *codes: str, **parts: Any) -> Case:
    message = Message(
        id="1",
        channel=Channel.EMAIL,
        received_at=datetime(2026, 3, 5, 2, 0, tzinfo=UTC),
        sender="service@example.com",
        codes=codes,
        **parts,
    )
    return process(message, rules, Ledger.of(Holder(), (), rules.directory), History.of(()))


def as_text(said: str) -> dict[str, str]:
    return {"text": said}


def as_html(said: str) -> dict[str, str]:
    return {"html": f"<p>{said}</p>"}


def as_both(said: str) -> dict[str, str]:
    return {"text": said, "html": '<img src="cid:1">'}


FORMS = [as_text, as_html, as_both]


def quoted(case: Case, rule: str) -> tuple[Field, str]:
    """Return where a signal's words stand, having found them there."""
    [quote] = [signal.quote for signal in case.judgement.signals if signal.rule == rule]
    text, html = texts_of(case.message)
    fields = {Field.TEXT: text, Field.HTML: html, Field.SUBJECT: case.message.subject}
    assert (fields[quote.field] or "")[quote.start : quote.end] == quote.text
    return quote.field, quote.text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("subject", [None, "还款提醒"])
def test_a_code_that_leads_to_an_unknown_site_makes_a_demand_a_fraud(
    rules: Rules, form: Any, subject: str | None
) -> None:
    case = judge(rules, EVIL, subject=subject, **form(BILL))

    assert case.judgement.verdict is Verdict.FRAUDULENT
    field = Field.TEXT if form is as_text else Field.HTML
    assert quoted(case, "fraud.unlisted-link-demand") == (field, EVIL)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "code",
    ["wxp://f2f0example", "weixin://wxpay/bizpayurl?pr=x", "https://qr.alipay.com/fkx0", "HTTPS://QR.ALIPAY.COM/FKX0"],
)  # fmt: skip
def test_a_code_with_which_anyone_can_collect_makes_a_demand_a_fraud(
    rules: Rules, form: Any, code: str
) -> None:
    case = judge(rules, GENUINE, code, **form(BILL))

    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert quoted(case, "fraud.code-to-pay")[1] == code


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", [GENUINE, "http://weixin.qq.com/r/example", "0571-95188", ""])
def test_a_genuine_code_changes_no_verdict(rules: Rules, form: Any, code: str) -> None:
    without = judge(rules, **form(BILL)).judgement
    with_it = judge(rules, code, **form(BILL)).judgement

    assert without.verdict is not Verdict.FRAUDULENT
    assert with_it.verdict is without.verdict


def test_a_code_without_a_demand_is_no_fraud(rules: Rules) -> None:
    case = judge(rules, EVIL, "wxp://f2f0example", text="周六的读书会照常，地点不变。")

    assert case.judgement.verdict is None


def test_a_calming_code_soothes_nothing(rules: Rules) -> None:
    fraud = f"{BILL}请登录 {EVIL} 还款。"

    case = judge(rules, "您的借款已结清，本邮件无需理会", GENUINE, text=fraud)

    assert case.judgement.verdict is Verdict.FRAUDULENT


def test_words_in_a_code_are_read(rules: Rules) -> None:
    case = judge(rules, f"{BILL} 登录 {EVIL}", subject="还款提醒")

    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert quoted(case, "fraud.unlisted-link-demand") == (Field.TEXT, EVIL)


@pytest.mark.parametrize("place", [0, 20_000, 60_000])
@pytest.mark.parametrize("form", FORMS)
def test_a_long_text_hides_no_code_from_its_demand(rules: Rules, form: Any, place: int) -> None:
    filling = "本期读书周报的目录与书评。" * 6_000
    long = f"{filling[:place]}{BILL}{filling[place:]}"

    case = judge(rules, "wxp://f2f0example", subject="通知", **form(long))

    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert quoted(case, "fraud.code-to-pay")[1] == "wxp://f2f0example"


def test_many_links_hide_no_code(rules: Rules) -> None:
    listed = " ".join(f"https://www.mucfc.com/{number}" for number in range(80))

    case = judge(rules, EVIL, text=f"{BILL}{listed}")

    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert quoted(case, "fraud.unlisted-link-demand") == (Field.TEXT, EVIL)


def test_a_text_in_short_lines_is_judged_with_its_code(rules: Rules) -> None:
    broken = "\n".join(BILL[at : at + 6] for at in range(0, len(BILL), 6))

    case = judge(rules, "wxp://f2f0example", text=broken)

    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert quoted(case, "fraud.code-to-pay") == (Field.TEXT, "wxp://f2f0example")


def test_an_overridden_text_is_judged_with_its_code(rules: Rules) -> None:
    turned = f"\u202e{BILL[::-1]}\u202c"

    case = judge(rules, "wxp://f2f0example", text=turned)

    assert case.judgement.verdict is Verdict.FRAUDULENT
    assert quoted(case, "fraud.code-to-pay") == (Field.TEXT, "wxp://f2f0example")


def test_each_code_stands_on_a_line_of_its_own() -> None:
    assert with_codes("正文", ("a\nb", "c")) == "正文\n[QR] a b\n[QR] c"
    assert with_codes("", ("a",)) == "[QR] a"
    assert with_codes("正文", ()) == "正文"
