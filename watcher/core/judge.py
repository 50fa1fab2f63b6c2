"""The verdict: the first row of the verdict table whose facts hold.

The table is data (`rules/verdicts.toml`); this file only reads it. Causes are ranked by
the evidence for them less the evidence against, and none is given without evidence.
"""

from collections.abc import Collection, Iterable, Mapping

from watcher.core.facts import SIGNAL, Facts, signal_facts
from watcher.core.model import (
    Cause,
    Ground,
    Judgement,
    Phrase,
    PhraseValue,
    Signal,
    Strength,
    Verdict,
)
from watcher.core.rules import CauseRule, VerdictRow


def judge(
    rows: Iterable[VerdictRow],
    causes: Iterable[CauseRule],
    facts: Facts,
    signals: tuple[Signal, ...],
    values: Mapping[str, PhraseValue],
) -> tuple[Judgement, VerdictRow]:
    """Judge by the table; `values` fill the phrases of the grounds.

    The table's last row holds always, so that there is always a verdict. Rows that only add
    a checklist are looked at after the verdict, which is a fact to them.
    """
    table = tuple(rows)
    held = set(facts.held)
    row = next(row for row in table if not row.adds and _holds(row, held))
    held.add(f"verdict.{row.verdict or 'null'}")
    added = [one for one in table if one.adds and _holds(one, held)]
    judgement = Judgement(
        verdict=row.verdict,
        row=row.id,
        causes=_rank(causes, row.verdict, facts, values),
        signals=signals,
        checklists=tuple(
            dict.fromkeys((*row.checklists, *(name for one in added for name in one.checklists))),
        ),
        would_change=tuple(Phrase(id=f"case.change.{name}") for name in row.would_change),
    )
    return judgement, row


def may_be_fraud(rows: Iterable[VerdictRow], strengths: Collection[Strength]) -> bool:
    """Whether a row of a fraud can hold with signals of no more than these strengths."""
    held = signal_facts(strengths)
    return any(
        all(fact in held for fact in row.all if fact.startswith(SIGNAL))
        for row in rows
        if row.verdict is Verdict.FRAUDULENT and not row.adds
    )


def _holds(row: VerdictRow, held: set[str]) -> bool:
    return (
        held.issuperset(row.all)
        and (not row.any or not held.isdisjoint(row.any))
        and held.isdisjoint(row.none)
    )


def _rank(
    causes: Iterable[CauseRule],
    verdict: Verdict | None,
    facts: Facts,
    values: Mapping[str, PhraseValue],
) -> tuple[Cause, ...]:
    if verdict is None:
        return ()
    ranked: list[tuple[int, int, Cause]] = []
    for at, rule in enumerate(causes):
        if verdict not in rule.verdicts or not all(need in facts.held for need in rule.needs):
            continue
        grounds = _grounds(rule.speaks_for, facts, values)
        if not grounds:
            continue
        against = _grounds(rule.speaks_against, facts, values)
        cause = Cause(id=rule.id, speaks_for=grounds, speaks_against=against)
        ranked.append((len(against) - len(grounds), at, cause))
    return tuple(cause for _, _, cause in sorted(ranked, key=lambda one: one[:2]))


def _grounds(
    names: Iterable[str],
    facts: Facts,
    values: Mapping[str, PhraseValue],
) -> tuple[Ground, ...]:
    return tuple(
        Ground(phrase=Phrase(id=f"case.ground.{name}", values=values), quote=facts.held[name])
        for name in names
        if name in facts.held
    )
