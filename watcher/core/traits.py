"""Traits of a message: what is known of it besides words before any rule is tried."""

import re
from collections.abc import Iterator

from watcher.core.extract import may_hold_account, may_hold_link, may_hold_sum, number_form
from watcher.core.literals import HAS_DIGIT
from watcher.core.model import Channel, Message
from watcher.core.text import Reading

HAS_HTML, HAS_HEADERS, HAS_CODES = "html", "headers", "codes"
HAS_SUM, HAS_LINK, HAS_ACCOUNT = "sum", "link", "account"
LENDER_NAMED, LENDER_DEAD = "lender", "lender:dead"

_DIGIT = re.compile("[0-9]")
_KIND = "kind:"


def traits_of(message: Message, reading: Reading, *, html: bool) -> Iterator[str]:
    """Yield the traits of a part of a message.

    Others know of more: whether it may name a lender, one that is dead, and its kinds.
    """
    if _DIGIT.search(reading.dense) is not None:
        yield HAS_DIGIT
    if may_hold_sum(reading.dense):
        yield HAS_SUM
    if may_hold_account(reading.dense):
        yield HAS_ACCOUNT
    if html or message.codes or may_hold_link(reading.plain):
        yield HAS_LINK
    if html:
        yield HAS_HTML
    if message.headers:
        yield HAS_HEADERS
    if message.codes:
        yield HAS_CODES
    if message.sender and message.channel is Channel.SMS:
        yield trait_of_form(number_form(message.sender))


def trait_of_kind(kind: str) -> str:
    """Return the trait of a message of which this kind was recognised."""
    return _KIND + kind


def is_kind(token: object) -> bool:
    """Whether a token is the trait of a kind."""
    return isinstance(token, str) and token.startswith(_KIND)


def trait_of_form(form: str) -> str:
    """Return the trait of a text message whose sender's number has this form."""
    return f"sender:{form}"
