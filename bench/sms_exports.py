"""Exports as SyncTech's app writes them, of any size, to measure reading on.

Everything is made up and drawn from a fixed start. No two texts are equal; each message
follows the one before by seven minutes, and one of twenty is a notice.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from bench.workload import START, chat, notices
from watcher.core.knowledge import Rules

NOTICE_EVERY: Final = 20
EMOJI_EVERY: Final = 50
"""One of so many texts ends in an emoji, which the app writes as two halves of a character."""

_APART: Final = timedelta(minutes=7)
_FIRST: Final = START - timedelta(days=6000)
_EMOJI: Final = "😀"
_HALVES: Final = "&#55357;&#56832;"
_HEAD: Final = (
    "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
    "<!--File Created By SMS Backup & Restore v10.20.002 on 08/03/2026 08:00:12-->\n"
)
_IMAGE: Final = 1_500_000
"""Letters of one picture's base64."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One received message."""

    address: str
    milliseconds: int
    body: str

    def written(self, emoji: str) -> str:
        """Return it as a record of the export."""
        body = escape(self.body, {'"': "&quot;", "\n": "&#10;"}).replace(_EMOJI, emoji)
        return (
            f'  <sms protocol="0" address="{self.address}" date="{self.milliseconds}" type="1"'
            f' subject="null" body="{body}" toa="null" sc_toa="null"'
            ' service_center="+8613800100500" read="1" status="-1" locked="0"'
            f' date_sent="{self.milliseconds - 2000}" sub_id="1"'
            ' readable_date="2026年3月5日 10:15:30" contact_name="(Unknown)" />\n'
        )


def texts(rules: Rules, most: int) -> Iterator[Sms]:
    """Yield so many messages, the oldest first."""
    choice = random.Random(5)  # noqa: S311  chance decides nothing secret
    friends = [f"+8613{choice.randint(0, 999_999_999):09}" for _ in range(300)]
    lenders = [f"1069{choice.randint(0, 99_999_999):08}" for _ in range(80)]
    owed = (text for _, text in notices(most // NOTICE_EVERY, rules))
    talk = chat(most - most // NOTICE_EVERY)
    for number in range(most):
        notice = number % NOTICE_EVERY == NOTICE_EVERY - 1
        body = next(owed) if notice else next(talk)
        yield Sms(
            address=choice.choice(lenders if notice else friends),
            milliseconds=int((_FIRST + number * _APART).timestamp() * 1000),
            body=body + (_EMOJI if number % EMOJI_EVERY == 0 else ""),
        )


def write_exports(
    messages: Iterable[Sms], cuts: Mapping[str, int], folder: Path
) -> dict[str, tuple[Path, Path]]:
    """Write one export after the other, of so many messages each.

    Returns of each the file as the app writes it, and one of the same messages that any
    XML parser takes.
    """
    stream = iter(messages)
    made: dict[str, tuple[Path, Path]] = {}
    for name, most in cuts.items():
        paths = (folder / f"{name}.xml", folder / f"{name}-clean.xml")
        with (
            paths[0].open("w", encoding="utf-8") as usual,
            paths[1].open("w", encoding="utf-8") as clean,
        ):
            for file in (usual, clean):
                file.write(f'{_HEAD}<smses count="{most}">\n')
            for message in islice(stream, most):
                usual.write(message.written(_HALVES))
                clean.write(message.written(_EMOJI))
            for file in (usual, clean):
                file.write("</smses>\n")
        made[name] = paths
    return made


def write_pictures(messages: Iterable[Sms], path: Path, size: int) -> int:
    """Write an export that is mostly pictures, of about `size` bytes; return its MMS."""
    data = ("iVBORw0KGgoAAAANSUhEUg" * (_IMAGE // 22 + 1))[:_IMAGE]
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{_HEAD}<smses count="{size // _IMAGE}">\n')
        for number, message in enumerate(messages, 1):  # noqa: B007  it is what is returned
            body = escape(message.body.replace(_EMOJI, ""), {'"': "&quot;"})
            file.write(
                f'  <mms date="{message.milliseconds}" msg_box="1" address="{message.address}"'
                ' m_type="132" sub="null" sub_cs="106" read="1" date_sent="0" text_only="0">\n'
                f'    <parts>\n      <part seq="0" ct="image/png" chset="null" text="null"'
                f' data="{data}" />\n'
                f'      <part seq="1" ct="text/plain" chset="106" text="{body}" />\n'
                "    </parts>\n  </mms>\n"
            )
            if file.tell() >= size:
                break
        file.write("</smses>\n")
    return number


def broken() -> Iterator[tuple[str, bytes, list[str]]]:
    """Yield what is wrong with an export, the export, and the texts that stand in it.

    They are the rows at which one XML parser or another stops, loses messages, or dies.
    """
    first = Sms("106900005512", 1_772_676_930_000, "本期应还298.60元，请勿忘记")
    last = Sms("106900005512", 1_772_680_530_000, "还款成功，感谢您的使用")
    before, after = (one.written(_EMOJI).encode() for one in (first, last))
    around = [first.body, last.body]
    record = Sms(first.address, first.milliseconds + 60_000, "@").written(_EMOJI).encode()
    for name, raw, text in _DAMAGE:
        middle = record.replace(b'"@"' if raw.startswith(b"'") else b"@", raw)
        yield name, _export(before, middle, after), [around[0], text, around[1]]
    yield "cut off in a record", _export(before, after, record)[: -len(record) // 2], around
    yield "an entity bomb", _BOMB + _export(before), []
    large = (
        b'<mms date="1772676930000" msg_box="1" address="1"><parts>'
        b'<part seq="0" ct="image/png" data="' + b"QUJD" * 3_000_000 + b'" />'
        b'<part seq="1" ct="text/plain" text="b" /></parts></mms>\n'
    )
    yield "an attribute of 12 MB", _export(before, large, after), [around[0], "b", around[1]]


def _export(*records: bytes) -> bytes:
    head = f'{_HEAD}<smses count="{len(records)}">\n'.encode()
    return head + b"".join(records) + b"</smses>\n"


_DAMAGE: Final = (
    ("two halves of an emoji", b"a&#55357;&#56832;b", "a😀b"),
    ("a half alone", b"a&#55357;b", "a\ufffdb"),
    ("references to controls", b"a&#0;b&#11;c", "a\ufffdb\ufffdc"),
    ("a raw control", b"a\x01b", "a\ufffdb"),
    ("a raw &", b"298.60&b", "298.60&b"),
    ("a byte that is no UTF-8", "请".encode() + b"\xff" + "及时还款".encode(), "请\ufffd及时还款"),
    ("tags in single quotes", b"""'say "hi" data="x"/> b'""", 'say "hi" data="x"/> b'),
)
_BOMB: Final = (
    b'<!DOCTYPE smses [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
)
