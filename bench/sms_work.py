"""Pieces of work on an export, each to be done in a process of its own.

Time is CPU time of that process and of its children, and memory is the most that both ever
held at once, read where the kernel keeps it.
"""

import os
import re
import resource
import sqlite3
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from bench.naive import naive_recogniser
from bench.report import load_rules
from bench.workload import ledger
from tests.processes import children
from watcher.clock import SystemClock
from watcher.control.commands import Reading, Scan
from watcher.control.scanning import OwnBench, Scanner
from watcher.core.history import History
from watcher.core.model import Channel, Message
from watcher.core.pipeline import process
from watcher.ingest import Ingest
from watcher.judging.here import JudgeHere
from watcher.sources.files import open_document, read_path
from watcher.sources.formats import read_runs
from watcher.sources.usual import UsualRun
from watcher.store import Store

LOANS = 10
rules = cache(load_rules)
"""The rules that ship, read once."""
ANEW = Path("--")
FEED = 1 << 20
"""Bytes that are given to expat at once: with fewer it takes much longer."""


def scan(*paths: Path) -> Mapping[str, Any]:
    """Scan one path after the other into one store; `--` between them begins another."""
    memory = Memory()
    scans: list[Mapping[str, Any]] = []
    while paths:
        end = paths.index(ANEW) if ANEW in paths else len(paths)
        scans += _scan(paths[:end], memory)
        paths = paths[end + 1 :]
    return {"scans": scans, "rss_mb": memory.most}


def _scan(paths: Iterable[Path], memory: "Memory") -> Iterator[Mapping[str, Any]]:
    """Scan as the command does, and yield what each path took."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        with Store.open(Path(folder) / "state", clock.now()) as store:
            ingest = Ingest(
                judge=JudgeHere(rules(), ledger(LOANS, rules())), store=store, clock=clock
            )
            scanner = Scanner(
                ask=OwnBench(store=store, ingest=ingest).ask,
                watched={},
                clock=clock,
                on_reading=memory.look,
            )
            for path in paths:
                began = cpu()
                found = scanner.scan(Scan(paths=(path,))).summary
                verdicts = {str(verdict): number for verdict, number in found.verdicts.items()}
                yield {
                    "cpu_s": cpu() - began,
                    "messages": found.messages,
                    "fresh": found.messages - found.known,
                    "verdicts": verdicts,
                }


def read(path: Path) -> Mapping[str, Any]:
    """Only read an export, in this process, as the child does."""
    began = cpu()
    messages = 0
    with open_document(os.open(path, os.O_RDONLY), str(path)) as document:
        for item in read_runs(document):
            if type(item) is UsualRun:
                messages += len(item.texts)
            elif type(item) is Message:
                messages += 1
    return {"cpu_s": cpu() - began, "messages": messages}


def read_in_child(path: Path) -> Mapping[str, Any]:
    """Only read an export, in the child process, as a scan does."""
    memory = Memory()
    began = cpu()
    messages = 0
    for item in read_path(path):
        if isinstance(item, Message):
            messages += 1
        else:
            memory.look()
    return {"cpu_s": cpu() - began, "messages": messages, "rss_mb": memory.most}


def parse(path: Path) -> Mapping[str, Any]:
    """Read an export with bare expat callbacks: what each message says, and no more."""
    messages: list[tuple[str, str, str]] = []
    count = 0

    def start(name: str, columns: dict[str, str]) -> None:
        nonlocal count
        if name == "sms":
            if columns["type"] == "1":
                count += 1
                messages.append((columns["address"], columns["date"], columns["body"]))
                if len(messages) == 1000:  # noqa: PLR2004  to hold no more than others do
                    messages.clear()
        elif name == "part" and columns.get("ct") == "text/plain":
            count += 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    began = cpu()
    with path.open("rb") as file:
        while chunk := file.read(FEED):
            parser.Parse(chunk, False)  # noqa: FBT003  its own signature
    parser.Parse(b"", True)  # noqa: FBT003  its own signature
    return {"cpu_s": cpu() - began, "messages": count}


def naive(path: Path) -> Mapping[str, Any]:
    """Read, judge and store as one does who does not care how long it takes.

    `iterparse`, NFKC, `re.search` for each rule, a commit for each message, all defaults. Of
    a message that some rule fits the verdict is our own, so that both say the same.
    """
    loaded = rules()
    owed = ledger(LOANS, loaded)
    fits = naive_recogniser((*loaded.notices, *loaded.signals), loaded.data.words)
    history = History.of(())
    verdicts: Counter[str] = Counter()
    messages = 0
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "state.db")
        database.execute("CREATE TABLE messages (known TEXT PRIMARY KEY, verdict TEXT, text TEXT)")
        began = cpu()
        for _, element in ET.iterparse(path):  # noqa: S314  we wrote the file
            if element.tag != "sms" or element.get("type") != "1":
                continue
            text = unicodedata.normalize("NFKC", element.get("body", ""))
            known = f"{element.get('address')} {element.get('date')} {text}"
            if database.execute("SELECT 1 FROM messages WHERE known = ?", (known,)).fetchone():
                continue
            messages += 1
            verdict = None
            if fits(text):
                message = _message(element)
                case = process(message, loaded, owed, history)
                verdict = case.judgement.verdict
                if case.evidence is not None:
                    history.add(case.evidence)
                if verdict is not None:
                    verdicts[str(verdict)] += 1
            database.execute("INSERT INTO messages VALUES (?, ?, ?)", (known, verdict, text))
            database.commit()
            element.clear()
        took = cpu() - began
        database.close()
    return {"cpu_s": took, "messages": messages, "verdicts": verdicts}


def _message(element: ET.Element) -> Message:
    date = int(element.get("date", "0"))
    return Message(
        id=str(date),
        channel=Channel.SMS,
        received_at=datetime.fromtimestamp(date / 1000, UTC),
        sender=element.get("address"),
        text=element.get("body"),
    )


def cpu() -> float:
    """Return the CPU seconds of this process and of the children that have ended."""
    own, ended = (
        resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


class Memory:
    """The most that a child ever held, looked at while it lives, and this process with it."""

    def __init__(self) -> None:
        self._child = 0
        self._looked = 0.0

    def look(self, _reading: Reading | None = None) -> None:
        """Look, a few times a second at most."""
        if time.monotonic() - self._looked < 0.1:  # noqa: PLR2004  it takes some 100 us
            return
        self._looked = time.monotonic()
        for child in children(os.getpid()):
            self._child = max(self._child, _peak(str(child)))

    @property
    def most(self) -> float:
        """The sum of both in MB; they need not have been at their most at the same moment."""
        return (_peak("self") + self._child) / 1024


def _peak(process_id: str) -> int:
    try:
        status = Path(f"/proc/{process_id}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


JOBS: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "scan": scan,
    "read": read,
    "read-in-child": read_in_child,
    "parse": parse,
    "naive": naive,
}
