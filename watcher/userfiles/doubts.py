"""Rules that are written well and still do no good; whoever checks rules is warned of them.

Looked for is only what can be known without a message: a rule that can never fire, one that
says the same as another, a pattern that waits for a character which no folded text has.
"""

from collections.abc import Hashable, Iterable, Mapping

from watcher.core.model import Strength
from watcher.core.rules import (
    Asserted,
    Check,
    Condition,
    Conditions,
    Literal,
    Pattern,
    Rule,
    Sequence,
    Together,
    Words,
)
from watcher.core.text import Folding
from watcher.userfiles.named import spell_out
from watcher.userfiles.positions import Key
from watcher.userfiles.rule_file import RuleFile


class Doubts:
    """Goes through the rules of all files once; `words` and `patterns` are all that have names."""

    def __init__(
        self,
        words: Mapping[str, tuple[str, ...]],
        patterns: Mapping[str, str],
        folding: Folding,
    ) -> None:
        self._folding = folding
        self._spelt = (patterns, words)
        self._words = {name: self._folded(phrases) for name, phrases in words.items()}
        self._known: dict[Hashable, tuple[RuleFile, Rule, Key]] = {}

    def look_at(self, file: RuleFile) -> None:
        """Warn of every doubtful rule of a file."""
        for entry in file.entries.get("rules", ()):
            if not isinstance(entry.value, Rule):
                continue
            rule = spell_out(entry.value, *self._spelt)
            self._look_inside(rule.conditions, file, entry.key)
            self._compare(rule, file, entry.key)
            if rule.strength is Strength.HARD and not rule.sources:
                file.findings.add(entry.key, "problem.no-sources", warning=True)

    def _compare(self, rule: Rule, file: RuleFile, key: Key) -> None:
        does = (rule.kind, rule.mark, rule.strength, self._meaning(rule.conditions))
        if does not in self._known:
            self._known[does] = (file, rule, key)
            return
        earlier_file, earlier, earlier_key = self._known[does]
        file.findings.add(
            key,
            "problem.same-rule",
            warning=True,
            id=earlier.id,
            file=earlier_file.findings.document.file,
            line=earlier_file.findings.document.line(earlier_key),
        )

    def _look_inside(self, conditions: Conditions, file: RuleFile, key: Key) -> None:
        required = Conditions(all=conditions.all, any=conditions.any)
        for place, condition in enumerate(conditions.none):
            if self._implies(required, condition):
                file.findings.add(
                    (*key, "none", place),
                    "problem.never-fires",
                    warning=True,
                    what=_named(condition),
                )
        for name in ("all", "any", "none"):
            for place, condition in enumerate(getattr(conditions, name)):
                if isinstance(condition, Conditions):
                    self._look_inside(condition, file, (*key, name, place))
                elif isinstance(condition, Pattern):
                    self._look_at_pattern(condition.expression, file, (*key, name, place))

    def _look_at_pattern(self, expression: str, file: RuleFile, key: Key) -> None:
        """Warn of a character that folding turns into one that the pattern does not have."""
        for wrong in dict.fromkeys(expression):
            right = self._folding.fold(wrong)
            if wrong.isascii() or right == wrong or len(right) != 1:
                continue
            if right not in expression:
                file.findings.add(
                    (*key, "pattern"),
                    "problem.pattern-unfolded",
                    warning=True,
                    wrong=wrong,
                    right=right,
                )

    def _folded(self, phrases: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({self._fold(phrase) for phrase in phrases}))

    def _fold(self, phrase: str) -> str:
        return self._folding.read(phrase).dense.lower()

    def _implies(self, one: Condition, other: Condition) -> bool:  # noqa: PLR0911  one return a form
        """Whether the other holds wherever the one does; False where that cannot be known."""
        if self._meaning(one) == self._meaning(other):
            return True
        if isinstance(other, Conditions):
            return (
                not other.none
                and all(self._implies(one, part) for part in other.all)
                and (not other.any or any(self._implies(one, part) for part in other.any))
            )
        match one:
            case Conditions():
                parts, either = one.all, one.any
                return any(self._implies(part, other) for part in parts) or (
                    bool(either) and all(self._implies(part, other) for part in either)
                )
            case Sequence():
                return self._implies(one.first, other) or self._implies(one.then, other)
            case Together():
                return self._implies(one.one, other) or self._implies(one.other, other)
            case Asserted():
                return self._implies(one.of, other)
            case Check():
                return False
        return self._contain(self._phrases(one), other)

    def _contain(self, phrases: tuple[str, ...], other: Condition) -> bool:
        if not isinstance(other, Literal | Words):
            return False
        wanted = self._phrases(other)
        return bool(phrases) and all(any(one in phrase for one in wanted) for phrase in phrases)

    def _phrases(self, condition: Literal | Words | Pattern) -> tuple[str, ...]:
        """Return phrases, folded, of which one stands in any text that fits."""
        match condition:
            case Literal():
                return (self._fold(condition.phrase),)
            case Words():
                return self._words.get(condition.name, ())
            case Pattern():
                return self._folded(condition.literals)

    def _meaning(self, condition: Condition | None) -> Hashable:  # noqa: PLR0911  as above
        """Return what is equal for two conditions that say the same."""
        match condition:
            case Conditions():
                groups = (condition.all, condition.any, condition.none)
                return ("group", *(frozenset(map(self._meaning, group)) for group in groups))
            case Literal():
                return ("words", self._phrases(condition))
            case Words():
                return ("words", self._phrases(condition))
            case Pattern():
                unless = frozenset(map(self._meaning, condition.unless))
                near = condition.near and self._meaning(condition.near)
                phrases = self._phrases(condition)
                return ("pattern", condition.expression, phrases, unless, near, condition.within)
            case Sequence():
                ends = (self._meaning(condition.first), self._meaning(condition.then))
                return ("sequence", *ends, condition.within)
            case Together():
                sides = frozenset((self._meaning(condition.one), self._meaning(condition.other)))
                return ("together", sides, condition.within)
            case Asserted():
                parts = map(self._meaning, (condition.of, condition.lead, condition.trail))
                return ("asserted", *parts, condition.within, condition.trail_within)
            case Check():
                return ("check", condition.name, frozenset(condition.parameters))
            case None:
                return None


def _named(condition: Condition) -> str:
    match condition:
        case Literal():
            return f"“{condition.phrase}”"
        case Words():
            return f"@{condition.name}"
        case Check():
            return f"check = {condition.name}"
        case _:
            return type(condition).__name__.lower()
