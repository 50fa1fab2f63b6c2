"""providers.toml: what ships is whole and has its sources, and a user's file lies over it."""

import re
from pathlib import Path
from typing import Any

import pytest

from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.problems import render
from watcher.userfiles.providers import ANY, BASED, Provider, Providers, read_providers

CODE = 'code = { zh = "到网页上开启。", en = "Switch it on." }\n'
GOOD = f'[[providers]]\nid = "mine"\nname = {{ zh = "我的", en = "Mine" }}\nhost = "a.test"\n{CODE}'


@pytest.fixture(scope="module")
def shipped(checkout: Path) -> Providers:
    providers, problems = read_providers(checkout / "rules")
    assert problems == ()
    assert providers is not None
    return providers


@pytest.fixture(scope="module")
def every(shipped: Providers) -> tuple[Provider, ...]:
    return tuple(shipped.by_id.values())


class Own:
    """A folder of the user's rules, to be read over the shipped one."""

    def __init__(self, shipped: Path, folder: Path) -> None:
        self.shipped, self.folder = shipped, folder
        folder.mkdir(mode=0o700)

    def read(self, text: str) -> tuple[Providers | None, tuple[Problem, ...]]:
        (self.folder / "providers.toml").write_text(text, encoding="utf-8")
        providers, problems = read_providers(self.shipped, self.folder)
        for problem in problems:
            for language in LANGUAGES:
                assert render(problem, Phrases(language)).startswith("rules/providers.toml")
        return providers, problems

    def sound(self, text: str) -> Providers:
        providers, problems = self.read(text)
        assert problems == ()
        assert providers is not None
        return providers


@pytest.fixture
def own(checkout: Path, tmp_path: Path) -> Own:
    return Own(checkout / "rules", tmp_path / "rules")


@pytest.mark.parametrize(
    ("address", "id_", "host"),
    [
        ("wang@qq.com", "qq", "imap.qq.com"),
        ("wang@foxmail.com", "qq", "imap.qq.com"),
        ("wang@163.com", "netease", "imap.163.com"),
        ("Wang@126.COM", "netease", "imap.126.com"),
        ("wang@yeah.net", "netease", "imap.yeah.net"),
        ("13900000000@139.com", "139", "imap.139.com"),
        ("wang@sina.cn", "sina", "imap.sina.cn"),
        ("wang@aliyun.com", "aliyun", "imap.aliyun.com"),
        ("wang@189.cn", "189", "imap.189.cn"),
        ("wang@gmail.com", "gmail", "imap.gmail.com"),
        ("wang@hotmail.com", "outlook", "outlook.office365.com"),
        ("wang@me.com", "icloud", "imap.mail.me.com"),
        ("wang@corp.test", ANY, "imap.corp.test"),
    ],
)
def test_a_provider_is_known_by_what_follows_the_at_sign(
    shipped: Providers, address: str, id_: str, host: str
) -> None:
    found = shipped.of(address)
    assert (found.id, found.host, found.port) == (id_, host, 993)


def test_a_server_that_the_user_names_tells_its_provider(shipped: Providers) -> None:
    company = shipped.of("wang@corp.test", host="imap.exmail.qq.com")
    assert (company.id, company.host) == ("exmail", "imap.exmail.qq.com")
    assert shipped.of("wang@corp.test", host="hwimap.exmail.qq.com").id == "exmail"
    assert shipped.of("wang@corp.test", host="IMAP.163.com").id == "netease"
    other = shipped.of("wang@qq.com", host="mail.corp.test")
    assert (other.id, other.host) == (ANY, "mail.corp.test")


def test_each_fact_names_its_basis_and_each_entry_its_day(every: tuple[Provider, ...]) -> None:
    for provider in every:
        stated = {"host", "needs_id", "idle", "junk", "code"}
        stated |= {"search"} if not provider.search else set()
        stated |= {"subscriptions"} if provider.subscriptions else set()
        theirs = set(provider.basis) - {"refusals"}
        assert theirs == stated, provider.id
        assert set(provider.basis) <= set(BASED)
        assert provider.checked is not None, provider.id


def test_a_refusal_of_a_providers_own_has_a_basis(every: tuple[Provider, ...]) -> None:
    general = {one.contains for one in every[-1].refusals}
    for provider in every:
        own = [one for one in provider.refusals if one.contains not in general]
        assert bool(own) == ("refusals" in provider.basis), provider.id


def test_every_way_to_a_code_is_a_few_short_numbered_steps(every: tuple[Provider, ...]) -> None:
    for provider in every:
        for text in (provider.code.zh, provider.code.en):
            steps = text.splitlines()
            assert 2 <= len(steps) <= 4, provider.id
            assert all(re.match(rf"{n}\. ", step) for n, step in enumerate(steps, start=1))
        assert re.search("[\u4e00-\u9fff]", provider.code.zh)


