"""What one rule file says: its entries with their places, and the names they refer to.

Entries of one file know nothing of other files. `watcher.userfiles.rules` joins the files
and then looks whether every name that was used exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from watcher.core.model import Kind
from watcher.core.rules import Characters
from watcher.core.weights import Question, Weights
from watcher.userfiles.positions import Key
from watcher.userfiles.tables import Findings

Section = str
"""`rules`, `words`, `patterns`, `rows`, `causes`, `checklists`, `lenders` or `sites`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a rule file declares; `value` is what its section holds."""

    id: str
    key: Key
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A name of another entry that this file relies on."""

    section: Section
    id: str
    key: Key


@dataclass(slots=True, kw_only=True)
class RuleFile:
    """One file while it is read; files of `folder` 0 are the shipped ones."""

    findings: Findings
    folder: int
    today: date | None = None
    thorough: bool = False
    """Whether this is a check: shipped patterns are tried too, and rules must have their tests."""
    entries: dict[Section, list[Entry]] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    characters: Characters | None = None
    weights: Mapping[Question, Weights] | None = None
    kinds: Mapping[Kind, Weights] | None = None

    @property
    def shipped(self) -> bool:
        """Whether the file came with the program."""
        return self.folder == 0

    def declare(self, section: Section, id_: str, key: Key, value: object) -> None:
        """Keep one entry."""
        self.entries.setdefault(section, []).append(Entry(id=id_, key=key, value=value))

    def use(self, section: Section, id_: str, key: Key) -> None:
        """Note a name that must exist once all files are read."""
        self.uses.append(Use(section=section, id=id_, key=key))
