"""What every command is given: the language, the screen, and whether a program is reading.

The language is asked for only when something is said, so that a command which must read
no configuration (the batch) never does.
"""

import json
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

import click

from watcher.phrases import Language, Phrases, pick_language

if TYPE_CHECKING:
    from rich.console import Console


class Context:
    """The object on click's `ctx.obj`; `language` is None where the locale decides."""

    def __init__(self, language: Language | None = None) -> None:
        self.asked_language = language
        self.json = False

    @cached_property
    def asks(self) -> bool:
        """Whether somebody answers: at a terminal, or where a command knows of a script."""
        return sys.stdin.isatty()

    @cached_property
    def language(self) -> Language:
        """The language asked for on the command line, else in config.toml, else the locale's."""
        return self.asked_language or pick_language(_configured_language(), os.environ)

    @cached_property
    def phrases(self) -> Phrases:
        """The phrases in the language of this run."""
        return Phrases(self.language)

    @cached_property
    def console(self) -> "Console":
        """Standard output for people: plain where it is piped, and nothing in a text is markup."""
        from rich.console import Console  # noqa: PLC0415  --help and the batch never draw

        return Console(markup=False, emoji=False, highlight=False, soft_wrap=False)

    @cached_property
    def errors(self) -> "Console":
        """Standard error, for progress and hints."""
        from rich.console import Console  # noqa: PLC0415  as above

        return Console(stderr=True, markup=False, emoji=False, highlight=False)

    def say(self, phrase_id: str, **values: object) -> str:
        """Return a phrase in the language of this run."""
        return self.phrases.say(phrase_id, values)

    def print(self, phrase_id: str, **values: object) -> None:
        """Print a phrase as a paragraph of its own."""
        from watcher.cli.flow import Flow  # noqa: PLC0415  as above

        self.console.print(Flow(self.say(phrase_id, **values)))

    def hint(self, text: str) -> None:
        """Print a line on standard error."""
        _print_line(self.errors, text)

    def line(self, text: str) -> None:
        """Print a line on standard output."""
        _print_line(self.console, text)

    def print_json(self, value: object) -> None:
        """Print one JSON value for a program, one line, UTF-8."""
        line = json.dumps(value, ensure_ascii=False, default=str) + "\n"
        sys.stdout.buffer.write(line.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()


def _print_line(console: "Console", text: str) -> None:
    """Print a line: a terminal gets it broken between words, a pipe whole however long it is."""
    from watcher.cli.flow import Flow  # noqa: PLC0415  --help and the batch never draw

    if console.is_terminal:
        console.print(Flow(text))
    else:
        console.print(text, soft_wrap=True)


pass_context = click.make_pass_decorator(Context)


def _configured_language() -> str | None:
    """Return `language` of config.toml; a broken file is some other command's to report."""
    import tomli  # noqa: PLC0415  only people need it
    from platformdirs import user_config_path  # noqa: PLC0415  as above

    # Not `config_folder()`, which makes the folder: asking for help leaves nothing behind.
    try:
        file = user_config_path("loan-watcher", appauthor=False) / "config.toml"
        # A pipe in its place would be waited for.
        table = tomli.loads(file.read_text(encoding="utf-8-sig") if file.is_file() else "")
    except (OSError, ValueError, RuntimeError):  # the last where there is no home
        return None
    language = table.get("language")
    return language if isinstance(language, str) else None
