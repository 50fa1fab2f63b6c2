"""Reads the letters of the rule folders, the shipped ones and the user's beside them.

One file is one letter. A letter that confirmed a debt, or told a collector what it lacks,
would harm who sends it: such a file is refused, whoever wrote it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from watcher.core.correspondence import BLANK, CIRCUMSTANCES, FACTS_FOR, Letter, Part, Recipient
from watcher.core.rules import Text
from watcher.errors import Problem
from watcher.userfiles.folders import ownership_problem
from watcher.userfiles.problems import nearest
from watcher.userfiles.tables import Findings, Table
from watcher.userfiles.toml import read_toml

FOLDER: Final = "letters"
NEVER: Final = "never.toml"
"""The shipped file with what no letter may say; it is read before the letters."""
MAX_BYTES: Final = 64 * 1024
MAX_FILES: Final = 100
_DENIED: Final = re.compile(
    r"(?:[不未没无非勿][^，。；\n]{0,6}|\b(?:not|never|no)\b[^,.;\n]{0,20})$", re.IGNORECASE
)
_LANGUAGES: Final = ("zh", "en")


@dataclass(slots=True)
class _Read:
    """What the files before said."""

    never: tuple[str, ...] = ()
    letters: dict[str, tuple[Letter, int, Findings]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_letters(
    *folders: Path, checklists: Collection[str]
) -> tuple[Mapping[str, Letter] | None, tuple[Problem, ...]]:
    """Read the letters of the shipped rule folder and of the user's, by id and in order.

    None where a mistake is more than a warning; a user's folder may be without letters.
    `checklists` are the ids of those that exist.
    """
    read = _Read()
    for number, folder in enumerate(folders):
        for path, name in _files(folder, number, read):
            document, problem = read_toml(path, max_bytes=MAX_BYTES, name=name)
            if problem:
                read.problems.append(problem)
            if document:
                whole = Table.whole(document)
                _file(whole, number, read, checklists)
                read.problems.extend(whole.findings.problems)
    problems = tuple(read.problems)
    if any(not problem.warning for problem in problems):
        return None, problems
    return {id_: letter for id_, (letter, _, _) in read.letters.items()}, problems


def _files(folder: Path, number: int, read: _Read) -> Iterator[tuple[Path, str]]:
    """Yield the files of one folder that may be read; what never may be said comes first."""
    found = (folder / FOLDER).glob("[!.]*.toml")
    paths = sorted(found, key=lambda one: (one.name != NEVER, one.name))
    if not paths and number == 0:
        read.problems.append(Problem(file=f"{folder.name}/{FOLDER}", says="problem.no-rules"))
    if len(paths) > MAX_FILES:
        values = {"limit": MAX_FILES}
        where = f"{folder.name}/{FOLDER}"
        read.problems.append(Problem(file=where, says="problem.too-many-files", values=values))
    for path in paths[:MAX_FILES]:
        name = f"{folder.name}/{FOLDER}/{path.name}"
        if number and (unsafe := ownership_problem(path, folder, name)):
            read.problems.append(unsafe)
        else:
            yield path, name


def _file(whole: Table, number: int, read: _Read, checklists: Collection[str]) -> None:
    if "never" in whole.data:
        if number:
            whole.wrong("never", "problem.shipped-only")
        read.never += tuple(phrase.casefold() for phrase in whole.texts("never"))
        whole.finish()
        return
    letter = _letter(whole, read.never)
    for id_ in letter.checklists:
        if id_ not in checklists:
            alike = nearest(id_, checklists)
            whole.wrong("checklists", "problem.unknown-checklists", id=id_, nearest=alike)
    earlier = read.letters.get(letter.id)
    if earlier and (earlier[1] in (0, number)):
        document = earlier[2].document
        whole.wrong(
            "id",
            "problem.repeated-name" if earlier[1] == number else "problem.replaces-shipped",
            id=letter.id,
            file=document.file,
            line=document.line(("id",)),
        )
    elif letter.id:
        read.letters[letter.id] = (letter, number, whole.findings)


def _letter(whole: Table, never: tuple[str, ...]) -> Letter:
    """Read one letter; where a part of it is wrong, the problem keeps all from being used."""
    id_ = whole.text("id", required=True)
    to = whole.one_of("to", Recipient, required=True)
    title, sending = _text(whole, "title"), _text(whole, "sending")
    checklists = whole.texts("checklists")
    when, unless = _circumstances(whole, "when"), _circumstances(whole, "unless")
    parts: list[Part] = []
    for row in whole.tables("parts"):
        part = _part(row)
        if part.id in [one.id for one in parts]:
            row.wrong("id", "problem.repeated-part", id=part.id)
        _check_blanks(row, part.text, to)
        _check_words(row, part.text, never)
        parts.append(part)
    if not parts:
        whole.wrong("parts", "problem.expected-tables", name="parts")
    whole.finish()
    return Letter(
        id=id_ or "",
        title=title,
        to=to or Recipient.COLLECTOR,
        sending=sending,
        parts=tuple(parts),
        checklists=checklists,
        when=when,
        unless=unless,
    )


def _part(row: Table) -> Part:
    part = Part(
        id=row.text("id", required=True) or "",
        text=_text(row, "text"),
        heading=row.flag("heading") or False,
        when=_circumstances(row, "when"),
        unless=_circumstances(row, "unless"),
        sources=row.texts("sources"),
    )
    row.finish()
    return part


def _circumstances(row: Table, name: str) -> tuple[str, ...]:
    found = row.texts(name)
    for one in found:
        if one not in CIRCUMSTANCES:
            allowed = tuple(sorted(CIRCUMSTANCES))
            alike = nearest(one, allowed)
            row.wrong(name, "problem.expected-one-of", allowed=allowed, nearest=alike)
    return found


def _check_blanks(row: Table, text: Text, to: Recipient | None) -> None:
    """Note a fact that is unknown or that this recipient must not be told, and loose brackets."""
    allowed = FACTS_FOR[to] if to else frozenset[str]().union(*FACTS_FOR.values())
    counts = []
    for language in _LANGUAGES:
        key = (*row.key, "text", language)
        said = getattr(text, language)
        blanks = list(BLANK.finditer(said))
        for fact in dict.fromkeys(blank["fact"] for blank in blanks if blank["fact"]):
            if fact not in allowed:
                row.findings.add(
                    key,
                    "problem.letter-fact",
                    fact=fact,
                    allowed=tuple(sorted(allowed)),
                    nearest=nearest(fact, allowed),
                )
        if re.search(r"[\[\]{}]", BLANK.sub("", said)):
            row.findings.add(key, "problem.letter-bracket")
        counts.append(sorted(blank["fact"] or "" for blank in blanks))
    if counts[0] != counts[1] and text.zh and text.en:
        row.wrong("text", "problem.letter-uneven")


def _check_words(row: Table, text: Text, never: tuple[str, ...]) -> None:
    """Note words that admit a debt or promise to pay, where nothing before denies them."""
    for language in _LANGUAGES:
        said = getattr(text, language).casefold()
        for phrase in never:
            at = said.find(phrase)
            while at >= 0:
                if not _DENIED.search(said[:at]):
                    key = (*row.key, "text", language)
                    row.findings.add(key, "problem.letter-admits", phrase=phrase)
                    break
                at = said.find(phrase, at + 1)


def _text(row: Table, name: str) -> Text:
    table = row.table(name, required=True)
    if table is None:
        return Text(zh="", en="")
    zh, en = table.text("zh", required=True), table.text("en", required=True)
    table.finish()
    return Text(zh=zh or "", en=en or "")
