"""`loan-watcher open` without a daemon: it serves the page itself."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bench.example_page import example
from watcher.core.knowledge import Rules

ADDRESS = re.compile(r"url=(http://127\.0\.0\.1:\d+/enter\?token=[\w-]+)")


@pytest.fixture
def environ(tmp_path: Path, rules: Rules) -> dict[str, str]:
    """The example as a user's files."""
    made = example(tmp_path / "made", rules)
    found = dict(os.environ)
    for name, folder in (("XDG_CONFIG_HOME", made.config), ("XDG_STATE_HOME", made.state)):
        (tmp_path / name).mkdir()
        folder.rename(tmp_path / name / "loan-watcher")
        found[name] = str(tmp_path / name)
    return found


def command(environ: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "watcher", "--lang", "zh", "open", *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_serves_the_page_itself_until_it_is_told_to_end(environ: dict[str, str]) -> None:
    running = command(environ, "--no-browser", "3")
    assert running.stdout is not None
    assert running.stderr is not None
    said = ""
    while "page.html" not in said:
        line = running.stdout.readline()
        assert line, running.stderr.read()
        said += line.strip()
    file = Path(said.partition("file://")[2])
    found = ADDRESS.search(file.read_text(encoding="utf-8"))
    assert found
    with httpx.Client() as client:
        client.get(found[1], headers={"Sec-Fetch-Site": "cross-site"})
        base = found[1].partition("/enter")[0]
        shown = client.get(f"{base}/cases/3", headers={"Sec-Fetch-Site": "none"})
    assert "该怎么做" in shown.text
    assert "闲置一刻钟" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 0
    assert "Traceback" not in errors
    assert not file.exists()


def test_a_case_that_is_not_there_opens_nothing(environ: dict[str, str]) -> None:
    running = command(environ, "77")
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 2
    assert "没有编号为 77 的提醒" in errors
