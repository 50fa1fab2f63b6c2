"""One notice of each verdict, judged by the shipped rules, and the ledger it was judged by."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Case, Channel, Holder, Loan, LoanStatus, Message, Verdict
from watcher.core.pipeline import process

ZONE = ZoneInfo("Asia/Shanghai")
HOLDER = Holder(name="宋雨桐")
SETTLED = Loan(
    id="haoqidai",
    lender="招联金融",
    product="好期贷",
    account_tails=("5512",),
    principal=Decimal("12000.00"),
    status=LoanStatus.SETTLED,
    settled_on=date(2026, 3, 2),
    monthly_amount=Decimal("640.00"),
)
OPEN = Loan(
    id="card",
    lender="平安银行",
    account_tails=("8810",),
    status=LoanStatus.ACTIVE,
    due_day=12,
    monthly_amount=Decimal("915.00"),
)
PRIVATE = ("宋雨桐", "5512", "8810", "12,000", "640", "好期贷", "2026年3月2日")
"""What the ledger alone knows, as a letter would write it."""

SAID = {
    Verdict.STALE: (
        "2026-05-10",
        "【招联金融】您的好期贷借款（尾号5512）已逾期，应还640.00元，请尽快还款。",
    ),
    Verdict.LAGGING: (
        "2026-03-04",
        "【招联金融】您的好期贷（尾号5512）本期应还640.00元，请于3月5日前还款。",
    ),
    Verdict.EXPECTED: (
        "2026-05-10",
        "【平安银行】您尾号8810的贷款本期应还915.00元，还款日5月12日，请留意。",
    ),
    Verdict.POSSIBLY_OWED: (
        "2026-05-10",
        "【招联金融】您的好期贷（尾号5512）尚有剩余利息12.30元未结清，请登录招联App查看。",
    ),
    Verdict.NOT_MINE: (
        "2026-05-10",
        "【中邮消费金融】您的借款已逾期6天，应还2380.00元，请尽快还款。",
    ),
    Verdict.FRAUDULENT: (
        "2026-05-10",
        "【招联金融】您的账户异常，请下载会议软件共享屏幕，把640.00元转入指定的安全账户。",
    ),
    Verdict.UNSURE: (
        "2026-05-10",
        "【某某区人民法院】宋雨桐：招联金融诉您借款合同纠纷一案已立案，请尽快联系处理。",
    ),
}


def ledger_of(rules: Rules, *loans: Loan, holder: Holder = HOLDER) -> Ledger:
    return Ledger.of(holder, loans or (SETTLED, OPEN), rules.directory)


def sms(text: str, day: str = "2026-05-10", sender: str = "106900005512") -> Message:
    at = datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=ZONE)
    return Message(id=day, channel=Channel.SMS, received_at=at, sender=sender, text=text)


def judged(rules: Rules, ledger: Ledger, message: Message) -> Case:
    return process(message, rules, ledger, History.of(()))


def case_of(rules: Rules, ledger: Ledger, verdict: Verdict) -> Case:
    """Return a case that got this verdict from the rules."""
    day, text = SAID[verdict]
    case = judged(rules, ledger, sms(text, day))
    assert case.judgement.verdict is verdict
    return case


def with_verdict(case: Case, verdict: Verdict, checklists: Iterable[str]) -> Case:
    """Return a case as if the rules had said otherwise."""
    judgement = replace(case.judgement, verdict=verdict, checklists=tuple(checklists))
    return replace(case, judgement=judgement)
