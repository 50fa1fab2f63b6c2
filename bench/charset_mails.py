"""Mails whose labels lie, as Chinese mailers write them; every word in them is invented.

A row is one lie (or one bare truth that parsers stumble on): it writes a text into the bytes
of a mail and says what a reader of that mail should see.
"""

import base64
import quopri
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

SUBJECT, FROM, TEXT, HTML = "subject", "from", "text", "html"

_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕闫贲"
)
_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文慧建国志红宇浩晓梅婷雪玲欣"
_RARE: Final = "镕喆堃昇玥甯淼翀祎旻婧珺瑄垚犇赟韡頔勍琤昀晞珅瑀"
_RAREST: Final = "𠮷䶮㛃𬱖𠅤㐂"
_CANTONESE_GIVEN: Final = "偉芳麗強傑國華詠嘉穎皓軒曉彤喆鎔瀅"
_LENDERS: Final = ("山海贷", "云舟消费金融", "小鹿花", "南桥银行", "青禾普惠")
_SENTENCES: Final = (
    "尊敬的{name}，您在{lender}的借款{sum}元已逾期{n}天，请尽快登录官方App还款。",
    "{name}您好：您尾号{tail}的借款本期应还{sum}元，还款日为{month}月{day}日。",
    "温馨提示：您的账单已出，最低还款额{sum}元，逾期将影响征信。",
    "【{lender}】{name}，您的贷款已于{month}月{day}日结清，结清证明可在App内下载。",
    "自动扣款失败，请确保尾号{tail}的银行卡余额充足，避免产生罚息。",
    "受{lender}委托，现就{name}名下欠款{sum}元与您联系，请于{n}日内处理。",
    "如有疑问，请拨打客服热线400-{tail}-{tail}（9:00－21:00）。",
    "您的还款{sum}元已入账，剩余本金０元，感谢您的支持！",
    "详情请见 https://example.com/bill?id={tail}，工作人员不会索要验证码。",
)
_SHORT: Final = (
    "{name}，还款。",
    "已收到，谢谢{name}。",
    "{name}：{sum}元，{month}月{day}日前。",
    "Dear {name}, please see https://example.com/bill?id={tail} for your statement of {sum} CNY.",
    "Hi {name}",
    "收到请回复",
)
_CANTONESE_SHORT: Final = (
    "{name}，還款喇。",
    "收到嘞，唔該{name}。",
    "{name}：{sum}元，{month}月{day}日前。",
    "Dear {name}, please see https://example.com/bill?id={tail} for your statement of {sum} HKD.",
    "Hi {name}",
    "多謝晒",
)
_CANTONESE: Final = (
    "{name}，你喺{lender}嘅貸款{sum}元已經過咗期{n}日，請盡快還款。",
    "{name}你好，你嘅帳單{sum}元將於{month}月{day}日到期，唔該準時繳付。",
    "我哋已經收到你嘅還款，啲利息唔使再畀，多謝晒。",
    "如果你已經還咗，就唔使理會呢封電郵嘞。",
    "有咩唔明，可以打{tail}{tail}搵我哋，邊個都得㗎。",
    "佢哋話嗰筆數仲未找清，喺度再提多次。",
)
_CANTONESE_LENDERS: Final = ("維港財務", "獅山銀行", "南灣信貸")
_TITLES: Final = (
    "{name}还款提醒",
    "逾期通知：{name}",
    "{lender}账单 {sum}元",
    "关于{name}借款事宜",
    "结清通知",
    "{name}",
    "Re: {name}的还款安排（{month}月）",
)
_CANTONESE_TITLES: Final = ("{name}嘅還款通知", "{lender}帳單", "喺{month}月{day}日到期", "{name}")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail and what its reader should see, field by field."""

    raw: bytes = field(repr=False)
    shows: Mapping[str, str] = field(repr=False)


class Writer:
    """Invents words and puts them into mails; the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self.choice = random.Random(seed)  # noqa: S311  reproducible, no secret

    def words(self, codec: str) -> tuple[str, str, str]:
        """Return a sender's name, a subject and a text that this codec can write."""
        pick = self.choice
        chinese = codec != "big5hkscs"
        sentences = _SENTENCES if chinese else _CANTONESE
        count = pick.choice((0, 1, 1, 2, 3, 5, 9))
        blanks = self._blanks(codec)
        short = _SHORT if chinese else _CANTONESE_SHORT
        lines = [pick.choice(sentences) for _ in range(count)] or [pick.choice(short)]
        text = "\n".join(lines).format(**blanks)
        title = pick.choice(_TITLES if chinese else _CANTONESE_TITLES).format(**blanks)
        return blanks["lender"], title, text

    def _blanks(self, codec: str) -> dict[str, str]:
        pick = self.choice
        given = {"big5hkscs": _CANTONESE_GIVEN, "gb2312": _GIVEN, "hz": _GIVEN}.get(codec)
        if given is None:
            given = _GIVEN + 3 * _RARE + (8 * _RAREST if codec in {"gb18030", "utf-8"} else "")
        surnames = "陳李張黃何歐鄧關馮梁" if codec == "big5hkscs" else _SURNAMES
        if codec in {"gb2312", "hz"}:
            surnames = "王李张刘陈杨赵黄周吴"
        return {
            "name": pick.choice(surnames) + "".join(pick.choices(given, k=pick.choice((1, 2)))),
            "lender": pick.choice(_CANTONESE_LENDERS if codec == "big5hkscs" else _LENDERS),
            "sum": f"{pick.randrange(10_00, 99_999_99) / 100:,.2f}",
            "tail": f"{pick.randrange(10_000):04}",
            "n": str(pick.randrange(1, 400)),
            "month": str(pick.randrange(1, 13)),
            "day": str(pick.randrange(1, 29)),
        }

    def body(self, codec: str, label: str | None, *, wire: str | None = None) -> Mail:
        """Write a text in one codec, labelled as another."""
        name, subject, text = self.words(codec)
        equals = " = " if label and label.startswith('"') else "="
        charset = "" if label is None else f"; charset{equals}{label}"
        return self._mail(
            [f"From: {_word(name)} <a@example.com>", f"Subject: {_word(subject)}"],
            f"text/plain{charset}",
            text.encode(wire or codec),
            {FROM: f"{name} <a@example.com>", SUBJECT: subject, TEXT: text},
        )

    def html(self, codec: str, *, wire: str | None = None) -> Mail:
        """Write an HTML text that names its charset itself; the MIME header names none."""
        name, subject, text = self.words(codec)
        meta = self.choice.choice(
            (f'<meta charset="{codec}">', f"<META content='text/html; charset={codec}'>")
        )
        page = (
            f"<html><head>{meta}</head><body><p>{text.replace(chr(10), '<br>')}</p></body></html>"
        )
        return self._mail(
            [f"From: {_word(name)} <a@example.com>", f"Subject: {_word(subject)}"],
            "text/html",
            page.encode(wire or codec),
            {FROM: f"{name} <a@example.com>", SUBJECT: subject, HTML: page},
        )

    def raw_headers(self, codec: str, label: str | None) -> Mail:
        """Write headers in bare bytes, above a body that names their charset, or none."""
        name, subject, text = self.words(codec)
        charset = "" if label is None else f"; charset={label}"
        shows = {FROM: f"{name} <a@example.com>", SUBJECT: subject, TEXT: text}
        lines = [f"From: {name} <a@example.com>", f"Subject: {subject}"]
        return self._mail(
            [line.encode(codec) for line in lines],
            f"text/plain{charset}",
            text.encode(codec),
            shows,
        )

    def encoded_words(self, codec: str, label: str, *, split: int = 0) -> Mail:
        """Write headers as encoded words; with `split` cut every so many bytes, characters too."""
        name, subject, text = self.words(codec)
        subject += self.words(codec)[1] if split else ""
        shows = {FROM: f"{name} <a@example.com>", SUBJECT: subject, TEXT: text}
        written = [
            f"From: {_word(name, codec, label)} <a@example.com>",
            f"Subject: {_word(subject, codec, label, split, q=self.choice.choice((True, False)))}",
        ]
        return self._mail(written, "text/plain; charset=utf-8", text.encode(), shows)

    def with_nuls(self) -> Mail:
        """Write a text with NULs in it, each of which is shown as one replacement character."""
        mail = self.body("utf-8", "utf-8")
        text = mail.shows[TEXT]
        for _ in range(3):
            at = self.choice.randrange(len(text))
            text = f"{text[:at]}\0{text[at:]}"
        head = mail.raw.partition(b"\r\n\r\n")[0].replace(b"quoted-printable", b"8bit")
        raw = head.replace(b"base64", b"8bit") + b"\r\n\r\n" + text.encode().replace(b"\n", b"\r\n")
        return Mail(raw, {**mail.shows, TEXT: text.replace("\0", "�")})

    def _mail(
        self, named: list[str] | list[bytes], kind: str, body: bytes, shows: Mapping[str, str]
    ) -> Mail:
        encoding = self.choice.choice(("8bit", "base64", "quoted-printable"))
        head = [
            b"Received: from mx.example.net by mail.example.com; Thu, 5 Mar 2026 02:15:35 +0000",
            *(line.encode("ascii") if isinstance(line, str) else line for line in named),
            b"Date: Thu, 5 Mar 2026 10:15:30 +0800",
            b"MIME-Version: 1.0",
            f"Content-Type: {kind}".encode(),
            f"Content-Transfer-Encoding: {encoding}".encode(),
        ]
        if encoding == "base64":
            body = base64.encodebytes(body).replace(b"\n", b"\r\n")
        elif encoding == "quoted-printable":
            body = quopri.encodestring(body).replace(b"\n", b"\r\n")
        elif b"\0" not in body:
            body = body.replace(b"\n", b"\r\n")
        return Mail(b"\r\n".join((*head, b"", body)), shows)


