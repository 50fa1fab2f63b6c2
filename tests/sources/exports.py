"""Small faithful writers of the formats, for messages that are invented here."""

from collections.abc import Iterator
from pathlib import Path

from watcher.core.model import Message
from watcher.sources.files import read_path
from watcher.sources.items import Damage, Finished, Item, Remark

HEAD = (
    "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
    "<!--File Created By SMS Backup & Restore v10.20.002 on 08/03/2026 08:00:12-->\n"
    '<?xml-stylesheet type="text/xsl" href="sms.xsl"?>\n'
)
FIRST_DATE = 1_772_676_930_000
"""2026-03-05 10:15:30 in China."""


def sms(body: str, *, number: int = 0, kind: str = "1", address: str = "10690000123456") -> str:
    """Write one record as the app does; `body` is put in as it stands, quotes included."""
    quoted = body if body.startswith(("'", '"')) else f'"{body}"'
    return (
        f'  <sms protocol="0" address="{address}" date="{FIRST_DATE + number * 60_000}"'
        f' type="{kind}" subject="null" body={quoted} toa="null" sc_toa="null"'
        ' service_center="+8613800100500" read="1" status="-1" locked="0"'
        f' date_sent="{FIRST_DATE}" sub_id="1" readable_date="2026年3月5日 10:15:30"'
        ' contact_name="(Unknown)" />\n'
    )


def mms(parts: str, *, kind: str = "1", sub: str = "null", rest: str = "") -> str:
    """Write one MMS around its parts."""
    return (
        f'  <mms date="{FIRST_DATE}" msg_box="{kind}" address="10690000456789" m_type="132"'
        f' sub="{sub}" sub_cs="106" read="0" date_sent="1772676928" text_only="0">\n'
        f"    <parts>\n{parts}    </parts>\n{rest}  </mms>\n"
    )


def part(text: str, *, seq: int = 0, kind: str = "text/plain", more: str = "") -> str:
    """Write one part of an MMS."""
    return f'      <part seq="{seq}" ct="{kind}" chset="106" text="{text}"{more} />\n'


def smses(*records: str, count: int | None = None) -> str:
    """Write a whole export."""
    announced = len(records) if count is None else count
    return f'{HEAD}<smses count="{announced}">\n{"".join(records)}</smses>\n'


def mail(
    body: bytes,
    *,
    subject: bytes = b"Notice",
    kind: bytes = b"text/plain; charset=utf-8",
    encoding: bytes = b"8bit",
    more: bytes = b"",
) -> bytes:
    """Write one mail of one part."""
    return (
        b"Received: from mx.example.net by mail.example.com; Thu, 5 Mar 2026 02:15:35 +0000\n"
        b"From: Example Finance <service@example.com>\n"
        b"Date: Thu, 5 Mar 2026 10:15:30 +0800\n"
        b"Message-ID: <1@example.com>\n"
        b"Subject: " + subject + b"\n" + more + b"MIME-Version: 1.0\n"
        b"Content-Type: " + kind + b"\n"
        b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body
    )


class Reading:
    """Everything that came out of a file, by kind."""

    def __init__(self, items: Iterator[Item]) -> None:
        self.items = list(items)
        self.messages = [item for item in self.items if isinstance(item, Message)]
        self.damage = [item for item in self.items if isinstance(item, Damage)]
        self.remarks = [item for item in self.items if isinstance(item, Remark)]
        self.finished = [item for item in self.items if isinstance(item, Finished)]

    @property
    def texts(self) -> list[str | None]:
        return [message.text for message in self.messages]

    @property
    def reasons(self) -> list[str]:
        return [damage.reason for damage in self.damage]


def here(path: Path) -> Reading:
    """Read a path in this process."""
    return Reading(read_path(path, sandbox=False))


def read(folder: Path, content: str | bytes, name: str = "file") -> Reading:
    """Write `content` to a file and read it in this process."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return here(path)
