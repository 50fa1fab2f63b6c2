"""The service as systemd starts it: `loan-watcher run` without the command line in its memory."""

import sys

from watcher.judging.process import Child


def main() -> int:
    """Watch the configured sources until told to stop; return the exit code."""
    child = Child()  # it loads itself while this process does
    from watcher.daemon.start import run  # noqa: PLC0415  as above
    from watcher.errors import WatcherError  # noqa: PLC0415
    from watcher.systemd import log_refusal  # noqa: PLC0415

    try:
        return run(child=child)
    except WatcherError as failure:
        log_refusal(failure)
        return failure.exit_code


if __name__ == "__main__":
    sys.exit(main())
