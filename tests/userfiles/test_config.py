"""config.toml: its defaults, its mistakes, and the example that explains it."""

import re
import tomllib
from dataclasses import fields, replace
from datetime import time
from pathlib import Path

import pytest

from watcher.errors import Problem
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.config import Account, Alerts, Config, Data, SmsFolder, read_config
from watcher.userfiles.problems import render
from watcher.userfiles.shipped import shipped_folder

EXAMPLE = shipped_folder() / "config.example.toml"


def read(tmp_path: Path, text: str) -> tuple[Config | None, tuple[Problem, ...]]:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    config, problems = read_config(path)
    for problem in problems:
        for language in LANGUAGES:
            assert render(problem, Phrases(language)).startswith("config.toml")
    return config, problems


def opened(example: str) -> str:
    """Return the example with its commented keys and tables switched on."""
    return re.sub(r"(?m)^# (?=\[\[|[a-z_]+ = )", "", example)


def test_a_missing_or_empty_file_is_all_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path / "none.toml") == (Config(), ())
    assert read(tmp_path, "") == (Config(), ())


def test_the_example_says_the_defaults() -> None:
    assert read_config(EXAMPLE) == (Config(), ())


def test_the_example_with_its_comments_switched_on_says_the_defaults_of_each_account(
    tmp_path: Path,
) -> None:
    config, problems = read(tmp_path, opened(EXAMPLE.read_text(encoding="utf-8")))
    assert problems == ()
    assert config is not None
    (account,) = config.accounts
    bare = replace(account, host=None, port=None, folders=(), code_file=None, ca_file=None)
    bare = replace(bare, own_addresses=())
    assert bare == Account(address="user@163.com")
    assert account.code_file == Path("~/.config/loan-watcher/user@163.com.code").expanduser()
    assert account.folders == ("INBOX", "垃圾邮件")
    assert config.sms == (SmsFolder(path=Path("~/SMSBackup").expanduser()),)


def test_every_key_stands_in_the_example_under_a_chinese_comment() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    data = tomllib.loads(opened(text))
    tables = {"accounts": Account, "sms": SmsFolder, "alerts": Alerts, "data": Data}
    assert set(data) == {field.name for field in fields(Config)}
    lines = text.splitlines()
    for name, kind in tables.items():
        table = data[name][0] if isinstance(data[name], list) else data[name]
        assert set(table) == {field.name for field in fields(kind)}
    for key in ["language", *(field.name for kind in tables.values() for field in fields(kind))]:
        at = next(n for n, line in enumerate(lines) if re.match(rf"(# )?{key} = ", line))
        assert re.match(r"# .*[\u4e00-\u9fff]", lines[at - 1]), key


def test_a_full_configuration_is_read(tmp_path: Path) -> None:
    config, problems = read(
        tmp_path,
        'language = "zh"\n'
        '[[accounts]]\naddress = "wang@corp.example"\nhost = "imap.corp.example"\nport = 993\n'
        '[[sms]]\npath = "/srv/sms"\n'
        '[alerts]\nquiet_hours = ["23:30", "7:00"]\nmax_per_minute = 1\n'
        "[data]\nkeep_messages_days = 365\n",
    )
    assert problems == ()
    assert config == Config(
        language="zh",
        accounts=(Account(address="wang@corp.example", host="imap.corp.example", port=993),),
        sms=(SmsFolder(path=Path("/srv/sms")),),
        alerts=Alerts(quiet_hours=(time(23, 30), time(7)), max_per_minute=1),
        data=Data(keep_messages_days=365),
    )


def test_an_account_may_sign_in_with_a_token_of_a_command(tmp_path: Path) -> None:
    config, problems = read(
        tmp_path,
        '[[accounts]]\naddress = "wang@corp.example"\nsign_in = "xoauth2"\n'
        'oauth_command = ["python3", "/srv/my token.py"]\nca_file = "/srv/ca.pem"\n',
    )
    assert problems == ()
    assert config is not None
    (account,) = config.accounts
    assert account.sign_in == "xoauth2"
    assert account.oauth_command == ("python3", "/srv/my token.py")
    assert account.ca_file == Path("/srv/ca.pem")
    assert "token.py" not in repr(account)


