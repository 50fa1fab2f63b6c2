"""Takes values out of a TOML table and notes every mistake on the way.

Each question names a key and what is expected there. A wrong or missing value gives None
and a `Problem`, so that the reader goes on and all mistakes come out at once. What was
never asked for is an unknown key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from watcher.errors import Problem
from watcher.userfiles.positions import Key
from watcher.userfiles.problems import nearest
from watcher.userfiles.toml import Document

Member = TypeVar("Member", bound=StrEnum)

ANY_YEAR: Final = range(MINYEAR, MAXYEAR + 1)
MAX_AMOUNT: Final = Decimal(10) ** 12
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class Findings:
    """All mistakes of one file, in the order in which they were found."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        """Whether anything worse than a warning was found."""
        return any(not problem.warning for problem in self.problems)

    def add(self, key: Key, says: str, /, *, warning: bool = False, **values: object) -> None:
        """Note one mistake at a key; `values` fill the blanks of the phrase."""
        self.problems.append(
            Problem(
                file=self.document.file,
                line=self.document.line(key),
                key=spelled(key),
                says=says,
                values=values,
                warning=warning,
            ),
        )


@dataclass(slots=True)
class Table:
    """One table of a document; `key` is its path, empty for the document itself."""

    data: Mapping[str, Any] = field(repr=False)
    findings: Findings
    key: Key = ()
    asked: set[str] = field(default_factory=set)

    @classmethod
    def whole(cls, document: Document) -> "Table":
        """Return the outermost table of a document, with nothing found yet."""
        return cls(data=document.data, findings=Findings(document))

    def wrong(self, name: str, says: str, /, *, warning: bool = False, **values: object) -> None:
        """Note a mistake at a key of this table."""
        self.findings.add((*self.key, name), says, warning=warning, **values)

    def value(self, name: str, *, required: bool = False) -> Any:
        """Return whatever stands at a key, None where nothing does."""
        self.asked.add(name)
        if name not in self.data and required:
            self.findings.add(self.key, "problem.key-missing", name=name)
        return self.data.get(name)

    def text(self, name: str, *, required: bool = False) -> str | None:
        """Return a text that is not blank, without space around it."""
        value = self.value(name, required=required)
        if value is None:
            return None
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(name, "problem.expected-text")
        return None

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts; one text alone is a list of one."""
        value = self.value(name, required=required)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        for place, item in enumerate(items):
            if not isinstance(item, str) or not item.strip():
                key = (*self.key, name, place) if isinstance(value, list) else (*self.key, name)
                self.findings.add(key, "problem.expected-texts")
        return tuple(item for item in items if isinstance(item, str) and item.strip())

    def number(self, name: str, lowest: int, highest: int) -> int | None:
        """Return a whole number between two bounds."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        self.wrong(name, "problem.expected-number", lowest=lowest, highest=highest)
        return None

    def flag(self, name: str, *, required: bool = False) -> bool | None:
        """Return true or false."""
        value = self.value(name, required=required)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(name, "problem.expected-flag")
        return None

    def day(self, name: str, years: range = ANY_YEAR) -> date | None:
        """Return a calendar day in one of some years, written bare or between quotation marks."""
        day = self._day(name)
        if day is not None and day.year not in years:
            self.wrong(name, "problem.day-out-of-range", first=years[0], last=years[-1])
            return None
        return day

    def _day(self, name: str) -> date | None:
        value = self.value(name)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        if isinstance(value, str) and _DAY.fullmatch(value.strip()):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                self.wrong(name, "problem.no-such-day")
                return None
        self.wrong(name, "problem.expected-day")
        return None

    def amount(self, name: str) -> Decimal | None:
        """Return an amount of money in CNY, exactly as it is written."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, str):
            exact = Decimal(value.strip()) if _AMOUNT.fullmatch(value.strip()) else None
        elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            exact = Decimal(value)
        else:
            exact = None
        if exact is not None and exact.is_finite() and 0 <= exact < MAX_AMOUNT:
            in_fen = exact.quantize(Decimal("0.01"))
            if in_fen == exact:
                return in_fen
        self.wrong(name, "problem.expected-amount")
        return None

    def one_of(self, name: str, kind: type[Member], *, required: bool = False) -> Member | None:
        """Return one member of a closed list."""
        value = self.word(name, tuple(kind), required=required)
        return None if value is None else kind(value)

    def word(self, name: str, words: Iterable[str], *, required: bool = False) -> str | None:
        """Return one of the words of a closed list."""
        allowed = tuple(words)
        value = self.value(name, required=required)
        if value is None or value in allowed:
            return None if value is None else str(value)
        self.wrong(
            name,
            "problem.expected-one-of",
            allowed=allowed,
            nearest=nearest(value, allowed),
        )
        return None

    def table(self, name: str, *, required: bool = False) -> "Table | None":
        """Return a table inside this one."""
        value = self.value(name, required=required)
        if value is None:
            return None
        if isinstance(value, dict):
            return Table(data=value, findings=self.findings, key=(*self.key, name))
        self.wrong(name, "problem.expected-table", name=name)
        return None

    def tables(self, name: str) -> Iterator["Table"]:
        """Yield the tables of an array of tables."""
        value = self.value(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(name, "problem.expected-tables", name=spelled((*self.key, name)))
            return
        for place, item in enumerate(value):
            key = (*self.key, name, place)
            if isinstance(item, dict):
                yield Table(data=item, findings=self.findings, key=key)
            else:
                self.findings.add(key, "problem.expected-tables", name=spelled(key[:-1]))

    def finish(self) -> None:
        """Note every key that was never asked for as unknown."""
        for name in self.data:
            if name not in self.asked:
                self.wrong(name, "problem.unknown-key", nearest=nearest(name, self.asked))


def spelled(key: Key) -> str | None:
    """Write a path as people read it: `loans[0].lender`."""
    path = ""
    for part in key:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path or None
