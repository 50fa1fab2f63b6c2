"""Reads all rule files, the shipped ones and the user's over them, into one rule set.

A user's file may add; it may replace what another file of the user's says. It may not
replace what ships, because a rule file must not be able to make a verdict milder.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final

from watcher.core.knowledge import RuleData, Rules
from watcher.core.rules import Characters
from watcher.core.text import Folding
from watcher.errors import Problem
from watcher.userfiles.doubts import Doubts
from watcher.userfiles.folders import ownership_problem
from watcher.userfiles.named import spell_out
from watcher.userfiles.patterns import user_pattern
from watcher.userfiles.problems import nearest
from watcher.userfiles.rule_file import Entry, RuleFile, Section
from watcher.userfiles.rule_schema import read_sections
from watcher.userfiles.tables import Table
from watcher.userfiles.toml import read_toml

MAX_BYTES: Final = 256 * 1024
MAX_FILES: Final = 1_000
MAX_RULES: Final = 10_000
_NOT_RULES: Final = frozenset({"letters", "marked", "dates.toml", "providers.toml"})
"""What else lies in the rule folders, read by others."""


def read_rules(
    *folders: Path,
    today: date | None = None,
    thorough: bool = False,
) -> tuple[Rules | None, tuple[Problem, ...]]:
    """Read the shipped folder and then the user's; None where a mistake is more than a warning.

    With `today`, rules whose time is over are warned of. `thorough` is for checking rather
    than running: shipped patterns are tried one by one, so that a broken one is reported
    with its line, and a rule without its tests is a mistake rather than a warning.
    """
    data, problems = _read(folders, Settings(today=today, thorough=thorough))
    if data is None:
        return None, problems
    return Rules.compile(data, user_pattern), problems


def read_rule_data(
    *folders: Path, today: date | None = None, thorough: bool = False
) -> tuple[RuleData | None, tuple[Problem, ...]]:
    """Return what `read_rules` returns, not yet compiled."""
    return _read(folders, Settings(today=today, thorough=thorough))


def _read(
    folders: Iterable[Path], settings: "Settings"
) -> tuple[RuleData | None, tuple[Problem, ...]]:
    merged = _Merged()
    for number, folder in enumerate(folders):
        for path in _rule_files(folder, number, merged.problems):
            _read_file(path, folder, number, settings, merged)
    merged.check_uses()
    if settings.thorough and not merged.wrong:
        merged.doubt()
    problems = (*merged.problems, *(one for file in merged.files for one in file.findings.problems))
    if any(not problem.warning for problem in problems):
        return None, problems
    return merged.data(), problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How rule files are read; see `read_rules`."""

    today: date | None
    thorough: bool


@dataclass(slots=True)
class _Merged:
    """All files joined: of each section, each id with the file that declares it."""

    problems: list[Problem] = field(default_factory=list)
    files: list[RuleFile] = field(default_factory=list)
    entries: dict[Section, dict[str, tuple[RuleFile, Entry]]] = field(default_factory=dict)
    rules: int = 0

    def add(self, file: RuleFile) -> None:
        """Lay one file over those before it."""
        self.files.append(file)
        self.rules += len(file.entries.get("rules", ()))
        if self.rules > MAX_RULES:
            file.findings.add(("rules",), "problem.too-many-rules", limit=MAX_RULES)
        for section, entries in file.entries.items():
            names = self.entries.setdefault(section, {})
            for entry in entries:
                if entry.id in names and not self._may_replace(file, entry, *names[entry.id]):
                    continue
                names[entry.id] = (file, entry)

    def _may_replace(
        self, file: RuleFile, entry: Entry, earlier_file: RuleFile, earlier: Entry
    ) -> bool:
        if earlier_file.folder != file.folder and not earlier_file.shipped:
            return True
        replaces = earlier_file.shipped and not file.shipped
        file.findings.add(
            entry.key,
            "problem.replaces-shipped" if replaces else "problem.repeated-name",
            id=entry.id,
            file=earlier_file.findings.document.file,
            line=earlier_file.findings.document.line(earlier.key),
        )
        return False

    def check_uses(self) -> None:
        """Note every name that is used and declared nowhere."""
        for file in self.files:
            for use in file.uses:
                known = self.entries.get(use.section, {})
                if use.id not in known:
                    says = f"problem.unknown-{use.section}"
                    file.findings.add(use.key, says, id=use.id, nearest=nearest(use.id, known))

    @property
    def wrong(self) -> bool:
        """Whether anything worse than a warning was found."""
        return any(not one.warning for one in self.problems) or any(
            file.findings.wrong for file in self.files
        )

    def doubt(self) -> None:
        """Warn of rules that are without mistake and do no good."""
        data = self.data()
        folding = Folding.of(data.characters.single, data.characters.variants)
        doubts = Doubts(data.words, data.patterns, folding)
        for file in self.files:
            doubts.look_at(file)

    def data(self) -> RuleData:
        """Return everything in the shape the engine takes."""
        words = {name: entry.value for name, (_, entry) in self._section("words")}
        patterns = {name: entry.value for name, (_, entry) in self._section("patterns")}
        rules = tuple(spell_out(rule, patterns, words) for rule in self._values("rules"))
        characters = [file.characters for file in self.files if file.characters]
        return RuleData(
            notices=tuple(rule for rule in rules if rule.strength is None),
            signals=tuple(rule for rule in rules if rule.strength),
            words=words,
            rows=self._values("rows"),
            causes=self._values("causes"),
            checklists=self._values("checklists"),
            lenders=self._values("lenders"),
            characters=Characters(
                single=dict(chain.from_iterable(one.single.items() for one in characters)),
                variants=dict(chain.from_iterable(one.variants.items() for one in characters)),
            ),
            sites={name: entry.value for name, (_, entry) in self._section("sites")},
            patterns=patterns,
            weights=next((file.weights for file in self.files if file.weights), {}),
            kinds=next((file.kinds for file in self.files if file.kinds), {}),
        )

    def _section(self, section: Section) -> Iterable[tuple[str, tuple[RuleFile, Any]]]:
        return self.entries.get(section, {}).items()

    def _values(self, section: Section) -> tuple[Any, ...]:
        return tuple(entry.value for _, (_, entry) in self._section(section))


def _rule_files(folder: Path, number: int, problems: list[Problem]) -> Iterator[Path]:
    """Yield the rule files of a folder in the order of their names."""
    paths = sorted(
        path
        for path in folder.rglob("*.toml")
        if not _NOT_RULES & set(path.relative_to(folder).parts)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not paths and number == 0:
        problems.append(Problem(file=folder.name, says="problem.no-rules"))
    if len(paths) > MAX_FILES:
        values = {"limit": MAX_FILES}
        problems.append(Problem(file=folder.name, says="problem.too-many-files", values=values))
    yield from paths[:MAX_FILES]


def _read_file(path: Path, folder: Path, number: int, settings: Settings, merged: _Merged) -> None:
    name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
    if number and (unsafe := ownership_problem(path, folder, name)):
        merged.problems.append(unsafe)
        return
    document, problem = read_toml(path, max_bytes=MAX_BYTES, name=name)
    if problem:
        merged.problems.append(problem)
    if document:
        whole = Table.whole(document)
        file = RuleFile(
            findings=whole.findings,
            folder=number,
            today=settings.today,
            thorough=settings.thorough,
        )
        read_sections(whole, file)
        document.data = {}  # what is kept was taken out; the next file can have the room
        merged.add(file)
