"""`loan-watcher init`: from nothing to a mailbox and a folder that are watched, and again."""

import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from bench.imap_server import ImapServer
from bench.imap_server.server import CODE, USER
from tests.cli.running import Run
from tests.cli.terminal import at_a_terminal
from tests.keyring_daemon import Keyring, running_keyring
from tests.sources.exports import sms, smses
from watcher.secrets import read_secret
from watcher.store import Store

PROVIDER = """
[[providers]]
id = "mail-test"
name = { zh = "试验邮箱", en = "Test mail" }
domains = ["mail.test"]
code = { zh = "问管邮箱的人。", en = "Ask who runs it." }
"""
NOTICES = (
    "【招联金融】您的12,000.00元借款已发放到尾号8043的招商银行卡。",
    "【招联金融】您于04月17日成功还款1,352.29元，可前往App查看详情。",
    "【招联金融】您尾号9929的借款已全部结清，感谢一路相伴。",
    "【招联金融】您的好期贷借款（尾号9929）已逾期，应还1,352.29元，请尽快还款。",
)
MONTH = 43_200
"""Minutes; records of an export are dated by them."""


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyring]:
    with running_keyring(tmp_path_factory.mktemp("k")) as running:
        yield running


@pytest.fixture
def bus(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the keyring."""
    address = keyring.environ["DBUS_SESSION_BUS_ADDRESS"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)


@pytest.fixture
def server(config: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    """A mail server that the program knows by the domain of an address."""
    with ImapServer() as server:
        server.account().deliver("INBOX", b"Subject: short\r\n\r\nHello.\r\n")
        rules = config.parent / "rules"
        rules.mkdir(mode=0o700)
        (rules / "providers.toml").write_text(
            f'{PROVIDER}host = "{server.host}"\nport = {server.port}\n', encoding="utf-8"
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        yield server


def answered(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Put answers into the pipe that is read, a line for each."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{one}\n" for one in answers)))


def exported(folder: Path) -> Path:
    """Write an export with a loan that was paid off, and a notice in spite of it."""
    folder.mkdir(exist_ok=True)
    path = folder / "sms-2026.xml"
    records = (sms(text, number=n * MONTH) for n, text in enumerate(NOTICES))
    path.write_text(smses(*records), encoding="utf-8")
    return path


@pytest.mark.usefixtures("bus")
def test_a_newcomer_is_led_from_nothing_to_a_judged_inbox_and_back_to_what_stands(  # noqa: PLR0913, PLR0917  fixtures
    run: Run,
    home: Path,
    config: Path,
    server: ImapServer,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config.write_text("# 我的设置\n[data]  # 保存多久\nkeep_messages_days = 400\n")
    loans = config.with_name("loans.toml")
    loans.write_text("# 我的账本\n")
    exported(home / "Downloads")
    answered(monkeypatch, "王小明", USER, CODE, "1", "y", "y")

    first = run("init")

    assert (first.code, server.violations) == (0, ()), first.err
    assert "1. ~/Downloads（里面有 sms-2026.xml）" in first.out
    assert config.read_text("utf-8").startswith(
        "# 我的设置\n[data]  # 保存多久\nkeep_messages_days = 400\n"
    )
    written = tomllib.loads(config.read_text("utf-8"))
    assert [one["address"] for one in written["accounts"]] == [USER]
    assert written["sms"] == [{"path": "~/Downloads"}]
    ledger = loans.read_text("utf-8")
    assert ledger.startswith("# 我的账本\n")
    assert tomllib.loads(ledger)["holder"] == {"name": "王小明"}
    assert tomllib.loads(ledger)["loans"][0]["status"] == "settled"
    assert read_secret(USER, environ=keyring.environ) == CODE
    assert CODE not in config.read_text("utf-8") + first.out + first.err
    # The loan was found before the notice was judged.
    with Store.open_to_read(home / "state" / "loan-watcher") as store:
        assert [case.verdict.value for case in store.cases()] == ["stale"]

    before = config.read_text("utf-8"), loans.read_text("utf-8")
    answered(monkeypatch)
    again = run("init")
    assert (again.code, again.err.count(": ")) == (0, 0), again.err
    for stands in ("已经有了：王小明", f"已经有了：{USER}", "~/Downloads", "有 1 笔借款"):
        assert stands in again.out.replace("\n", "")
    assert (config.read_text("utf-8"), loans.read_text("utf-8")) == before


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "以后添加邮箱"), ("en", "To add a mailbox later")]
)
def test_without_answers_every_step_says_how_it_is_done_by_hand_in_eighty_columns(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answered(monkeypatch)
    ran = run("--lang", language, "init")
    assert ran.code == 0
    assert all(cell_len(line) <= 80 for line in ran.out.splitlines())
    said = " ".join((ran.out + ran.err).split())
    for command in ("init", "account add", "scan", "loan discover", "run"):
        assert f"loan-watcher {command}" in said
    assert words in said
    assert not (home / "config" / "loan-watcher" / "config.toml").exists()
    assert not (home / "config" / "loan-watcher" / "loans.toml").exists()


def test_every_step_can_be_skipped_and_a_folder_named_by_hand(
    run: Run, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "电话").mkdir()
    answered(monkeypatch, "", "", "~/电话", "n")
    ran = run("init")
    assert ran.code == 0
    assert tomllib.loads(config.read_text("utf-8")) == {"sms": [{"path": "~/电话"}]}
    assert not config.with_name("loans.toml").exists()
    assert not (home / "state" / "loan-watcher" / "state.db").exists()


def test_after_a_failure_no_later_line_of_the_pipe_answers_another_question(
    run: Run, home: Path, config: Path, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(home / "Downloads")
    answered(monkeypatch, "", USER, "y", "no-such-code", "1", "y", "y")
    ran = run("init")
    assert ran.code == 3
    assert server.violations == ()
    assert "什么也没有保存" in ran.err
    assert "loan-watcher scan" in ran.out
    assert "no-such-code" not in ran.out + ran.err
    assert not config.exists()
    assert not list(config.parent.glob("*.code"))


@pytest.mark.usefixtures("server")
def test_where_there_is_no_keyring_a_file_holds_the_code_if_that_is_allowed(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, "", USER, "y", CODE, "n")
    assert run("init").code == 0
    [account] = tomllib.loads(config.read_text("utf-8"))["accounts"]
    file = Path(account["code_file"])
    assert (file.parent, file.read_text(), file.stat().st_mode & 0o777) == (
        config.parent,
        f"{CODE}\n",
        0o600,
    )


def test_mistakes_in_the_settings_are_listed_once_before_anything_is_asked(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[[sms]]\npth = 1\n")
    answered(monkeypatch, "王小明")
    ran = run("init")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("config.toml:2") == 1
    assert str(config.parent) in ran.err
    assert config.read_text("utf-8") == "[[sms]]\npth = 1\n"


def test_an_answer_in_another_coding_than_utf_8_is_refused_and_not_written(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, "王小明".encode("gbk").decode("utf-8", "surrogateescape"))
    ran = run("init")
    assert ran.code == 3
    assert "UTF-8" in ran.err
    assert not config.with_name("loans.toml").exists()


@pytest.mark.usefixtures("server")
def test_no_answer_to_whether_a_code_may_lie_in_a_file_is_no(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, "", USER, "", CODE)
    assert run("init").code == 3
    assert not config.exists()
    assert not list(config.parent.glob("*.code"))


def test_an_address_that_is_none_is_refused_before_anything_else_is_asked(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, "", "li at 163.com", "y", "imap.example", CODE)
    ran = run("init")
    assert ran.code == 3
    assert "user@163.com" in ran.err
    assert "imap" not in ran.err.lower()
    assert not config.exists()


def test_at_a_terminal_what_is_done_stays_when_it_is_stopped(config: Path) -> None:
    # The end of input, as Ctrl-D types it: a signal may come a moment before it is waited for.
    answers = [("姓名（回车跳过）", "王小明\n"), ("邮箱地址（回车跳过）", "\x04")]
    typed = at_a_terminal("--lang", "zh", "init", answers=answers)
    assert typed.code == 130
    assert "停下了。做好的都留着" in typed.shown
    assert "Traceback" not in typed.shown
    assert 'name = "王小明"' in config.with_name("loans.toml").read_text("utf-8")


@pytest.mark.usefixtures("bus")
def test_whoever_has_no_code_that_is_taken_gets_on_with_an_empty_line(
    server: ImapServer, config: Path
) -> None:
    typed = at_a_terminal(
        *("--lang", "en", "init"),
        answers=[
            ("Name", "\n"),
            ("Mail address", f"{USER}\n"),
            ("Code or app password", "my-password\n"),
            ("Code or app password", "\n"),
            ("Which folder", "\n"),
        ],
    )
    assert typed.shown.count("Mail address") == 1
    assert "Signing in failed; nothing was kept." in typed.shown
    assert "To add a mailbox later: loan-watcher account add" in typed.shown
    assert "5/5" in typed.shown
    assert all(cell_len(line) <= 80 for line in typed.shown.splitlines())
    assert (typed.code, server.violations) == (0, ())
    assert not config.exists()
