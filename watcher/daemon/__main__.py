"""The service as systemd starts it: `loan-watcher run` without the command line in its memory."""

import sys

from watcher.daemon import run
from watcher.errors import WatcherError
from watcher.systemd import log_refusal


def main() -> int:
    """Watch the configured sources until told to stop; return the exit code."""
    try:
        return run()
    except WatcherError as failure:
        log_refusal(failure)
        return failure.exit_code


if __name__ == "__main__":
    sys.exit(main())
