"""`loan-watcher run`: the daemon."""

from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import spoken


@spoken("cli.run.help")
@pass_context
def run(speaker: Context) -> int:
    """Watch the configured sources until told to stop."""
    from watcher.daemon import run as watch  # noqa: PLC0415  help needs none of it

    return watch(speaker.language)
