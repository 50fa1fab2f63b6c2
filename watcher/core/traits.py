"""Traits of a message: what is known of it besides words before any rule is tried."""

import re

from watcher.core.extract import (
    may_hold_account,
    may_hold_link,
    may_hold_sum,
    may_hold_tail,
    number_form,
)
from watcher.core.literals import HAS_DIGIT
from watcher.core.model import Channel, Message
from watcher.core.text import Reading

HAS_HTML, HAS_HEADERS, HAS_CODES = "html", "headers", "codes"
HAS_SUM, HAS_LINK, HAS_ACCOUNT, HAS_TAIL = "sum", "link", "account", "tail"
LENDER_NAMED, LENDER_DEAD = "lender", "lender:dead"

_DIGIT = re.compile("[0-9]")
_KIND = "kind:"


def traits_of(message: Message, reading: Reading, *, html: bool) -> list[str]:
    """Return the traits of a part of a message.

    Others know of more: whether it may name a lender, one that is dead, and its kinds.
    """
    dense = reading.dense
    traits: list[str] = []
    if _DIGIT.search(dense) is not None:
        traits += (HAS_DIGIT, HAS_SUM)
    elif may_hold_sum(dense):
        traits.append(HAS_SUM)
    if may_hold_account(dense):
        traits.append(HAS_ACCOUNT)
    if may_hold_tail(dense):
        traits.append(HAS_TAIL)
    if html or message.codes or may_hold_link(reading.plain):
        traits.append(HAS_LINK)
    if html:
        traits.append(HAS_HTML)
    if message.headers:
        traits.append(HAS_HEADERS)
    if message.codes:
        traits.append(HAS_CODES)
    if message.sender and message.channel is Channel.SMS:
        traits.append(trait_of_form(number_form(message.sender)))
    return traits


def trait_of_kind(kind: str) -> str:
    """Return the trait of a message of which this kind was recognised."""
    return _KIND + kind


def is_kind(token: object) -> bool:
    """Whether a token is the trait of a kind."""
    return isinstance(token, str) and token.startswith(_KIND)


def trait_of_form(form: str) -> str:
    """Return the trait of a text message whose sender's number has this form."""
    return f"sender:{form}"
