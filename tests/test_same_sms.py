"""One SMS that arrives in many ways, and SMS that only look like one, through the real store."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports import FIRST_DATE, sms, smses
from watcher.clock import SystemClock
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder, Loan, LoanStatus, Verdict
from watcher.ingest import Ingest, Summary
from watcher.judging.here import JudgeHere
from watcher.sources.files import read_path
from watcher.sources.items import EPOCH
from watcher.sources.sandbox import Sandbox
from watcher.store import Store, StoredCase

ME = "linxiaozhou@example.com"
NUMBER = "10690000123456"
STALE = "【招联金融】您尾号5512的借款已逾期3天，应还640.00元，请尽快还款。"
CHAT = "明天几点的车"
SETTLED = Loan(
    id="haoqidai",
    lender="招联金融",
    account_tails=("5512",),
    status=LoanStatus.SETTLED,
    settled_on=date(2026, 1, 2),
    monthly_amount=Decimal("640.00"),
)


class Phone:
    """What the phone of one user gives, into one store."""

    def __init__(self, folder: Path, rules: Rules, store: Store) -> None:
        self.folder = folder
        self.store = store
        self._ingest = Ingest(
            judge=JudgeHere(rules, Ledger.of(Holder(name="林晓舟"), (SETTLED,), rules.directory)),
            store=store,
            clock=SystemClock(),
        )

    def export(self, name: str, *records: str) -> Summary:
        path = self.folder / name
        path.write_text(smses(*records), encoding="utf-8")
        return self._ingest.run(read_path(path), source="sms:folder")

    def write(self, name: str, content: str) -> Summary:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return self._ingest.run(read_path(path), source="sms:folder")

    def mail(self, text: str, seconds: int) -> Summary:
        """Have the phone forward an SMS, so many seconds after it came, as SmsForwarder does."""
        at = EPOCH + timedelta(milliseconds=FIRST_DATE, seconds=seconds)
        local = (at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
        html = f"{NUMBER}<br>{text}<br>SIM1_中国移动<br>SubId：1<br>{local}<br>备用机"
        raw = (
            f"From: {NUMBER} <{ME}>\r\nTo: {ME}\r\nSubject: {NUMBER}\r\n"
            f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{seconds}@localhost>\r\n"
            'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/html;charset=UTF-8\r\nContent-Transfer-Encoding: 8bit"
            f"\r\n\r\n{html}\r\n--b--\r\n"
        ).encode()
        with Sandbox(own=(ME,)) as child:
            message = child.read_mail(raw, "imap:me/INBOX", at)
        return self._ingest.run([message], source="imap:me/INBOX")

    @property
    def cases(self) -> list[StoredCase]:
        found = [self.store.case(row.id) for row in self.store.cases()]
        return [case for case in found if case is not None]


@pytest.fixture
def phone(tmp_path: Path, rules: Rules) -> "Callable[[], Phone]":
    store = Store.open(tmp_path / "state", SystemClock().now())
    return lambda: Phone(tmp_path, rules, store)


def test_an_sms_in_three_exports_and_a_mail_is_one_case_with_four_pieces_of_evidence(
    phone: Callable[[], Phone],
) -> None:
    mine = phone()
    mine.export("sms-1.xml", sms(STALE))
    mine.export("sms-2.xml", sms(STALE), sms(CHAT, number=500))
    mine.mail(STALE, 4)
    last = mine.export("sms-3.xml", sms(STALE), sms(CHAT, number=500), sms("再见", number=900))

    [case] = mine.cases
    assert case.row.verdict is Verdict.STALE
    assert case.row.messages == 1
    assert sorted(Path(source).name for source in case.sources) == [
        "INBOX", "sms-1.xml", "sms-2.xml", "sms-3.xml",
    ]  # fmt: skip
    assert (last.messages, last.known) == (3, 2)


def test_it_is_one_case_too_where_the_mail_was_first(phone: Callable[[], Phone]) -> None:
    mine = phone()
    mine.mail(STALE, 4)
    mine.export("sms-1.xml", sms(STALE))
    mine.export("sms-2.xml", sms(STALE))

    [case] = mine.cases
    assert (case.row.messages, len(case.sources)) == (1, 3)


@pytest.mark.parametrize("spelling", ["+8613800138000", "86 138-0013-8000", "13800138000"])
def test_the_spelling_of_a_number_makes_no_other_sms(
    phone: Callable[[], Phone], spelling: str
) -> None:
    mine = phone()
    mine.export("sms-1.xml", sms(STALE, address="13800138000"))
    again = mine.export("sms-2.xml", sms(STALE, address=spelling))

    assert (again.messages, again.known) == (1, 1)


def test_an_sms_is_the_same_in_exports_of_two_formats(phone: Callable[[], Phone]) -> None:
    mine = phone()
    mine.export("sms-1.xml", sms(STALE))
    at = datetime.fromtimestamp(FIRST_DATE / 1000, EPOCH.tzinfo)
    local = f"{at + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"
    mine.write("sms.csv", f"号码,时间,类型,内容\n{NUMBER},{local},接收,{STALE}\n")
    record = f'<sms address="{NUMBER}" date="{FIRST_DATE}" type="1" body="{STALE}"/>'
    mine.write("silence.xml", f'<smses count="1">{record}</smses>')

    [case] = mine.cases
    assert (case.row.messages, len(case.sources)) == (1, 3)


def test_two_identical_sms_a_minute_apart_are_two(phone: Callable[[], Phone]) -> None:
    mine = phone()
    first = mine.export("sms-1.xml", sms(STALE), sms(STALE, number=1))
    again = mine.export("sms-2.xml", sms(STALE), sms(STALE, number=1))
    mine.mail(STALE, 3)
    mine.mail(STALE, 63)

    assert (first.known, again.known) == (0, 2)
    [case] = mine.cases  # the same debt, told twice
    assert case.row.messages == 2


def test_three_identical_sms_in_an_export_and_two_in_mails_are_three(
    phone: Callable[[], Phone],
) -> None:
    mine = phone()
    mine.export("sms-1.xml", *(sms(STALE, number=number) for number in range(3)))
    mine.mail(STALE, 2)
    mine.mail(STALE, 61)

    [case] = mine.cases
    assert case.row.messages == 3


@pytest.mark.parametrize("turned", [False, True])
def test_halves_of_a_long_sms_are_judged_as_one(
    phone: Callable[[], Phone], *, turned: bool
) -> None:
    halves = (
        "(1/2)【招联金融】林晓舟，您尾号5512的借款",
        "(2/2)已逾期3天，应还640.00元，请尽快还款。",
    )
    records = [sms(half, number=0) for half in halves]
    records[1] = records[1].replace(f'date="{FIRST_DATE}"', f'date="{FIRST_DATE + 1500}"')
    mine = phone()
    mine.export("sms-1.xml", *(reversed(records) if turned else records))

    found = [case.row for case in mine.cases]
    assert [(row.verdict, row.loan) for row in found] == [(Verdict.STALE, "haoqidai")]


def test_a_half_that_comes_with_the_next_export_is_joined_too(
    phone: Callable[[], Phone],
) -> None:
    first = sms("【招联金融】林晓舟，您尾号5512的借款/待续")
    second = sms("接上:已逾期3天，应还640.00元，请尽快还款。", number=1)
    mine = phone()
    mine.export("sms-1.xml", first)
    mine.export("sms-2.xml", first, second)

    assert [case.row.verdict for case in mine.cases] == [Verdict.STALE]
