"""Made-up mails as a mailbox in China holds them: notices, chat, newsletters, attachments."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import cycle, islice

from bench.workload import chat, notices
from watcher.core.knowledge import Rules

_STYLE = "font-family:'Microsoft YaHei';font-size:14px;color:#333;line-height:24px"
_NEWSLETTERS = frozenset({2, 4, 7, 9, 12, 14, 17})
_WITH_FILE = frozenset({5, 11, 19})


def mails(count: int, rules: Rules, until: datetime) -> Iterator[bytes]:
    """Yield so many mails, all different, the last received at `until`.

    Of twenty, one is a notice, nine are texts of a few lines, seven are newsletters with 6 to
    30 KB of HTML around 300 to 1,500 characters, and three have a file attached.
    """
    choice = random.Random(5)  # noqa: S311  chance decides nothing secret
    demands = (text for _, text in notices(count // 20 + 1, rules))
    words = cycle(islice(chat(4_000), 4_000))
    for number in range(count):
        at = until - timedelta(minutes=2 * (count - number))
        kind = number % 20
        text = next(demands) if kind == 0 else "\n".join(islice(words, choice.randint(1, 8)))
        made = EmailMessage()
        made["From"] = f"通知 <notice{number % 97}@service{number % 31}.test>"
        made["To"] = "李晓 <lixiao@mail.test>"
        made["Subject"] = f"{text[:20]} 编号{number}".replace("\n", " ")
        made["Date"] = format_datetime(at)
        made["Message-ID"] = f"<{number}.{at:%s}@service.test>"
        received = f"from mx.service.test by mx.mail.test; {format_datetime(at)}"
        made["Received"] = received
        made.set_content(text)
        if kind in _NEWSLETTERS:
            html = "".join(_row(row, number) for row in islice(words, choice.randint(12, 60)))
            made.add_alternative(f"<html><body><table>{html}</table></body></html>", subtype="html")
        if kind in _WITH_FILE:
            made.add_attachment(
                choice.randbytes(choice.randint(5_000, 120_000)),
                maintype="application",
                subtype="pdf",
                filename=f"附件{number}.pdf",
            )
        yield made.as_bytes()


def _row(text: str, number: int) -> str:
    """Return a row as newsletters are built: far more markup than words."""
    return (
        f'<tr><td align="left" valign="top" style="padding:12px 24px;{_STYLE}">'
        f'<table role="presentation" cellspacing="0" cellpadding="0" border="0" width="100%">'
        f'<tr><td style="{_STYLE}"><a href="https://news.service{number % 31}.test/a/{number}"'
        f' style="color:#1a73e8;text-decoration:none">{text}</a></td></tr></table></td></tr>\n'
    )
