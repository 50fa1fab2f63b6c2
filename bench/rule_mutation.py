"""How much of each shipped rule is held by its own tests: mutants killed.

A mutant is a rule with one condition dropped or negated, at any depth. It is killed when one
of the rule's own tests gives another result than it should.
"""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bench.report import Numbers, load_rules, print_lines, print_table, share
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import Holder
from watcher.core.rules import Condition, Conditions, Rule
from watcher.core.ruletests import hits, views_of

Group = Literal["all", "any", "none"]
GROUPS: tuple[Group, ...] = ("all", "any", "none")
_BETWEEN = "~mutant~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A rule with one change; `change` names it for people: `drop all[1]: @pay.any`."""

    rule: Rule
    change: str
    conditions: Conditions


def mutants_of(rule: Rule) -> Iterator[Mutant]:
    """Yield the rule with each condition dropped, then with each negated."""
    for change, conditions in _mutate(rule.conditions, ""):
        yield Mutant(rule=rule, change=change, conditions=conditions)


def _mutate(conditions: Conditions, place: str) -> Iterator[tuple[str, Conditions]]:
    for group in GROUPS:
        members: tuple[Condition, ...] = getattr(conditions, group)
        for at, one in enumerate(members):
            here = f"{place}{group}[{at}]"
            without = (*members[:at], *members[at + 1 :])
            yield f"drop {here}: {_spelt(one)}", replace(conditions, **{group: without})
            yield (
                f"negate {here}: {_spelt(one)}",
                replace(conditions, **{group: _with(members, at, Conditions(none=(one,)))}),
            )
            if isinstance(one, Conditions):
                for change, inner in _mutate(one, f"{here}."):
                    yield change, replace(conditions, **{group: _with(members, at, inner)})


def _with(members: tuple[Condition, ...], at: int, one: Condition) -> tuple[Condition, ...]:
    return (*members[:at], one, *members[at + 1 :])


def _spelt(condition: Condition) -> str:
    if isinstance(condition, Conditions):
        return "(…)"
    return repr(condition)[:100]


def survivors(mutants: list[Mutant], rules: Rules) -> list[Mutant]:
    """Return the mutants that pass all tests of the rule they were made from.

    All are compiled into one rule set, as drafts: a draft is tried, but has no say in what
    kind a message is, and that is what the other rules may ask.
    """
    drafts = [
        replace(one.rule, id=f"{one.rule.id}{_BETWEEN}{at}", conditions=one.conditions, draft=True)
        for at, one in enumerate(mutants)
    ]
    together = Rules.compile(
        replace(
            rules.data,
            notices=(*rules.notices, *(one for one in drafts if one.strength is None)),
            signals=(*rules.signals, *(one for one in drafts if one.strength is not None)),
        )
    )
    compiled = {one.rule.id: one for one in together.compiled}
    nobody = Ledger.of(Holder(), (), together.directory)
    views = {
        (rule.id, test): views_of(test, together, nobody)
        for rule in {one.rule.id: one.rule for one in mutants}.values()
        for test in rule.tests
    }
    return [
        one
        for one, draft in zip(mutants, drafts, strict=True)
        if all(
            hits(compiled[draft.id], views[one.rule.id, test]) == test.hit
            for test in one.rule.tests
        )
    ]


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--rule", help="only the rule of this id")


def measure(options: Namespace) -> Numbers:
    """Mutate every shipped rule and list the mutants that no test notices."""
    rules = load_rules()
    mutants = [
        mutant
        for rule in (*rules.notices, *rules.signals)
        if options.rule in (None, rule.id)
        for mutant in mutants_of(rule)
    ]
    alive = survivors(mutants, rules)
    print_lines("survivors", ((one.rule.id, one.change) for one in alive))
    made, left = (Counter(one.rule.id for one in some) for some in (mutants, alive))
    rows = [
        (rule, count, count - left[rule], share(count - left[rule], count))
        for rule, count in made.items()
        if left[rule]
    ]
    print_table("rules with survivors", ("rule", "mutants", "killed", "share"), rows)
    killed = len(mutants) - len(alive)
    print(f"{killed} of {len(mutants)} mutants killed: {share(killed, len(mutants)):.1%}\n")
    return {"mutants": len(mutants), "killed": killed}
