"""The command line as a whole: help, languages, failures and their exit codes."""

import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Run
from tests.needed import needs
from watcher.cli import COMMANDS, group
from watcher.cli.context import Context
from watcher.cli.failures import report
from watcher.cli.spoken import SpokenContext
from watcher.errors import CredentialsRefused, Problem, SourceUnavailable, UserError
from watcher.phrases import LANGUAGES

HELP_SECONDS = 0.3
PREDICATES = {"is", "keeps"}
"""What follows the name of the program in prose and is no command."""


def start(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "watcher", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_answers_at_once_and_imports_no_command() -> None:
    fastest = min(_seconds_of_help() for _ in range(5))
    assert fastest < HELP_SECONDS
    code = (
        "import sys; from watcher.__main__ import main; main(['--help']);"
        "print('rich' in sys.modules, 'watcher.cli.check' in sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert loaded.stdout.endswith("False False\n")


def _seconds_of_help() -> float:
    """Return what help costs a processor: a busy machine answers nobody at once."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert start("--help").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_every_command_of_the_list_is_there() -> None:
    context = SpokenContext(group, obj=Context("en"), **group.context_settings)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None, name
        with context.scope():
            assert command.get_help(SpokenContext(command, parent=context, info_name=name))


@pytest.mark.parametrize(
    "file",
    [*(f"watcher/phrases/{name}.toml" for name in LANGUAGES), "config.example.toml", "README.md"],
)
def test_nobody_is_sent_to_a_command_that_is_not_there(checkout: Path, file: str) -> None:
    said = (checkout / file).read_text(encoding="utf-8")
    told = set(re.findall(r"loan-watcher ([a-z]+)", said)) - PREDICATES
    assert told
    assert told <= set(COMMANDS)


@pytest.mark.parametrize("where", [["--lang", "en", "--help"], ["--help", "--lang=en"]])
def test_help_speaks_the_language_asked_for(run: Run, where: list[str]) -> None:
    helped = run(*where)
    assert "Commands:" in helped.out
    assert "命令" not in helped.out


def test_help_follows_the_locale_and_then_the_configuration(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "命令:" in run("--help").out
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert "Commands:" in run("--help").out
    folder = home / "config" / "loan-watcher"
    folder.mkdir(parents=True)
    for encoding in ("utf-8", "utf-8-sig"):
        (folder / "config.toml").write_text('language = "zh"', encoding=encoding)
        assert "命令:" in run("--help").out


@pytest.mark.parametrize("words", [[], ["--lang", "zh"]])
def test_without_a_command_it_says_which_there_are(run: Run, words: list[str]) -> None:
    said = run(*words)
    assert (said.code, said.err) == (0, "")
    assert "命令:" in said.out


def test_help_leaves_nothing_behind(run: Run, home: Path) -> None:
    run("--help")
    run("check", "--help")
    assert list(home.iterdir()) == []


def test_no_line_of_any_help_is_wider_than_a_terminal(run: Run) -> None:
    from rich.cells import cell_len  # noqa: PLC0415  the only test that measures

    for language in ("zh", "en"):
        for name in ("", *COMMANDS):
            helped = run("--lang", language, *filter(None, [name]), "--help")
            wide = [line for line in helped.out.splitlines() if cell_len(line) > 80]
            assert not wide, (language, name)


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").out.startswith("loan-watcher ")


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    shown = run()
    assert (shown.code, shown.err) == (0, "")
    assert "loan-watcher demo" in shown.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "check"),
        (["check", "--loan"], "--loans"),
        (["explain"], "ID"),
        (["explain", "one"], "ID"),
        (["check", "a", "b"], "命令写得不对"),
    ],
)
def test_a_mistyped_command_is_answered_in_words_with_exit_code_2(
    run: Run, arguments: list[str], says: str
) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert says in ran.err
    assert "--help" in ran.err
    assert "Traceback" not in ran.err


def test_every_problem_of_a_file_is_listed(capfd: pytest.CaptureFixture[str]) -> None:
    problems = tuple(
        Problem(file="loans.toml", line=line, says="problem.missing") for line in (3, 8)
    )
    assert report(Context("en"), UserError("cli.problems", problems=problems)) == 2
    said = capfd.readouterr().err
    assert "loans.toml:3" in said
    assert "loans.toml:8" in said


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (SourceUnavailable("cli.outside", {"reason": "x", "file": "y"}), 3),
        (CredentialsRefused("cli.outside", {"reason": "x", "file": "y"}), 3),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 3),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 3),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "/x"), 3),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 3),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 1),
        (PermissionError(errno.EACCES, "denied"), 1),
    ],
)
def test_a_failure_becomes_its_exit_code(failure: BaseException, code: int) -> None:
    assert report(Context("zh"), failure) == code


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "--since", "2026-13-01"], "应该是日期，写成 2026-07-17"),
        (["explain", "one"], "应该是整数"),
        (["loan", "edit", "a", "--status", "gone"], "应该是其中之一：settled、active"),
    ],
)
def test_a_wrong_value_is_explained_in_the_users_language(
    run: Run, arguments: list[str], says: str
) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert says in ran.err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_no_bug(closed: str) -> None:
    command = f"{sys.executable} -m watcher rules list --json {closed}"
    assert subprocess.run(["sh", "-c", command], check=False, capture_output=True).returncode == 0


def test_nothing_pasted_because_nothing_can_be_read_is_said() -> None:
    ran = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m watcher check - <&-"],
        check=False,
        capture_output=True,
    )
    assert ran.returncode == 2
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("kind", ["config", "state"])
def test_a_home_in_which_no_folder_can_be_made_is_told_in_the_users_language(
    run: Run, home: Path, kind: str
) -> None:
    (home / kind).write_text("a file where the folder should be", encoding="utf-8")
    command = ("loan", "list") if kind == "config" else ("alerts",)
    ran = run(*command)
    assert ran.code == 3
    assert f"{home / kind}" in ran.err
    assert "这里应该是文件夹" in ran.err


def test_a_disk_without_space_is_told_in_the_users_language(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert report(Context("zh"), OSError(errno.ENOSPC, "No space left on device")) == 3
    assert capfd.readouterr().err == "外部出了问题：磁盘满了。稍后可以再试。\n"


@pytest.mark.parametrize("command", [["scan"], ["check", "--json", "-", "--loans"]])
def test_a_path_too_long_to_exist_is_the_users_mistake(run: Run, command: list[str]) -> None:
    ran = run(*command, "您已逾期，请还款" * 100)
    assert ran.code == 2
    assert "找不到文件" in ran.err


def test_a_bug_in_a_log_shows_the_place_and_nothing_of_the_message(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ValueError, match="9929") as failure:
        raise ValueError("尾号9929，姓名王小明")
    assert report(Context("zh"), failure.value) == 1
    said = capfd.readouterr().err
    assert "ValueError" in said
    assert "test_main.py" in said
    assert "9929" not in said


def test_a_reader_that_goes_away_ends_the_program_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "watcher", "rules", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        process.wait(timeout=60)
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    "command",
    [("alerts",), ("status",), ("doctor",), ("loan", "list"), ("service", "install", "--print")],
    ids=" ".join,
)
def test_without_a_home_a_command_says_so_in_one_sentence(command: tuple[str, ...]) -> None:
    nowhere = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_STATE_HOME"), "")
    ran = start("--lang", "en", *command, HOME="/proc", **nowhere)
    assert ran.returncode == 2
    assert ran.stderr.startswith("There is no home folder to keep files in")
    assert ran.stderr.count("\n") == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be a user without a name")
def test_a_user_whom_the_system_does_not_know_is_told_so_in_one_sentence() -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    # In a namespace of its own: another user could not read a checkout in somebody's home.
    unknown = (needs("util-linux", "unshare"), "--user", "--map-user=54321")
    if subprocess.run([*unknown, "true"], check=False).returncode != 0:
        pytest.skip("user namespaces are off here")
    ran = subprocess.run(
        [*unknown, sys.executable, "-m", "watcher", "alerts"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("There is no home folder to keep files in")
    assert ran.stderr.count("\n") == 1
