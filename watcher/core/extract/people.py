"""Persons whom a message addresses or asks to be told."""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class PersonRole(StrEnum):
    """How a message speaks of a person."""

    ADDRESSED = "addressed"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person named; `masked` where only part of the name is given. Offsets are of the name."""

    name: str = field(repr=False)
    masked: bool
    role: PersonRole
    start: int
    end: int


def find_people(plain: str) -> tuple[Person, ...]:
    """Find the persons addressed or asked to be told."""
    return ()
