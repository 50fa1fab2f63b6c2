"""What the host of a link is: a site that is known, one that is not, or one that wears a mask."""

import pytest

from watcher.core.extract import find_links
from watcher.core.hosts import HostClass
from watcher.core.knowledge import Rules


def class_of(rules: Rules, text: str) -> HostClass:
    (link,) = find_links(rules.folding.read(text))
    return rules.hosts.classify(link)


@pytest.mark.parametrize(
    "address",
    [
        "https://weixin.qq.com.login-safe.cn/a",
        "http://www.12321.cn.check-id.top/",
        "https://a.app.qq.com.get-it.club/x",
        "https://10086.cn.points.com.cn/x",
        "butie-gov.info",
        "http://gov.cn-butie.com/x",
    ],
)
def test_a_known_site_ahead_of_a_registered_name_is_worn_as_a_mask(
    rules: Rules, address: str
) -> None:
    assert class_of(rules, address) is HostClass.DECEPTIVE


@pytest.mark.parametrize(
    ("address", "host_class"),
    [
        ("https://apps.apple.com/cn/app/id392899425", HostClass.LISTED),
        ("https://a.app.qq.com/o/simple.jsp?pkgname=cmb.pb", HostClass.LISTED),
        ("https://weixin.qq.com/r/abc", HostClass.SHORT),
        ("https://shop.example-store.com.cn/10086.cn", HostClass.UNLISTED),
        ("https://www.hkma.gov.hk/chi/", HostClass.UNLISTED),
        ("https://zxfw.court.gov.cn/x", HostClass.LISTED),
    ],
)
def test_a_site_below_its_own_name_is_what_it_is(
    rules: Rules, address: str, host_class: HostClass
) -> None:
    assert class_of(rules, address) is host_class
