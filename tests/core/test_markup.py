from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.core.markup import Anchor, read_html

MEBIBYTE = 1 << 20


def test_blocks_stand_on_lines_and_cells_are_parted_by_a_space() -> None:
    html = read_html(
        "<body>您好<p>本期账单</p><table><tr><td>应还</td><td>100.00</td></tr>"
        "<tr><td>最低</td><td>10.00</td></tr></table>再见<br>李晓</body>"
    )

    assert html.text == "您好\n本期账单\n应还 100.00\n最低 10.00\n再见\n李晓"


def test_white_space_of_the_source_is_not_seen() -> None:
    assert read_html("<p>逾\n  <b>期</b>&nbsp;&nbsp;3天</p>").text == "逾 期 3天"


@pytest.mark.parametrize(
    "attributes",
    [
        'style="display:none"',
        'style="DISPLAY : NONE !important"',
        'style="visibility:hidden"',
        'style="font-size:0"',
        'style="font-size: 0px;"',
        'style="opacity:0.0"',
        'style="color:#fff"',
        'style="color:#FFFFFF;background:white"',
        'style="color:rgb(255, 255, 255)"',
        'style="color:transparent"',
        'style="width:0;height:0;overflow:hidden"',
        'style="max-height:0px;overflow:hidden"',
        'style="mso-hide:all"',
        "hidden",
    ],
)
def test_what_the_reader_does_not_see_is_kept_apart(attributes: str) -> None:
    html = read_html(f"<p>看得见<span {attributes}>看不<i>见</i></span>的字</p>")

    assert html.text == "看得见的字"
    assert html.hidden == "看不见"


@pytest.mark.parametrize(
    "source",
    [
        '<div style="background:#06c"><a style="color:#fff">立即还款</a></div>',
        '<table><tr><td bgcolor="#cc0000"><font color="white">立即还款</font></td></tr></table>',
        '<div style="color:#333;font-size:10px;opacity:0.9">立即还款</div>',
        '<div style="height:0.5em;width:100%">立即还款</div>',
        '<div style="background-image:url(x.png);color:white">立即还款</div>',
    ],
)
def test_white_text_on_a_coloured_ground_is_seen(source: str) -> None:
    assert read_html(source).text == "立即还款"


def test_scripts_comments_and_the_head_say_nothing() -> None:
    html = read_html(
        "<head><title>题</title><style>a{}</style></head><body>"
        "<script>var a</script><!-- 注 -->正文"
    )

    assert (html.text, html.hidden) == ("正文", "")


def test_a_template_is_hidden_content() -> None:
    assert "藏" in read_html("<p>正文<template><b>藏</b></template></p>").hidden


def test_links_are_listed_with_the_text_that_is_seen() -> None:
    html = read_html(
        '<a href="http://evil.top/x">www.<b>example</b>.com<i style="display:none">藏</i></a>'
        '<a href=" mailto:a@example.com ">写信</a><a name="x">无</a><img src="a.png"><img>'
    )

    assert html.links == (
        Anchor(href="http://evil.top/x", text="www.example.com"),
        Anchor(href="mailto:a@example.com", text="写信"),
    )
    assert html.images == 2


@pytest.mark.parametrize("source", ["", " ", "\x00", "<", "<p", "&#0;", "\ud800", "<body></body>"])
def test_scraps_are_read_without_an_error(source: str) -> None:
    assert len(read_html(source).text) <= len(source)


def test_text_below_the_deepest_level_is_still_read() -> None:
    html = read_html("<div>" * 5000 + "逾期" + "</div>" * 5000 + "<p>还款")

    assert html.text == "逾期\n还款"


def test_unclosed_paragraphs_do_not_count_as_depth() -> None:
    html = read_html("<p>行" * 400 + '<span style="display:none">藏</span>')

    assert (html.text.count("行"), html.hidden) == (400, "藏")


def test_a_flood_of_elements_does_not_hide_the_text_behind_it() -> None:
    assert "逾期" in read_html("<br>" * 150_000 + "<p>逾期").text


@given(st.text(max_size=80) | st.text(st.sampled_from("<>/ab=\"' dispan!-"), max_size=80))
def test_no_source_makes_the_reader_fail(source: str) -> None:
    read_html(source)


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<b>",
        "<a>",
        "<a ",
        "<a href=x>y",
        "<p>x",
        "<table><td>",
        "<",
        "<!--",
        "&amp;",
        "<svg>",
        "<div",
        "<a href=1><p>",
        "<template>",
        "<select>",
        '<i style="color:#fff">',
    ],
)
def test_a_mebibyte_of_markup_is_read_in_linear_time(unit: str) -> None:
    started = process_time()
    read_html((unit * MEBIBYTE)[:MEBIBYTE])

    assert process_time() - started < 3


def test_unclosed_formatting_is_not_multiplied_by_paragraphs() -> None:
    opened = "".join(f"<b id={number}>" for number in range(250))
    started = process_time()
    read_html(opened + "<p>x" * 200_000)

    assert process_time() - started < 3
