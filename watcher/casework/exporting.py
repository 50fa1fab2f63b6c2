"""Writes all that the program remembers into a folder of the user's, whole or not at all.

The JSON file holds everything, the CSV files what a person looks at in a spreadsheet. What
strangers wrote stands in both: no cell is taken for a formula.
"""

import csv
import json
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO
from zoneinfo import ZoneInfo

from watcher.casework import proofs
from watcher.core.model import Verdict
from watcher.errors import SourceUnavailable, UserError
from watcher.phrases import Phrases
from watcher.store import CaseRow, Store
from watcher.store.connection import refused, to_disk

FORMAT: Final = "loan-watcher-export"
VERSION: Final = 1

_FORMULA: Final = frozenset("=+-@|%＝＋－＠")
_NAMES: Final = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The folder that was written; `private` is False where the disk keeps no rights."""

    path: Path
    cases: int
    messages: int
    private: bool


def export(  # noqa: PLR0913, PLR0917  each is a part of what is told
    store: Store,
    state: Path,
    ledger: Path,
    into: Path,
    phrases: Phrases,
    zone: ZoneInfo,
    now: datetime,
) -> Exported:
    """Write a new folder below `into`.

    Raises:
        UserError: there is no such folder, or too many of ours in it.
        SourceUnavailable: the disk refuses; nothing is left behind then.
    """
    if not into.is_dir():
        raise UserError("evidence.no_folder", {"folder": str(into)})
    try:
        unfinished = Path(tempfile.mkdtemp(dir=into, prefix=".loan-watcher-"))  # mode 0700
        try:
            with store.keeping.at_one_moment():
                messages = _write_json(unfinished / "export.json", store, state, ledger, now)
                rows = tuple(store.cases())
                _write_csv(unfinished / "cases.csv", _cases(rows, phrases, zone))
                _write_csv(unfinished / "messages.csv", _messages(store, phrases, zone))
            private = not any(path.stat().st_mode & 0o077 for path in unfinished.iterdir())
            to_disk(unfinished)
            path = _put(unfinished, into, f"{FORMAT}-{now.astimezone(zone):%Y-%m-%d}")
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise refused(error) from None
    return Exported(path=path, cases=len(rows), messages=messages, private=private)


def cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, and no program for a command."""
    text = "".join(one for one in text if one == "\n" or unicodedata.category(one) != "Cc")
    first = next((one for one in text if not one.isspace() and _is_seen(one)), "")
    return f"'{text}" if first in _FORMULA or text[:1].isspace() else text


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Mn"}


def _write_json(path: Path, store: Store, state: Path, ledger: Path, now: datetime) -> int:
    """Write row after row: a store of years does not fit into the memory."""
    messages = 0
    with _new(path) as file:
        head = {"format": FORMAT, "version": VERSION, "made_at": now.isoformat()}
        head |= {"ledger": _text_of(ledger), "proofs": [*_proofs(state)]}
        file.write(f"{_json(head)[:-1]},\n")
        file.write('"tables":{')
        for number, (name, rows) in enumerate(store.keeping.tables()):
            file.write(f"{',' if number else ''}\n{_json(name)}:[")
            count = 0
            for count, row in enumerate(rows, 1):
                file.write(f"{',' if count > 1 else ''}\n{_json(row)}")
            file.write("]")
            if name == "messages":
                messages = count
        file.write("}}\n")
    return messages


def _proofs(state: Path) -> Iterator[Mapping[str, Any]]:
    for loan in sorted(proofs.loans_with_proofs(state)):
        for proof in proofs.of_loan(state, loan):
            yield asdict(proof) | {"path": str(proof.path), "added_at": proof.added_at.isoformat()}


def _cases(rows: Sequence[CaseRow], phrases: Phrases, zone: ZoneInfo) -> Iterator[Sequence[str]]:
    yield _heads(
        phrases,
        ("id", "received_at", "verdict", "lender", "loan", "amount", "due_on", "status", "summary"),
    )
    for row in rows:
        yield (
            str(row.id),
            _moment(row.received_at, zone),
            phrases.say(f"verdict.{row.verdict.value}"),
            row.lender or "",
            row.loan or "",
            "" if row.amount is None else f"{row.amount:.2f}",
            "" if row.due_on is None else row.due_on.isoformat(),
            phrases.say(f"export.status.{row.status.value}"),
            phrases.render(row.summary),
        )


def _messages(store: Store, phrases: Phrases, zone: ZoneInfo) -> Iterator[Sequence[str]]:
    yield _heads(
        phrases, ("received_at", "channel", "sender", "subject", "text", "kind", "verdict", "case")
    )
    cases: dict[int, list[str]] = {}
    tables = dict(store.keeping.tables())
    for row in tables["case_messages"]:
        cases.setdefault(row["message"], []).append(str(row["case_id"]))
    for row in tables["messages"]:
        verdict = row["verdict"]
        yield (
            _moment(datetime.fromisoformat(row["received_at"]), zone),
            phrases.say(f"export.channel.{row['channel']}"),
            row["sender"] or "",
            row["subject"] or "",
            row["text"] or row["html"] or "",
            row["kind"],
            "" if verdict is None else phrases.say(f"verdict.{Verdict(verdict).value}"),
            " ".join(cases.get(row["id"], ())),
        )


def _heads(phrases: Phrases, columns: Iterable[str]) -> Sequence[str]:
    return tuple(phrases.say(f"export.column.{column}") for column in columns)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with _new(path) as file:
        file.write("\ufeff")  # without it Excel reads another charset
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerows([cell(text) for text in row] for row in rows)


@contextmanager
def _new(path: Path) -> Iterator[TextIO]:
    """Make a file for the user alone, and have it on the disk at the end."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
        yield file
        file.flush()
        os.fsync(descriptor)


def _put(unfinished: Path, into: Path, stem: str) -> Path:
    """Give the folder the first name that is free."""
    for number in range(1, _NAMES + 1):
        path = into / (stem if number == 1 else f"{stem}-{number}")
        if not path.exists():
            unfinished.rename(path)
            to_disk(into)
            return path
    raise UserError("export.too_many", {"folder": str(into)})


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceUnavailable("store.cannot_save", {"reason": error.strerror}) from None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
