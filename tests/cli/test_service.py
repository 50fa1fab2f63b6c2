"""`loan-watcher service` and `status` where no service is: what they write and what they say."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import LOANS, Run
from tests.needed import needs
from watcher.cli.unit import DROP_IN, SERVICE, Place, drop_in, opener_drop_in
from watcher.errors import UserError
from watcher.userfiles.config import Account, Config, SmsFolder


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home of the test's own."""
    home = tmp_path / "home"
    return Place(
        home=home,
        units=home / ".config" / "systemd" / "user",
        config=home / ".config" / "loan-watcher",
        state=home / ".local" / "state" / "loan-watcher",
    )


def lines(place: Place, config: Config, **environ: str) -> list[str]:
    return drop_in(place, config, environ).splitlines()


def watching(*paths: Path) -> Config:
    return Config(sms=tuple(SmsFolder(path=path) for path in paths))


def test_the_parent_of_a_watched_folder_is_seen(place: Place) -> None:
    config = watching(place.home / "Sync" / "短信 100%" / "phone")
    assert f'BindReadOnlyPaths="-{place.home}/Sync/短信 100%%"' in lines(place, config)


@pytest.mark.parametrize("name", ["SMSBackup", ".local/share/sms"])
def test_a_folder_whose_parent_is_half_the_home_is_seen_alone(place: Place, name: str) -> None:
    found = lines(place, watching(place.home / name))
    assert f'BindReadOnlyPaths="-{place.home}/{name}"' in found
    assert f'BindReadOnlyPaths="-{(place.home / name).parent}"' not in found


def test_a_link_is_followed_to_where_the_messages_are(place: Place) -> None:
    target = place.home / "big" / "phone"
    target.mkdir(parents=True)
    (place.home / "SMSBackup").symlink_to(target)
    found = lines(place, watching(place.home / "SMSBackup"))
    assert f'BindReadOnlyPaths="-{place.home}/SMSBackup"' in found
    assert f'BindReadOnlyPaths="-{place.home}/big"' in found


def test_the_code_of_a_mailbox_is_seen_without_what_lies_beside_it(place: Place) -> None:
    file = place.home / ".secrets" / "mail"
    found = lines(place, Config(accounts=(Account(address="a@b.test", code_file=file),)))
    assert f'BindReadOnlyPaths="-{file}"' in found


def test_a_home_that_is_not_where_homes_are_is_hidden_too(place: Place) -> None:
    home = Path("/srv/people/li")
    assert f'TemporaryFileSystem="{home}"' in lines(replace(place, home=home), Config())
    home = Path("/home/li")
    assert f'TemporaryFileSystem="{home}"' not in lines(replace(place, home=home), Config())


def test_the_interpreter_is_seen_and_the_home_is_not(place: Place) -> None:
    found = lines(place, Config(), LANG="zh_CN.UTF-8", HOME="/elsewhere")
    assert f'ExecStart="{sys.executable}" -E -P -m watcher.daemon' in found
    assert 'Environment="LANG=zh_CN.UTF-8"' in found
    assert not [line for line in found if line.endswith(f'"-{place.home}"')]


def test_the_opener_is_the_same_program_without_walls(place: Place) -> None:
    text = opener_drop_in({"LANG": "zh_CN.UTF-8", "XDG_STATE_HOME": "/srv/state"})
    assert f'ExecStart="{sys.executable}" -E -P -m watcher.web.opener' in text
    assert 'Environment="XDG_STATE_HOME=/srv/state"' in text
    assert "Bind" not in text
    assert str(place.home) not in text


def test_a_path_that_would_end_the_line_is_refused(place: Place) -> None:
    config = watching(place.home / "a\nExecStartPre=/bin/sh" / "b")
    with pytest.raises(UserError) as refused:
        drop_in(place, config, {})
    assert refused.value.says == "service.odd_path"


def test_systemd_takes_what_is_written_without_a_word(place: Place, tmp_path: Path) -> None:
    needs("systemd", "systemd-analyze")
    unit = Path(__file__).parents[2] / "systemd" / SERVICE
    (tmp_path / DROP_IN).parent.mkdir()
    (tmp_path / SERVICE).write_text(unit.read_text())
    odd = place.home / '引"号\\ 和 %h:$HOME' / "phone"
    (tmp_path / DROP_IN).write_text(drop_in(place, watching(odd), {"LANG": "zh_CN.UTF-8"}))

    verified = subprocess.run(
        ["systemd-analyze", "--user", "verify", tmp_path / SERVICE],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert verified.stderr == b""
    assert verified.returncode == 0


def test_what_would_be_written_can_be_seen_first(run: Run, home: Path) -> None:
    shown = run("service", "install", "--print")
    assert shown.code == 0
    assert f"LOAN_WATCHER_UNSEEN={home}/config/systemd/user/{DROP_IN}" in shown.out
    assert "ProtectHome=tmpfs" in shown.out
    assert not (home / "config" / "systemd").exists()


def test_the_service_speaks_the_language_that_was_asked_for(run: Run) -> None:
    assert 'Environment="LANG=zh_CN.UTF-8"' in run("service", "install", "--print").out
    english = run("service", "install", "--print", "--lang", "en").out
    assert 'Environment="LANG=en_US.UTF-8"' in english
    assert "zh_CN" not in english


@pytest.mark.parametrize("deed", ["install", "status", "uninstall"])
def test_without_systemd_it_says_what_to_do_instead(
    run: Run, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    ran = run("service", deed)
    assert ran.code == 3
    assert "loan-watcher run" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be asked by way of sudo")
def test_sudo_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1000")
    ran = run("service", "install")
    assert ran.code == 2
    assert "不要用 sudo" in ran.err


def test_a_mistake_in_the_configuration_is_named_before_anything_is_written(
    run: Run, home: Path
) -> None:
    (home / "config" / "loan-watcher").mkdir(parents=True)
    (home / "config" / "loan-watcher" / "config.toml").write_text("[[sms]]\npth = 1\n")
    ran = run("service", "install", "--print")
    assert ran.code == 2
    assert "config.toml:2" in ran.err


def test_status_says_what_is_to_be_done(run: Run, home: Path) -> None:
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[[sms]]\npath = "~/SMSBackup"\n')
    (folder / "loans.toml").write_text(LOANS.replace("settled_on", "setled_on"))
    ran = run("status")
    assert ran.code == 3
    assert "没有在运行" in ran.out
    assert "SMSBackup：还没有查看过" in ran.out
    assert "loans.toml:9" in ran.out
    assert "settled_on" in ran.out


def test_settings_with_a_mistake_are_not_told_of_as_settings_that_are_absent(
    run: Run, home: Path
) -> None:
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[[sms]]\npth = 1\n")
    for command in ("status", "doctor"):
        said = run(command).out
        assert "config.toml:2" in said
        assert "还没有设置" not in said
    (folder / "config.toml").unlink()
    for command in ("status", "doctor"):
        assert "还没有设置" in run(command).out
