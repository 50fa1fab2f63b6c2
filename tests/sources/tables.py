"""A writer of tables of messages, as spreadsheets save them, and rows for it."""

from collections.abc import Sequence
from datetime import UTC, datetime

DUE = "【示例金融】您的白条本期应还298.60元，还款日3月10日。"
MOMENT = datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)
HEADER = ("联系人", "号码", "类型", "时间", "内容")
RECEIVED = ("", "10690000123456", "接收", "2026-03-05 10:15:30", DUE)
SENT = ("周小满", "13900001234", "发送", "2026-03-06 09:00:05", "钱昨天就还了\n截图发你")


def table(*rows: Sequence[str], separator: str = ",", end: str = "\r\n") -> str:
    """Write a table as spreadsheets do: quotes where they are needed, and doubled."""
    return "".join(separator.join(_cell(cell, separator) for cell in row) + end for row in rows)


def _cell(text: str, separator: str) -> str:
    if any(mark in text for mark in (separator, '"', "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text
