"""`loan-watcher completion`: what a shell reads to complete our commands; click's own."""

import click
from click.shell_completion import get_completion_class

from watcher.cli.spoken import spoken

PROGRAM = "loan-watcher"
VARIABLE = "_LOAN_WATCHER_COMPLETE"
"""By which the shell asks us for what may follow; click derives it from the name alike."""
_BEFORE = {"zsh": "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"}
"""What goes before click's own: a zsh that nobody has set up completes nothing yet."""


@spoken("completion.help")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  the choices are those that click knows
    script = kind(context.find_root().command, {}, PROGRAM, VARIABLE)
    click.echo(_BEFORE.get(shell, "") + script.source(), nl=False)
