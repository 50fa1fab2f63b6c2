"""The manual page loan-watcher(1), made of the words that `--help` says.

`python -m watcher.cli.manual FOLDER` writes it in every language below a folder, where man(1)
looks for it. What is in the wheel lies in `man/`; a test compares it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from watcher.cli import group
from watcher.cli.context import Context
from watcher.cli.spoken import SpokenCommand, SpokenContext, SpokenGroup
from watcher.phrases import LANGUAGES, Language

NAME: Final = "loan-watcher"
PLACES: Final[dict[Language, str]] = {
    "en": f"man1/{NAME}.1",
    "zh": f"zh_CN/man1/{NAME}.1",
}
_SECTIONS: Final = ("exit", "files", "environment", "see")


def page(language: Language) -> str:
    """Return the page in the form of man(7)."""
    speaker = Context(language)
    context = SpokenContext(group, info_name=NAME, obj=speaker, **group.context_settings)
    assert isinstance(group, SpokenGroup)  # noqa: S101  click types it loosely
    with context:
        lines = [
            '.\\" Made of the help of the commands by `python -m watcher.cli.manual man`.',
            f'.TH {NAME.upper()} 1 "" "{NAME}" "{speaker.say("manual.book")}"',
            ".ad l",
            f".SH {speaker.say('manual.name')}",
            f"{NAME} \\- {_text(speaker.say('manual.purpose'))}",
            f".SH {speaker.say('manual.synopsis')}",
            f".B {NAME}",
            *_pieces(group, context),
            f".SH {speaker.say('manual.description')}",
            *_as_it_stands(speaker.say(group.says)),
            f".SH {speaker.say('cli.heading.options').upper()}",
            *_options(group, context),
            f".SH {speaker.say('cli.heading.commands').upper()}",
            *_commands(group, context),
        ]
    for section in _SECTIONS:
        lines += [
            f".SH {speaker.say(f'manual.{section}_title')}",
            *_as_it_stands(speaker.say(f"manual.{section}")),
        ]
    return "\n".join(lines) + "\n"


def _commands(parent: SpokenGroup, above: click.Context) -> Iterator[str]:
    """Yield a part for each command, and then for those below it."""
    for name in parent.list_commands(above):
        command = parent.get_command(above, name)
        if not isinstance(command, SpokenCommand) or command.hidden:
            continue
        with SpokenContext(command, info_name=name, parent=above, obj=above.obj) as context:
            usage = " ".join(command.collect_usage_pieces(context))
            yield f".SS {_text(context.command_path.partition(' ')[2])} {_text(usage)}".rstrip()
            yield from _as_it_stands(context.obj.say(command.says))
            yield from _options(command, context)
            if isinstance(command, SpokenGroup):
                yield from _commands(command, context)


def _pieces(command: click.Command, context: click.Context) -> Iterator[str]:
    for piece in command.collect_usage_pieces(context):
        yield _text(piece)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the options; those of every command only where the program itself is told of."""
    help_option = command.get_help_option(context)
    if help_option is not None:
        help_option.help = context.obj.say("cli.option.help")
    for parameter in command.get_params(context):
        everywhere = parameter is help_option or parameter.name == "lang"
        if not isinstance(parameter, click.Option) or (context.parent and everywhere):
            continue
        record = parameter.get_help_record(context)
        if record is not None:
            name, says = record
            yield ".TP"
            yield f".B {_text(name)}"
            yield _text(says)


def _as_it_stands(text: str) -> Iterator[str]:
    """Yield a text whose lines are set by hand."""
    yield ".nf"
    yield from (_text(line) or ".sp" for line in text.strip("\n").splitlines())
    yield ".fi"


def _text(text: str) -> str:
    """Return a line of text in which nothing is a request or a typographic dash."""
    written = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").rstrip()
    return f"\\&{written}" if written.startswith(".") else written


def main() -> None:
    """Write the pages."""
    folder = Path(sys.argv[1])
    for language in LANGUAGES:
        path = folder / PLACES[language]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
