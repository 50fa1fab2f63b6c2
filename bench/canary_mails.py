"""Mails that are hard to read, full of words that must get nowhere."""

from base64 import b64encode
from collections.abc import Iterator
from email.utils import format_datetime

from bench.canary_places import CANARIES
from watcher.clock import SystemClock


def hostile_mails(notice: str) -> Iterator[bytes]:
    """Yield mails about a notice: HTML, with an attachment, nested too deeply, no text at all."""
    sender = f"=?utf-8?b?{b64encode(CANARIES['sender'].encode()).decode()}?= <a@b.test>"
    head = (
        f"From: {sender}\r\nTo: {CANARIES['mail address']}\r\n"
        f"Subject: {CANARIES['subject']}\r\nDate: {format_datetime(SystemClock().now())}\r\n"
        f"X-Canary: {CANARIES['header']}\r\n"
    )
    html = f"<p>{notice}</p><p style='display:none'>{CANARIES['hidden text']}</p>"
    yield f"{head}Content-Type: text/html; charset=utf-8\r\n\r\n{html}".encode()
    attached = (
        f'--b\r\nContent-Type: image/png; name="{CANARIES["attachment"]}.png"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo\r\n--b--\r\n"
    )
    yield (
        f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{notice}\r\n{attached}"
    ).encode()
    deep = "".join(
        f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n"
        for number in range(2_000)
    )
    yield f"{head}{deep}\r\n{notice}".encode()
    yield f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n".encode() + b"\xff\xfe\x00" * 99
