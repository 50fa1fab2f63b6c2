"""Reach over real messages: demands and receipts found, and silence on everything else.

The messages lie beside the checkout, in `../shared/corpora` or where LOAN_WATCHER_CORPORA
says, and are nobody's to ship; where they are absent there is nothing to measure.

Every row is an SMS of one moment, judged with an empty history. The ledger is that of one
person who has an active loan at each lender that any row names: the widest exposure to
false alarms that a ledger can give, and the same for every row, so that chat about a bank
is judged by someone who owes it money.

Rows of the same shape count once: runs of digits, runs of Latin letters and the person
addressed are masked before shapes are compared.
"""

import gzip
import json
import os
import re
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from bench.report import CHECKOUT, Numbers, load_rules, print_lines, print_table, share
from watcher.core.history import History
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.core.model import (
    DEMANDING,
    Case,
    Channel,
    Holder,
    Kind,
    Loan,
    LoanStatus,
    Message,
)
from watcher.core.pipeline import process

RECEIVED_AT = datetime.fromisoformat("2026-06-15T10:00:00+08:00")
RECEIPTS = frozenset({Kind.PAYMENT_RECEIPT, Kind.SETTLEMENT_RECEIPT})
CHAT = frozenset({"personal", "ham"})

_PERSON = re.compile(
    r"(?:(?<=尊敬的)|(?<=亲爱的))[\u4e00-\u9fff*·]{1,8}?(?=先生|女士|小姐|[\s,，:：!！、。(（\[【])"
    r"|(?<![\u4e00-\u9fff*·])[\u4e00-\u9fff*·]{1,4}?(?=先生|女士|小姐)"
)
_MASKED = re.compile(r"\d+|[A-Za-z]+|\{[^{}\n]{0,40}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message of a corpus; `label` is the group it is counted in."""

    id: str
    text: str = field(repr=False)
    label: str
    sender: str | None = None
    demands: bool = False
    settles: bool = False


def corpora_folder() -> Path:
    """Return where the corpora should lie; they may be absent."""
    told = os.environ.get("LOAN_WATCHER_CORPORA")
    return Path(told) if told else CHECKOUT.parent / "shared" / "corpora"


def read_labelled(folder: Path) -> Iterator[Row]:
    """Read the messages whose meaning a reader has labelled."""
    with (folder / "labelled.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Row(
                id=row["id"],
                text=row["text"],
                sender=row["sender"],
                label=row["label"],
                demands=row["demands_payment"],
                settles=row["settlement_evidence"],
            )


def read_unlabelled(folder: Path) -> Iterator[Row]:
    """Read ordinary traffic; `label` is the data set's own class."""
    with gzip.open(folder / "unlabelled.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Row(id=row["id"], text=row["text"], label=row["class"])


def shape(text: str) -> str:
    """Return a text with the person addressed and every run of digits or letters masked."""
    return _MASKED.sub("X", _PERSON.sub("X", text))


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Keep the first row of each shape."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(shape(row.text), row)
    return list(first.values())


def active_ledger(rows: Iterable[Row], rules: Rules) -> Ledger:
    """Return a ledger with one active loan at each lender of the directory that a row names."""
    by_name: Mapping[str, tuple[str, ...]] = rules.directory.by_name
    folded = {rules.folding.read(name).dense: ids for name, ids in by_name.items()}
    finder = AhoCorasick(list(folded), matchkind=MatchKind.LeftmostLongest)
    named = {
        lender
        for row in rows
        for name in finder.find_matches_as_strings(rules.folding.read(row.text).dense)
        for lender in folded[name]
    }
    loans = [
        Loan(id=lender.id, lender=lender.name, status=LoanStatus.ACTIVE)
        for lender in rules.directory.lenders
        if lender.id in named
    ]
    return Ledger.of(Holder(), loans, rules.directory)


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--misses", action="store_true", help="print every miss")


def measure(options: Namespace) -> Numbers:
    """Judge every row and compare with its label."""
    folder = corpora_folder()
    if not (folder / "labelled.jsonl").is_file():
        print("The corpora are not here (../shared/corpora, LOAN_WATCHER_CORPORA).")
        return {"absent": True}
    rules = load_rules()
    every, traffic = list(read_labelled(folder)), list(read_unlabelled(folder))
    ledger = active_ledger([*every, *traffic], rules)
    labelled = [(row, _judge(row, rules, ledger)) for row in distinct(every)]
    chat = [
        (row, _judge(row, rules, ledger))
        for row in distinct(row for row in traffic if row.label in CHAT)
    ]
    print(f"{len(ledger.loans)} active loans; rows of one shape count once\n")
    print_table("labelled", ("label", "rows", "demanding", "receipt", "kinds"), _labels(labelled))
    print_table("unlabelled", ("class", "rows", "alerts", "verdicts"), _classes(chat))
    if options.misses:
        print_lines("misses: id, label, got, row, text", _misses(labelled, chat))
    return _numbers(labelled, chat)


def _judge(row: Row, rules: Rules, ledger: Ledger) -> Case:
    message = Message(
        id=row.id,
        channel=Channel.SMS,
        sender=row.sender,
        received_at=RECEIVED_AT,
        text=row.text,
    )
    return process(message, rules, ledger, History.of(()))


Judged = list[tuple[Row, Case]]


def _numbers(labelled: Judged, chat: Judged) -> Numbers:
    demanding = [_demanding(case) for row, case in labelled if row.demands]
    others = [_demanding(case) for row, case in labelled if not row.demands]
    receipts = [case.notice.kind in RECEIPTS for row, case in labelled if row.settles]
    return {
        "demand_recall": share(sum(demanding), len(demanding)),
        "demand_false": share(sum(others), len(others)),
        "receipt_recall": share(sum(receipts), len(receipts)),
        "chat_alerts": sum(case.alert is not None for _, case in chat),
        "chat_messages": len(chat),
    }


def _demanding(case: Case) -> bool:
    return case.notice.kind in DEMANDING


def _labels(judged: Judged) -> Iterator[tuple[Any, ...]]:
    for label in sorted({row.label for row, _ in judged}):
        cases = [case for row, case in judged if row.label == label]
        kinds = Counter(case.notice.kind.value for case in cases)
        demanding = sum(map(_demanding, cases))
        receipts = sum(case.notice.kind in RECEIPTS for case in cases)
        yield label, len(cases), demanding, receipts, _counted(kinds)


def _classes(judged: Judged) -> Iterator[tuple[Any, ...]]:
    for label in sorted({row.label for row, _ in judged}):
        cases = [case for row, case in judged if row.label == label]
        verdicts = Counter(str(case.judgement.verdict) for case in cases)
        alerts = sum(case.alert is not None for case in cases)
        yield label, len(cases), alerts, _counted(verdicts)


def _misses(labelled: Judged, chat: Judged) -> Iterator[tuple[Any, ...]]:
    for row, case in labelled:
        missed = row.settles and case.notice.kind not in RECEIPTS
        if missed or _demanding(case) != row.demands:
            yield row.id, row.label, case.notice.kind.value, case.judgement.row, row.text
    for row, case in chat:
        if case.alert is not None:
            yield row.id, row.label, case.judgement.verdict, case.judgement.row, row.text


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())
