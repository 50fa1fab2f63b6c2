import codecs

import pytest

from watcher.sources.charset import decode_part, mend, meta_charset, teach_aliases

NOTICE = "尊敬的客户，您的借款已逾期3天，请尽快还款。"
RARE = "朱镕基与陶喆的借款已结清，感谢您的支持。"
CANTONESE = "你嘅貸款已經還清，唔該晒，喺度多謝你嘅支持。"


@pytest.mark.parametrize(
    ("text", "written", "declared"),
    [
        (RARE, "gbk", "gb2312"),
        (NOTICE, "gbk", "x-gbk"),
        (NOTICE, "gbk", "us-ascii"),
        (NOTICE, "gbk", None),
        (NOTICE, "gbk", "utf-8"),
        (NOTICE, "gbk", "cp936"),
        (NOTICE, "gbk", ' "GB2312" '),
        ("𠮷先生，您的借款已结清。", "gb18030", "gb2312"),
        ("𠮷先生，您的借款已结清。", "gb18030", "gb18030"),
        ("Hi 高瑀珅", "gbk", "gb2312"),
        ("何瑀琤", "gbk", "gbk"),
        (NOTICE, "utf-8", "gbk"),
        (NOTICE, "utf-8", "gb2312"),
        (NOTICE, "utf-8", ' "utf-8" '),
        (NOTICE, "utf-8", None),
        (NOTICE, "utf-8", "iso-8859-1"),
        (NOTICE, "hz", "hz-gb-2312"),
        (NOTICE, "hz", None),
        (NOTICE, "utf-16", "utf-16"),
        (NOTICE, "utf-8-sig", "utf-8"),
        (CANTONESE, "big5hkscs", "big5"),
        (CANTONESE, "big5hkscs", None),
        (NOTICE, "gbk", "no-such-charset"),
        ("Plain text, 3 days.", "ascii", "gb2312"),
        ("Überweisung fällig", "iso-8859-1", "iso-8859-1"),
    ],
)
def test_the_text_is_right_whatever_the_label_says(
    text: str, written: str, declared: str | None
) -> None:
    assert decode_part(text.encode(written), declared, None)[0] == text


def test_the_charset_that_html_names_for_itself_is_believed_where_it_fits() -> None:
    html = '<html><head><meta charset="gbk"></head><body>账单</body></html>'.encode("gbk")

    assert meta_charset(html) == "gbk"
    assert decode_part(html, None, meta_charset(html))[0] == html.decode("gbk")


def test_the_charset_that_was_used_is_told() -> None:
    assert decode_part(RARE.encode("gbk"), "gb2312", None)[1] == "gb18030"
    assert decode_part(NOTICE.encode(), "gb2312", None)[1] == "utf_8"


def test_one_bad_byte_costs_one_character_only() -> None:
    damaged = NOTICE.encode()[:30] + b"\xff" + NOTICE.encode()[30:]

    assert decode_part(damaged, "utf-8", None)[0] == f"{NOTICE[:10]}�{NOTICE[10:]}"


def test_a_text_cut_inside_a_character_is_still_recognised() -> None:
    assert decode_part(NOTICE.encode("gbk")[:-1], "gb2312", None)[0] == NOTICE[:-1]
    assert decode_part(NOTICE.encode()[:-1], None, None)[0] == NOTICE[:-1]


@pytest.mark.parametrize(
    "label", ["zlib", "base64", "rot13", "hex", "bz2", "idna", "punycode", "\0"]
)
def test_a_label_that_names_no_charset_is_passed_over(label: str) -> None:
    assert decode_part(NOTICE.encode("gbk"), label, None)[0] == NOTICE


def test_any_bytes_give_text_that_can_be_stored() -> None:
    for data in (bytes(range(256)), b"\xff\xfe\x00\xd8", b"+2D0-", b"~{~}", b"\x1b$B", b""):
        for label in (None, "utf-7", "utf-16", "hz", "iso-2022-jp", "big5"):
            mend(decode_part(data, label, None)[0]).encode()


def test_what_is_no_character_is_replaced_one_for_one() -> None:
    assert mend("a\0b\x1b\ud800c\n\td") == "a�b��c\n\td"


def test_the_whole_process_reads_the_wider_charset_for_the_narrower() -> None:
    teach_aliases()

    assert codecs.lookup("x-gbk").name == "gb18030"
    assert codecs.lookup("euc-cn").name == "gb18030"
