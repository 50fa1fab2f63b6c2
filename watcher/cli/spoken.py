"""click commands whose every word is a phrase, and which are imported only when they are run.

Help is put into words when it is shown, not when a module is imported, because only then is
the language known.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import click
from click.formatting import HelpFormatter
from click.shell_completion import CompletionItem

from watcher.cli.context import Context
from watcher.phrases import pick_language


def phrases_of(context: click.Context) -> Context:
    """Return our context of a click context."""
    return context.ensure_object(Context)


class SpokenFormatter(HelpFormatter):
    """click's help page with its headings taken from the phrases."""

    def __init__(self, speaker: Context, **settings: Any) -> None:
        super().__init__(**settings)
        self._speaker = speaker

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line."""
        super().write_usage(prog, args, prefix or self._speaker.say("cli.heading.usage") + " ")

    def write_heading(self, heading: str) -> None:
        """Write a heading; click's own ones are known by their English words."""
        said = f"cli.heading.{heading.replace(' ', '_').lower()}"
        super().write_heading(self._speaker.say(said) if said in self._speaker.phrases else heading)


class SpokenContext(click.Context):
    """click's context, giving out our formatter."""

    def make_formatter(self) -> HelpFormatter:
        """Return a formatter that speaks the language of this run."""
        return SpokenFormatter(
            phrases_of(self), width=self.terminal_width, max_width=self.max_content_width
        )


class SpokenOption(click.Option):
    """An option whose help is the phrase `says`."""

    def __init__(self, *names: Any, says: str, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.says = says

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option's help row in the language of this run."""
        self.help = phrases_of(ctx).say(self.says)
        return super().get_help_record(ctx)


def _remember_language(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        phrases_of(context).asked_language = pick_language(value, {})


def language_option() -> click.Option:
    """Return `--lang`, which every command takes wherever it stands."""
    return SpokenOption(
        ["--lang"],
        type=click.Choice(["zh", "en"]),
        is_eager=True,
        expose_value=False,
        callback=_remember_language,
        says="cli.option.lang",
    )


class SpokenCommand(click.Command):
    """A command whose help is the phrase `says`; its first line is the short help."""

    context_class = SpokenContext

    def __init__(self, *arguments: Any, says: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.says = says
        self.params.append(language_option())

    def format_help_text(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """Write what the command does, line by line as the phrase has it."""
        formatter.write_paragraph()
        for line in phrases_of(ctx).say(self.says).splitlines():
            formatter.write(f"  {line}".rstrip() + "\n")

    def format_options(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """Write the options; `--help` is put into words only here, where it is shown."""
        help_option = self.get_help_option(ctx)
        if help_option is not None:
            help_option.help = phrases_of(ctx).say("cli.option.help")
        super().format_options(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what may follow in a shell, options with their help in words."""
        for parameter in self.params:
            if isinstance(parameter, SpokenOption):
                parameter.help = phrases_of(ctx).say(parameter.says)
        with ctx.scope(cleanup=False):  # short helps are asked for without a context
            return super().shell_complete(ctx, incomplete)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first line of the help; `limit` counts Latin letters and is ignored."""
        del limit
        context = click.get_current_context()
        return phrases_of(context).say(self.says).partition("\n")[0].rstrip("。.")


class SpokenGroup(SpokenCommand, click.Group):
    """A group of commands, each imported from `lazy` (name -> `module:attribute`) when asked for.

    The short help of a lazy command is the phrase `<says without its last part>.<name>`,
    so that the list of commands imports none of them.
    """

    command_class = SpokenCommand
    group_class = type

    def __init__(
        self, *arguments: Any, lazy: Mapping[str, str] | None = None, **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.lazy: Final = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were declared."""
        del ctx
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        place = self.lazy.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = place.partition(":")
        found = getattr(import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the names that may follow; none of the lazy commands is imported for it."""
        if not self.lazy or incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        say = phrases_of(ctx).say
        names = (name for name in self.lazy if name.startswith(incomplete))
        return [CompletionItem(name, help=say(f"cli.commands.{name}")) for name in names]

    def format_commands(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """Write the list of commands without importing the lazy ones."""
        if not self.lazy:
            super().format_commands(ctx, formatter)
            return
        speaker = phrases_of(ctx)
        rows = [(name, speaker.say(f"cli.commands.{name}")) for name in self.lazy]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def spoken(says: str, **settings: Any) -> Callable[[Callable[..., Any]], SpokenCommand]:
    """Make a function a command that says the phrase `says` as its help."""

    def decorate(function: Callable[..., Any]) -> SpokenCommand:
        command = click.command(cls=SpokenCommand, says=says, **settings)(function)
        assert isinstance(command, SpokenCommand)  # noqa: S101  click types it loosely
        return command

    return decorate


def option(
    *names: str, says: str, **settings: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an option that says the phrase `says` as its help."""
    return click.option(*names, cls=SpokenOption, says=says, **settings)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--json`, which sets `Context.json`."""

    def remember(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  click calls it so
        phrases_of(context).json = value

    declare = option(
        "--json", is_flag=True, expose_value=False, callback=remember, says="cli.option.json"
    )
    return declare(command)
