"""Speed and memory of reading SMS exports: a million messages, and pictures nobody wants.

CPU time of parent and child together. Everything that is compared is measured side by side,
each in a process of its own, in turns; of several runs the quickest counts. The rules are read
once, before the first of these processes is forked.
"""

import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from bench.report import Numbers, print_table, share
from bench.sms_exports import broken, texts, write_exports, write_pictures
from bench.sms_work import ANEW, JOBS, rules
from watcher.core.model import Message
from watcher.sources.files import read_path
from watcher.sources.items import Damage, Progress

MESSAGES, QUICK_MESSAGES = 1_000_000, 10_000
FEW, QUICK_FEW = 10_000, 1_000
"""Messages of the small exports: judging one of them is compared before and after the large."""
NAIVE, QUICK_NAIVE = 10_000, 300
PICTURES, QUICK_PICTURES = 300_000_000, 100_000_000
MEGABYTE = 1_000_000

Given = ParamSpec("Given")
Result = TypeVar("Result")


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--messages", type=int, help="how many messages the large export holds")


def measure(options: Namespace) -> Numbers:
    """Write the exports, work on them in turns and print what was timed."""
    quick = bool(options.quick)
    many = options.messages or (QUICK_MESSAGES if quick else MESSAGES)
    few = QUICK_FEW if quick else FEW
    compared = QUICK_NAIVE if quick else NAIVE
    rules()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cuts = {"first": few, "near": few, "many": many, "far": few, "further": few}
        cuts["naive"] = compared
        pictures = folder / "pictures.xml"
        size = QUICK_PICTURES if quick else PICTURES
        exports, kept = _apart(_write, cuts, folder, pictures, size)
        usual = {name: paths[0] for name, paths in exports.items()}
        clean = {name: paths[1] for name, paths in exports.items()}

        warm = (usual["far"], usual["naive"])  # every rule that fits one was compiled then
        near = [_scans(*warm, ANEW, usual["first"], usual["near"])[0][-1]]
        later = (usual["far"], usual["further"])
        (large, again, *last), memory = _scans(usual["many"], usual["many"], *later)
        # Minutes after the first, the machine may have other work: the quickest of each counts.
        near.append(_scans(*warm, ANEW, usual["first"], usual["near"])[0][-1])
        before, after = (min(one["cpu_s"] for one in each) for each in (near, last))
        ours = _scans(usual["first"], usual["far"], ANEW, usual["naive"])[0][-1]
        naive = _work("naive", clean["naive"])
        runs = 2 if quick else 3
        read, parsed = _in_turns(runs, ("read", usual["many"]), ("parse", clean["many"]))
        seen, skimmed, through = _in_turns(
            runs - 1, ("read", pictures), ("parse", pictures), ("read-in-child", pictures)
        )
        megabytes = pictures.stat().st_size / MEGABYTE
        recovered = _recovered(folder / "broken")
    _must_agree(
        {
            "messages": ([large, again, read, parsed], many),
            "new messages": ([{"messages": large["fresh"]}], many),
            "messages again": ([{"messages": again["fresh"]}], 0),
            "messages beside pictures": ([seen, skimmed, through], kept),
            "messages read naively": ([naive, ours], compared),
        },
    )
    if naive["verdicts"] != ours["verdicts"]:
        raise AssertionError(f"naively {naive['verdicts']}, by us {ours['verdicts']}")
    print_table(
        f"an export of {many:,} messages, and {megabytes:,.0f} MB of pictures",
        ("work", "messages", "CPU seconds", "messages or MB a second"),
        [
            ("read, judged, stored", many, large["cpu_s"], many / large["cpu_s"]),
            ("the same file again", many, again["cpu_s"], many / again["cpu_s"]),
            (f"{few:,} messages in a new store", few, before, few / before),
            (f"{few:,} messages after {many:,}", few, after, few / after),
            ("only read", many, read["cpu_s"], many / read["cpu_s"]),
            ("only parsed, by expat", many, parsed["cpu_s"], many / parsed["cpu_s"]),
            ("the naive way", compared, naive["cpu_s"], compared / naive["cpu_s"]),
            ("these by us", compared, ours["cpu_s"], compared / ours["cpu_s"]),
            ("pictures passed over", kept, seen["cpu_s"], megabytes / seen["cpu_s"]),
            ("pictures parsed by expat", kept, skimmed["cpu_s"], megabytes / skimmed["cpu_s"]),
            ("pictures, with a child", kept, through["cpu_s"], megabytes / through["cpu_s"]),
        ],
    )
    return {
        "messages_per_s": round(many / large["cpu_s"]),
        "rss_mb": round(memory, 1),
        "growth_ratio": round(after / before, 3),
        "read_vs_expat": round(read["cpu_s"] / parsed["cpu_s"], 3),
        "mms_mb_per_s": round(megabytes / through["cpu_s"]),
        "mms_vs_expat": round(seen["cpu_s"] / skimmed["cpu_s"], 3),
        "reread_speedup": round(large["cpu_s"] / again["cpu_s"], 2),
        "times_naive": round(naive["cpu_s"] / ours["cpu_s"], 2),
        "damaged_recovered": recovered,
    }


def _write(
    cuts: Mapping[str, int], folder: Path, pictures: Path, size: int
) -> tuple[dict[str, tuple[Path, Path]], int]:
    """Write all exports; return where each is, and how many MMS hold the pictures."""
    messages = texts(rules(), sum(cuts.values()) + 300)
    return write_exports(messages, cuts, folder), write_pictures(messages, pictures, size)


def _apart(work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
    """Have something done in a process of its own, which ends with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        return process.submit(work, *given, **named).result()


def _work(job: str, *paths: Path) -> Mapping[str, Any]:
    """Have one job done in a process of its own."""
    return _apart(JOBS[job], *paths)


def _scans(*paths: Path) -> tuple[list[Mapping[str, Any]], float]:
    """Scan one export after the other into one store; return what each took, and the memory."""
    found = _work("scan", *paths)
    return found["scans"], found["rss_mb"]


def _in_turns(runs: int, *jobs: tuple[str, Path]) -> list[Mapping[str, Any]]:
    """Do all jobs again and again, so that what slows the machine down slows all of them."""
    done = [[_work(job, path) for job, path in jobs] for _ in range(runs)]
    return [min(results, key=lambda one: one["cpu_s"]) for results in zip(*done, strict=True)]


def _recovered(folder: Path) -> float:
    """Return the share of damaged exports of which everything that stands in them is read."""
    folder.mkdir()
    damaged = {
        folder / f"{number:02}.xml": (name, content, expected)
        for number, (name, content, expected) in enumerate(broken())
    }
    for path, (_, content, _) in damaged.items():
        path.write_bytes(content)
    items = list(read_path(folder))
    rows = []
    for path, (name, _, expected) in damaged.items():
        own = [
            item for item in items if not isinstance(item, Progress) and item.source == str(path)
        ]
        said = [item.text for item in own if isinstance(item, Message)]
        refused = any(isinstance(item, Damage) for item in own)
        # Of an entity bomb nothing is read, and that has to be said.
        rows.append((name, len(said), said == expected and (refused or bool(expected))))
    print_table("damaged exports", ("what is wrong", "messages", "all of them"), rows)
    return share(sum(whole for _, _, whole in rows), len(rows))


def _must_agree(found: Mapping[str, tuple[list[Mapping[str, Any]], int]]) -> None:
    """Refuse to compare what did not do the same."""
    for what, (counts, expected) in found.items():
        for one in counts:
            if one["messages"] != expected:
                raise AssertionError(f"{what}: {one['messages']} instead of {expected}")
