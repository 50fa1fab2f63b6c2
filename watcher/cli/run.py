"""`loan-watcher run`: the daemon."""

import sys

from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import spoken


@spoken("cli.run.help")
@pass_context
def run(speaker: Context) -> int:
    """Watch the configured sources until told to stop."""
    from watcher.daemon.start import run as watch  # noqa: PLC0415  help needs none of it
    from watcher.errors import WatcherError  # noqa: PLC0415  as above
    from watcher.systemd import log_refusal  # noqa: PLC0415  as above

    try:
        return watch(speaker.language)
    except WatcherError as failure:
        if sys.stderr.isatty():
            raise
        log_refusal(failure)  # a sentence would name what stands in the user's files
        return failure.exit_code
