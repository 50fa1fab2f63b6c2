"""Puts a `Problem` into one line of the user's language."""

from collections.abc import Iterable

from watcher.errors import Problem
from watcher.phrases import Phrases


def nearest(wrong: object, right: Iterable[str]) -> str | None:
    """Return the valid name that a wrong one is most like, if any is alike at all."""
    from difflib import get_close_matches  # noqa: PLC0415  most files have no mistake

    found = get_close_matches(str(wrong), right, n=1, cutoff=0.5)
    return found[0] if found else None


def render(problem: Problem, phrases: Phrases) -> str:
    """Return one line, `loans.toml:12: loans[0].lender: …`, with the nearest valid name."""
    place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    values = dict(problem.values)
    alike = values.pop("nearest", None)
    says = phrases.say(problem.says, values)
    if alike:
        says = phrases.say("problem.nearest", {"says": says, "name": alike})
    if problem.warning:
        says = phrases.say("problem.warning", {"says": says})
    where = [phrases.show(part) for part in (place, problem.key) if part]
    return ": ".join([*where, says])
