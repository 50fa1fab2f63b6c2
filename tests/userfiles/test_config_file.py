"""Changing the accounts of config.toml: every other line stays as it was."""

from pathlib import Path

import pytest

from watcher.errors import UserError
from watcher.userfiles.config_file import ConfigFile, check_account

TEXT = """\
# 我的设置
language = "zh"  # 说中文

# 第一个邮箱
[[accounts]]
address = "wang@163.com"  # 常用
folders = [
  "INBOX",  # 收件箱
  "垃圾邮件",
]

# 第二个邮箱
[[accounts]]
address = "Li@qq.com"
host = "imap.qq.com"

# 提醒
[alerts]
max_per_minute = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> ConfigFile:
    path = tmp_path / "config.toml"
    path.write_text(TEXT, encoding="utf-8")
    return ConfigFile.open(path)


def test_an_account_is_added_at_the_end_in_the_order_of_its_keys(file: ConfigFile) -> None:
    row = {"folders": ["INBOX"], "address": "zhao@corp.test", "port": 993}
    file.with_account(row).save()
    assert file.path.read_text("utf-8") == (
        f'{TEXT}\n[[accounts]]\naddress = "zhao@corp.test"\nport = 993\nfolders = ["INBOX"]\n'
    )
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_the_first_account_makes_the_file(tmp_path: Path) -> None:
    file = ConfigFile.open(tmp_path / "config.toml").with_account({"address": "wang@163.com"})
    file.save()
    assert file.path.read_text("utf-8") == '[[accounts]]\naddress = "wang@163.com"\n'


def test_changing_one_key_leaves_all_comments(file: ConfigFile) -> None:
    changed = file.with_account({"address": "wang@163.com", "history_days": 7})
    text = changed.document.text
    assert "history_days = 7\n" in text
    assert text.replace("history_days = 7\n", "") == TEXT
    again = changed.with_account({"address": "li@qq.com", "host": "imap.exmail.qq.com"})
    assert 'address = "Li@qq.com"\nhost = "imap.exmail.qq.com"\n' in again.document.text


def test_an_account_goes_and_the_comments_around_it_stay(file: ConfigFile) -> None:
    without = file.without_account("WANG@163.com")
    assert [one.address for one in without.config.accounts] == ["Li@qq.com"]
    assert without.document.text == TEXT.replace(
        '[[accounts]]\naddress = "wang@163.com"  # 常用\n'
        'folders = [\n  "INBOX",  # 收件箱\n  "垃圾邮件",\n]\n',
        "",
    )
    none = without.without_account("li@qq.com")
    assert none.config.accounts == ()
    assert none.document.text.endswith("# 提醒\n[alerts]\nmax_per_minute = 2\n")


def test_who_is_not_there_cannot_be_removed(file: ConfigFile) -> None:
    assert file.without_account("zhao@corp.test") == file


def test_a_file_with_mistakes_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[[accounts]]\naddress = "wang"\n', encoding="utf-8")
    with pytest.raises(UserError) as raised:
        ConfigFile.open(path)
    assert [problem.says for problem in raised.value.problems] == ["config.expected-address"]


def test_inline_accounts_are_edited_by_hand_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('accounts = [{ address = "wang@163.com" }]\n', encoding="utf-8")
    file = ConfigFile.open(path)
    with pytest.raises(UserError) as raised:
        file.with_account({"address": "li@qq.com"})
    assert raised.value.says == "account.by_hand"
    with pytest.raises(UserError):
        file.without_account("wang@163.com")


def test_a_folder_is_added_beneath_what_is_there_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('# 我的\n[[sms]]  # 旧手机\npath = "/old"\n', encoding="utf-8")
    ConfigFile.open(path).with_sms("~/Sync/新手机").save()
    assert path.read_text("utf-8") == (
        '# 我的\n[[sms]]  # 旧手机\npath = "/old"\n\n[[sms]]\npath = "~/Sync/新手机"\n'
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_inline_folders_are_edited_by_hand_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('sms = [{ path = "/old" }]\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"init\.sms\.inline"):
        ConfigFile.open(path).with_sms("/new")


def test_a_mistake_in_an_option_is_named_by_the_option() -> None:
    with pytest.raises(UserError) as raised:
        check_account({"address": "wang@163.com", "history_days": 0}, "account add")
    (problem,) = raised.value.problems
    assert (problem.file, problem.key) == ("account add", "--history-days")
