"""Commands that print OAuth tokens."""

import os
import stat
from pathlib import Path

import pytest

from watcher.errors import CredentialsRefused, SourceUnavailable, UserError, WatcherError
from watcher.secrets import read_token

ENVIRON = {"PATH": os.environ["PATH"], "WHOM": "wang"}


def command(tmp_path: Path, script: str) -> tuple[str, ...]:
    file = tmp_path / "token"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return (str(file), "$(whoami); echo")


def test_the_token_is_the_first_line_that_the_command_prints(tmp_path: Path) -> None:
    printing = command(tmp_path, 'echo "ya29.$WHOM-token"; echo later; echo noise >&2')
    assert read_token(printing, environ=ENVIRON) == "ya29.wang-token"


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    printing = command(tmp_path, '[ "$1" = "\\$(whoami); echo" ] && echo as-it-is')
    assert read_token(printing, environ=ENVIRON) == "as-it-is"


@pytest.mark.parametrize(
    "script",
    [
        'echo \'{"error": "invalid_grant"}\'; exit 1',
        "echo 'invalid_grant: Token has been expired or revoked.' >&2; exit 1",
        "echo invalid_grant",
    ],
)
def test_a_grant_that_is_void_needs_its_user(tmp_path: Path, script: str) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        read_token(command(tmp_path, script), environ=ENVIRON)
    assert raised.value.says == "imap.token_refused"


@pytest.mark.parametrize(
    "script",
    [
        "echo no network >&2; exit 1",
        "echo ya29.token; exit 1",
        "true",
        "echo; echo ya29.token",
        "printf 'a b\\n'",
        "printf 'a\\001auth=b\\n'",
        "echo 令牌",
    ],
)
def test_any_other_failure_is_tried_again_later(tmp_path: Path, script: str) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        read_token(command(tmp_path, script), environ=ENVIRON)
    assert raised.value.says == "secret.no_token"


def test_a_command_that_never_ends_is_ended_with_all_it_started(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never")
    waiting = command(tmp_path, f"cat {tmp_path}/never & cat {tmp_path}/never")
    with pytest.raises(SourceUnavailable):
        read_token(waiting, environ=ENVIRON, seconds=0.3)


@pytest.mark.parametrize("name", ["no-such-command", "/etc/passwd", "nul\0"])
def test_a_command_that_cannot_be_run_is_the_users_to_mend(name: str) -> None:
    with pytest.raises(UserError) as raised:
        read_token((name, "ya29.canary"), environ=ENVIRON)
    assert raised.value.says == "secret.no_such_command"


def test_no_failure_repeats_what_was_printed(tmp_path: Path) -> None:
    with pytest.raises(WatcherError) as raised:
        read_token(command(tmp_path, "echo ya29.canary; exit 3"), environ=ENVIRON)
    assert "canary" not in repr(raised.value) + str(raised.value.values)
    assert raised.value.__cause__ is None
