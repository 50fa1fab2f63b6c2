"""What unseen messages meet: frauds that are found, ordinary messages that are called one.

The messages of `bench/unseen/` are by one author whose words no rule and no weight was made
from. Each is judged alone, with the ledger of `bench/messages/loans.toml`. What is missed is
not printed, so that it stays unseen.
"""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter

from bench.report import CHECKOUT, Numbers, load_rules, print_table
from bench.wording import messages_ledger
from watcher.core.history import History
from watcher.core.model import Verdict
from watcher.core.pipeline import process
from watcher.sources.jsonlines import message_from_json

UNSEEN = CHECKOUT / "bench" / "unseen"


def add_options(_parser: ArgumentParser) -> None:
    """Declare no option."""


def measure(_options: Namespace) -> Numbers:
    """Judge both files and count the verdicts."""
    rules = load_rules()
    ledger = messages_ledger(rules)
    counted: dict[str, Counter[Verdict | None]] = {}
    for name in ("frauds", "ordinary"):
        lines = (UNSEEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        counted[name] = Counter(
            process(message, rules, ledger, History()).judgement.verdict
            for message in map(message_from_json, map(json.loads, lines))
        )
    columns = (*Verdict, None)
    print_table(
        "verdicts, each message alone",
        ("messages", *(str(one or "none") for one in columns)),
        [(name, *(count[one] for one in columns)) for name, count in counted.items()],
    )
    frauds, ordinary = counted["frauds"], counted["ordinary"]
    return {
        "frauds": frauds.total(),
        "found": frauds[Verdict.FRAUDULENT],
        "ordinary": ordinary.total(),
        "called_fraud": ordinary[Verdict.FRAUDULENT],
    }
