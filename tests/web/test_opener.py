"""What opens the page outside of the walls: it takes a port and a token, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from watcher.web.opener import asked_for
from watcher.web.start import Page

TOKEN = "A" * 43
ADDRESS = f"http://127.0.0.1:40123/enter?token={TOKEN}"
OPENER = """#!/bin/sh
printf '%s\\n' "$@" > "$SEEN"
cat "$1" >> "$SEEN"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_the_file_that_the_page_writes_is_taken(page: Page) -> None:
    file = page.open("/cases/2")
    address = asked_for(file)
    assert address is not None
    assert address in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ADDRESS.replace("127.0.0.1", "127.0.0.1.evil.test"),
        ADDRESS.replace("http:", "https:"),
        ADDRESS.replace("/enter", "/enter/../other"),
        ADDRESS.replace(":40123", ":80"),
        ADDRESS + "x",
        ADDRESS.replace(TOKEN, TOKEN[:-1]),
        ADDRESS.replace("127", "user@127"),
        ADDRESS + '"><meta http-equiv="refresh" content="0;url=file:///etc/passwd">',
        f"{ADDRESS} http://127.0.0.1:40124/enter?token={TOKEN}",
        ADDRESS.replace("4", "４"),
    ],
)
def test_an_address_of_any_other_form_is_refused(file: Path, text: str) -> None:
    assert asked_for(written(file, f'<meta http-equiv="refresh" content="0;url={text}">')) is None


def test_only_a_file_of_our_own_is_read(file: Path, tmp_path: Path) -> None:
    assert asked_for(file) is None
    written(file, ADDRESS)
    assert asked_for(file) == ADDRESS
    link = tmp_path / "link"
    link.symlink_to(file)
    assert asked_for(link) is None
    file.chmod(0o644)
    assert asked_for(file) is None
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert asked_for(tmp_path / "pipe") is None
    assert asked_for(written(tmp_path / "big", ADDRESS + " " * 16 * 1024)) is None


def opened(tmp_path: Path, **desktop: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the opener as its unit does, on a desktop whose opener writes down what it is given."""
    for name in ("bin", "run", "state/loan-watcher"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    program = tmp_path / "bin" / "xdg-open"
    program.write_text(OPENER)
    program.chmod(0o755)
    (tmp_path / "bin" / "cat").symlink_to("/bin/cat")
    return subprocess.run(
        [sys.executable, "-m", "watcher.web.opener"],
        env={
            "PATH": str(tmp_path / "bin"),
            "HOME": str(tmp_path),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "RUNTIME_DIRECTORY": str(tmp_path / "run"),
            "SEEN": str(tmp_path / "seen"),
            **desktop,
        },
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_the_browser_is_given_a_file_that_the_service_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "state" / "loan-watcher").mkdir(parents=True)
    script = "<script>alert(1)</script>"
    written(tmp_path / "state" / "loan-watcher" / "page.html", f'{script} "{ADDRESS}"')
    ran = opened(tmp_path, DISPLAY=":7")
    assert ran.returncode == 0
    path, page = (tmp_path / "seen").read_text().split("\n", 1)
    assert path == str(tmp_path / "run" / "page.html")
    assert f"url={ADDRESS}" in page
    assert "script" not in page
    assert (tmp_path / "run" / "page.html").stat().st_mode & 0o077 == 0
    assert TOKEN.encode() not in ran.stderr


def test_without_a_desktop_it_says_so_in_the_journal(tmp_path: Path) -> None:
    (tmp_path / "state" / "loan-watcher").mkdir(parents=True)
    written(tmp_path / "state" / "loan-watcher" / "page.html", ADDRESS)
    ran = opened(tmp_path)
    assert ran.returncode == 3
    assert b"no-desktop" in ran.stderr
    assert not (tmp_path / "seen").exists()


def test_what_is_not_ours_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "state" / "loan-watcher").mkdir(parents=True)
    written(tmp_path / "state" / "loan-watcher" / "page.html", "http://evil.test/")
    ran = opened(tmp_path, DISPLAY=":7")
    assert ran.returncode == 0
    assert b"not-ours" in ran.stderr
    assert not (tmp_path / "seen").exists()
