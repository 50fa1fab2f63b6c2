"""The Tab key: what a shell is given, and what it then offers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Run
from watcher.cli import COMMANDS
from watcher.phrases import Phrases

ASK = """
source <(loan-watcher completion bash)
complete -p loan-watcher
COMP_WORDS=({words} "{begun}") COMP_CWORD={place} COMPREPLY=()
compopt() {{ echo compopt "$@"; }}
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


def offered(begun: str, *words: str) -> list[str]:
    """Return what bash offers for a word that was begun."""
    typed = ("loan-watcher", *words)
    script = ASK.format(words=" ".join(typed), begun=begun, place=len(typed))
    shown = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    first, *rest = shown.stdout.splitlines()
    assert first.endswith("-F _loan_watcher_completion loan-watcher")
    return rest


@pytest.mark.usefixtures("path")
def test_bash_offers_commands_their_commands_and_options() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("do") == ["doctor"]
    assert offered("", "account") == ["add", "test", "list", "remove"]
    assert "--sign-in" in offered("--si", "account", "add")
    assert offered("x", "account", "add", "--sign-in") == ["xoauth2"]


@pytest.mark.usefixtures("path")
def test_bash_completes_the_names_of_files_itself() -> None:
    assert offered("~/SMS", "scan") == ["compopt -o default", ""]


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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_zsh_and_fish_are_told_what_each_word_does(language: str) -> None:
    phrases = Phrases("zh" if language == "zh" else "en")
    lang = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[language]
    command = phrases.say("cli.commands.doctor")
    assert f"plain\ndoctor\n{command}" in asked("zsh", "do", COMP_CWORD="1", LANG=lang)
    assert f"plain,doctor\t{command}" in asked("fish", "", COMP_CWORD="do", LANG=lang)
    option = phrases.say("cli.option.json")
    assert f"plain\n--json\n{option}" in asked("zsh", "doctor --js", COMP_CWORD="2", LANG=lang)


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
