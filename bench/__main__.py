"""`python -m bench NAME [--quick]`: measure one thing.

A table for people, then one JSON object of numbers as the last line. Without a name: the
names that there are.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from bench.report import Numbers, Unmeasured, print_table

FIGURES: Mapping[str, str] = {
    "canary": "bench.canary",
    "cases": "bench.cases",
    "charset": "bench.charset",
    "corpora": "bench.corpora",
    "faults": "bench.faults",
    "idle": "bench.idle",
    "imap-faults": "bench.imap_faults",
    "imap-idle": "bench.imap_idle",
    "imap-scan": "bench.imap_scan",
    "judge": "bench.judge",
    "kill": "bench.kill",
    "metamorphic": "bench.metamorphic",
    "notify": "bench.notify",
    "page": "bench.page",
    "rule-mutation": "bench.rule_mutation",
    "sms": "bench.sms",
    "unseen": "bench.unseen_messages",
}
"""Name of each figure -> the module that measures it."""
TIMED = ("idle", "imap-idle", "imap-scan", "judge", "page", "sms")
"""Those that say how long something takes; beside other work they would say too much."""


class Figure(Protocol):
    """What a module that measures something offers."""

    __doc__: str | None

    def add_options(self, parser: ArgumentParser) -> None:
        """Declare the options that only this figure has."""

    def measure(self, options: Namespace) -> Numbers:
        """Print a table for people and return the numbers; `options.quick` asks for less."""


def main(arguments: list[str]) -> int:
    """Measure what is named; 2 where that cannot be."""
    if not arguments or arguments[0] in ("-h", "--help"):
        _list()
        return 0
    name, *rest = arguments
    if name not in FIGURES:
        print(f"no figure is called {name}; there are: {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    figure = cast("Figure", import_module(FIGURES[name]))
    parser = ArgumentParser(prog=f"python -m bench {name}", description=figure.__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller run, under 50 seconds")
    figure.add_options(parser)
    try:
        numbers = figure.measure(parser.parse_args(rest))
    except Unmeasured as problem:
        print(problem, file=sys.stderr)
        return 2
    print(json.dumps(numbers))
    return 0


def _list() -> None:
    rows = []
    for name, module in FIGURES.items():
        says = import_module(module).__doc__ or ""
        rows.append((name, says.partition("\n")[0]))
    print_table("python -m bench NAME [--quick]", ("name", "measures"), rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
