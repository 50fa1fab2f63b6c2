"""Judgement on the case set: the share of right verdicts, and what the wrong ones would cost.

Each person's messages are judged in the order in which they came; what one teaches is
history for those after it.
"""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.case_files import CaseMessage, Person, read_people
from bench.report import Numbers, Unmeasured, load_rules, print_lines, print_table, share
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.model import Case, Verdict
from watcher.core.pipeline import process

REASSURING = frozenset({Verdict.EXPECTED, Verdict.LAGGING, None})
"""Verdicts that raise no alarm: on a fraud, the worst failure there is."""
MOST_SHOWN = 40
_COLUMNS: tuple[Verdict | None, ...] = (*Verdict, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One message of a person, judged; each property says whether one thing is right.

    `loan`, `amount` and `checklist` are None where the case does not score them.
    """

    person: str
    given: CaseMessage
    case: Case

    @property
    def got(self) -> Verdict | None:
        """The verdict given."""
        return self.case.judgement.verdict

    @property
    def verdict(self) -> bool:
        """Whether the verdict is among the accepted ones."""
        return self.got in self.given.expected.verdicts

    @property
    def harmful(self) -> bool:
        """Whether the verdict would hurt this person."""
        return self.got in self.given.expected.harmful

    @property
    def kind(self) -> bool:
        """Whether the kind is among the accepted ones."""
        return self.case.notice.kind in self.given.expected.kinds

    @property
    def loan(self) -> bool | None:
        """Whether the loan is the expected one."""
        wanted = self.given.expected.loan
        loan = self.case.match.loan
        return None if wanted is None else wanted == (loan.id if loan else "none")

    @property
    def amount(self) -> bool | None:
        """Whether the amount is the expected one."""
        wanted = self.given.expected.amount
        got = self.case.notice.amount
        return None if wanted is None else wanted == ("none" if got is None else f"{got:.2f}")

    @property
    def checklist(self) -> bool | None:
        """Whether the expected checklist is among those given."""
        wanted = self.given.expected.checklist
        return None if wanted is None else wanted in self.case.judgement.checklists

    @property
    def wrong(self) -> list[str]:
        """Name what is not right."""
        named = ("verdict", "kind", "loan", "amount", "checklist")
        return [name for name in named if getattr(self, name) is False]


def score(people: Iterable[Person], rules: Rules) -> list[Scored]:
    """Judge every message of every person."""
    return [one for person in people for one in _score_person(person, rules)]


def _score_person(person: Person, rules: Rules) -> Iterator[Scored]:
    history = History.of(())
    for given in person.messages:
        case = process(given.message, rules, person.ledger, history)
        if case.evidence is not None:
            history.add(case.evidence)
        yield Scored(person=person.name, given=given, case=case)


def figures(scored: list[Scored]) -> Numbers:
    """Return the numbers of issue "Judge right", shares as 0..1 and the rest as counts."""
    frauds = [one for one in scored if one.given.expected.only_fraud]
    genuine = [one for one in scored if Verdict.FRAUDULENT not in one.given.expected.verdicts]
    silent = [one for one in scored if one.given.expected.only_silence]
    return {
        "messages": len(scored),
        "verdict": _right(one.verdict for one in scored),
        "harmful": sum(one.harmful for one in scored),
        "fraud_recall": _right(one.got is Verdict.FRAUDULENT for one in frauds),
        "fraud_reassured": sum(one.got in REASSURING for one in frauds),
        "false_fraud": _right(one.got is Verdict.FRAUDULENT for one in genuine),
        "noise": _right(one.got is not None for one in silent),
        "kind": _right(one.kind for one in scored),
        "loan": _right(one.loan for one in scored),
        "amount": _right(one.amount for one in scored),
    }


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--author", help="only the people whom this author wrote")
    parser.add_argument("--person", help="only this person (the name of the file)")
    parser.add_argument("--misses", action="store_true", help="print every miss")


def measure(options: Namespace) -> Numbers:
    """Judge all cases, print a confusion table and what was missed."""
    rules = load_rules()
    people = [
        person
        for person in read_people(rules.directory)
        if options.author in (None, person.author) and options.person in (None, person.name)
    ]
    if not people:
        raise Unmeasured("no person fits")
    scored = score(people, rules)
    names = [_name(verdict) for verdict in _COLUMNS]
    print_table("expected ↓ got →", ("", *names), _confusion(scored))
    print_table("each fraud of the facts, by row", ("row", "messages", "right"), _rows(scored))
    missed = sorted((one for one in scored if one.wrong), key=lambda one: not one.harmful)
    shown = missed if options.misses else missed[:MOST_SHOWN]
    print_lines(f"misses, harmful ones first: {len(shown)} of {len(missed)}", map(_miss, shown))
    return figures(scored)


def _right(found: Iterable[bool | None]) -> float:
    counted = [one for one in found if one is not None]
    return share(sum(counted), len(counted))


def _name(verdict: Verdict | None) -> str:
    return "null" if verdict is None else verdict.value


def _names(verdicts: Iterable[Verdict | None]) -> str:
    wanted = set(verdicts)
    return "|".join(_name(verdict) for verdict in _COLUMNS if verdict in wanted)


def _confusion(scored: list[Scored]) -> Iterator[tuple[Any, ...]]:
    counts: dict[str, Counter[Verdict | None]] = {}
    for one in scored:
        counts.setdefault(_names(one.given.expected.verdicts), Counter())[one.got] += 1
    for expected, got in sorted(counts.items(), key=lambda item: -item[1].total()):
        yield expected, *(got[verdict] or "" for verdict in _COLUMNS)


def _rows(scored: list[Scored]) -> Iterator[tuple[Any, ...]]:
    rows = {one.given.facts_row for one in scored} - {None}
    for row in sorted(number for number in rows if number is not None):
        of_row = [one for one in scored if one.given.facts_row == row]
        right = sum(one.verdict for one in of_row)
        if right < len(of_row):
            yield row, len(of_row), right


def _miss(one: Scored) -> tuple[Any, ...]:
    expected, case = one.given.expected, one.case
    message = one.given.message
    loan = case.match.loan.id if case.match.loan else "none"
    got = {
        "verdict": f"{_names(expected.verdicts)} -> {_name(one.got)}",
        "kind": f"{'|'.join(sorted(expected.kinds))} -> {case.notice.kind.value}",
        "loan": f"{expected.loan} -> {loan}",
        "amount": f"{expected.amount} -> {case.notice.amount}",
        "checklist": f"{expected.checklist} -> {'|'.join(case.judgement.checklists)}",
    }
    said = message.text or message.html or message.subject or ""
    return (
        f"{'!' if one.harmful else ' '} {one.person}/{message.id}",
        "; ".join(f"{name}: {got[name]}" for name in one.wrong),
        f"by {case.judgement.row}",
        ", ".join(signal.rule for signal in case.judgement.signals) or "no signal",
        said if len(said) <= 60 else said[:60] + "…",  # noqa: PLR2004  enough to recognise it
    )
