"""The three kinds of failure: the user's to fix, the world's to get over, ours to mend.

Nothing else in the program raises an exception class of its own, so that the one place
that turns failures into exit codes (`watcher.cli`) can tell them apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

NO_VALUES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a file that the user edits, to be shown together with all others.

    `says` is the id of a phrase in `watcher/phrases`, `values` fill its blanks;
    `line` counts from 1; `key` is the dotted path of the entry inside the file.
    """

    file: str
    says: str
    line: int | None = None
    key: str | None = None
    values: Mapping[str, object] = field(default_factory=lambda: NO_VALUES)
    warning: bool = False


class WatcherError(Exception):
    """Base of every failure that is not a bug; the message is a phrase, never user data."""

    exit_code: ClassVar[int] = 1

    def __init__(self, says: str, values: Mapping[str, object] = NO_VALUES) -> None:
        """Keep the phrase id and its values; rendering is the command line's work."""
        super().__init__(says)
        self.says = says
        self.values = values


class UserError(WatcherError):
    """The user's file or command is wrong: exit 2, every problem listed, no traceback."""

    exit_code = 2

    def __init__(
        self,
        says: str,
        values: Mapping[str, object] = NO_VALUES,
        *,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        """Carry all problems found, not only the first."""
        super().__init__(says, values)
        self.problems = problems


class SourceUnavailable(WatcherError):  # noqa: N818  the name says what happened; every reader calls it so
    """Something outside failed (a disk, a server, a child process): exit 3, worth trying again."""

    exit_code = 3


class CredentialsRefused(WatcherError):  # noqa: N818  as above
    """A server refused the sign-in: stop trying and tell the user."""

    exit_code = 3
