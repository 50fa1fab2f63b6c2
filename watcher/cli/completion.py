"""`loan-watcher completion`: what a shell reads to complete our commands; click's own."""

import click
from click.shell_completion import get_completion_class

from watcher.cli.spoken import spoken

PROGRAM = "loan-watcher"
VARIABLE = "_LOAN_WATCHER_COMPLETE"
"""By which the shell asks us for what may follow; click derives it from the name alike."""


@spoken("completion.help")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  the choices are those that click knows
    script = kind(context.find_root().command, {}, PROGRAM, VARIABLE)
    click.echo(script.source(), nl=False)