def _word(
    text: str, codec: str = "utf-8", label: str = "utf-8", split: int = 0, *, q: bool = False
) -> str:
    raw = text.encode(codec)
    size = split or len(raw)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    if q:
        return "\r\n ".join(f"=?{label}?Q?{_quoted(one)}?=" for one in pieces)
    return "\r\n ".join(f"=?{label}?B?{base64.b64encode(one).decode()}?=" for one in pieces)


def _quoted(raw: bytes) -> str:
    return "".join(f"={byte:02X}" for byte in raw)


ROWS: Final[Mapping[str, Callable[[Writer], Mail]]] = {
    "gb2312 that is GBK": lambda w: w.body("gbk", "gb2312"),
    "x-gbk": lambda w: w.body("gbk", "x-gbk"),
    "cp936": lambda w: w.body("gbk", "cp936"),
    "us-ascii that is GBK": lambda w: w.body("gbk", "us-ascii"),
    "GBK without a label": lambda w: w.body("gbk", None),
    "utf-8 that is GBK": lambda w: w.body("gbk", "utf-8"),
    "gbk that is UTF-8": lambda w: w.body("utf-8", "gbk"),
    "UTF-8 without a label": lambda w: w.body("utf-8", None),
    "gb18030 of four bytes": lambda w: w.body("gb18030", w.choice.choice(("gb18030", "gb2312"))),
    "HZ with its label": lambda w: w.body("hz", "hz-gb-2312"),
    "HZ without a label": lambda w: w.body("hz", None),
    "raw GBK headers": lambda w: w.raw_headers("gbk", w.choice.choice(("gb2312", "gbk", None))),
    "raw UTF-8 headers": lambda w: w.raw_headers("utf-8", w.choice.choice(("utf-8", None))),
    "words of gb2312 that are GBK": lambda w: w.encoded_words("gbk", "gb2312"),
    "words cut inside characters": lambda w: w.encoded_words(
        *w.choice.choice((("utf-8", "utf-8"), ("gbk", "gb2312"))), split=w.choice.choice((7, 11))
    ),
    "HTML with meta GBK": lambda w: w.html("gbk"),
    "HTML with meta GBK that is UTF-8": lambda w: w.html("gbk", wire="utf-8"),
    "big5 with HKSCS": lambda w: w.body("big5hkscs", "big5"),
    "HKSCS without a label": lambda w: w.body("big5hkscs", None),
    "label with spaces and quotes": lambda w: w.body(
        *w.choice.choice((("utf-8", '"utf-8"'), ("utf-8", ' "UTF-8" '), ("gbk", '"GB2312" ')))
    ),
    "NULs in the text": Writer.with_nuls,
}
"""What each row is called, and how one mail of it is written."""


def mails(count: int) -> Iterator[tuple[str, Mail]]:
    """Yield so many mails, shared out evenly over the rows, with the row of each."""
    writers = {row: Writer(row) for row in ROWS}
    for number in range(count):
        row = list(ROWS)[number % len(ROWS)]
        yield row, ROWS[row](writers[row])
