"""Where the program starts and ends: a failure becomes words and an exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

from watcher.cli import group
from watcher.cli.context import Context
from watcher.cli.failures import report
from watcher.phrases import LANGUAGES, Language


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _open_what_is_closed()
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a test's stream may be no TextIOWrapper
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    speaker = Context()
    speaker.asked_language = _language_in(given)
    try:
        code = group.main(given, prog_name="loan-watcher", standalone_mode=False, obj=speaker)
        sys.stdout.flush()
    except BaseException as failure:
        if isinstance(failure, SystemExit):
            raise
        if isinstance(failure, BrokenPipeError):
            _let_go_of_stdout()
        return report(speaker, failure)
    return code if isinstance(code, int) else 0


def _language_in(arguments: Sequence[str]) -> Language | None:
    """Return what `--lang` says, which help and usage errors need before click has read it."""
    for argument, following in pairwise([*arguments, ""]):
        if argument == "--":
            break
        option, _, value = argument.partition("=")
        for language in LANGUAGES:
            if option == "--lang" and language in {value, following}:
                return language
    return None


def _open_what_is_closed() -> None:
    """Give a program started without a standard stream one that leads nowhere."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            # Every child expects its streams to be there.
            os.set_inheritable(number, True)  # noqa: FBT003  it has no keywords
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _let_go_of_stdout() -> None:
    """Point standard output nowhere, so that Python's own flush at exit cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
