"""Faithful writers of the JSON exports, for messages that are invented here."""

import json
import zipfile
from collections.abc import Iterable
from io import BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any

from tests.sources.exports import FIRST_DATE

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Object = dict[str, Any]
SENDER = "10690000123456"
DUE = "【示例金融】您的借款今日应还500.00元，详见 example.com/a，请及时还款。"
MMS_SECONDS = FIRST_DATE // 1000


def smsie_sms(body: str, *, number: int = 0, kind: str = "1", address: str = SENDER) -> Object:
    """Return a row as a phone of MIUI has it: all values are text, null columns are left out."""
    return {
        "_id": str(4021 + number),
        "thread_id": "17",
        "address": address,
        "date": str(FIRST_DATE + number * 60_000),
        "date_sent": str(FIRST_DATE),
        "protocol": "0",
        "read": "1",
        "status": "-1",
        "type": kind,
        "reply_path_present": "0",
        "body": body,
        "service_center": "+8613800100500",
        "locked": "0",
        "error_code": "-1",
        "sub_id": "1",
        "creator": "com.android.mms",
        "seen": "1",
        "deleted": "0",
        "sync_state": "0",
        "__display_name": "周小满",
    }


def changed(**columns: Any) -> str:
    """Write a row with other columns; those that are `...` are missing."""
    row = smsie_sms(DUE) | columns
    return json.dumps({name: value for name, value in row.items() if value is not ...}) + "\n"


def smsie_mms(*texts: str, kind: str = "1") -> Object:
    """Return an MMS with its texts in the wrong order, behind its layout and a picture."""
    parts: list[Object] = [
        {"_id": "200", "mid": "88", "seq": "-1", "ct": "application/smil", "text": "<smil/>"},
        {
            "_id": "202",
            "mid": "88",
            "seq": "9",
            "ct": "image/png",
            "cl": "a.png",
            "_data": "/data/user_de/0/com.android.providers.telephony/app_parts/PART_1_a.png",
        },
    ]
    for seq, text in reversed(list(enumerate(texts))):
        part = {"_id": str(210 + seq), "mid": "88", "seq": str(seq), "ct": "text/plain"}
        parts.append(part | {"chset": "106", "cl": f"t{seq}.txt", "text": text})
    return {
        "_id": "88",
        "thread_id": "25",
        "date": str(MMS_SECONDS),
        "date_sent": str(MMS_SECONDS - 1),
        "msg_box": kind,
        "read": "0",
        "m_id": "20260307182041000001",
        "sub": "账单提醒".encode().decode("latin-1"),
        "sub_cs": "106",
        "ct_t": "application/vnd.wap.multipart.related",
        "m_type": "132",
        "sub_id": "2",
        "preview_data__base64__": "iVBORw0KGgo=",
        "__sender_address": {"address": "10690000456789", "type": "137", "charset": "106"},
        "__recipient_addresses": [
            {"address": "insert-address-token", "type": "151", "charset": "106"},
        ],
        "__parts": parts,
    }


def lines(*rows: Object) -> str:
    """Write the member of the second version, with its escaped slashes."""
    return "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/") + "\n"
        for row in rows
    )


def smsie_array(*rows: Object) -> str:
    """Write the first version: pretty-printed, without underscores, with pictures in it."""
    written = []
    for row in rows:
        plain = {name.removeprefix("__"): value for name, value in row.items()}
        for part in plain.get("parts", ()):
            if part["ct"].startswith("image/"):
                part["binary_data"] = "iVBORw0KGgo="
        written.append(plain)
    return json.dumps(written, ensure_ascii=False, indent=2)


