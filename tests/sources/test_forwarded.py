"""SMS that a phone mails to its owner, and mails of strangers that pretend to be such."""

import base64
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports import Reading, sms, smses
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import (
    Channel,
    Evidence,
    Holder,
    Kind,
    Loan,
    LoanStatus,
    Message,
    Verdict,
)
from watcher.core.pipeline import process
from watcher.sources.files import read_path
from watcher.sources.mime import read_mail
from watcher.sources.sandbox import Sandbox
from watcher.store import Store
from watcher.store.identity import identity

ME = "linxiaozhou@example.com"
NUMBER = "10690000123456"
NOTICE = "【招联金融】您今天应还500.00元扣款失败，<1/2>请17点前补足尾号2468卡余额。"
AT = datetime(2026, 3, 5, 2, 15, 34, tzinfo=UTC)
TAIL = ("SIM1_中国移动", "SubId：1", "2026-03-05 10:15:31", "备用机")
FRAUDS = (
    "【招联金融】您的账户异常，请下载会议软件共享屏幕，把640.00元转入指定的安全账户。",
    "征信修复内部渠道，先交688元手续费，加微信 kefu8899 办理。",
    "您的花呗逾期，请点击 http://huabei-hk.example.top/pay 立即还款，否则上门。",
)


def lines(text: str = NOTICE, *, number: str = NUMBER, tail: tuple[str, ...] = TAIL) -> str:
    return "<br>".join((number, *text.split("\n"), *tail))


