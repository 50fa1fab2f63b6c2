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
        'style="display:inline-block;width:0;height:0;overflow:hidden"',
        'style="float:left;max-height:0px;overflow:hidden"',
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


@pytest.mark.parametrize(
    "source",
    [
        '<div style="max-height:0;overflow:hidden">藏</div>',
        '<p style="height:0px;overflow-y:hidden">藏</p>',
        '<div style="width:0;overflow:hidden">藏</div>',
        "<font color=white>藏</font>",
        '<font color="#FFFFFF">藏</font>',
        "<font color=fefefe>藏</font>",
        '<span style="color:hsl(0,0%,99%)">藏</span>',
        '<span style="color:rgba(0,0,0,.02)">藏</span>',
        '<table bgcolor=#003366><tr><td><font color="#003366">藏</font></table>',
        '<div style="background:#eee"><b style="color:#f0f0f0">藏</b></div>',
        '<div style="background:url(x.png)"><b style="background:#000;color:#050505">藏</b></div>',
        '<div style="text-indent:-9999px">藏</div>',
        '<div style="position:absolute;left:-9999px">藏</div>',
        '<p style="margin-left:-9999px">藏</p>',
        '<span style="position:absolute;width:1px;height:1px;overflow:hidden">藏</span>',
        '<span style="position:absolute;clip:rect(0,0,0,0)">藏</span>',
        '<div style="clip-path:inset(50%)">藏</div>',
        '<div style="transform:scale(0)">藏</div>',
        '<span style="font-size:1px">藏</span>',
        '<span style="font-size:0.1em">藏</span>',
        '<span style="font-size:1%">藏</span>',
        '<span style="font:0/0 a">藏</span>',
        '<div style="opacity:.01">藏</div>',
        '<div style="display:none"><p style="display:block">藏</p></div>',
        "<noscript>藏</noscript>",
        "<template>藏</template>",
        "<p hidden>藏</p>",
        "<div style='font-family:\"A;B\";color:#FFF'>藏</div>",
        '<div style="color:#fff !important;color:#000">藏</div>',
        '<style>.x{display:none}</style><span class="y x">藏</span>',
        '<style>p.x{color:white}</style><p class="x">藏</p>',
        "<style>#q{font-size:0}</style><p id=q>藏</p>",
        "<style>u, s{visibility:hidden}</style><u>藏</u>",
        "<style>.a{display:block}.a{display:none}</style><p class=a>藏</p>",
        "<style>.a{display:none!important}</style><p class=a style='display:block'>藏</p>",
        "<style>.x{display:none}@media print{.x{display:block}}</style><p class=x>藏</p>",
        "<style>body{background:#000}p{color:#010101}</style><p>藏</p>",
        "<body bgcolor=#ff0000><font color=red>藏</font>",
    ],
)
def test_hidden_text_is_known_in_every_way_of_writing_it(source: str) -> None:
    html = read_html(f"<body>{source}")

    assert (html.text, html.hidden) == ("", "藏")


@pytest.mark.parametrize(
    "source",
    [
        '<span style="height:0;overflow:hidden">见</span>',
        '<div style="height:0">见</div>',
        '<div style="height:0;overflow:hidden;padding-bottom:50px">见</div>',
        '<table><tr><td style="height:0;overflow:hidden">见</td></table>',
        '<div style="font-size:0"><b style="font-size:14px">见</b></div>',
        '<div style="visibility:hidden"><b style="visibility:visible">见</b></div>',
        '<div style="color:#fff"><a href="http://example.com">见</a></div>',
        "<p aria-hidden=true>见</p>",
        '<p hidden style="display:block">见</p>',
        '<p style="color:#ccc">见</p>',
        '<p style="text-indent:2em">见</p>',
        '<p style="position:relative;left:-5px">见</p>',
        '<p style="left:-9999px">见</p>',
        '<p style="color:transparent;text-shadow:0 0 0 #000">见</p>',
        '<p style="color:#fff;background:linear-gradient(90deg,red,blue)">见</p>',
        '<p style="display:none;d\\69splay:block">见</p>',
        "<p style=\"font-family:';display:none;'\">见</p>",
        '<p style="x:{;display:none;}">见</p>',
        '<p style="display:none;all:initial">见</p>',
        '<p style="font-size:-1px">见</p>',
        '<p style="color:var(--x)">见</p>',
        "<style>.x{display:none} div .x{display:block}</style><div><p class=x>见</p></div>",
        "<style>.x{display:none}@media (max-width:9in){.x{display:block}}</style><p class=x>见</p>",
        "<style>@media (max-width:9in){p{display:none}}</style><p>见</p>",
        "<style media=print>p{display:none}</style><p>见</p>",
        "<style>#a{display:block}.a{display:none}</style><p id=a class=a>见</p>",
        "<style>.x,%%{display:none}</style><p class=x>见</p>",
        "<style>} .x{display:none}</style><p class=x>见</p>",
        "<style>.x{display:none;&.y{display:block}}</style><p class=x>见</p>",
    ],
)
def test_what_only_looks_hidden_to_a_program_is_seen(source: str) -> None:
    html = read_html(source)

    assert (html.text, html.hidden) == ("见", "")


