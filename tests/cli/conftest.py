from pathlib import Path

import pytest

from tests.cli.running import Ran, Run
from watcher.__main__ import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: no command sees or touches the real one."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    for name in ("DBUS_SESSION_BUS_ADDRESS", "COLUMNS", "FORCE_COLOR", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    return folder


@pytest.fixture
def config(home: Path) -> Path:
    """The path of the settings, in a folder that is there."""
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True, mode=0o700)
    return folder / "config.toml"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], _logging_put_back: None) -> Run:
    """Run a command as a shell does, in this process."""

    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return command
