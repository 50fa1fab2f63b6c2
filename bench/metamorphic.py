"""Design rule 2 as an experiment: changed messages whose verdict became milder.

Each pair is a message of the case set, judged with its person's ledger and history, and the
same message changed: calming texts, heads of news, headers and signatures added, lines
broken, sent as a mail, padded to 10 kB. `fraudulent` must stay; where the change carries no
lender, last digits, sum, day or person, severity must not fall. Only pairs that could violate
this are counted: messages without a verdict are no base, and laden texts and heads are tried
on frauds alone.
"""

import random
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from multiprocessing import get_context
from zlib import crc32

from bench.case_files import Person, read_people
from bench.report import Numbers, load_rules, print_lines, print_table
from bench.transformations import (
    Change,
    add_and_wrap,
    add_bare,
    add_head,
    add_headers,
    add_hidden,
    add_laden,
    as_mail,
    pad,
    rewrap,
)
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import SEVERITY, Case, Evidence, Field, Verdict
from watcher.core.pipeline import process

PAIRS = 100_000
QUICK_PAIRS = 5_000
MOST_SHOWN = 20
PROCESSES = 2

CHANGES: tuple[tuple[Change, int], ...] = (
    (add_bare, 40),
    (add_and_wrap, 10),
    (rewrap, 10),
    (as_mail, 8),
    (add_headers, 6),
    (add_hidden, 4),
    (pad, 4),
)
"""What is tried on every message, and how often of 100."""
FRAUD_CHANGES: tuple[tuple[Change, int], ...] = (*CHANGES, (add_laden, 30), (add_head, 10))
MAIL_CHANGES = (as_mail, add_headers, add_hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A message of the case set with all that its judgement depends on."""

    name: str
    case: Case
    ledger: Ledger
    history: History


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A change that made a verdict milder."""

    base: str
    change: str
    how: str
    before: str
    after: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of the pairs of one person."""

    pairs: Counter[str]
    violations: tuple[Violation, ...]


def bases_of(person: Person, rules: Rules) -> Iterator[Base]:
    """Yield the messages of a person that were given a verdict, with the history so far."""
    known: list[Evidence] = []
    for given in person.messages:
        case = process(given.message, rules, person.ledger, History.of(known))
        if case.judgement.verdict is not None:
            yield Base(
                name=f"{person.name}/{given.message.id}",
                case=case,
                ledger=person.ledger,
                history=History.of(known),
            )
        if case.evidence is not None:
            known.append(case.evidence)


def try_base(base: Base, rules: Rules, count: int) -> Tried:
    """Try so many changes on a message; the same ones in every run."""
    choice = random.Random(crc32(base.name.encode()))  # noqa: S311  chance decides nothing secret
    before = base.case.judgement.verdict
    message = base.case.message
    table = _changes_for(base.case)
    weights = [weight for _, weight in table]
    changes = choice.choices([change for change, _ in table], weights, k=count)
    pairs: Counter[str] = Counter()
    violations: list[Violation] = []
    for change in changes:
        changed = change(message, choice)
        pairs[change.__name__] += 1
        after = process(changed.message, rules, base.ledger, base.history).judgement.verdict
        lost = before is Verdict.FRAUDULENT and after is not Verdict.FRAUDULENT
        if lost or (changed.bare and SEVERITY[after] < SEVERITY[before]):
            violations.append(
                Violation(
                    base=base.name,
                    change=change.__name__,
                    how=changed.how,
                    before=str(before),
                    after=str(after),
                    text=message.text or message.html or "",
                )
            )
    return Tried(pairs=pairs, violations=tuple(violations))


def _changes_for(case: Case) -> tuple[tuple[Change, int], ...]:
    """Return what can be tried on a message.

    A number abroad says something of an SMS that it cannot say of a mail, so a message that
    is judged by its sender's number does not become a mail.
    """
    fraud = case.judgement.verdict is Verdict.FRAUDULENT
    by_sender = any(one.quote.field is Field.SENDER for one in case.judgement.signals)
    return tuple(
        (change, weight)
        for change, weight in (FRAUD_CHANGES if fraud else CHANGES)
        if not (by_sender and change in MAIL_CHANGES)
    )


@cache
def _rules() -> Rules:
    """Load the rules once a process."""
    return load_rules()


@cache
def _bases() -> tuple[tuple[Base, ...], ...]:
    """Judge all people's messages once, before the processes are forked."""
    rules = _rules()
    return tuple(tuple(bases_of(person, rules)) for person in read_people(rules.directory))


def _try_person(task: tuple[int, tuple[int, ...]]) -> Tried:
    """Try so many changes on each message of one person, in a process of its own."""
    at, counts = task
    tried = [
        try_base(base, _rules(), count)
        for base, count in zip(_bases()[at], counts, strict=True)
        if count
    ]
    return Tried(
        pairs=sum((one.pairs for one in tried), Counter()),
        violations=tuple(violation for one in tried for violation in one.violations),
    )


def _shared_out(wanted: int, among: int) -> list[int]:
    """Share a number out as evenly as whole numbers allow."""
    steps = [wanted * at // among for at in range(among + 1)]
    return [after - before for before, after in pairwise(steps)]


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--pairs", type=int, help="how many pairs to try")
    parser.add_argument("--misses", action="store_true", help="print a violation of every message")


def measure(options: Namespace) -> Numbers:
    """Try all pairs on two processes and list the violations."""
    wanted = options.pairs or (QUICK_PAIRS if options.quick else PAIRS)
    sizes = [*map(len, _bases())]
    counts = iter(_shared_out(wanted, sum(sizes)))
    tasks = [(at, tuple(islice(counts, size))) for at, size in enumerate(sizes)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        tried = list(pool.map(_try_person, tasks))
    pairs: Counter[str] = sum((one.pairs for one in tried), Counter())
    violations = [violation for one in tried for violation in one.violations]
    wrong = Counter(one.change for one in violations)
    rows = [(change, count, wrong[change]) for change, count in pairs.most_common()]
    print_table("changes", ("change", "pairs", "violations"), rows)
    _list(violations, None if options.misses else MOST_SHOWN)
    return {"pairs": pairs.total(), "violations": len(violations)}


def _list(violations: list[Violation], most: int | None) -> None:
    """Print one violation of each message, the frauds that were lost first."""
    times = Counter(one.base for one in violations)
    first = {one.base: one for one in reversed(violations)}.values()
    ordered = sorted(first, key=lambda one: (one.before != Verdict.FRAUDULENT, one.base))
    print_lines(
        f"violations, one of each of {len(times)} messages, lost frauds first",
        (
            (
                f"{one.base} ({times[one.base]})",
                f"{one.before} -> {one.after}",
                f"{one.change}, {one.how}",
                one.text[:60],
            )
            for one in ordered[:most]
        ),
    )
