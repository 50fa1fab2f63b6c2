"""The Tab key: what a shell is given, and what it then offers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Run
from tests.needed import needs
from watcher.cli import COMMANDS
from watcher.phrases import Phrases

SOURCE = """
source <(loan-watcher completion bash)
complete -p loan-watcher
compopt() { echo compopt "$@"; }
"""
ASK = """
echo ===
COMP_WORDS=({words} "{begun}") COMP_CWORD={place} COMPREPLY=()
_loan_watcher_completion loan-watcher
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the program on the path, as an installation does."""
    program = tmp_path / "bin" / "loan-watcher"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m watcher "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def offered(*typed: str) -> list[list[str]]:
    """Return what bash offers for each line, whose last word was begun."""
    script = SOURCE
    for line in typed:
        *words, begun = line.split(" ")
        script += ASK.format(words=" ".join(words), begun=begun, place=len(words))
    shown = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    first, *rest = shown.stdout.split("===\n")
    assert first.endswith("-F _loan_watcher_completion loan-watcher\n")
    return [one.splitlines() for one in rest]


@pytest.mark.usefixtures("path")
def test_bash_offers_commands_their_commands_options_and_files() -> None:
    first, under, options, values, files = offered(
        "loan-watcher ",
        "loan-watcher account ",
        "loan-watcher account add --si",
        "loan-watcher account add --sign-in x",
        "loan-watcher scan ~/SMS",
    )
    assert first == list(COMMANDS)
    assert under == ["add", "test", "list", "remove"]
    assert options == ["--sign-in"]
    assert values == ["xoauth2"]
    assert files == ["compopt -o default", ""]


@pytest.mark.usefixtures("path")
def test_a_zsh_that_nobody_has_set_up_completes_too(home: Path) -> None:
    asked = 'eval "$(loan-watcher completion zsh)"; print $_comps[loan-watcher]'
    shown = subprocess.run(
        [needs("zsh", "zsh"), "-f", "-c", asked],
        env={**os.environ, "ZDOTDIR": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (shown.stdout, shown.stderr) == ("_loan_watcher_completion\n", "")


@pytest.mark.usefixtures("path")
def test_fish_offers_commands_with_what_they_do_and_files(home: Path) -> None:
    (home / "短信.xml").touch()
    lines = ("loan-watcher doc", "loan-watcher account add --si", "loan-watcher scan 短")
    asked = "; ".join(f'complete -C "{line}"' for line in lines)
    shown = subprocess.run(
        [
            needs("fish", "fish"),
            "--no-config",
            "-c",
            f"loan-watcher completion fish | source; {asked}",
        ],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    command, option, file = shown.stdout.splitlines()
    assert command == f"doctor\t{Phrases('zh').say('cli.commands.doctor')}"
    assert option.startswith("--sign-in\t")
    assert (file, shown.stderr) == ("短信.xml", "")


def asked(shell: str, words: str, **environ: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "watcher"],
        env={
            **os.environ,
            "_LOAN_WATCHER_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": f"loan-watcher {words}",
            **environ,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_zsh_and_fish_are_told_what_each_word_does_in_the_users_language() -> None:
    chinese, english = Phrases("zh"), Phrases("en")
    told = asked("zsh", "do", COMP_CWORD="1", LANG="zh_CN.UTF-8")
    assert f"plain\ndoctor\n{chinese.say('cli.commands.doctor')}" in told
    told = asked("zsh", "doctor --js", COMP_CWORD="2", LANG="zh_CN.UTF-8")
    assert f"plain\n--json\n{chinese.say('cli.option.json')}" in told
    told = asked("fish", "", COMP_CWORD="do", LANG="en_US.UTF-8")
    assert f"plain,doctor\t{english.say('cli.commands.doctor')}" in told


def test_the_first_word_is_completed_without_importing_any_command() -> None:
    code = (
        "import atexit, sys; from watcher.__main__ import main; there = sys.modules;"
        "atexit.register(lambda: print('rich' in there, 'watcher.cli.doctor' in there));"
        "main([])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "_LOAN_WATCHER_COMPLETE": "bash_complete",
            "COMP_WORDS": "loan-watcher ",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert shown.stdout.endswith("False False\n")
    assert "plain,doctor\n" in shown.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_of_its_own(run: Run, shell: str) -> None:
    shown = run("completion", shell)
    assert (shown.code, shown.err) == (0, "")
    assert f"_LOAN_WATCHER_COMPLETE={shell}_complete" in shown.out


def test_another_shell_is_answered_with_those_that_are_known(run: Run) -> None:
    ran = run("completion", "tcsh")
    assert ran.code == 2
    assert "bash、zsh、fish" in ran.err
