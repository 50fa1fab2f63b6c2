"""Verdicts that the user called wrong, as proposed tests beside the user's own rules.

They lie in `rules/marked/`, one file for each case, and change no verdict: no rule is read
there. `rules test` holds against them what they expect, `rules backtest` what a change does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from watcher.core.model import Channel, Message, Verdict
from watcher.errors import Problem, SourceUnavailable, UserError
from watcher.phrases import LANGUAGES, Phrases
from watcher.userfiles.folders import ownership_problem
from watcher.userfiles.ledger_file import write_private
from watcher.userfiles.spelling import spelled
from watcher.userfiles.tables import Table
from watcher.userfiles.toml import read_toml

FOLDER: Final = "marked"
NOTHING: Final = "null"
"""What stands for no verdict at all."""
VERDICTS: Final = (*(one.value for one in Verdict), NOTHING)
MOST: Final = 500
MAX_BYTES: Final = 1024 * 1024
LONGEST: Final = 20_000
"""Characters of a message's text that are kept, and of its HTML."""

_MOST_HEADERS: Final = 40
_LONGEST_HEADER: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """One message whose verdict is said to be wrong; `says` are the user's words.

    `judged` is what the program said, `verdict` what it should say, where the user knows; each
    is one of `VERDICTS`. `rules` are those on which the verdict rested.
    """

    case: int
    message: Message = field(repr=False)
    judged: str
    verdict: str | None = None
    says: str = field(default="", repr=False)
    rules: tuple[str, ...] = ()


def write_mark(rules: Path, marked: Marked) -> Path:
    """Write a mark into the user's folder of rules, over an earlier one of the same case.

    Raises:
        UserError: there are too many already.
        SourceUnavailable: the disk refuses; nothing is changed then.
    """
    path = _place(rules, marked.case)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists() and sum(1 for _ in path.parent.glob("*.toml")) >= MOST:
            raise UserError("marked.too_many", {"limit": MOST, "folder": str(path.parent)})
        write_private(path, _text(marked))
    except OSError as error:
        raise SourceUnavailable("store.cannot_save", {"reason": error.strerror}) from None
    return path


def remove_mark(rules: Path, case: int) -> None:
    """Take a mark back; `SourceUnavailable` where the disk refuses."""
    try:
        _place(rules, case).unlink(missing_ok=True)
    except OSError as error:
        raise SourceUnavailable("store.cannot_save", {"reason": error.strerror}) from None


def read_marks(*folders: Path) -> tuple[tuple[Marked, ...], tuple[Problem, ...]]:
    """Read the marks in folders of rules, the earliest message first, with every mistake."""
    found: list[Marked] = []
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted((folder / FOLDER).glob("[!.]*.toml"))[:MOST]:
            name = f"{folder.name}/{FOLDER}/{path.name}"
            unsafe = ownership_problem(path, folder, name)
            document, problem = (
                (None, unsafe) if unsafe else read_toml(path, max_bytes=MAX_BYTES, name=name)
            )
            if problem:
                problems.append(problem)
            if document:
                whole = Table.whole(document)
                found.extend(_read(whole))
                problems.extend(whole.findings.problems)
    return tuple(sorted(found, key=lambda one: one.message.received_at)), tuple(problems)


def _place(rules: Path, case: int) -> Path:
    return rules / FOLDER / f"case-{case}.toml"


def _text(marked: Marked) -> str:
    """Return the file; each text on one line, whatever stands in it."""
    message = marked.message
    spoken = map(Phrases, LANGUAGES)
    heading = [f"# {line}" for one in spoken for line in one.say("marked.heading").splitlines()]
    row: dict[str, Any] = {
        "case": marked.case,
        "judged": marked.judged,
        "verdict": marked.verdict,
        "says": marked.says or None,
        "rules": list(marked.rules) or None,
        "channel": message.channel.value,
        "received_at": message.received_at.isoformat(),
        "sender": message.sender,
        "subject": message.subject,
        "text": message.text and message.text[:LONGEST],
        "html": message.html and message.html[:LONGEST],
        "headers": _headers(message),
        "codes": list(message.codes) or None,
    }
    hint = f'# verdict = "{Verdict.UNSURE.value}"'
    lines = [
        hint if name == "verdict" and value is None else f"{name} = {_spelled(value)}"
        for name, value in row.items()
        if value is not None or name == "verdict"
    ]
    return "\n".join([*heading, "", "[[tests]]", *lines, ""])


def _headers(message: Message) -> list[list[str]] | None:
    cut = [[name[:_LONGEST_HEADER], value[:_LONGEST_HEADER]] for name, value in message.headers]
    return cut[:_MOST_HEADERS] or None


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return spelled(value.encode("utf-8", "replace").decode())
    if isinstance(value, list):
        return f"[{', '.join(_spelled(one) for one in value)}]"
    return str(value)


def _read(whole: Table) -> Iterator[Marked]:
    for row in whole.tables("tests"):
        one = _mark(row)
        if one:
            yield one
    whole.finish()


def _mark(row: Table) -> Marked | None:
    case = row.number("case", 1, 2**63 - 1)
    judged = row.word("judged", VERDICTS, required=True)
    verdict = row.word("verdict", VERDICTS)
    says, rules = row.text("says"), row.texts("rules")
    channel = row.one_of("channel", Channel, required=True)
    received_at = _moment(row)
    texts = {name: _whole(row, name) for name in ("sender", "subject", "text", "html")}
    headers, codes = row.value("headers") or [], row.texts("codes")
    if not isinstance(headers, list) or not all(map(_is_pair, headers)):
        row.wrong("headers", "problem.expected-headers")
        headers = []
    row.finish()
    if judged is None or channel is None or received_at is None:
        return None
    message = Message(
        id=f"marked-{case or 0}",
        channel=channel,
        received_at=received_at,
        sender=texts["sender"],
        subject=texts["subject"],
        text=texts["text"],
        html=texts["html"],
        headers=tuple((name, value) for name, value in headers),
        codes=codes,
    )
    return Marked(
        case=case or 0,
        message=message,
        judged=judged,
        verdict=verdict,
        says=says or "",
        rules=rules,
    )


def _moment(row: Table) -> datetime | None:
    value = row.value("received_at", required=True)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = "wrong"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if value is not None:
        row.wrong("received_at", "problem.expected-moment")
    return None


def _whole(row: Table, name: str) -> str | None:
    """Return a text as it stands, space and all."""
    value = row.value(name)
    if value is None or isinstance(value, str):
        return value
    row.wrong(name, "problem.expected-text")
    return None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and [type(part) for part in value] == [str, str]
