"""Where an HTML mail leads besides its plain links, and what it says besides its plain text."""

from time import process_time

import pytest

from watcher.core.markup import Anchor, read_html

SITE = "https://repay.example.com/in"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f'<img usemap="#m"><map name="m"><area href="{SITE}" alt="还款"></map>', "还款"),
        (f'<form action="{SITE}">卡号<input name="card"></form>', ""),
        (f'<button formaction="{SITE}">确认</button>', ""),
        (f'<input type="submit" formaction="{SITE}" value="确认">', ""),
        ('<base href="https://repay.example.com/"><a href="in">登录</a>', "登录"),
        (f'<svg><a xlink:href="{SITE}"><text>登录</text></a></svg>', "登录"),
        (f'<meta http-equiv="Refresh" content="3; URL=\'{SITE}\'">您好', ""),
        (f'<meta http-equiv="refresh" content="0;{SITE}">您好', ""),
        (
            (
                '<meta http-equiv="refresh" content="600">'
                f'<meta http-equiv="refresh" content="0, url={SITE}">您好'
            ),
            "",
        ),
    ],
)
def test_whatever_leads_somewhere_is_a_link(source: str, text: str) -> None:
    assert read_html(source).links == (Anchor(href=SITE, text=text),)


@pytest.mark.parametrize(
    "source",
    [
        "<svg><text>请付到个人账户</text></svg>",
        '<input value="请付到个人账户">',
        '<img src="a.png" alt="您的账户已冻结，请付到个人账户">',
    ],
)
def test_what_pictures_and_fields_say_is_seen(source: str) -> None:
    assert "请付到个人账户" in read_html(source).text


def test_the_name_of_a_picture_and_a_hidden_field_are_no_text() -> None:
    assert read_html('您好<img alt="某某银行"><input type="hidden" value="编号">').text == "您好"


def test_an_address_that_cannot_be_joined_stays_as_it_is() -> None:
    html = read_html('<base href="http://[x"><a href="in">登录</a>')

    assert html.links == (Anchor(href="in", text="登录"),)


def test_what_stands_in_a_link_within_a_link_leads_where_the_inner_one_does() -> None:
    source = f'<a href="https://a.example.com">外<table><td>层<a href="{SITE}">还款</a>完'
    assert read_html(source).links == (
        Anchor(href=SITE, text="还款"),
        Anchor(href="https://a.example.com", text="外 层完"),
    )


def test_links_within_links_do_not_multiply_the_text() -> None:
    opened = "".join(f'<a href="https://a{at}.example.com"><table><td>' for at in range(120))
    started = process_time()
    read_html(opened + "还款  ，" * 200_000)

    assert process_time() - started < 3
