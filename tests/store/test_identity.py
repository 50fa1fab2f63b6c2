from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watcher.core.model import Channel, Message
from watcher.store.identity import identity, number

SMS = Message(
    id="1",
    channel=Channel.SMS,
    received_at=datetime(2026, 3, 1, 4, 0, 0, 120_000, tzinfo=UTC),
    sender="+86 138 0000 1111",
    text="【山海贷】您的借款已逾期，\r\n请还款。",
)
MAIL = Message(
    id="7",
    channel=Channel.EMAIL,
    received_at=datetime(2026, 3, 1, 4, tzinfo=UTC),
    sender="notice@shanhai.example",
    subject="还款提醒",
    text="请于本月十日还款",
    headers=(("Message-ID", "<a@shanhai.example>"), ("Date", "Sun, 1 Mar 2026 12:00:00 +0800")),
)


@pytest.mark.parametrize(
    "copy",
    [
        replace(SMS, id="2", sender="13800001111"),
        replace(SMS, sender="0086138-0000-1111"),
        replace(SMS, sender="17951 13800001111"),
        replace(SMS, text="【山海贷】您的借款已逾期，\n请还款。 "),
        replace(SMS, text="【山海贷】您的\ufffd借款已逾期，\0 请还款。"),
        replace(SMS, received_at=SMS.received_at.astimezone()),
    ],
)
def test_a_copy_of_an_sms_in_another_export_is_the_same_message(copy: Message) -> None:
    assert identity(copy) == identity(SMS)


@pytest.mark.parametrize(
    "other",
    [
        replace(SMS, received_at=SMS.received_at + timedelta(minutes=1)),
        replace(SMS, received_at=SMS.received_at + timedelta(milliseconds=1)),
        replace(SMS, sender="13800001112"),
        replace(SMS, sender=None),
        replace(SMS, text="【山海贷】您的借款已逾期，请还款。"),
        replace(SMS, channel=Channel.EMAIL),
    ],
)
def test_another_time_sender_or_text_is_another_sms(other: Message) -> None:
    assert identity(other) != identity(SMS)


def test_a_mail_in_two_folders_is_one_message() -> None:
    copy = replace(MAIL, id="inbox/9", received_at=MAIL.received_at + timedelta(hours=3))
    assert identity(copy) == identity(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        replace(MAIL, text="请付款到下面的账户"),
        replace(MAIL, html="<p>请付款</p>"),
        replace(MAIL, sender="notice@shanhai-pay.example"),
        replace(MAIL, headers=(*MAIL.headers, ("Reply-To", "someone@else.example"))),
        replace(MAIL, headers=(("Message-ID", "<b@shanhai.example>"),)),
    ],
)
def test_a_known_message_id_over_other_content_is_another_mail(other: Message) -> None:
    assert identity(other) != identity(MAIL)


def test_mails_without_an_id_are_told_apart_by_their_time() -> None:
    bare = replace(MAIL, headers=())
    assert identity(bare) == identity(replace(bare, id="other"))
    assert identity(bare) != identity(
        replace(bare, received_at=bare.received_at + timedelta(hours=1))
    )


def test_messages_without_any_content_are_told_apart_by_their_source() -> None:
    empty = replace(SMS, text=None)
    assert identity(empty) != identity(replace(empty, id="2"))


def test_a_part_cannot_forge_the_border_between_parts() -> None:
    one = replace(MAIL, subject="还款\x1f提醒", text=None)
    other = replace(MAIL, subject="还款", text="提醒")
    assert identity(one) != identity(other)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("８６13800001111", "13800001111"),
        ("8695555", "8695555"),
        ("10690000118613", "10690000118613"),
        ("+8695555", "95555"),
        ("ShanHai", "shanhai"),
    ],
)
def test_numbers_compare_equal_however_they_are_written(written: str, compared: str) -> None:
    assert number(written) == compared
