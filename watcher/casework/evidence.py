"""What an evidence pack holds, decided here and written elsewhere: files to copy, pages to write.

Rules for this file: pure. The same case gives the same bytes, so nothing here asks the time.
Names inside a pack are ours, in letters that every system takes; what the user called a file
stands in the pages.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any, Final
from zoneinfo import ZoneInfo

from watcher.casework.proofs import Proof
from watcher.core.life import CaseChange
from watcher.core.model import Case, Loan
from watcher.phrases import Phrases
from watcher.store import CaseRow, Happening, Paper, Papers, Tick
from watcher.store.codec import whole

FORMAT: Final = "loan-watcher evidence 1"
MANIFEST: Final = "MANIFEST.sha256"
FIRST: Final = "READ-FIRST.txt"
PAGE: Final = "time-line.html"
CASE: Final = "case.json"
LONGEST_NAME: Final = 60

_NAME: Final = re.compile(r"(?:[a-z0-9][a-z0-9-]*/)?[A-Za-z0-9][A-Za-z0-9-]*\.[a-z0-9]{2,6}")
_RESERVED: Final = re.compile(r"(?i)(?:.*/)?(?:con|prn|aux|nul|com\d|lpt\d)(?:[./].*)?")
_ENDINGS: Final = frozenset(
    {
        *("pdf", "ofd", "txt", "csv", "doc", "docx", "xls", "xlsx", "eml", "zip"),
        *("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "heic"),
        *("mp3", "m4a", "amr", "wav", "ogg", "mp4"),
    }
)


class Condition(StrEnum):
    """What became of a file between keeping and packing, or how it looks."""

    USUAL = "usual"
    CUT = "cut"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a pack is made of; `loan` and `happenings` where the case is about a loan."""

    row: CaseRow
    leading: Case = field(repr=False)
    papers: Papers = field(repr=False)
    zone: ZoneInfo
    loan: Loan | None = field(default=None, repr=False)
    happenings: tuple[Happening, ...] = field(default=(), repr=False)
    ticks: tuple[tuple[Tick, str], ...] = field(default=(), repr=False)
    """Steps that the user ticked off, each in words."""
    changes: tuple[CaseChange, ...] = ()
    proofs: tuple[Proof, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that is copied into the pack as it is; `sha256` is what it was when it was kept."""

    name: str
    path: Path
    sha256: str
    called: str = field(repr=False)
    is_proof: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A message in the pack: `stem` names its files, `mail` its original bytes."""

    stem: str
    paper: Paper = field(repr=False)
    mail: str | None


def is_fit(name: str) -> bool:
    """Whether a name inside a pack can be a file on every system and leads nowhere else."""
    return (
        len(name) <= LONGEST_NAME
        and _NAME.fullmatch(name) is not None
        and not _RESERVED.fullmatch(name)
    )


def records(papers: Papers) -> tuple[Record, ...]:
    """Name the messages of a case, then the receipts of its loan."""
    return (*_records("messages", papers.messages), *_records("receipts", papers.receipts))


def attachments(material: Material) -> tuple[Attachment, ...]:
    """Return what is copied as it is: whole mails, and the proofs of the loan."""
    mails = [
        Attachment(
            name=record.mail,
            path=record.paper.original.path,
            sha256=record.paper.original.sha256,
            called=record.mail,
        )
        for record in records(material.papers)
        if record.mail
        and record.paper.original
        and record.paper.original.path
        and record.paper.original.sha256
    ]
    proofs = [
        Attachment(
            name=proof_name(number, proof.name),
            path=proof.path,
            sha256=proof.sha256,
            called=proof.name,
            is_proof=True,
        )
        for number, proof in enumerate(material.proofs, 1)
    ]
    return (*mails, *proofs)


def proof_name(number: int, called: str) -> str:
    """Return what a proof is called in a pack; only an ending that runs nothing is kept."""
    ending = PurePath(called).suffix.lower().removeprefix(".")
    return f"proofs/{number:03}.{ending if ending in _ENDINGS else 'bin'}"


def record_files(record: Record, phrases: Phrases, zone: ZoneInfo) -> Iterator[tuple[str, bytes]]:
    """Yield a message as JSON for programs and as text for people."""
    form = record_form(record, zone)
    yield f"{record.stem}.json", as_json(form)
    yield f"{record.stem}.txt", _as_text(record, phrases, zone)


def record_form(record: Record, zone: ZoneInfo) -> dict[str, Any]:
    """Return a message as it was received, and when it was found where; nothing is judged."""
    message, kept = record.paper.case.message, record.paper.original if record.mail else None
    return {
        "channel": message.channel.value,
        "received_at": message.received_at.astimezone(zone).isoformat(),
        "sender": message.sender,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": [list(header) for header in message.headers],
        "qr_codes": list(message.codes),
        "unreadable": message.unreadable is not None,
        "whole_mail": record.mail,
        "whole_mail_kept_at": kept.kept_at.astimezone(zone).isoformat() if kept else None,
        "found": [
            {"in": source_name(one.source), "at": one.at.astimezone(zone).isoformat()}
            for one in record.paper.sightings
        ],
    }


def case_form(
    material: Material, conditions: Mapping[str, Condition], phrases: Phrases
) -> dict[str, Any]:
    """Return the case as JSON: what was claimed, what the loan is, which file is what."""
    row, leading = material.row, material.leading
    return {
        "format": FORMAT,
        "case": {
            "number": row.id,
            "received_at": row.received_at.astimezone(material.zone).isoformat(),
            "lender": row.lender,
            "loan": row.loan,
            "amount": None if row.amount is None else f"{row.amount:.2f}",
            "due_on": row.due_on.isoformat() if row.due_on else None,
            "kind": leading.notice.kind.value,
        },
        "judged_by_program": {
            "verdict": row.verdict.value,
            "summary": phrases.render(row.summary),
            "causes": [cause.id for cause in leading.judgement.causes],
            "signals": [
                {"rule": one.rule, "quote": one.quote.text} for one in leading.judgement.signals
            ],
        },
        "loan": None if material.loan is None else loan_form(material.loan),
        "time_zone": material.zone.key,
        "messages": [
            {
                "files": [f"{one.stem}.json", f"{one.stem}.txt"],
                "whole_mail": one.mail,
                "condition": str(conditions[one.mail]) if one.mail else None,
            }
            for one in records(material.papers)
        ],
        "proofs": [
            {
                "file": proof_name(number, one.name),
                "called": one.name,
                "sha256_when_added": one.sha256,
                "added_at": one.added_at.astimezone(material.zone).isoformat(),
                "condition": str(conditions[proof_name(number, one.name)]),
            }
            for number, one in enumerate(material.proofs, 1)
        ],
    }


def loan_form(loan: Loan) -> dict[str, Any]:
    """Return a loan as the ledger has it."""
    return {
        "id": loan.id,
        "lender": loan.lender,
        "product": loan.product,
        "account_tail": list(loan.account_tails),
        "principal": None if loan.principal is None else f"{loan.principal:.2f}",
        "opened_on": loan.opened_on.isoformat() if loan.opened_on else None,
        "status": loan.status.value,
        "settled_on": loan.settled_on.isoformat() if loan.settled_on else None,
    }


def manifest(hashes: Mapping[str, str]) -> bytes:
    """Return the list of a pack's files, in the form that `sha256sum -c` reads."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items())).encode()


def as_json(form: object) -> bytes:
    """Return JSON that people can read too, UTF-8 whatever stands in it."""
    return encoded(json.dumps(form, ensure_ascii=False, indent=2) + "\n")


def encoded(text: str) -> bytes:
    """Return UTF-8; half a surrogate pair becomes U+FFFD."""
    return (whole(text) or "").encode()


def source_name(source: str) -> str:
    """Return where a message was found, without the folders of this computer."""
    kind, _, rest = source.partition(":")
    return "imap" if kind == "imap" else PurePath(rest or source).name


def _records(folder: str, papers: Sequence[Paper]) -> Iterator[Record]:
    for number, paper in enumerate(papers, 1):
        kept = paper.original is not None and paper.original.path is not None
        stem = f"{folder}/{number:04}"
        yield Record(stem=stem, paper=paper, mail=f"{stem}.eml" if kept else None)


def _as_text(record: Record, phrases: Phrases, zone: ZoneInfo) -> bytes:
    message = record.paper.case.message
    lines: list[tuple[str, object]] = [
        ("channel", phrases.say(f"evidence.channel.{message.channel.value}")),
        ("received", in_zone(message.received_at, zone)),
        ("sender", message.sender),
        ("subject", message.subject),
    ]
    lines += [
        ("found", f"{in_zone(one.at, zone)} · {phrases.show(source_name(one.source))}")
        for one in record.paper.sightings
    ]
    named = [f"{phrases.say(f'evidence.field.{name}')}: {value}" for name, value in _given(lines)]
    parts = [*named, *(f"{name}: {value}" for name, value in message.headers)]
    bodies = (("text", message.text), ("html", message.html), ("codes", "\n".join(message.codes)))
    for name, body in bodies:
        if body:
            parts += ["", f"== {phrases.say(f'evidence.field.{name}')} ==", body]
    return encoded("\n".join(parts) + "\n")


def in_zone(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment to the second with its distance from UTC."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"


def _given(lines: Iterable[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in lines if value)
