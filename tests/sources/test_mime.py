import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.exports import mail, read
from watcher.core.model import Channel, Message

NOTICE = "尊敬的客户，您的借款已逾期3天，请尽快还款。"


def _only(folder: Path, content: bytes) -> Message:
    [message] = read(folder, content).messages
    return message


def test_a_plain_mail_is_read_with_its_headers(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(NOTICE.encode(), more=b"X-Mailer: none\n"))

    assert message.channel is Channel.EMAIL
    assert message.text == NOTICE
    assert message.html is None
    assert message.sender == "service@example.com"
    assert message.subject == "Notice"
    assert message.received_at == datetime(2026, 3, 5, 2, 15, 35, tzinfo=UTC)
    assert message.unreadable is None
    assert dict(message.headers) == {
        "From": "Example Finance <service@example.com>",
        "Date": "Thu, 5 Mar 2026 10:15:30 +0800",
        "Message-ID": "<1@example.com>",
        "Subject": "Notice",
    }


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_any_line_ends_are_read(tmp_path: Path, ends: bytes) -> None:
    message = _only(tmp_path, mail(b"one\ntwo").replace(b"\n", ends))

    assert message.text == "one\ntwo"


@pytest.mark.parametrize(
    ("kind", "encoding", "body"),
    [
        (b"text/plain; charset=gb2312", b"8bit", "朱镕基：借款已结清。".encode("gbk")),
        (
            b"text/plain; charset=gb2312",
            b"base64",
            base64.b64encode("朱镕基：借款已结清。".encode("gbk")),
        ),
        (b"text/plain; charset=x-gbk", b"8bit", "朱镕基：借款已结清。".encode("gbk")),
        (b"text/plain", b"8bit", "朱镕基：借款已结清。".encode("gbk")),
        (b"text/plain; charset=utf-8", b"8bit", "朱镕基：借款已结清。".encode("gbk")),
        (b"text/plain; charset=gbk", b"8bit", "朱镕基：借款已结清。".encode()),
        (b'text/plain; charset = "utf-8"', b"8bit", "朱镕基：借款已结清。".encode()),
    ],
)
def test_a_chinese_body_is_right_whatever_the_label_says(
    tmp_path: Path, kind: bytes, encoding: bytes, body: bytes
) -> None:
    message = _only(tmp_path, mail(body, kind=kind, encoding=encoding))

    assert message.text == "朱镕基：借款已结清。"


def test_a_body_in_hz_is_decoded(tmp_path: Path) -> None:
    body = NOTICE.encode("hz")

    message = _only(tmp_path, mail(body, kind=b"text/plain; charset=HZ-GB-2312", encoding=b"7bit"))

    assert message.text == NOTICE


def test_html_is_read_in_the_charset_that_it_names(tmp_path: Path) -> None:
    body = f'<html><meta charset="gbk"><p>{NOTICE}</p></html>'

    message = _only(tmp_path, mail(body.encode("gbk"), kind=b"text/html"))

    assert message.html == body
    assert message.text is None


def _word(raw: bytes, charset: str = "gb2312") -> bytes:
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(raw) + b"?="


SUBJECT = "镕先生的还款通知"


@pytest.mark.parametrize(
    "subject",
    [
        SUBJECT.encode("gbk"),
        SUBJECT.encode(),
        _word(SUBJECT.encode("gbk")),
        _word(SUBJECT.encode(), "utf-8"),
        _word(SUBJECT.encode(), "utf-8*zh-CN"),
        _word(SUBJECT.encode("gbk")[:5]) + b"\n " + _word(SUBJECT.encode("gbk")[5:]),
        _word(SUBJECT.encode()[:4], "UTF-8") + b" " + _word(SUBJECT.encode()[4:], "utf-8"),
        _word(SUBJECT.encode("gbk")).replace(b"==?=", b"?="),
        b"=?utf-8?Q?" + "".join(f"={byte:02X}" for byte in SUBJECT.encode()).encode() + b"?=",
    ],
)
def test_a_subject_is_right_however_it_is_encoded(tmp_path: Path, subject: bytes) -> None:
    assert _only(tmp_path, mail(NOTICE.encode("gbk"), subject=subject)).subject == SUBJECT


def test_words_and_plain_text_keep_the_space_between_them(tmp_path: Path) -> None:
    subject = b"Re: " + _word("还款".encode("gbk")) + b" (2) " + _word("通知".encode("gbk"))

    assert _only(tmp_path, mail(b"x", subject=subject)).subject == "Re: 还款 (2) 通知"


def test_every_from_is_kept_and_the_first_is_the_sender(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(b"x", more=b'From: "bank@example.cn" <other@evil.example>\n'))

    assert [value for name, value in message.headers if name == "From"] == [
        "Example Finance <service@example.com>",
        '"bank@example.cn" <other@evil.example>',
    ]
    assert message.sender == "service@example.com"


