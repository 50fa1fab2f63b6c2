import codecs

import pytest

from watcher.sources.wide import utf_of

TABLE = "号码,类型,时间,内容\n10690000123456,接收,2026-03-05 10:15:30,您的借款今日应还500.00元\n"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (codecs.BOM_UTF8 + TABLE.encode(), (None, 3)),
        (TABLE.encode("utf-16"), ("utf-16-le", 2)),
        (codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"), ("utf-16-be", 2)),
        (TABLE.encode("utf-16-le"), ("utf-16-le", 0)),
        (TABLE.encode("utf-16-be"), ("utf-16-be", 0)),
        ("\r\n<smses".encode("utf-16-le"), ("utf-16-le", 0)),
        (b"<\0", ("utf-16-le", 0)),
        (TABLE.encode(), (None, 0)),
        (TABLE.encode("gbk"), (None, 0)),
        (TABLE.encode() + b"\0" * 3000, (None, 0)),
        (TABLE.encode().replace(b"500", b"5\0" * 2), (None, 0)),
        (b"SQLite format 3\0\x10\0\1\1\0\x40\x20\x20\0\0\0\5\0\0\0\2", (None, 0)),
        (("一" * 5 + TABLE).encode("utf-16-le"), ("utf-16-le", 0)),
        (b"SSEF\0\xff\0\1", (None, 0)),
        (b"a", (None, 0)),
        (b"", (None, 0)),
    ],
)
def test_the_utf_of_a_file_is_told_by_its_mark_or_its_zero_bytes(
    head: bytes, found: tuple[str | None, int]
) -> None:
    assert utf_of(head) == found