def test_a_command_for_tokens_that_nothing_runs_is_remarked(tmp_path: Path) -> None:
    config, problems = read(
        tmp_path, "[[accounts]]\naddress = 'a@b.cn'\noauth_command = 'my-token'\n"
    )
    assert config is not None
    assert config.accounts[0].oauth_command == ("my-token",)
    assert [(problem.says, problem.warning) for problem in problems] == [
        ("config.command-unused", True)
    ]


def test_no_quiet_hours_are_an_empty_list(tmp_path: Path) -> None:
    config, _ = read(tmp_path, "[alerts]\nquiet_hours = []\n")
    assert config is not None
    assert config.alerts.quiet_hours is None


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ('language = "cn"\n', "problem.expected-one-of", 1),
        ('\n[[accounts]]\naddress = "wang"\n', "config.expected-address", 3),
        ("[[accounts]]\nhost = 'x'\n", "problem.key-missing", 1),
        ("[[accounts]]\naddress = 'a@b.cn'\nport = 70000\n", "problem.expected-number", 3),
        ("[[accounts]]\naddress = 'a@b.cn'\nfolders = [1]\n", "problem.expected-texts", 3),
        (
            "[[accounts]]\naddress = 'a@b.cn'\nown_addresses = ['a@b']\n",
            "config.expected-address",
            3,
        ),
        (
            "[[accounts]]\naddress = 'a@b.cn'\n[[accounts]]\naddress = 'A@b.cn'\n",
            "config.repeated-account",
            4,
        ),
        ("[[accounts]]\naddress = 'a@b.cn'\nsign_in = 'oauth'\n", "problem.expected-one-of", 3),
        (
            "[[accounts]]\naddress = 'a@b.cn'\noauth_command = 'sh token'\n",
            "config.expected-command",
            3,
        ),
        ("[[accounts]]\naddress = 'a@b.cn'\noauth_command = [1]\n", "problem.expected-texts", 3),
        ("[[accounts]]\naddress = 'a@b.cn'\ncode_file = 'code'\n", "config.expected-path", 3),
        ("[[accounts]]\naddress = 'a@b.cn'\nca_file = 1\n", "problem.expected-text", 3),
        ("[accounts]\naddress = 'a@b.cn'\n", "problem.expected-tables", 1),
        ("[[sms]]\npath = 'SMSBackup'\n", "config.expected-path", 2),
        ("[alerts]\nquiet_hours = ['22:00']\n", "config.expected-hours", 2),
        ("[alerts]\nquiet_hours = ['22:00', '24:00']\n", "config.expected-hours", 2),
        ("[alerts]\nquiet_hours = ['22:00', '22:00']\n", "config.expected-hours", 2),
        ("[alerts]\nquiet_hours = '22-8'\n", "config.expected-hours", 2),
        ("[alerts]\nlock_screen_details = 'no'\n", "problem.expected-flag", 2),
        ("[alerts]\nmax_per_minutes = 3\n", "problem.unknown-key", 2),
        ("[data]\nkeep_messages_days = 1\n", "problem.expected-number", 2),
        ("[other]\n", "problem.unknown-key", 1),
    ],
)
def test_each_mistake_is_named_with_its_line(
    tmp_path: Path, text: str, says: str, line: int
) -> None:
    config, problems = read(tmp_path, text)
    assert config is None
    assert [(problem.says, problem.line) for problem in problems] == [(says, line)]


@pytest.mark.parametrize(
    "key", ["password", "app_password", "auth_code", '"授权码"', "Secret", "pwd"]
)
def test_a_password_is_refused_and_never_repeated(tmp_path: Path, key: str) -> None:
    config, problems = read(tmp_path, f'[[accounts]]\naddress = "a@b.cn"\n{key} = "qqxxzz"\n')
    assert config is None
    assert [(problem.says, problem.line) for problem in problems] == [("config.secret", 3)]
    assert "qqxxzz" not in repr(problems)


def test_a_password_under_a_bare_chinese_key_is_recognised_though_the_file_is_broken(
    tmp_path: Path,
) -> None:
    config, problems = read(tmp_path, 'language = "zh"\n授权码 = "qqxxzz"\n')
    assert config is None
    assert [(problem.says, problem.line) for problem in problems] == [
        ("problem.toml-syntax", 2),
        ("config.secret", 2),
    ]
    assert "qqxxzz" not in repr(problems)


def test_a_home_folder_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/wang")
    config, _ = read(tmp_path, "[[sms]]\npath = '~/SMSBackup'\n")
    assert config is not None
    assert config.sms == (SmsFolder(path=Path("/home/wang/SMSBackup")),)