@pytest.mark.parametrize(
    ("address", "reply", "word"),
    [
        (
            "wang@qq.com",
            "Login fail. Account is abnormal, service is not open, password is incorrect",
            "五种原因",
        ),
        ("wang@qq.com", "Please using authorized code to login.", "只认授权码"),
        (
            "wang@163.com",
            "EXAMINE Unsafe Login. Please contact kefu@188.com for help",
            "网易不放行",
        ),
        ("wang@163.com", "LOGIN Login error or password error", "授权码"),
        ("wang@outlook.com", "Basic authentication is disabled.", "OAuth"),
        ("wang@gmail.com", "[ALERT] Application-specific password required", "两步验证"),
        ("wang@gmail.com", "[ALERT] Please log in via your web browser", "浏览器"),
        ("wang@gmail.com", "[ALERT] Too many simultaneous connections. (Failure)", "太多"),
        ("wang@icloud.com", "[AUTHENTICATIONFAILED] Authentication Failed", "App 专用密码"),
        ("wang@corp.test", "[AUTHENTICATIONFAILED] Authentication failed.", "不认这个密码"),
        (
            "wang@corp.test",
            "Login fail. Account is abnormal, service is not open, login frequency limited",
            "五种原因",
        ),
        ("wang@corp.test", "[UNAVAILABLE] Temporary failure", "过一会儿"),
        ("wang@corp.test", "[ALERT] 密码已到期", "有话"),
    ],
)
def test_each_refusal_is_put_into_plain_words(
    shipped: Providers, address: str, reply: str, word: str
) -> None:
    meaning = shipped.of(address).meaning(reply)
    assert meaning is not None
    assert word in meaning.zh
    assert meaning.en


def test_a_refusal_like_none_that_is_known_has_no_meaning(shipped: Providers) -> None:
    assert shipped.of("wang@corp.test").meaning("NO something else") is None


def test_junk_is_found_by_its_flag_whatever_its_name(shipped: Providers) -> None:
    listed: list[tuple[str, tuple[str, ...]]] = [
        ("INBOX", ()),
        ("[Gmail]", ("\\Noselect",)),
        ("[Gmail]/垃圾内容", ("\\Junk",)),
        ("[Gmail]/Spam", ()),
        ("[Gmail]/已发邮件", ("\\Sent",)),
    ]
    assert shipped.of("wang@gmail.com").watched(listed) == ("INBOX", "[Gmail]/垃圾内容")


def test_without_the_flag_junk_and_subscriptions_are_found_by_name(shipped: Providers) -> None:
    listed: list[tuple[str, tuple[str, ...]]] = [
        ("Inbox", ()),
        ("其他文件夹", ("\\NoSelect", "\\HasChildren")),
        ("其他文件夹/招行账单", ()),
        ("Junk", ()),
        ("Drafts", ("\\Drafts",)),
        ("Sent Messages", ()),
    ]
    found = shipped.of("wang@qq.com").watched(listed)
    assert found == ("INBOX", "其他文件夹/招行账单", "Junk")


def test_the_users_file_adds_providers_and_replaces_shipped_ones(own: Own) -> None:
    both = own.sound(GOOD + 'domains = ["corp.test"]\n' + GOOD.replace('"mine"', '"qq"'))
    assert both.of("wang@corp.test").host == "a.test"
    assert both.by_id["qq"].host == "a.test"
    assert both.of("wang@163.com").id == "netease"


def test_a_domain_belongs_to_whoever_was_read_last(own: Own) -> None:
    mine = own.sound(GOOD + 'domains = ["qq.com"]\n')
    assert mine.of("wang@qq.com").id == "mine"
    assert mine.of("wang@foxmail.com").id == "qq"


def test_the_users_refusals_come_before_the_shipped_ones(own: Own) -> None:
    said = '[[refusals]]\ncontains = "[ALERT]"\nsays = { zh = "公司说的", en = "theirs" }\n'
    mine = own.sound(said)
    meaning = mine.of("wang@corp.test").meaning("[ALERT] x")
    assert meaning is not None
    assert meaning.zh == "公司说的"


@pytest.mark.parametrize(
    ("change", "says", "line", "nearest"),
    [
        (('host = "a.test"', 'host = "a test"'), "provider.expected_host", 4, None),
        (('host = "a.test"', ""), "problem.key-missing", 1, None),
        (('host = "a.test"', 'host = "a.test"\nport = 0'), "problem.expected-number", 5, None),
        (('host = "a.test"', 'hst = "a.test"\nhost = "a"'), "problem.unknown-key", 4, "host"),
        (('host = "a.test"', 'host = "a"\nidle = 1'), "problem.expected-flag", 5, None),
        (('en = "Mine"', 'em = "Mine"'), "problem.key-missing", 3, None),
        (("code =", "basis = { idl = 'x' }\ncode ="), "problem.unknown-key", 5, "idle"),
        (("code =", 'domains = ["b.test", "b.test"]\ncode ='), "provider.repeated_domain", 5, None),
    ],
)
def test_each_mistake_is_named_with_its_line_and_the_nearest_key(
    own: Own, change: tuple[str, str], says: str, line: int, nearest: str | None
) -> None:
    providers, problems = own.read(GOOD.replace(*change))
    assert providers is None
    found: dict[str, Any] = {problem.says: problem for problem in problems}
    assert found[says].line == line
    if nearest:
        assert found[says].values["nearest"] == nearest


def test_the_same_id_twice_in_one_file_is_a_mistake(own: Own) -> None:
    _, problems = own.read(GOOD + GOOD)
    assert [problem.says for problem in problems] == ["provider.repeated"]


def test_a_file_that_others_can_write_is_not_read(own: Own) -> None:
    own.sound(GOOD)
    (own.folder / "providers.toml").chmod(0o666)
    providers, problems = read_providers(own.shipped, own.folder)
    assert providers is None
    assert [problem.says for problem in problems] == ["problem.others-write"]


def test_the_shipped_file_must_be_there_and_know_every_server(tmp_path: Path) -> None:
    _, problems = read_providers(tmp_path)
    assert [problem.says for problem in problems] == ["problem.missing"]
    (tmp_path / "providers.toml").write_text(GOOD, encoding="utf-8")
    _, problems = read_providers(tmp_path)
    assert [problem.says for problem in problems] == ["provider.none_for_any"]
