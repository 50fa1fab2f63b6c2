"""Reads the conditions of a rule: any / all / none over phrases, lists, patterns and checks."""

import re
from typing import Any, Final

from watcher.core.checks import CHECKS
from watcher.core.rules import (
    Asserted,
    Check,
    Condition,
    Conditions,
    Literal,
    Parameter,
    Pattern,
    Sequence,
    Together,
    Words,
)
from watcher.core.text import Folding
from watcher.userfiles.patterns import user_pattern
from watcher.userfiles.positions import Key
from watcher.userfiles.problems import nearest
from watcher.userfiles.rule_file import RuleFile
from watcher.userfiles.tables import Table

MAX_DEPTH: Final = 4
MAX_PATTERN: Final = 500
MAX_DISTANCE: Final = 1000
_FOLDING: Final = Folding.of({}, {})
_STAYS: Final = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]")
"""What folding never takes away: a phrase with such a character need not be folded."""

_GROUPS: Final = ("all", "any", "none")
_FORMS: Final = ("pattern", "first", "one", "of", "check", *_GROUPS)
_OPTIONAL: Final = frozenset({("link", "host"), ("amount", "is"), ("day", "is")})
"""Parameters that a check can do without."""
_SINGLE: Final = frozenset({("lender", "is"), ("signature", "is")})
"""Parameters of which a check takes one value and no list."""


def read_conditions(table: Table, file: RuleFile, depth: int = 1) -> Conditions:
    """Read `all`, `any` and `none` of a table; there must be something to look for."""
    groups = {name: _group(table, name, file, depth) for name in _GROUPS}
    if not any(name in table.data for name in ("all", "any")):
        table.findings.add(table.key, "problem.no-conditions")
    return Conditions(**groups)


def check_phrase(phrase: str, file: RuleFile, key: Key) -> None:
    """Refuse a phrase that is nothing once normalised; warn the user of one that is everywhere."""
    if _STAYS.search(phrase) is None and not _FOLDING.read(phrase).dense.strip():
        file.findings.add(key, "problem.empty-phrase")
    elif len(phrase) < 2 and not file.shipped:  # noqa: PLR2004  one character stands in most messages
        file.findings.add(key, "problem.short-phrase", warning=True, phrase=phrase)


