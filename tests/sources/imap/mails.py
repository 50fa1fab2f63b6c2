"""Invented mails of many shapes, and how the two ways of reading one are compared."""

from base64 import encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from quopri import encodestring
from typing import Any

from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from tests.sources.pictures import encoded, qr
from watcher.core.model import Message
from watcher.sources.mime import read_mail

SEEN_AT = datetime(2026, 3, 5, tzinfo=UTC)
WORDS = (
    "尊敬的客户李晓，您在青山消费的借款已于三月结清，",
    "本期应还一千三百五十二元二角九分。",
    "镕喆先生，请勿向个人账户转账；",
    "退订回复T",
    "<b>查看账单</b>&nbsp;",
    "Dear customer, 2026-03-05",
    "=20 = == ?= ",
    "\n\nFrom 上月起\n.\n--\n--b0\n",
)
_CHARSETS = ("utf-8", "gb2312", "gbk", "gb18030")
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030"}


@cache
def picture(text: str = "https://qingshan.test/huankuan") -> bytes:
    return encoded(qr(text))


@dataclass(frozen=True, slots=True)
class Piece:
    """One part: the headers that describe it, and its body."""

    headers: tuple[bytes, ...]
    body: bytes

    def written(self) -> bytes:
        return b"".join(one + b"\r\n" for one in self.headers) + b"\r\n" + self.body


def _transferred(data: bytes, encoding: str) -> tuple[bytes, bytes]:
    header = b"Content-Transfer-Encoding: " + encoding.encode()
    if encoding == "base64":
        return header, encodebytes(data).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return header, encodestring(data).replace(b"\n", b"\r\n")
    return header, data.replace(b"\n", b"\r\n")


@st.composite
def texts(draw: st.DrawFn) -> Piece:
    text = "".join(draw(st.lists(st.sampled_from(WORDS), max_size=12)))
    charset = draw(st.sampled_from(_CHARSETS))
    encoding = draw(st.sampled_from(["base64", "quoted-printable", "8bit"]))
    kind = draw(st.sampled_from(["text/plain", "text/html", "TEXT/HTML", "text/csv"]))
    header, body = _transferred(text.encode(_CODECS.get(charset, charset)), encoding)
    quote = draw(st.sampled_from(['"', ""]))
    types = f"Content-Type: {kind}; charset={quote}{charset}{quote}"
    folded = draw(st.sampled_from([types, types.replace("; ", ";\r\n\t"), "X-No-Type: 1"]))
    attached = draw(st.sampled_from(["", "", "inline", 'attachment; filename="a.txt"']))
    headers = [folded.encode(), header]
    if attached:
        headers.append(b"Content-Disposition: " + attached.encode())
    return Piece(tuple(headers), body)


@st.composite
def files(draw: st.DrawFn) -> Piece:
    kind, data = draw(
        st.sampled_from(
            [
                (b"image/png", picture()),
                (b"application/octet-stream", picture()),
                (b"application/octet-stream", b"\x89PNG no picture" * 20),
                (b"application/zip", b"PK" * 400),
                (b"application/pkcs7-signature", b"1" * 60),
            ]
        )
    )
    headers = [b"Content-Type: " + kind, b"Content-Transfer-Encoding: base64"]
    if draw(st.booleans()):
        headers.append(b"Content-ID: <i@qingshan.test>")
    return Piece(tuple(headers), encodebytes(data).replace(b"\n", b"\r\n"))


@st.composite
def _multiparts(draw: st.DrawFn, inside: st.SearchStrategy[Piece]) -> Piece:
    kind = draw(st.sampled_from(["mixed", "alternative", "related", "report"]))
    boundary = f"=_b{draw(st.integers(0, 10**9))}".encode()
    # Parts that hold their parent's boundary are another test's matter.
    parts = [
        one for one in draw(st.lists(inside, min_size=1, max_size=4)) if boundary not in one.body
    ]
    body = b"".join(b"--" + boundary + b"\r\n" + one.written() + b"\r\n" for one in parts)
    header = f"Content-Type: multipart/{kind}; boundary=".encode() + b'"' + boundary + b'"'
    return Piece((header,), b"A preamble.\r\n" + body + b"--" + boundary + b"--\r\n")


@st.composite
def _attached_mails(draw: st.DrawFn, inside: st.SearchStrategy[Piece]) -> Piece:
    inner = draw(inside)
    headers = (b"Subject: inner", b"From: zhou@youxiang.test")
    whole = Piece((*headers, *inner.headers), inner.body).written()
    return Piece((b"Content-Type: message/rfc822",), whole)


def mails() -> st.SearchStrategy[bytes]:
    """Whole mails: leaves, multiparts in multiparts, mails in mails."""
    pieces = st.recursive(
        st.one_of(texts(), texts(), files()),
        lambda inside: st.one_of(_multiparts(inside), _multiparts(inside), _attached_mails(inside)),
        max_leaves=8,
    )
    return st.builds(as_mail, pieces, st.sampled_from(["账单提醒", "Notice", ""]))


def as_mail(piece: Piece, subject: str = "账单提醒") -> bytes:
    named = encodebytes(subject.encode("gb18030")).strip().decode()
    headers = (
        b"Received: from a.test by b.test; Thu, 5 Mar 2026 10:15:30 +0800",
        "From: 青山消费 <service@qingshan.test>".encode("gb18030"),
        f"Subject: =?gb2312?B?{named}?=".encode(),
        b"Date: Thu, 5 Mar 2026 10:15:30 +0800",
        b"Authentication-Results: b.test;\r\n spf=pass",
        b"MIME-Version: 1.0",
    )
    return Piece((*headers, *piece.headers), piece.body).written()


def understood(mail: bytes) -> Message:
    return read_mail(mail, "imap", SEEN_AT)


def parsed_structure(written: bytes) -> Any:
    """Read a BODYSTRUCTURE as the session does."""
    return parse_fetch_response([b"1 (BODYSTRUCTURE " + written + b")"])[1][b"BODYSTRUCTURE"]
