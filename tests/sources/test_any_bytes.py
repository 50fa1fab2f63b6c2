"""Whatever bytes a file holds, reading ends and everything that comes out can be stored."""

import random
import re
from pathlib import Path
from xml.parsers.expat import ParserCreate

import pytest

from tests.sources.exports import mail, mms, part, read, sms, smses
from tests.sources.harm import assert_damage_stops_nothing
from tests.sources.jsonexports import (
    fossify,
    fossify_mms,
    fossify_sms,
    lines,
    quik,
    quik_sms,
    smsie_mms,
    smsie_sms,
    smsie_zip,
)

SAMPLES: dict[str, bytes] = {
    "export": smses(
        sms("逾期&#55357;&#56832;请还"),
        sms("'a \" b'", number=1),
        mms(part("彩信") + part("null", seq=1, kind="image/png", more=' data="AAAA"')),
        sms("后", number=2),
    ).encode(),
    "mail": mail(
        b"--sep\nContent-Type: text/html; charset=gbk\nContent-Transfer-Encoding: base64\n\n"
        b"0tG98cfl\n--sep\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n--sep--\n",
        kind=b'multipart/mixed; boundary="sep"',
        subject=b"=?gb2312?B?0tG98cfl?= =?utf-8?Q?=E9=80=BE?=",
    ),
    "box": b"\n".join(b"From a Thu Mar  5 10:15:30 2026\n" + mail(b"x\n") for _ in range(3)),
    "lines": b'{"id":"a","channel":"sms","received_at":"2026-03-05T10:15:30+08:00","text":"x"}\n'
    * 3,
    "smsie": lines(smsie_sms("逾期"), smsie_mms("彩信", "二"), smsie_sms("后", number=2)).encode(),
    "fossify": fossify(fossify_sms("逾期"), fossify_mms("彩信"), fossify_sms("后")).encode(),
    "quik": quik(quik_sms("逾期"), quik_sms("后", number=1)).encode(),
    "zip": smsie_zip(smsie_sms("逾期"), smsie_mms("彩信", "二"), smsie_sms("后", number=2)),
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_damage_anywhere_never_stops_a_batch(tmp_path: Path, name: str) -> None:
    assert_damage_stops_nothing(tmp_path, name, SAMPLES[name])


def test_the_scanner_reads_what_a_repaired_file_says_to_an_xml_parser(tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311  the same texts on every run
    pieces = [
        "应还",
        "500元",
        "&amp;",
        "&lt;1/2&gt;",
        "&#10;",
        "&#x4E2D;",
        "😀",
        "&#128514;",
        " ",
        "a/>b",
    ]
    bodies = ["".join(dice.choices(pieces, k=dice.randrange(30))) for _ in range(500)]
    records = [sms(body if n % 3 else f"'{body} \"'", number=n) for n, body in enumerate(bodies)]
    content = smses(*records)
    expected: list[str] = []

    def take(name: str, given: dict[str, str]) -> None:
        if name == "sms":
            expected.append(given["body"])

    parser = ParserCreate()
    parser.StartElementHandler = take
    parser.Parse(content.encode(), True)  # noqa: FBT003  the parser takes it by position

    halved = re.sub("😀", "&#55357;&#56832;", content)

    assert read(tmp_path, content).texts == expected
    assert read(tmp_path, halved).texts == expected


@pytest.mark.parametrize(
    "content",
    [
        b"<!--" * 60_000,
        b"<?" * 100_000,
        b"<smses>" + b"<" * 300_000,
        b"<smses>" + b"<sms " * 60_000,
        b"<smses>" + b"<mms><parts><part " * 20_000,
        b"<smses><sms " + b"a='' " * 60_000,
        b"<smses><sms" + b" " * 3_000_000,
        b"<smses><sms body='" + b"&#" * 500_000,
        mail(b"boundary=" * 100_000),
        mail(b"boundary='" * 100_000),
        mail(b"~{" * 500_000),
        mail(b"~{!!" * 250_000),
        mail(b"<meta " * 100_000, kind=b"text/html"),
        mail(b"x", subject=b"=?utf-8?Q?" * 1_600),
        mail(b"x", subject=b"=?" * 8_000),
        b"From: " + b"<a" * 8_000 + b"\n\nx",
        b"From a\n" + b"\nFrom " * 200_000,
        b"\n".join([b"From a", b"A: b"] * 20_000),
        b'{"id":' + b"[" * 500_000,
    ],
)
def test_no_input_takes_more_time_than_its_size_explains(tmp_path: Path, content: bytes) -> None:
    import time  # noqa: PLC0415  only this test measures

    started = time.process_time()
    reading = read(tmp_path, content)

    assert time.process_time() - started < 5
    assert len(reading.finished) == 1


def test_many_damaged_records_are_counted_and_not_each_shown(tmp_path: Path) -> None:
    broken = sms('您的"白条"应还298.60元')

    reading = read(tmp_path, smses(*[broken] * 500, sms("后", number=1)))

    assert len(reading.messages) == 101
    assert reading.texts[-1] == "后"
    assert reading.finished[0].records == 501
    assert reading.damage[0].reason == "source.more_damaged"
    assert reading.damage[0].values == {"count": 400}