def forwarded(  # noqa: PLR0913  each is what some test forges
    html: str,
    *,
    sender: str = f"{NUMBER} <{ME}>",
    to: str = ME,
    subject: str = NUMBER,
    more: str = "",
    encoding: str = "8bit",
) -> bytes:
    body = html.encode()
    if encoding == "base64":
        body = base64.encodebytes(body)
    encoded = base64.b64encode(subject.encode()).decode()
    return (
        "Received: from phone by mx.example.com; Thu, 5 Mar 2026 10:15:34 +0800\r\n"
        f"From: {sender}\r\nTo: {to}\r\nSubject: =?UTF-8?B?{encoded}?=\r\n{more}"
        "Date: Thu, 5 Mar 2026 10:15:34 +0800 (GMT+08:00)\r\n"
        "Message-ID: <1.1772676934000@localhost>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="p"\r\n\r\n--p\r\n'
        "Content-Type: text/html;charset=UTF-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode() + (body + b"\r\n--p--\r\n")


def backed_up(
    *, more: str = "", kind: str = "1", sender: str = "95555 <95555@unknown.email>"
) -> bytes:
    return (
        f"{more}Subject: =?UTF-8?B?5LiOIDk1NTU1IOeahOefreS/oeiusOW9lQ==?=\r\n"
        f"From: {sender}\r\nTo: {ME}\r\nDate: Thu, 05 Mar 2026 10:15:30 +0800\r\n"
        "Message-ID: <e8@sms-backup-plus.local>\r\nX-smssync-address: 95555\r\n"
        f"X-smssync-datatype: SMS\r\nX-smssync-type: {kind}\r\n"
        "X-smssync-date: 1772676930417\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        "您尾号1357信用卡应还128.64元。[招商银行]\r\n"
    ).encode()


def read(raw: bytes, own: frozenset[str] = frozenset()) -> Message:
    return read_mail(raw, "imap:me/INBOX", AT, own=own)


@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_the_mail_of_an_sms_forwarder_is_the_sms(encoding: str) -> None:
    message = read(forwarded(lines(), encoding=encoding))

    assert (message.channel, message.sender, message.text) == (Channel.SMS, NUMBER, NOTICE)
    assert (message.subject, message.html) == (None, None)
    assert message.received_at == datetime(2026, 3, 5, 2, 15, 31, tzinfo=UTC)
    assert message.source == "imap:me/INBOX"


@pytest.mark.parametrize(
    "tail",
    [
        ("SIM2_中国联通_13700005678", "2026-03-05 10:15:31", "小米 13"),
        ("", "SubId：-1", "2026-03-05 10:15:31"),
        ("SIM1_", "SubId：2", "2026-03-05 10:15:31", "HUAWEI P40"),
    ],
)
def test_card_time_and_device_are_no_part_of_the_sms(tail: tuple[str, ...]) -> None:
    two = "【某银行】第一行。\n\n第二行，2026-01-01 08:00:00 起"

    assert read(forwarded(lines(two, tail=tail))).text == two


def test_a_mail_that_a_provider_wrapped_is_still_the_sms() -> None:
    wrapped = f"<html><head></head><body><div>{lines()}</div></body></html>"

    assert read(forwarded(wrapped)).text == NOTICE


@pytest.mark.parametrize("title", ["SmsForwarder Title", f"{NUMBER} SIM1_中国移动", "新短信"])
def test_a_title_that_says_nothing_of_its_own_is_left_out(title: str) -> None:
    assert read(forwarded(lines(), subject=title)).subject is None


def test_the_mail_of_an_sms_backup_is_the_sms_to_the_millisecond() -> None:
    message = read(backed_up())

    assert (message.channel, message.sender) == (Channel.SMS, "95555")
    assert (message.subject, message.text) == (None, "您尾号1357信用卡应还128.64元。[招商银行]")
    assert message.received_at == datetime(2026, 3, 5, 2, 15, 30, 417000, tzinfo=UTC)
    assert read(backed_up(), frozenset({ME})) == message


def test_a_forwarded_sms_and_the_one_in_an_export_are_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(smses(sms("【招联金融】您今天应还500.00元扣款失败。")))
    [exported] = Reading(read_path(tmp_path / "a.xml")).messages
    copy = read(forwarded(lines("【招联金融】您今天应还500.00元扣款失败。")))

    with Store.open(tmp_path / "state", AT) as store:
        assert len(store.sift([exported, copy], "s").fresh) == 1
    assert identity(exported) != identity(copy)


def test_in_a_mailbox_only_its_owners_addresses_count(tmp_path: Path) -> None:
    raw = forwarded(lines())
    (tmp_path / "a.eml").write_bytes(raw)

    with Sandbox(own=(ME.upper(),)) as sandbox:
        assert sandbox.read_mail(raw, "x").channel is Channel.SMS
    with Sandbox(own=("someone.else@example.com",)) as sandbox:
        assert sandbox.read_mail(raw, "x").channel is Channel.EMAIL
    assert [one.channel for one in Reading(read_path(tmp_path)).messages] == [Channel.SMS]


def test_a_phone_that_mails_from_one_own_address_to_another_counts() -> None:
    raw = forwarded(lines(), sender="phone@example.net")

    assert read(raw, frozenset({ME, "phone@example.net"})).channel is Channel.SMS
    assert read(raw, frozenset({ME})).channel is Channel.EMAIL
    assert read(raw).channel is Channel.EMAIL


@pytest.mark.parametrize(
    "forged",
    [
        forwarded(lines(), sender="95555 <service@evil.test>"),
        forwarded(lines(), sender=f"{ME} <service@evil.test>"),
        forwarded(lines(), to=f"{ME}, other@evil.test"),
        forwarded(lines(), more=f"From: x <{ME}>\r\n"),
        forwarded(lines(), more="Reply-To: service@evil.test\r\n"),
        forwarded(lines(), more="Cc: other@evil.test\r\n"),
        forwarded(lines(), more="Authentication-Results: mx; spf=fail; dmarc=fail\r\n"),
        forwarded(lines(), more="Authentication-Results: mx; spf=softfail\r\n"),
        forwarded(lines(), more="Received-SPF: softfail (mx)\r\n"),
        backed_up(more="Received: from evil.test by mx.example.com; 5 Mar 2026 10:15:34 +0800\r\n"),
        backed_up(more="Return-Path: <service@evil.test>\r\n"),
        backed_up(sender="95555 <service@evil.test>"),
        backed_up(kind="2"),
    ],
)
def test_what_a_stranger_can_send_is_a_mail(forged: bytes) -> None:
    assert read(forged).channel is Channel.EMAIL


@pytest.mark.parametrize(
    "shown",
    [
        "请把钱&#36716;到安全账户",
        "请把钱转<b></b>到安全账户",
        "请把钱转<!-- 不 -->到安全账户",
        '<a href="http://evil.test">www.cmbchina.com</a>',
        '<span style="display:none">如已还款请忽略</span>请还款',
        '<img src="http://evil.test/qr.png">',
        "请&#x200b;还款",
        "<style>div{color:#fff}</style>请还款",
    ],
)
def test_what_a_mail_program_shows_otherwise_than_it_stands_is_a_mail(shown: str) -> None:
    message = read(forwarded(lines(shown)))

    assert message.channel is Channel.EMAIL
    assert message.html is not None
    assert shown in message.html


def test_a_mail_with_anything_beside_the_one_text_is_a_mail() -> None:
    raw = forwarded(lines())
    for part in (
        b"Content-Type: text/plain\r\n\r\nhttp://evil.test",
        b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=",
        b"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>x</p>",
    ):
        assert (
            read(raw.replace(b"--p--", b"--p\r\n" + part + b"\r\n--p--")).channel is Channel.EMAIL
        )


@pytest.mark.parametrize(
    "told",
    [
        {"subject": "请加微信 kefu8899 办理退款"},
        {"tail": ("SIM1_加微信kefu8899", "SubId：1", "2026-03-05 10:15:31")},
        {"tail": ("SIM1_中国移动", "SubId：1", "2026-03-05 10:15:31", "加微信 kefu8899")},
    ],
)
def test_words_in_the_title_the_card_or_the_device_are_read_too(told: dict[str, object]) -> None:
    tail = told.get("tail", TAIL)
    assert isinstance(tail, tuple)
    message = read(forwarded(lines(tail=tail), subject=str(told.get("subject", NUMBER))))

    assert message.channel is Channel.SMS
    assert "kefu8899" in f"{message.subject} {message.text}"


def test_a_number_below_the_text_is_kept_where_the_text_points_there() -> None:
    tail = ("SIM1_13700005678", "SubId：1", "2026-03-05 10:15:31", "MI 13800138000")

    message = read(forwarded(lines("退款请联系下方客服", tail=tail)))

    assert message.text == "退款请联系下方客服\nSIM1_13700005678\nMI 13800138000"


@pytest.mark.parametrize(
    "claimed", ["2024-03-05 10:15:31", "2026-03-05 09:00:00", "2027-01-01 00:00:00"]
)
def test_a_text_cannot_date_itself_before_a_settlement(claimed: str) -> None:
    message = read(forwarded(lines(tail=("SIM1_", "SubId：1", claimed))))

    assert message.channel is Channel.SMS
    assert message.received_at == AT


def test_a_long_mail_to_oneself_costs_no_more_than_its_length() -> None:
    started = time.monotonic()
    for filling in (" ", "<br>", "<p>", "</p> ", "\n", "</div>"):
        message = read(forwarded(lines(filling * 100_000 + "x") + filling * 10_000))
        assert "x" in (message.text or message.html or "")
    assert time.monotonic() - started < 5


def test_an_sms_backup_cannot_be_dated_otherwise_than_its_mail() -> None:
    raw = backed_up().replace(b"1772676930417", b"1672676930417")

    assert read(raw).received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("fraud", FRAUDS)
def test_a_fraud_is_one_however_it_is_forwarded(fraud: str, rules: Rules) -> None:
    loan = Loan(id="a", lender="招联金融", status=LoanStatus.ACTIVE, monthly_amount=Decimal(640))
    ledger = Ledger.of(Holder(), (loan,), rules.directory)
    texts = [read(forwarded(lines(fraud))), read(forwarded(lines("您好"), subject=fraud))]
    texts.append(read(forwarded(lines("您好", tail=(*TAIL[:3], fraud)))))
    texts.append(read(forwarded(lines("您好", tail=(f"SIM1_{fraud[:37]}", *TAIL[1:])))))

    for message in texts[:3]:
        judged = process(message, rules, ledger, History.of(()))
        assert message.channel is Channel.SMS
        assert judged.judgement.verdict is Verdict.FRAUDULENT
    assert fraud[:37] in (texts[3].text or "")


def test_a_sender_that_only_a_mail_names_does_not_choose_between_loans(rules: Rules) -> None:
    settled = Loan(
        id="old", lender="招联金融", status=LoanStatus.SETTLED, settled_on=date(2025, 1, 1)
    )
    active = Loan(id="new", lender="招联金融", status=LoanStatus.ACTIVE, opened_on=date(2025, 2, 1))
    ledger = Ledger.of(Holder(), (settled, active), rules.directory)
    before = Evidence(
        message_id="b",
        received_at=AT - timedelta(days=31),
        kind=Kind.DUE_REMINDER,
        verdict=Verdict.EXPECTED,
        sender=NUMBER,
        lenders=("zhaolian",),
        loan="new",
    )
    text = "【招联金融】您的借款本期应还500.00元，请于3月17日前还款。"
    message = read(forwarded(lines(text)))
    from_phone = replace(message, headers=())

    history = History.of((before,))
    assert process(from_phone, rules, ledger, history).match.loan == active
    claimed = process(message, rules, ledger, history)
    assert claimed.match.loan is None
    assert claimed.judgement.verdict is not Verdict.EXPECTED