@pytest.mark.parametrize(
    "between",
    [
        '<i style="display:none">x</i>',
        '<div style="display:none">x</div>',
        '<br style="display:none">',
        '<div style="position:absolute;left:-999em">x</div>',
        "<font color=white>x</font>",
        "<noscript>x</noscript>",
        "<template>x</template>",
        "<!-- x -->",
        "<wbr>",
    ],
)
def test_a_word_is_whole_again_without_what_is_hidden_in_it(between: str) -> None:
    assert read_html(f"<body>逾{between}期").text == "逾期"


def test_blocks_shown_in_one_line_stand_on_one_line() -> None:
    parts = "".join(f'<div style="display:inline">{letter}</div>' for letter in "逾期")

    assert read_html(parts).text == "逾期"


def test_many_letters_hidden_by_a_rule_for_their_tag_leave_no_gap() -> None:
    source = "<style>i{display:none}</style>" + "<i>x</i>" * 2000 + "逾<i>x</i>期"

    assert read_html(source).text == "逾期"


def test_text_that_an_indent_does_not_reach_is_seen() -> None:
    assert read_html('<div style="text-indent:-9999px">藏<br>见</div>').text == "见"
    assert read_html('<p style="text-indent:-1600px">' + "藏" * 100 + "见").text == "见"


def test_a_link_that_nobody_can_see_is_none() -> None:
    html = read_html('<a href="http://a.example" style="display:none">藏</a>')

    assert html.links == ()


def test_an_ordinary_mail_of_a_mebibyte_is_read_at_once() -> None:
    row = (
        '<tr style="height:20px"><td align="left" class="a b" style="font-family:Arial;'
        'font-size:14px;color:#333;padding:10px 0 0 20px">尾号5512<b>应还640.00元</b></td>'
        '<td bgcolor="#ffffff"><a href="https://example.com/x?y=1">查看</a></td></tr>'
    )
    source = "<style>.a{color:#000}</style><table>" + row * (MEBIBYTE // len(row))
    took = []
    for _ in range(3):
        started = process_time()
        read_html(source)
        took.append(process_time() - started)

    assert min(took) < 0.2


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
        "<style>",
        "<style>.a{color:red}",
        "<p class='a b c d e f g'>",
        "<p style='/*",
        "<p style='((((",
        '<p style="background:a b c d',
        "<style>.a,.b,.c,",
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


@pytest.mark.parametrize("aside", ["", "<svg><g></g></svg>"])
def test_of_a_tree_with_too_many_nodes_all_text_counts_as_seen(aside: str) -> None:
    cells = "<tr><td>a</td><td style='display:none'>b</td></tr>" * 20_001
    assert read_html(f"{aside}<table>{cells}").text.count("b") == 20_001
    assert read_html(f"{aside}<table>{cells[: len(cells) // 3]}").text.count("b") == 0


def test_deep_nesting_is_cut_however_many_flat_tags_stand_between() -> None:
    said = read_html("<p>a<br></p>" * 300 + "<div>x" * 2_000 + "</div>" * 2_000 + "end")
    assert said.text.count("x") == 2_000
    assert said.text.endswith("end")
