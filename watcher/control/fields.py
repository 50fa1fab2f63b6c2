"""What a field of a line may hold: each check returns the value, or raises `Forged`."""

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

Check = Callable[[Any], Any]

LONGEST_ID: Final = 200
LONGEST_NOTE: Final = 4_000
LONGEST_SAID: Final = 20_000
_LARGEST: Final = 2**63 - 1  # SQLite has no larger number
_PATH: Final = 4_096


class Forged(Exception):  # noqa: N818  internal: what came cannot have been written by our code
    """A line is not of the form that our code writes."""


def named(form: object, *names: str) -> tuple[Any, ...]:
    """Return the fields of an object that has these and no others."""
    if type(form) is not dict or form.keys() != set(names):
        raise Forged
    return tuple(form[name] for name in names)


def listed(form: object) -> list[Any]:
    """Return a list."""
    if type(form) is not list:
        raise Forged
    return form


def every(check: Check) -> Check:
    """Check each of a list, and return a tuple."""
    return lambda value: tuple(map(check, listed(value)))


def optional(check: Check) -> Check:
    """Check what is not None."""
    return lambda value: None if value is None else check(value)


def name(value: object) -> str:
    """Return a name that may be a file's: of any characters, as it is only shown."""
    if type(value) is not str or len(value) > LONGEST_SAID:
        raise Forged
    return value


def text(limit: int) -> Check:
    """Check a text of so many characters."""

    def check(value: object) -> str:
        if type(value) is not str or len(value) > limit or "\0" in value:
            raise Forged
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise Forged from error
        return value

    return check


def phrase(value: object) -> str:
    """Return the id of a phrase."""
    said: str = text(LONGEST_ID)(value)
    if not said.replace("-", "_").replace(".", "_").isidentifier():
        raise Forged
    return said


def count(value: object) -> int:
    """Return a number that is not negative."""
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise Forged
    return value


def whole(value: object) -> int:
    """Return a whole number; whether it is the number of anything, the store says."""
    if type(value) is not int:
        raise Forged
    return value


def truth(value: object) -> bool:
    """Return yes or no."""
    if type(value) is not bool:
        raise Forged
    return value


def converted(convert: Check, value: str) -> Any:
    """Return what a text means."""
    try:
        return convert(value)
    except (ValueError, ArithmeticError) as error:
        raise Forged from error


def moment(value: object) -> datetime:
    """Return an aware moment."""
    found: datetime = converted(datetime.fromisoformat, text(LONGEST_ID)(value))
    if found.tzinfo is None:
        raise Forged
    return found


def day(value: object) -> date:
    """Return a day."""
    found: date = converted(date.fromisoformat, text(LONGEST_ID)(value))
    return found


def path(value: object) -> Path:
    """Return an absolute path; its names are bytes, which need be no text."""
    if type(value) is not str or len(value) > _PATH or not value.startswith("/") or "\0" in value:
        raise Forged
    converted(os.fsencode, value)
    return Path(value)
