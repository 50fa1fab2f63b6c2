"""Whether the user's own files can be read, and say enough."""

from collections.abc import Iterator, Sequence

from watcher.cli.checkup.finding import Finding, fine, noted, wrong
from watcher.cli.standing import Mistakes
from watcher.core.ledger import Ledger
from watcher.errors import Problem
from watcher.phrases import Phrases
from watcher.userfiles.problems import render


def files(found: Mistakes, phrases: Phrases) -> Iterator[Finding]:
    """Return every mistake in the three kinds of file, or that there is none."""
    yield from mistakes("config", found.config, phrases)
    yield from mistakes("rules", found.rules, phrases)
    yield from mistakes("loans", found.loans, phrases)


def mistakes(check: str, problems: Sequence[Problem], phrases: Phrases) -> Iterator[Finding]:
    """Return every mistake in files of one kind, or that there is none."""
    for problem in problems:
        tell = noted if problem.warning else wrong
        yield tell(check, "mistake", what=render(problem, phrases))
    if not problems:
        yield fine(check)


def ledger(found: Ledger | None) -> Finding:
    """See whether the ledger has what notices are compared with."""
    if found is None:
        return noted("ledger", "unread")
    if not found.loans:
        return noted("ledger", "empty")
    if not found.holder.name:
        return noted("ledger", "nameless")
    return fine("ledger", count=len(found.loans))