def test_the_name_before_an_address_is_never_the_sender(tmp_path: Path) -> None:
    content = mail(b"x").replace(b"Example Finance", b'"<service@bank.example>"')

    assert _only(tmp_path, content).sender == "service@example.com"


def test_only_the_topmost_authentication_results_are_kept(tmp_path: Path) -> None:
    more = b"Authentication-Results: mx; dkim=fail\nAuthentication-Results: forged; dkim=pass\n"

    message = _only(tmp_path, mail(b"x", more=more))

    assert [value for name, value in message.headers if name == "Authentication-Results"] == [
        "mx; dkim=fail",
    ]


def test_a_mail_without_received_is_dated_by_its_sender(tmp_path: Path) -> None:
    content = mail(b"x")

    message = _only(tmp_path, content[content.index(b"\n") + 1 :])

    assert message.received_at == datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("date", [b"", b"yesterday", b"Thu, 5 Mar 99999 10:15:30 +0800", b"0"])
def test_a_mail_without_any_date_is_marked_and_still_read(tmp_path: Path, date: bytes) -> None:
    message = _only(tmp_path, b"Subject: x\nDate: " + date + b"\n\n" + NOTICE.encode())

    assert message.unreadable == "source.no_date"
    assert message.text == NOTICE


def test_a_message_id_used_twice_gives_two_identities(tmp_path: Path) -> None:
    assert _only(tmp_path, mail(b"one")).id != _only(tmp_path, mail(b"two")).id
    assert _only(tmp_path, mail(b"one")).id == _only(tmp_path, mail(b"one")).id


def _multipart(*parts: bytes, kind: bytes = b"multipart/mixed") -> bytes:
    body = b"".join(b"--sep\n" + part + b"\n" for part in parts) + b"--sep--\n"
    return mail(body, kind=kind + b'; boundary="sep"')


def _part(body: bytes, kind: bytes = b"text/plain; charset=utf-8", more: bytes = b"") -> bytes:
    return b"Content-Type: " + kind + b"\n" + more + b"\n" + body


def test_text_and_html_are_both_kept(tmp_path: Path) -> None:
    content = _multipart(
        _part(b"plain"),
        _part(b"<p>rich</p>", b"text/html"),
        kind=b"multipart/alternative",
    )

    message = _only(tmp_path, content)

    assert (message.text, message.html) == ("plain", "<p>rich</p>")


def test_a_forwarded_mail_stands_quoted_behind_the_senders_own_words(tmp_path: Path) -> None:
    inner = b"From: a@example.org\nSubject: old\n\nfirst\nsecond"

    message = _only(tmp_path, _multipart(_part(b"see below"), _part(inner, b"message/rfc822")))

    assert message.text == "see below\n\n> first\n> second"


def test_an_attached_page_is_kept_apart_from_the_mails_own(tmp_path: Path) -> None:
    attached = _part(b"<a>pay</a>", b"text/html", b"Content-Disposition: attachment\n")

    assert _only(tmp_path, _multipart(_part(b"hi"), attached)).html == (
        "<blockquote><a>pay</a></blockquote>"
    )


def test_a_text_whose_boundary_is_lost_is_still_read(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(NOTICE.encode(), kind=b"multipart/mixed"))

    assert message.text == NOTICE


def test_control_characters_never_reach_the_text(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(b"a\0b\x1b[31mc", subject=b"x\0y"))

    assert message.text == "a�b�[31mc"
    assert message.subject == "x�y"


def test_a_sealed_mail_says_that_it_cannot_be_read(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(b"AAAA", kind=b"application/pkcs7-mime", encoding=b"base64"))

    assert message.unreadable == "source.mail_sealed"
    assert message.sender == "service@example.com"


def test_a_text_over_a_megabyte_is_cut_and_marked(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(b"x" * 70 + b"\n" * (1024 * 1024)))

    assert message.unreadable == "source.text_cut"
    assert len(message.text or "") == 1024 * 1024


@pytest.mark.parametrize("name", [b"From", b"To", b"Cc", b"Reply-To", b"Subject"])
def test_a_broken_encoded_word_in_a_header_does_not_lose_the_mail(
    tmp_path: Path, name: bytes
) -> None:
    broken = b"\n" + name + b": =?utf-8?b?6YCa5*+l?= <a@example.com>\n"
    raw = re.sub(rb"\n" + name + rb": [^\n]*\n", b"\n", mail(b"pay")).replace(b"\n", broken, 1)
    message = _only(tmp_path, raw)

    assert (message.text, message.unreadable) == ("pay", None)


def test_bad_base64_does_not_lose_the_mail(tmp_path: Path) -> None:
    message = _only(tmp_path, mail(b"5bey6YC+5pyf!!!x", encoding=b"base64"))

    assert (message.text or "").startswith("已逾期")
