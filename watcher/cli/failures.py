"""What is said when a command fails, and the exit code that goes with it.

0 fine; 1 a bug; 2 the user's file or command is wrong; 3 something outside failed.
"""

import errno
import shutil
import sys
import traceback
from contextlib import suppress
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

import click

from watcher.cli.context import Context
from watcher.errors import UserError, WatcherError

BUG: Final = 1
USER: Final = 2
OUTSIDE: Final = 3
INTERRUPTED: Final = 130
_OUTSIDE_ERRORS: Final = frozenset(
    {errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EMFILE, errno.ENFILE},
)
"""Troubles of disks and pipes; any other `OSError` that gets this far is our bug."""
_OUTSIDE_AT_A_PLACE: Final = frozenset({errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST})
"""What a home that is not as usual answers; it can be mended only where the place is known."""


def report(speaker: Context, failure: BaseException) -> int:
    """Say on standard error what failed and return the exit code."""
    if isinstance(failure, WatcherError):
        _say(speaker.say(failure.says, **failure.values))
        if isinstance(failure, UserError):
            _say_problems(speaker, failure)
        return failure.exit_code
    if isinstance(failure, click.exceptions.NoArgsIsHelpError):
        click.echo(failure.format_message())
        return 0
    if isinstance(failure, click.UsageError):
        _say(_usage_error(speaker, failure))
        return USER
    if isinstance(failure, click.Abort | KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(failure, OSError) and _is_outside(failure):
        if failure.errno != errno.EPIPE:
            _say(_outside(speaker, failure))
        return OUTSIDE
    _report_bug(speaker, failure)
    return BUG


def _is_outside(failure: OSError) -> bool:
    if failure.filename is None:
        return failure.errno in _OUTSIDE_ERRORS
    return failure.errno in _OUTSIDE_ERRORS | _OUTSIDE_AT_A_PLACE


def _outside(speaker: Context, failure: OSError) -> str:
    phrase_id = f"cli.reason.{errno.errorcode[failure.errno or 0]}"
    reason = speaker.say(phrase_id) if phrase_id in speaker.phrases else failure.strerror
    if failure.filename is None:
        return speaker.say("cli.outside", reason=reason)
    return speaker.say("cli.outside_at", reason=reason, file=failure.filename)


def _say_problems(speaker: Context, failure: UserError) -> None:
    from watcher.userfiles.folders import config_folder  # noqa: PLC0415  help needs none of it
    from watcher.userfiles.problems import render  # noqa: PLC0415  as above

    for problem in failure.problems:
        if problem.warning:
            continue  # `rules check` says those too; here they would hide what must be mended
        _say(f"  - {render(problem, speaker.phrases)}")
    if any(problem.file == "config.toml" for problem in failure.problems):
        _say(speaker.say("cli.your_files", folder=str(config_folder())))


def _usage_error(speaker: Context, failure: click.UsageError) -> str:
    near = ""
    match failure:
        case click.NoSuchOption():
            said = speaker.say("cli.usage.no_option", name=failure.option_name)
            near = ", ".join(failure.possibilities or ())
        case click.NoSuchCommand():
            said = speaker.say("cli.usage.no_command", name=failure.command_name)
            near = ", ".join(_near_commands(failure))
        case click.MissingParameter() if failure.param is not None:
            hint = failure.param.get_error_hint(failure.ctx)
            said = speaker.say("cli.usage.missing", name=hint)
        case click.BadParameter() if failure.param is not None:
            hint = failure.param.get_error_hint(failure.ctx)
            said = speaker.say("cli.usage.bad_value", name=hint, reason=_mistake(speaker, failure))
        case _:
            said = speaker.say("cli.usage.wrong", reason=failure.format_message())
    if near:
        said = f"{said} {speaker.say('cli.usage.near', names=near)}"
    command = failure.ctx.command_path if failure.ctx else "loan-watcher"
    return f"{said}\n{speaker.say('cli.usage.see', command=command)}"


def _mistake(speaker: Context, failure: click.BadParameter) -> str:
    """Say what a value should have been; click itself speaks English."""
    match failure.param.type if failure.param else None:
        case click.DateTime():
            return speaker.say("cli.usage.no_day")
        case click.Choice(choices=choices):
            return speaker.say("cli.usage.no_choice", names=list(choices))
        case click.types.IntParamType():
            return speaker.say("cli.usage.no_number")
        case _:
            return failure.message


def _near_commands(failure: click.NoSuchCommand) -> list[str]:
    context = failure.ctx
    if context is None or not isinstance(context.command, click.Group):
        return []
    return get_close_matches(failure.command_name, context.command.list_commands(context))


def _report_bug(speaker: Context, failure: BaseException) -> None:
    """Print where a bug happened.

    What an exception says may quote a message or an account, so it is shown on a terminal
    only, never where standard error is a log.
    """
    if sys.stderr.isatty():
        traceback.print_exception(failure)
    else:
        for frame in traceback.extract_tb(failure.__traceback__):
            _say(f"  {frame.filename}:{frame.lineno} {frame.name}")
        _say(f"{type(failure).__module__}.{type(failure).__qualname__}")
    _say(speaker.say("cli.bug"))


def _say(text: str) -> None:
    if sys.stderr.isatty():
        with suppress(OSError, ImportError):  # where even that cannot be read, the words count
            text = _folded(text)
    print(text, file=sys.stderr)  # noqa: T201  the one place that speaks when all else failed


def _folded(text: str) -> str:
    """Break the lines of a text where its reader expects it; a terminal breaks words."""
    from watcher.cli.flow import breaks  # noqa: PLC0415  a pipe gets its lines whole

    width = shutil.get_terminal_size().columns
    lines: list[str] = []
    for line in text.split("\n"):
        ends = [*breaks(line, width), len(line)]
        lines += [line[at:end].rstrip() for at, end in pairwise([0, *ends])]
    return "\n".join(lines)
