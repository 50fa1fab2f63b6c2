"""Rules as data: what `rules/` says, in the shape the engine takes it.

A rule is any / all / none over conditions. There is no expression language and no code;
a condition is a phrase, a word list, a pattern, two things near each other, or a named
check with parameters. `watcher.userfiles.rules` reads these values from TOML.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from watcher.core.model import Kind, Strength, Urgency, Verdict

Parameter = str | int | bool | Decimal | tuple[str, ...]

MARKS = frozenset(
    {
        "already_paid_disclaimer",
        "announcement",
        "court",
        "court_wording",
        "final",
        "guarantor",
        "no_claim",
        "obligation_change",
        "other_bill",
        "penalty",
        "recycled_number",
        "residual",
        "returned",
        "short",
        "third_party",
        "transfer",
        "write_off",
    },
)
"""What a notice can say besides its kind; each becomes a fact `marks.<name>`."""

MATERIAL = frozenset(
    {
        "account",
        "anchor",
        "code",
        "hidden",
        "link",
        "person",
        "person_id",
        "phone",
        "reply_to",
        "sender",
        "tail",
    },
)
"""Checks of what a message holds besides words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Literal:
    """The message contains this phrase (after normalisation)."""

    phrase: str


@dataclass(frozen=True, slots=True)
class Words:
    """The message contains one phrase of a named word list."""

    name: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, tried only in messages that contain one of `literals`.

    With `unless` it is tried sentence by sentence, not in those that hold one of these words:
    what is said in another sentence takes nothing back. With `near` one of these words must
    stand beside the match, at most `within` characters from it.
    """

    expression: str
    literals: tuple[str, ...]
    unless: tuple["Words", ...] = ()
    near: "Words | None" = None
    within: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """One thing followed by another, at most `within` characters between them."""

    first: "Literal | Words"
    then: "Literal | Words"
    within: int


@dataclass(frozen=True, slots=True)
class Together:
    """Two things in either order, at most `within` characters between them."""

    one: "Literal | Words"
    other: "Literal | Words"
    within: int


@dataclass(frozen=True, slots=True)
class Asserted:
    """A phrase that is said in earnest: no word of warning stands right before or after it.

    `lead` are words that lead in ("beware of …"), at most `within` characters before;
    `trail` are words that follow ("… is a fraud"), at most `trail_within` behind.

    Only the occurrence beside such a word is left out, so that a warning added elsewhere in
    the message takes nothing back.
    """

    of: "Literal | Words"
    lead: "Literal | Words | None"
    trail: "Literal | Words | None"
    within: int
    trail_within: int


@dataclass(frozen=True, slots=True)
class Check:
    """A named check of `watcher.core.checks` with its parameters."""

    name: str
    parameters: tuple[tuple[str, Parameter], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """All of `all`, at least one of `any` (where there are any), none of `none`."""

    all: tuple["Condition", ...] = ()
    any: tuple["Condition", ...] = ()
    none: tuple["Condition", ...] = ()

    def inside(self) -> Iterator["Condition"]:
        """Yield every condition that stands inside, in groups too."""
        for one in (*self.all, *self.any, *self.none):
            yield one
            if isinstance(one, Conditions):
                yield from one.inside()


Condition = Literal | Words | Pattern | Sequence | Together | Asserted | Check | Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """A text with what the rule must do on it; a near miss has `hit` false."""

    text: str
    hit: bool
    sender: str | None = None
    subject: str | None = None
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: a recogniser has a `kind` or a `mark` (one of `MARKS`), a signal a `strength`.

    A rule of status `draft` runs and explains but never alerts. `shipped` rules cannot be
    replaced or switched off by a user's file.
    """

    id: str
    title: Text
    conditions: Conditions
    kind: Kind | None = None
    mark: str | None = None
    strength: Strength | None = None
    imitates: Kind | None = None
    """Of a signal: the kind that its fraud imitates where no demand is recognised."""
    alone: bool = False
    """Of a recogniser: it counts only where no other one finds a kind."""
    firm: bool = False
    """Of a hard signal: it decides however the rest of the text is worded."""
    draft: bool = False
    shipped: bool = True
    sources: tuple[str, ...] = ()
    valid_until: date | None = None
    tests: tuple[RuleTest, ...] = ()
    """Its own examples."""

    @property
    def poses(self) -> bool:
        """Whether it is a signal that only says what a fraud poses as, and none without one."""
        return self.strength is Strength.WEAK and self.imitates is not None

    @property
    def worded(self) -> bool:
        """Whether it is a hard signal that rests on words, and on no link, number or paper."""
        needed = {one.name for one in self.conditions.all if isinstance(one, Check)}
        hard = self.strength is Strength.HARD
        return hard and self.shipped and not self.firm and needed.isdisjoint(MATERIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One row of the verdict table: the first whose facts hold gives the verdict.

    `all`, `any` and `none` are names of facts (`watcher.core.facts.FACTS`).
    """

    id: str
    verdict: Verdict | None
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    checklists: tuple[str, ...] = ()
    urgency: Urgency | None = None
    why: Text
    would_change: tuple[str, ...] = ()
    """What would change this verdict: ids below `case.change` in the phrases."""
    summary: str = "unsure"
    """The sentence a person reads first: an id below `case.summary` in the phrases."""
    adds: bool = False
    """Whether the row gives no verdict but adds its checklists to whatever the verdict is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRule:
    """A hypothesis why a notice came: the verdicts it can explain, the facts for and against."""

    id: str
    title: Text
    explains: Text
    verdicts: tuple[Verdict, ...]
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Facts without which the cause is never concluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a checklist, with the source of each legal or official claim in it."""

    id: str
    text: Text
    sources: tuple[str, ...] = ()
    warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """What to do, in order; chosen by the verdict table or by the user."""

    id: str
    title: Text
    intro: Text
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Characters that are read as others: traditional forms, and look-alikes of other letters.

    `variants` are whole words written otherwise (homophones, pinyin inside words).
    """

    single: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
