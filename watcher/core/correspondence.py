"""Letters as data: what a rule file says of one, and what may be filled in of whom.

What a letter may carry depends on who gets it, and no rule file can widen that: whoever
collects a debt, or took the user for somebody else, learns nothing here that they lack.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from watcher.core.rules import Text


class Recipient(StrEnum):
    """Who gets a letter."""

    LENDER = "lender"
    COLLECTOR = "collector"
    RECORD = "record"
    """The credit register, or the lender that reports to it."""
    STRANGER = "stranger"
    """A lender that takes the user's number or address for somebody else's."""
    OFFICE = "office"
    """An authority that takes complaints and reports."""


MESSAGE_FACTS: Final = frozenset({"period", "received_on", "times", "channel"})
"""What is known of the messages without reading them."""

LOAN_FACTS: Final = frozenset({"name", "lender", "product", "tail", "principal", "settled_on"})
"""What the ledger says; `lender` may also be a name of the directory."""

OFFICE_FACTS: Final = frozenset({"claimed", "objected_on"})
"""Whom a message says that it speaks for, and when the user objected to the lender in writing."""

FACTS_FOR: Final[Mapping[Recipient, frozenset[str]]] = MappingProxyType(
    {
        Recipient.LENDER: MESSAGE_FACTS | LOAN_FACTS,
        Recipient.COLLECTOR: MESSAGE_FACTS,
        Recipient.RECORD: MESSAGE_FACTS | LOAN_FACTS,
        Recipient.STRANGER: MESSAGE_FACTS | {"lender"},
        Recipient.OFFICE: MESSAGE_FACTS | LOAN_FACTS | OFFICE_FACTS,
    }
)
"""What may be filled in; nothing that a sender wrote is a fact."""

BLANK: Final = re.compile(r"\{(?P<fact>[a-z_]+)\}|\[(?P<label>[^\[\]{}\n]+)\]")
"""What is filled in, and what the user writes by hand."""

CIRCUMSTANCES: Final = frozenset(
    {
        *("settled", "open", "doubtful", "fraud", "not-mine", "paid"),
        *("supervised", "local"),
    }
)
"""What letters and their parts may depend on; `watcher.casework.letters` says when each holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A paragraph with its gloss: there where one of `when` holds, if any, and none of `unless`.

    In both texts `{fact}` is filled in, and `[label]` is for the user to write by hand.
    """

    id: str
    text: Text
    heading: bool = False
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def fits(self, circumstances: frozenset[str]) -> bool:
        """Whether this part belongs into a letter under these circumstances."""
        return _fits(self.when, self.unless, circumstances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter in Chinese with an English gloss; `sending` is for the user and no part of it.

    It is offered where a case has one of `checklists`, and never outside `when` and `unless`,
    which are read as those of a part.
    """

    id: str
    title: Text
    to: Recipient
    sending: Text
    parts: tuple[Part, ...]
    checklists: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def fits(self, circumstances: frozenset[str]) -> bool:
        """Whether this letter may be written under these circumstances."""
        return _fits(self.when, self.unless, circumstances)


def _fits(when: tuple[str, ...], unless: tuple[str, ...], circumstances: frozenset[str]) -> bool:
    return (not when or not circumstances.isdisjoint(when)) and circumstances.isdisjoint(unless)
