"""The clauses of a sentence: how it is parted into them, and which tell of others' doings."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watcher.core.spans import Span

SPREAD = 2
"""Blanks so few characters apart spread a word out."""

Gap = tuple[int, bool]
Part = tuple[int, int, bool]
"""Where a clause begins and ends, and whether it begins a line."""

_CLAUSE = re.compile(r"[^,:;?\s]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a sentence, with what it does there."""

    span: Span
    said: str
    unquoted: str
    """What is said, with blanks for what stands in quotes."""
    opens: bool
    """It tells of others' doings, and so does what follows."""
    heads: bool
    """It would open a report, were it not for a text that reports nothing else."""
    closes: bool
    """It calls something a fraud, or says not to believe it."""
    denied: Span | None
    """The part of it that denies, or that advises against."""
    first: bool
    """It begins a line."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a clause does beside one that tells of a fraud."""

    turns: bool
    """It speaks to the reader of the reader's own matters, or tells them what to do."""
    answers: bool
    """It judges what went before, and not what it names itself."""
    subject: bool
    """It names a kind of people or doings, of which the next clause says something."""
    asks: bool
    """It tells to do something, without a word to whom."""


def between_words(gaps: Sequence[Gap]) -> list[Gap]:
    """Leave out the blanks that spread a word out; a line break stands between words."""
    return [
        (at, line)
        for number, (at, line) in enumerate(gaps)
        if line
        or not any(
            0 < abs(at - near) <= SPREAD for near, _ in gaps[max(number - 1, 0) : number + 2]
        )
    ]


def split(sentence: str, at: int, gaps: Sequence[Gap]) -> Iterator[Part]:
    """Yield the clauses of a sentence that stands at `at`."""
    begins = False
    for part in _CLAUSE.finditer(sentence):
        start, end = part.span()
        inner = slice(bisect_left(gaps, (at + start,)), bisect_left(gaps, (at + end,)))
        for cut, new_line in gaps[inner]:
            if cut - at > start:
                yield start, cut - at, begins
            start, begins = cut - at, new_line
        yield start, end, begins
        begins = False


def told_of(clauses: list[tuple[Clause, Telling]], *, headed: bool) -> Iterator[Span]:
    """Yield the clauses that tell of frauds: on from one that opens, back from one that closes."""
    telling = False
    told = [False] * len(clauses)
    for at, (one, does) in enumerate(clauses):
        opens = one.opens or (headed and one.heads)
        telling = opens or (telling and not does.turns)
        told[at] = telling or (one.closes and not (does.turns or does.asks))
    telling = False
    for at in reversed(range(len(clauses))):
        one, does = clauses[at]
        told[at] |= telling and (does.subject or not (does.turns or does.asks))
        if one.closes:
            telling = does.answers and not (does.turns or does.asks)
        else:
            telling = told[at] and telling and not one.first
        if told[at]:
            yield one.span