class _Stream(RawIOBase):
    """A file that cannot seek, so that sizes are written behind the members, as on Android."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        self.written += data
        return len(memoryview(data).cast("B"))


def smsie_zip(*rows: Object, name: str = "messages.ndjson") -> bytes:
    """Write the second version as a stream: the messages first, then what MMS carried."""
    return zipped({name: lines(*rows).encode(), "data/PART_1_a.png": b"\x89PNG" * 30})


def zipped(members: dict[str, bytes], *, streamed: bool = True) -> bytes:
    """Write a ZIP, as a stream or with the sizes before the members."""
    out = _Stream() if streamed else BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return bytes(out.written) if isinstance(out, _Stream) else out.getvalue()


def fossify_sms(body: str | None, *, number: int = 0, kind: int = 1) -> Object:
    """Return an SMS as Fossify Messages writes it."""
    return {
        "subscriptionId": 1,
        "address": SENDER,
        "body": body,
        "date": FIRST_DATE + number * 60_000,
        "dateSent": FIRST_DATE,
        "locked": 0,
        "protocol": "0" if kind == 1 else None,
        "read": 1,
        "status": -1,
        "type": kind,
        "serviceCenter": "+8613800100500",
        "backupType": "sms",
    }


def fossify_mms(*texts: str, kind: int = 1) -> Object:
    """Return an MMS as Fossify Messages writes it: a text stands in `data` too."""
    parts = [
        _fossify_part(seq, "text/plain", f"t{seq}.txt", text) for seq, text in enumerate(texts)
    ]
    picture = _fossify_part(9, "image/png", "a.png", "iVBORw0KGgo=\n" * 20) | {"text": None}
    return {
        "creator": "org.fossify.messages",
        "contentType": "application/vnd.wap.multipart.related",
        "deliveryReport": 129,
        "date": MMS_SECONDS,
        "dateSent": MMS_SECONDS - 1,
        "locked": 0,
        "messageType": 132,
        "messageBox": kind,
        "read": 0,
        "seen": 1,
        "textOnly": 0,
        "status": None,
        "subject": None,
        "subjectCharSet": None,
        "subscriptionId": 2,
        "transactionId": "T26030718",
        "addresses": [
            {"address": "insert-address-token", "type": 151, "charset": 106},
            {"address": "10690000456789", "type": 137, "charset": 106},
        ],
        "parts": [picture, *parts],
        "backupType": "mms",
    }


def _fossify_part(seq: int, kind: str, name: str, data: str) -> Object:
    return {
        "contentDisposition": None,
        "charset": "106",
        "contentId": f"<{name}>",
        "contentLocation": name,
        "contentType": kind,
        "ctStart": None,
        "ctType": None,
        "filename": None,
        "name": None,
        "sequenceOrder": seq,
        "text": data,
        "data": data,
    }


def fossify(*rows: Object) -> str:
    """Write the array of Fossify Messages: one line."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


_OLDER = {
    "subscriptionId": "sub_id",
    "dateSent": "date_sent",
    "serviceCenter": "service_center",
    "messageBox": "msg_box",
    "messageType": "m_type",
    "contentType": "ct_t",
    "transactionId": "tr_id",
    "subject": "sub",
    "subjectCharSet": "sub_cs",
}


def simple_sms(*conversations: Iterable[Object]) -> str:
    """Write what older versions wrote: conversations, and the names that Android uses."""
    return fossify(*(_conversation(list(rows)) for rows in conversations))


def _conversation(rows: list[Object]) -> Object:
    kept: Object = {"sms": [], "mms": []}
    for row in rows:
        renamed = {_OLDER.get(name, name): value for name, value in row.items()}
        kind = renamed.pop("backupType")
        for part in renamed.get("parts", ()):
            part["ct"], part["seq"] = part.pop("contentType"), part.pop("sequenceOrder")
        kept[kind].append(renamed)
    return kept


def quik_sms(body: str, *, number: int = 0, kind: int = 1) -> Object:
    """Return an SMS as QUIK writes it."""
    return {
        "type": kind,
        "address": SENDER,
        "date": FIRST_DATE + number * 60_000,
        "dateSent": FIRST_DATE,
        "read": True,
        "status": -1,
        "body": body,
        "protocol": 0,
        "locked": False,
        "subId": 1,
    }


def quik(*rows: Object, count: int | None = None) -> str:
    """Write a backup of QUIK, indented by tabs."""
    announced = len(rows) if count is None else count
    whole = {"messageCount": announced, "messages": rows}
    return json.dumps(whole, ensure_ascii=False, indent="\t")