def _group(table: Table, name: str, file: RuleFile, depth: int) -> tuple[Condition, ...]:
    value = table.value(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        table.wrong(name, "problem.expected-conditions")
        return ()
    read = (
        _condition(item, file, (*table.key, name, place), depth) for place, item in enumerate(value)
    )
    return tuple(condition for condition in read if condition is not None)


def _condition(item: Any, file: RuleFile, key: Key, depth: int) -> Condition | None:
    if isinstance(item, str):
        return _phrase(item, file, key)
    if not isinstance(item, dict):
        file.findings.add(key, "problem.expected-condition")
        return None
    table = Table(data=item, findings=file.findings, key=key)
    form = next((name for name in _FORMS if name in item), None)
    condition: Condition | None = None
    if form is None:
        wrong = next(iter(item), "")
        alike = nearest(wrong, _FORMS)
        file.findings.add(key, "problem.unknown-condition", allowed=_FORMS, nearest=alike)
        return None
    if form in _GROUPS:
        if depth >= MAX_DEPTH:
            file.findings.add(key, "problem.conditions-too-deep", limit=MAX_DEPTH)
            return None
        condition = read_conditions(table, file, depth + 1)
    elif form == "pattern":
        condition = _pattern(table, file)
    elif form == "check":
        return _check(table)
    elif form == "of":
        condition = _asserted(table, file)
    else:
        condition = _pair(table, file, form)
    table.finish()
    return condition


def _phrase(text: str, file: RuleFile, key: Key) -> Literal | Words | None:
    if text.startswith("@") and len(text) > 1:
        file.use("words", text[1:], key)
        return Words(text[1:])
    if not text.strip():
        file.findings.add(key, "problem.empty-phrase")
        return None
    check_phrase(text, file, key)
    return Literal(text)


def _pattern(table: Table, file: RuleFile) -> Pattern | None:
    expression = table.text("pattern", required=True)
    literals = table.texts("literal", required=True)
    for literal in literals:
        _phrase(literal, file, (*table.key, "literal"))
    if expression is None:
        return None
    if file.shipped and expression.startswith("@"):
        file.use("patterns", expression[1:], (*table.key, "pattern"))
    elif len(expression) > MAX_PATTERN:
        table.wrong("pattern", "problem.pattern-too-long", limit=MAX_PATTERN)
    elif file.shipped:
        if file.thorough and not _compiles(expression):
            table.wrong("pattern", "problem.pattern-broken")
    elif not _runs_on_re2(expression):
        table.wrong("pattern", "problem.pattern-not-linear")
    near, within = _near(table, file)
    unless = _unless(table, file)
    return Pattern(expression, literals, unless, near, within) if literals else None


def _near(table: Table, file: RuleFile) -> tuple[Words | None, int]:
    text = table.text("near")
    if text is None:
        return None, 0
    table.value("within", required=True)
    within = table.number("within", 0, MAX_DISTANCE)
    near = _phrase(text, file, (*table.key, "near"))
    if not isinstance(near, Words):
        table.wrong("near", "problem.not-a-word-list")
        return None, 0
    return near, within or 0


def _unless(table: Table, file: RuleFile) -> tuple[Words, ...]:
    lists: list[Words] = []
    for name in table.texts("unless"):
        read = _phrase(name, file, (*table.key, "unless"))
        if isinstance(read, Words):
            lists.append(read)
        elif read is not None:
            table.wrong("unless", "problem.not-a-word-list")
    return tuple(lists)


def _runs_on_re2(expression: str) -> bool:
    """Whether the linear-time engine takes a pattern within its bounds."""
    try:
        user_pattern(expression)
    except ValueError:
        return False
    return True


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _pair(table: Table, file: RuleFile, form: str) -> Sequence | Together | None:
    """Read two things near each other: in order (`first`, `then`) or in either (`one`, `other`)."""
    other = "then" if form == "first" else "other"
    parts = []
    for name in (form, other):
        text = table.text(name, required=True)
        part = None if text is None else _phrase(text, file, (*table.key, name))
        parts.append(part)
    table.value("within", required=True)
    within = table.number("within", 0, MAX_DISTANCE)
    left, right = parts
    if left is None or right is None or within is None:
        return None
    return Sequence(left, right, within) if form == "first" else Together(left, right, within)


def _asserted(table: Table, file: RuleFile) -> Asserted | None:
    """Read a phrase that counts only where it is not led in or followed by certain words."""
    parts = {}
    for name in ("of", "lead", "trail"):
        text = table.text(name, required=name == "of")
        parts[name] = None if text is None else _phrase(text, file, (*table.key, name))
    table.value("within", required=True)
    within = table.number("within", 0, MAX_DISTANCE)
    trailing = table.number("trail_within", 0, MAX_DISTANCE)
    if parts["of"] is None or within is None:
        return None
    reach = within if trailing is None else trailing
    return Asserted(parts["of"], parts["lead"], parts["trail"], within, reach)


def _check(table: Table) -> Check | None:
    name = table.word("check", CHECKS)
    if name is None:
        return None
    parameters: list[tuple[str, Parameter]] = []
    for parameter, allowed in CHECKS[name].parameters.items():
        required = (name, parameter) not in _OPTIONAL
        value = table.value(parameter, required=required)
        if value is None:
            continue
        fixed = _parameter(value)
        if fixed is None:
            table.wrong(parameter, "problem.expected-parameter")
            continue
        parameters.append((parameter, fixed))
        for word in fixed if isinstance(fixed, tuple) else (str(fixed),):
            listed = isinstance(fixed, tuple) and (name, parameter) in _SINGLE
            if allowed is not None and (listed or word not in allowed):
                choices = tuple(sorted(allowed))
                alike = nearest(word, choices)
                table.wrong(parameter, "problem.expected-one-of", allowed=choices, nearest=alike)
    table.finish()
    return Check(name, tuple(parameters))


def _parameter(value: Any) -> Parameter | None:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None
