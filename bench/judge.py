"""Speed of judging through `check --json`: messages, notices, many rules, many loans.

Process time of one core, through the code path of the command: bytes are read from a file,
judged line by line, and written; start-up is not counted. All texts are different, and every
run begins with an empty history. Of several runs the quickest counts.
"""

import json
import os
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bench.corpora import corpora_folder, read_unlabelled
from bench.naive import naive_recogniser
from bench.report import Numbers, load_rules, print_table
from bench.workload import START, chat, ledger, megabyte_messages, notices, rule_file
from watcher.cli.batch import Batch
from watcher.core.knowledge import Rules
from watcher.core.ledger import Ledger
from watcher.phrases import Phrases

FEW_LOANS = 10
MANY_LOANS = 10_000
USER_RULES = 5_000
RULES_A_FILE = 500


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--runs", type=int, help="how often each thing is timed")


def measure(options: Namespace) -> Numbers:
    """Time everything side by side and print what was timed."""
    rules = load_rules()
    few = ledger(FEW_LOANS, rules)
    count = 2_500 if options.quick else 20_000
    runs = max(options.runs or (2 if options.quick else 3), 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        traffic, whose = _traffic(5_000 if options.quick else None)
        ordinary = _lines(
            folder / "messages.jsonl", ((START.isoformat(), text) for text in traffic)
        )
        noted = [(at.isoformat(), text) for at, text in notices(count, rules)]
        owed = _lines(folder / "notices.jsonl", noted)
        many = ledger(MANY_LOANS, rules)
        more = load_rules(_user_rules(folder / "rules"))
        timed = _fastest(
            runs,
            {
                "messages": lambda: _check(ordinary, rules, few),
                "naive": _naive(traffic, rules),
                "notices": lambda: _check(owed, rules, few),
                "messages, 5,000 rules more": lambda: _check(ordinary, more, few),
                "notices, 5,000 rules more": lambda: _check(owed, more, few),
                "notices, 10,000 loans": lambda: _check(owed, rules, many),
            },
        )
        big = {
            f"1 MB of {what}": _megabyte(folder / "big.jsonl", fields, rules, few, runs - 1)
            for what, fields in megabyte_messages()
        }
    counts = {name: len(noted) if "notices" in name else len(traffic) for name in timed}
    rows = [(name, counts[name], took, counts[name] / took) for name, took in timed.items()]
    rows += [(name, 1, took, 1 / took) for name, took in big.items()]
    print_table(f"messages: {whose}", ("judged", "messages", "seconds", "a second"), rows)
    return {
        "messages_per_s": round(len(traffic) / timed["messages"]),
        "notices_per_s": round(len(noted) / timed["notices"]),
        "times_naive": round(timed["naive"] / timed["messages"], 2),
        "rules_5000_ratio": round(
            max(
                timed[f"{what}, 5,000 rules more"] / timed[what] for what in ("messages", "notices")
            ),
            3,
        ),
        "loans_10000_ratio": round(timed["notices, 10,000 loans"] / timed["notices"], 3),
        "megabyte_message_s": round(max(big.values()), 3),
    }


def _traffic(most: int | None) -> tuple[list[str], str]:
    """Return ordinary messages, all different: real ones where they are, else made-up chat."""
    folder = corpora_folder()
    if (folder / "unlabelled.jsonl.gz").is_file():
        return list(dict.fromkeys(row.text for row in read_unlabelled(folder)))[:most], "real"
    return list(chat(most or 25_000)), "made-up chat, for the corpora are absent"


def _lines(path: Path, messages: Iterable[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for at, (received_at, text) in enumerate(messages):
            form = {"id": f"m{at}", "channel": "sms", "sender": None}
            line = form | {"received_at": received_at, "text": text}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def _user_rules(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    for first in range(0, USER_RULES, RULES_A_FILE):
        path = folder / f"made-{first}.toml"
        path.write_text(rule_file(first, RULES_A_FILE), encoding="utf-8")
    return folder


def _check(path: Path, rules: Rules, loans: Ledger) -> float:
    """Return the process time of judging a file of messages."""
    batch = Batch(rules, loans, Phrases("zh"))
    source = os.open(path, os.O_RDONLY)
    target = os.open(os.devnull, os.O_WRONLY)
    try:
        began = time.process_time()
        batch.run(source, target)
        return time.process_time() - began
    finally:
        os.close(source)
        os.close(target)
        if batch.errors:
            raise AssertionError(f"{batch.errors} lines could not be read")


def _naive(texts: list[str], rules: Rules) -> Callable[[], float]:
    recognise = naive_recogniser((*rules.notices, *rules.signals), rules.data.words)

    def run() -> float:
        began = time.process_time()
        for text in texts:
            recognise(text)
        return time.process_time() - began

    return run


def _megabyte(
    path: Path, fields: Mapping[str, str], rules: Rules, loans: Ledger, runs: int
) -> float:
    form = {"id": "big", "channel": "email", "received_at": START.isoformat(), **fields}
    path.write_text(json.dumps(form, ensure_ascii=False) + "\n", encoding="utf-8")
    return min(_check(path, rules, loans) for _ in range(runs))


def _fastest(runs: int, work: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Run everything in turns, so that what slows the machine down slows all of it."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(runs):
        for name, one in work.items():
            taken[name].append(one())
    return {name: min(times) for name, times in taken.items()}
