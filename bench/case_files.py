"""Reads tests/cases: people, their ledgers, their messages and what is expected of each."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench.report import CHECKOUT, Unmeasured
from watcher.core.ledger import Ledger
from watcher.core.lenders import Directory
from watcher.core.model import Kind, Message, Verdict
from watcher.sources.jsonlines import message_from_json
from watcher.userfiles.loans import parse_loans
from watcher.userfiles.toml import Document

CASES: Final = CHECKOUT / "tests" / "cases"
_MESSAGE_KEYS: Final = (
    "id",
    "channel",
    "sender",
    "received_at",
    "subject",
    "text",
    "html",
    "headers",
)
_EXPECTATION_KEYS: Final = (
    "facts_row",
    "evasion",
    "twin",
    "kinds",
    "verdicts",
    "harmful",
    "loan",
    "amount",
    "checklist",
    "why",
)
_KNOWN_KEYS: Final = frozenset({*_MESSAGE_KEYS, *_EXPECTATION_KEYS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a message may be called; a field that is not scored is None."""

    kinds: frozenset[Kind]
    verdicts: frozenset[Verdict | None]
    harmful: frozenset[Verdict | None]
    loan: str | None = None
    """An id, or "none" where no loan may be named."""
    amount: str | None = field(default=None, repr=False)
    """A decimal, or "none" where no amount may be read."""
    checklist: str | None = None

    @property
    def only_fraud(self) -> bool:
        """Whether nothing but `fraudulent` is right."""
        return self.verdicts == {Verdict.FRAUDULENT}

    @property
    def only_silence(self) -> bool:
        """Whether nothing but no verdict is right."""
        return self.verdicts == {None}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMessage:
    """One message of a person with what is expected of it."""

    message: Message
    expected: Expected
    facts_row: int | None = None
    evasion: str | None = None
    twin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One file: a person's ledger and their messages in the order in which they came."""

    name: str
    author: str
    ledger: Ledger
    messages: tuple[CaseMessage, ...]


def read_people(directory: Directory, folder: Path = CASES) -> Iterator[Person]:
    """Yield the person of each file of a folder.

    Raises:
        Unmeasured: a file is not of the form that tests/cases/README.md describes.
    """
    for path in sorted(folder.glob("*.toml")):
        try:
            yield _person(path, directory)
        except (ValueError, KeyError, TypeError) as error:
            raise Unmeasured(f"{path.name}: {error}") from error


def _person(path: Path, directory: Directory) -> Person:
    text = path.read_text(encoding="utf-8")
    data = tomllib.loads(text)
    own: dict[str, Any] = {key: data[key] for key in ("holder", "loans") if key in data}
    ledger, problems = parse_loans(Document(file=path.name, data=own, text=text), directory)
    if ledger is None:
        raise ValueError(f"its ledger is wrong: {problems}")
    messages = tuple(sorted(map(_message, data["messages"]), key=_moment))
    ids = [one.message.id for one in messages]
    if len(set(ids)) < len(ids):
        raise ValueError("two messages have the same id")
    return Person(name=path.stem, author=data["author"], ledger=ledger, messages=messages)


def _moment(one: CaseMessage) -> float:
    return one.message.received_at.timestamp()


def _message(given: Mapping[str, Any]) -> CaseMessage:
    unknown = sorted(given.keys() - _KNOWN_KEYS)
    if unknown:
        raise ValueError(f"{given.get('id')}: unknown keys {unknown}")
    message = message_from_json({key: given[key] for key in _MESSAGE_KEYS if key in given})
    return CaseMessage(
        message=message,
        expected=Expected(
            kinds=frozenset(map(Kind, given["kinds"])),
            verdicts=frozenset(map(_verdict, given["verdicts"])),
            harmful=frozenset(map(_verdict, given["harmful"])),
            loan=given.get("loan"),
            amount=_amount(given.get("amount")),
            checklist=given.get("checklist"),
        ),
        facts_row=given.get("facts_row"),
        evasion=given.get("evasion"),
        twin=given.get("twin"),
    )


def _verdict(name: str) -> Verdict | None:
    return None if name == "null" else Verdict(name)


def _amount(given: str | None) -> str | None:
    return given if given in (None, "none") else f"{Decimal(given):.2f}"
