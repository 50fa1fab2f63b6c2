import pytest

from watcher.core.extract import Link, find_links
from watcher.core.extract.domains import registrable
from watcher.core.text import Folding

FOLDING = Folding.of({"а": "a", "о": "o", "с": "c", "í": "i"}, {})


def links(text: str) -> tuple[Link, ...]:
    return find_links(FOLDING.read(text))


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("点 n.12345.com/x 查看", "n.12345.com", "/x"),
        ("请登录http://www.example.com/a?b=1。谢谢", "www.example.com", "/a?b=1"),
        ("戳exm.cn/Ab1,已还忽略", "exm.cn", "/Ab1"),
        ("请访问example.com.cn退订", "example.com.cn", ""),
        ("https://exm.cn/A6x1)", "exm.cn", "/A6x1"),
        ("m.example.vip点击", "m.example.vip", ""),
        ("HTTPS://Example.COM:8443/X", "example.com", "/X"),
        ("http://某某银行.com/x", "某某银行.com", "/x"),
        ("回复R。www.example.com", "www.example.com", ""),
        ("example.com\n退订回T", "example.com", ""),
        ("登录 pay.example.cx/a 办理", "pay.example.cx", "/a"),
    ],
)
def test_an_address_is_found_with_its_host_and_path(text: str, host: str, path: str) -> None:
    (link,) = links(text)

    assert (link.host, link.path) == (host, path)
    assert not link.obfuscated
    assert not link.mixed_script


@pytest.mark.parametrize(
    "text",
    [
        "hxxp://evil.top/",
        "hXXps://evil.top",
        "evil[.]top",
        "evil(.)top",
        "evil【.】top",
        "evil点top",
        "evil。top",
        "evil dot top",
        "evil . top",
        "e v i l . t o p",
        "h t t p : / / e v i l . t o p",
        "http://ev\nil.top",
        "http://evil.\ntop",
        "http://\nevil.top",
        "ｅｖｉｌ．ｔｏｐ",
        "ev\u200bil.top",
        "http:\\\\evil.top",
    ],
)
def test_a_hidden_address_is_undone_and_quoted_as_it_stood(text: str) -> None:
    message = f"请尽快登录 {text} 还款"
    reading = FOLDING.read(message)
    (link,) = find_links(reading)

    assert link.host == "evil.top"
    assert link.obfuscated
    start, end = reading.plain_span(link.start, link.end)
    assert message[start:end] in text
    assert message[start:end].rstrip("/") == text.rstrip("/")


def test_a_host_behind_an_at_sign_is_the_one_that_counts() -> None:
    for text in ("https://pay.example.com@evil.top/x", "pay.example.com@evil.top"):
        (link,) = links(text)

        assert link.host == "evil.top"
        assert link.userinfo


@pytest.mark.parametrize(
    "text", ["http://1.2.3.4/a", "http://3232235777/", "http://0x7f.0.0.1/", "1.2.3.4:8080"]
)
def test_an_address_made_of_numbers_is_marked(text: str) -> None:
    (link,) = links(text)

    assert link.ip


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://ex\u0430mple.com/x", "example.com"),
        ("ex\u0430mple.com", "example.com"),
        ("xn--exmple-4nf.com", "xn--exmple-4nf.com"),
        ("cmbch\u00edna.com", "cmbchina.com"),
        ("http://жexample.com/", "жexample.com"),
    ],
)
def test_foreign_letters_in_a_host_are_seen_in_what_was_received(text: str, host: str) -> None:
    (link,) = links(text)

    assert link.host == host
    assert link.mixed_script


def test_full_width_letters_are_a_form_and_not_another_script() -> None:
    (link,) = links("ｅｘａｍｐｌｅ.com")

    assert not link.mixed_script


def test_a_link_inside_a_link_is_found_even_if_encoded() -> None:
    (link,) = links("https://example.com/go?url=https%3A%2F%2Fevil.top%2Fx")
    assert [inner.host for inner in link.nested] == ["evil.top"]

    (link,) = links("https://example.com/go?u=evil.top/x&v=1")
    assert [inner.host for inner in link.nested] == ["evil.top"]
    assert (link.nested[0].start, link.nested[0].end) == (link.start, link.end)


def test_links_nested_a_thousand_deep_are_opened_only_a_little() -> None:
    (link,) = links("http://example.com/" * 3000)

    depth = 0
    while link.nested:
        link = link.nested[0]
        depth += 1
    assert depth <= 3


def test_an_app_to_install_is_marked() -> None:
    assert [link.apk for link in links("下载 http://example.top/loan.apk?x 安装")] == [True]


def test_a_link_that_opens_an_app_has_the_scheme_for_host() -> None:
    (link,) = links("alipays://platformapi/startapp?appId=1&url=https://evil.top")

    assert link.host == "alipays"
    assert [inner.host for inner in link.nested] == ["evil.top"]


@pytest.mark.parametrize(
    "text",
    ["a.txt", "余额1.5", "2026.7.15", "user@qq.com", "zhang.san@163.com", "v1.2.3", "Node.js",
     "下载app.apk", "http://", "://", "3.5万", "已还款.谢谢", "thanks.Me too", "版本8.0.48.1"],
)  # fmt: skip
def test_what_only_looks_dotted_is_no_link(text: str) -> None:
    assert links(text) == ()


@pytest.mark.parametrize(
    ("host", "part"),
    [
        ("www.bank.com.evil.cn", "evil.cn"),
        ("a.b.example.com.cn", "example.com.cn"),
        ("x.gd.cn", "x.gd.cn"),
        ("shop.example.com.hk", "example.com.hk"),
        ("shop.example.co.uk", "example.co.uk"),
        ("example.top", "example.top"),
        ("localhost", "localhost"),
        ("com.cn", "com.cn"),
    ],
)
def test_the_registered_part_of_a_host_is_told(host: str, part: str) -> None:
    assert registrable(host) == part


@pytest.mark.parametrize(
    "text",
    [
        "如需帮助请拨打95512。\n中国某某银行信用卡中心",
        "请通过手机银行App。中国某某银行",
        "客服95512。公司地址在长沙",
    ],
)
def test_a_sentence_that_begins_with_a_country_or_a_company_ends_no_address(text: str) -> None:
    assert links(text) == ()


@pytest.mark.parametrize("text", ["登录abc。中国 查看", "登录abc点中国查看", "登录abc.中国查看"])
def test_an_address_may_end_with_a_country_in_chinese(text: str) -> None:
    assert [link.host for link in links(text)] == ["abc.中国"]
