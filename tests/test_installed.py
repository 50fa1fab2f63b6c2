"""The program as installed from its wheel, with a mailbox of a real server."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.running import LOANS, OVERDUE
from tests.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.mailboxes import mail
from watcher.clock import SystemClock


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def program(checkout: Path, tmp_path: Path) -> Path:
    """The command of an environment of its own, into which the wheel was installed offline."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True, timeout=120)
    [wheel] = tmp_path.glob("*.whl")
    place = tmp_path / "environment"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(place)], check=True, timeout=120
    )
    install = [sys.executable, "-m", "pip", "--python", str(place / "bin/python"), "install"]
    offline = ["-q", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    subprocess.run([*install, *offline], check=True, timeout=120)
    # What it depends on was installed with the tests; a path file brings no checkout with it.
    [packages] = (place / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    where = [str(place / "bin/python"), "-P", "-c", "import watcher; print(watcher.__file__)"]
    found = subprocess.run(where, check=True, capture_output=True, text=True, timeout=60)
    assert Path(found.stdout.strip()).is_relative_to(place)
    return place / "bin" / "loan-watcher"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    (home / "config" / "loan-watcher").mkdir(parents=True)
    (home / "config" / "loan-watcher" / "loans.toml").write_text(LOANS, encoding="utf-8")
    return {
        "HOME": str(home),
        "PATH": os.defpath,
        "LANG": "zh_CN.UTF-8",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path / 'none'}",
    }


def test_a_mailbox_is_added_scanned_and_watched_by_the_installed_program(
    program: Path, environ: dict[str, str], server: Dovecot, tmp_path: Path
) -> None:
    def run(*arguments: object, given: str = "") -> str:
        command = [str(program), *map(str, arguments)]
        ran = subprocess.run(
            command,
            env=environ,
            cwd=tmp_path,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert PASSWORD not in ran.stdout + ran.stderr
        return ran.stdout

    now = SystemClock().now()
    server.deliver([mail(1, at=now, text=OVERDUE), mail(2, at=now)])
    code = tmp_path / "code"
    reached = ("--host", "localhost", "--port", server.port, "--ca-file", server.server.ca_file)
    way = ("--code-stdin", "--code-file", code)
    assert USER in run("account", "add", USER, *way, *reached, given=f"{PASSWORD}\n")

    found = json.loads(run("scan", "--json", "--no-notify"))
    assert found["accounts"] == [{"address": USER, "ok": True, "reason": None}]
    assert found["messages"] == 2
    assert [one["verdict"] for one in found["open"]] == ["stale"]

    state = Path(environ["XDG_STATE_HOME"]) / "loan-watcher" / "state.db"
    watching = subprocess.Popen(
        [program, "run"], env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    try:
        _until(lambda: len(server.sessions()) == 1)
        server.deliver([mail(3, at=now, text=OVERDUE.replace("640.00", "641.00"))])
        _until(lambda: _cases(state) == 2)
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(30) == 0
    finally:
        watching.kill()
        watching.wait()


def _cases(state: Path) -> int:
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as database:
        [(count,)] = database.execute("SELECT count(*) FROM cases").fetchall()
    return int(count)


def _until(true: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 60, "it did not come to pass"
        time.sleep(0.05)
