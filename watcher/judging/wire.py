"""What a judge in a child is asked, and what it answers, as records of JSON.

A record is the name of its class, a space, and its fields (`store.codec`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from watcher.control.fields import Forged
from watcher.control.said import from_problem, to_problem
from watcher.core.lenders import Lender
from watcher.core.model import Case, Holder, Loan, Message
from watcher.core.rules import Checklist
from watcher.errors import Problem
from watcher.store import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Read the rules that ship, with the first of these folders with which they are right.

    An empty name stands for no folder.
    """

    own: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owe:
    """Judge by this ledger from now on; not answered."""

    holder: Holder
    loans: tuple[Loan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Know of no evidence any more; not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """Know of this evidence too, each piece as JSON; not answered."""

    evidence: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judge these messages; answered with a `Judged` for each, as soon as it is."""

    messages: tuple[Message, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBook:
    """Write down what the page says; answered with a `web.book.Book`."""

    language: str
    own: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What reading the rules found; `read` is the place of the folder that was right, if any is.

    `problems` are those met with the first folder. `lenders`, `letters` (how characters are
    folded) and `checklists` are of the rules that count from now on.
    """

    read: int | None = None
    problems: tuple[str, ...] = ()
    lenders: tuple[Lender, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    checklists: tuple[Checklist, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case, or what kept one from being made (`ingest.Unjudged`)."""

    case: Case | None = None
    error: str = ""
    at: str = ""


_ORDERS: Final = {one.__name__: one for one in (Read, Owe, Forget, Remember, Judge, WriteBook)}
_Record = TypeVar("_Record")


def encode(record: object) -> bytes:
    """Return an order or an answer as it is sent."""
    text = f"{type(record).__name__} {codec.dumps(record)}"
    return text.encode("utf-8", "surrogatepass")


def written(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Return mistakes as records carry them: their values may be of any kind."""
    return tuple(json.dumps(from_problem(one)) for one in problems)


def read_back(problems: Iterable[str]) -> tuple[Problem, ...]:
    """Return the mistakes that were `written`; ValueError where they are none."""
    try:
        return tuple(to_problem(json.loads(one)) for one in problems)
    except Forged as error:
        raise ValueError from error


def decode_order(data: bytes) -> Any:
    """Return the order that `encode` wrote."""
    name, _, text = data.decode("utf-8", "surrogatepass").partition(" ")
    return codec.loads(_ORDERS[name], text)


def decode(kind: type[_Record], data: bytes) -> _Record:
    """Return the answer of class `kind` that `encode` wrote; ValueError where it is none."""
    name, _, text = data.decode("utf-8", "surrogatepass").partition(" ")
    if name != kind.__name__:
        raise ValueError(name)
    return codec.loads(kind, text)
