"""`loan-watcher account` against a mail server on loopback and a real keyring."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.imap_server import NETEASE, OUTLOOK, QQ, ImapServer, Personality
from bench.imap_server.server import CODE, TOKEN, USER
from tests.cli.running import Run
from tests.cli.terminal import at_a_terminal
from tests.keyring_daemon import Keyring, running_keyring
from watcher.secrets import read_secret, write_secret

MAIL = b"Subject: short\r\n\r\nHello.\r\n"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        server.account().deliver("INBOX", MAIL)
        server.account().deliver("垃圾邮件", MAIL)
        yield server


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyring]:
    with running_keyring(tmp_path_factory.mktemp("k")) as running:
        yield running


@pytest.fixture
def bus(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the keyring."""
    address = keyring.environ["DBUS_SESSION_BUS_ADDRESS"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def reached(server: ImapServer) -> tuple[str, ...]:
    return ("--host", server.host, "--port", str(server.port), "--ca-file", server.ca_file)


def be(config: Path, provider: str, server: ImapServer) -> None:
    """Write a rule file by which the server on loopback is a provider's."""
    shipped = (Path(__file__).parents[2] / "rules" / "providers.toml").read_text("utf-8")
    blocks = shipped.split("\n[[providers]]\n")
    (block,) = (one for one in blocks if one.startswith(f'id = "{provider}"\n'))
    lines = [
        'domains = ["mail.test"]' if line.startswith("domains") else line
        for line in block.splitlines()
        if not line.startswith(("host", "#", "[[refusals]]"))
    ]
    lines.insert(1, f'host = "{server.host}"\nport = {server.port}')
    folder = config.parent / "rules"
    folder.mkdir(mode=0o700, exist_ok=True)
    text = "\n".join(["[[providers]]", *lines, ""])
    (folder / "providers.toml").write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("bus")
def test_an_account_is_tried_then_kept_and_removed_again(
    run: Run,
    server: ImapServer,
    config: Path,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config.write_text("# 我的设置\n[data]  # 保存多久\nkeep_messages_days = 400\n")
    given(monkeypatch, f"{CODE}\n")
    added = run("account", "add", USER, "--code-stdin", *reached(server))
    assert (added.code, server.violations) == (0, ())
    assert "会查看这些文件夹：INBOX、垃圾邮件，现在共有 2 封信" in added.out.replace("\n", "")
    assert f"已添加：{USER}" in added.out
    text = config.read_text("utf-8")
    assert text.startswith("# 我的设置\n[data]  # 保存多久\n")
    assert CODE not in text + added.out + added.err
    assert config.stat().st_mode & 0o777 == 0o600
    assert read_secret(USER, environ=keyring.environ) == CODE

    tested = json.loads(run("account", "test", "--json").out)
    assert tested == [
        {
            "address": USER,
            "provider": "any",
            "ok": True,
            "folders": [
                {"name": "INBOX", "messages": 1},
                {"name": "垃圾邮件", "messages": 1},
            ],
            "idle": True,
        }
    ]
    (listed,) = json.loads(run("account", "list", "--json").out)
    assert (listed["address"], listed["host"], listed["port"]) == (USER, server.host, server.port)
    assert USER in run("account", "list").out

    removed = run("account", "remove", USER.upper())
    assert (removed.code, removed.err) == (0, "")
    assert config.read_text("utf-8") == "# 我的设置\n[data]  # 保存多久\nkeep_messages_days = 400\n"
    assert run("account", "list").out.startswith("还没有邮箱")


@pytest.mark.usefixtures("bus")
def test_a_new_code_for_an_account_replaces_the_old_one(
    run: Run,
    server: ImapServer,
    config: Path,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, f"{CODE}\n")
    run("account", "add", USER, "--code-stdin", *reached(server))
    config.write_text(config.read_text("utf-8") + "history_days = 30  # 一个月\n")
    write_secret(USER, "void", environ=keyring.environ)
    refused = run("account", "test", USER)
    assert refused.code == 3
    assert f"{USER}：" in refused.out

    given(monkeypatch, f"{CODE}\n")
    changed = run("account", "add", USER, "--code-stdin", "--folder", "INBOX")
    assert f"已修改：{USER}" in changed.out
    assert "history_days = 30  # 一个月\n" in config.read_text("utf-8")
    (tested,) = json.loads(run("account", "test", "--json").out)
    assert [one["name"] for one in tested["folders"]] == ["INBOX"]


def test_a_code_goes_into_a_file_where_that_is_asked_for_and_said(
    run: Run, server: ImapServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config.parent / "code"
    given(monkeypatch, f"{CODE}\n")
    added = run("account", "add", USER, "--code-stdin", "--code-file", file, *reached(server))
    assert added.code == 0
    assert f"授权码会原样写进 {file}" in added.err.replace("\n", "")
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{CODE}\n", 0o600)
    assert run("account", "test").code == 0
    file.chmod(0o644)
    told = run("account", "test")
    assert told.code == 3
    assert "chmod 600" in told.out
    assert run("account", "remove", USER).code == 0
    assert not file.exists()


def test_without_a_keyring_nothing_is_kept_and_the_way_out_is_named(
    run: Run, server: ImapServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, f"{CODE}\n")
    told = run("account", "add", USER, "--code-stdin", *reached(server))
    assert told.code == 3
    assert "--code-file" in told.err
    assert not config.exists()


@pytest.mark.parametrize(
    ("kind", "words"),
    [(("qq", QQ), "五种原因"), (("netease", NETEASE), "网易不认这个密码")],
)
def test_a_refusal_is_explained_in_one_sentence_and_nothing_kept(
    run: Run,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: tuple[str, Personality],
    words: str,
) -> None:
    provider, personality = kind
    with ImapServer(personality=personality) as server:
        server.account()
        be(config, provider, server)
        given(monkeypatch, "qxzvkanarie\n")
        told = run(
            "account", "add", USER, "--code-stdin", "--ca-file", server.ca_file, "--code-file", "x"
        )
        assert server.violations == ()
    assert told.code == 3
    assert words in told.err
    assert "什么也没有保存" in told.err
    assert "qxzv" not in told.out + told.err
    assert not config.exists()
    assert not Path("x").exists()


def test_netease_is_read_after_the_program_has_told_its_name(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ImapServer(personality=NETEASE) as server:
        server.account()
        be(config, "netease", server)
        given(monkeypatch, f"{CODE}\n")
        file = config.parent / "code"
        told = run(
            "account", "add", USER, "--code-stdin", "--ca-file", server.ca_file, "--code-file", file
        )
        assert (told.code, server.violations) == (0, ())
    said = told.out.replace("\n", "")
    assert "INBOX、垃圾邮件、病毒文件夹、广告邮件、订阅邮件" in said
    assert "每隔一分半钟" in said


def test_outlook_is_not_asked_for_a_code_that_it_would_refuse(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ImapServer(personality=OUTLOOK) as server:
        be(config, "outlook", server)
        given(monkeypatch, f"{CODE}\n")
        told = run("account", "add", USER, "--code-stdin", "--ca-file", server.ca_file)
        assert server.connections == []
    assert told.code == 2
    assert "只接受 OAuth 令牌" in told.err
    assert "oauth_command" in told.err


def test_a_token_comes_from_a_command_at_each_sign_in(
    run: Run, server: ImapServer, config: Path
) -> None:
    (config.parent / "token").write_text(f"{TOKEN}\n")
    command = f"cat '{config.parent}/token'"
    way = ("--sign-in", "xoauth2", "--oauth-command", command)
    assert run("account", "add", USER, *way, *reached(server)).code == 0
    assert f'oauth_command = ["cat", "{config.parent}/token"]' in config.read_text("utf-8")
    (config.parent / "token").write_text("invalid_grant\n")
    told = run("account", "test")
    assert told.code == 3
    assert "授权已经失效" in told.out


def test_a_server_that_is_not_there_is_said_so_and_nothing_kept(
    run: Run, server: ImapServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.close()
    given(monkeypatch, f"{CODE}\n")
    told = run("account", "add", USER, "--code-stdin", *reached(server))
    assert told.code == 3
    assert "什么也没有保存" in told.err
    assert not config.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add",), "没有写邮箱地址"),
        (("add", "wang"), "应该是邮箱地址"),
        (("add", USER), "--code-stdin"),
        (("add", USER, "--oauth-command", "cat 'x"), "引号"),
        (("test", "li@mail.test"), "没有添加过"),
        (("remove", USER), "没有添加过"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    given(monkeypatch, "")
    told = run("account", *arguments)
    assert told.code == 2
    assert says in told.err


def test_an_address_mistyped_is_answered_with_the_nearest(run: Run, config: Path) -> None:
    config.write_text(f'[[accounts]]\naddress = "{USER}"\n')
    assert USER in run("account", "remove", USER.replace("zhou", "zhuo")).err


def test_accounts_on_one_line_are_left_to_their_owner(run: Run, config: Path) -> None:
    config.write_text(f'accounts = [{{ address = "{USER}" }}]\n')
    assert "只能手工修改" in run("account", "remove", USER).err
    assert config.read_text("utf-8").startswith("accounts = [{")


@pytest.mark.usefixtures("bus")
def test_on_a_terminal_the_code_is_asked_for_until_it_is_right_and_not_shown(
    server: ImapServer, keyring: Keyring
) -> None:
    typed = at_a_terminal(
        *("--lang", "zh", "account", "add", "--port", str(server.port)),
        *("--ca-file", server.ca_file),
        answers=[
            ("邮箱地址", f"{USER}\n"),
            ("服务器", f"{server.host}\n"),
            ("授权码（输入时不显示）", "my-password\n"),
            ("授权码（输入时不显示）", f"{CODE}\n"),
        ],
    )
    assert typed.code == 0
    assert typed.shown.count("1. ") == 1
    assert "什么也没有保存" in typed.shown
    assert CODE not in typed.shown
    assert "my-password" not in typed.shown
    assert f"已添加：{USER}" in typed.shown
    assert read_secret(USER, environ=keyring.environ) == CODE
