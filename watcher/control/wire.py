"""Commands and answers as lines of JSON, checked by hand.

Rules for this file: whoever may connect could be any program of the user's, of any version.
Nothing is believed before its type and size were checked; a command has exactly its fields.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from watcher.control import commands as c
from watcher.control import fields, said
from watcher.control.fields import LONGEST_ID, LONGEST_NOTE, Check, Forged
from watcher.core.model import Verdict
from watcher.errors import WatcherError
from watcher.ingest import Summary
from watcher.userfiles.ledger_edits import Edited
from watcher.userfiles.loans import LOAN_KEYS

VERSION: Final = 1
"""Of what stands on the wire: a service that still runs an older program is told apart."""

REQUEST_LIMIT: Final = 64 * 1024
ANSWER_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of a line. A scan may say something of every file in a big folder."""

Line = c.Answer | c.Reading | c.Working | WatcherError

_Kinds = Mapping[str, tuple[Any, Mapping[str, Check]]]
"""The name of a kind on the wire -> its class, and the check of each of its fields."""


class OtherVersion(Exception):  # noqa: N818  internal: our code, of another release
    """A line was written by a program that speaks another version."""


def encode_command(command: c.Command) -> bytes:
    """Return a command as one line."""
    return _line({"version": VERSION, **_form(command, _COMMANDS)})


def decode_command(line: bytes) -> c.Command:
    """Check one line and return the command that it is.

    Raises:
        Forged: it is none.
        OtherVersion: it may be one of another release.
    """
    form = _parsed(line)
    version = form.pop("version", None)
    if type(version) is not int:
        raise Forged
    if version != VERSION:
        raise OtherVersion
    command: c.Command = _read(form, _COMMANDS)
    return command


def encode_line(line: Line) -> bytes:
    """Return an answer, or a sign of life on the way to it, as one line."""
    if isinstance(line, WatcherError):
        return _line({"is": "failure", "failure": said.from_failure(line)})
    return _line(_form(line, _LINES))


def decode_line(line: bytes) -> Line:
    """Check one line of the daemon's; a failure is returned, not raised.

    Raises:
        Forged: it is none.
    """
    form = _parsed(line)
    if form.get("is") == "failure":
        _, failure = fields.named(form, "is", "failure")
        return said.to_failure(failure)
    decoded: Line = _read(form, _LINES)
    return decoded


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        form = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Forged from error
    if type(form) is not dict:
        raise Forged
    return form


def _read(form: dict[str, Any], kinds: _Kinds) -> Any:
    name = form.pop("is", None)
    if type(name) is not str or name not in kinds:
        raise Forged
    kind, checks = kinds[name]
    if form.keys() != checks.keys():
        raise Forged
    return kind(**{key: check(form[key]) for key, check in checks.items()})


def _line(form: Mapping[str, Any]) -> bytes:
    text = json.dumps(form, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"  # a path may hold any bytes


def _form(value: object, kinds: _Kinds) -> dict[str, Any]:
    [name] = [name for name, (kind, _) in kinds.items() if type(value) is kind]
    return {"is": name, **{key: _plain(getattr(value, key)) for key in kinds[name][1]}}


def _plain(value: Any) -> Any:
    """Return a field's value as what JSON can hold; the field's check is the way back."""
    match value:
        case None | bool() | int() | str():
            return value
        case date():
            return value.isoformat()
        case Path():
            return str(value)
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return _whole(value)


def _whole(value: Edited | c.Look | Summary) -> dict[str, Any]:
    match value:
        case Edited():
            return {
                "id": value.id,
                "settled_on": _plain(value.settled_on),
                "ahead": _plain(value.ahead),
                "doubts": [said.from_problem(one) for one in value.doubts],
            }
        case c.Look():
            failure = None if value.failure is None else said.from_failure(value.failure)
            return {"address": value.address, "failure": failure}
        case Summary():
            return {
                **{name: getattr(value, name) for name in _COUNTS},
                "verdicts": {verdict.value: count for verdict, count in value.verdicts.items()},
                "damage": [said.from_told(one) for one in value.damage],
                "remarks": [said.from_told(one) for one in value.remarks],
            }


def _loan(form: object) -> Mapping[str, str]:
    if type(form) is not dict or not form.keys() <= set(LOAN_KEYS):
        raise Forged
    return {key: fields.text(LONGEST_NOTE)(text) for key, text in form.items()}


def _edited(form: object) -> Edited:
    id_, settled_on, ahead, doubts = fields.named(form, "id", "settled_on", "ahead", "doubts")
    return Edited(
        id=fields.name(id_),
        settled_on=fields.optional(fields.day)(settled_on),
        ahead=fields.optional(fields.day)(ahead),
        doubts=fields.every(said.to_problem)(doubts),
    )


def _look(form: object) -> c.Look:
    address, failure = fields.named(form, "address", "failure")
    return c.Look(address=fields.name(address), failure=fields.optional(said.to_failure)(failure))


def _summary(form: object) -> Summary:
    *counts, verdicts, damage, remarks = fields.named(
        form, *_COUNTS, "verdicts", "damage", "remarks"
    )
    if type(verdicts) is not dict or not verdicts.keys() <= {one.value for one in Verdict}:
        raise Forged
    summary = Summary(
        damage=list(fields.every(said.to_damage)(damage)),
        remarks=list(fields.every(said.to_remark)(remarks)),
    )
    for name, count in zip(_COUNTS, counts, strict=True):
        setattr(summary, name, fields.count(count))
    for name, count in verdicts.items():
        summary.verdicts[Verdict(name)] = fields.count(count)
    return summary


_COUNTS: Final = ("messages", "known", "failed", "opened", "merged", "alerts", "digested")
_ID: Final = fields.text(LONGEST_ID)
_NOTE: Final = fields.optional(fields.text(LONGEST_NOTE))
_CASE: Final[Mapping[str, Check]] = {"case": fields.whole}

_COMMANDS: Final[_Kinds] = {
    "ping": (c.Ping, {}),
    "close": (c.Close, _CASE),
    "snooze": (c.Snooze, {**_CASE, "until": fields.moment}),
    "reopen": (c.Reopen, _CASE),
    "letter": (c.NoteLetter, {**_CASE, "letter": _ID, "on": fields.optional(fields.day)}),
    "answer": (c.NoteAnswer, _CASE),
    "acknowledge": (c.Acknowledge, _CASE),
    "heed": (c.Heed, {"alert": fields.whole}),
    "tick": (
        c.TickStep,
        {**_CASE, "checklist": _ID, "step": _ID, "done": fields.truth, "note": _NOTE},
    ),
    "choose": (c.Choose, {**_CASE, "checklist": _ID, "chosen": fields.truth}),
    "wrong": (c.MarkWrong, {**_CASE, "text": _NOTE, "verdict": fields.optional(_ID)}),
    "add-loan": (c.AddLoan, {"loan": _loan}),
    "settle-loan": (c.SettleLoan, {"loan": _ID, "on": fields.optional(_ID)}),
    "reopen-loan": (c.ReopenLoan, {"loan": _ID}),
    "confirm": (c.Confirm, {"proposal": _ID}),
    "forget": (c.Forget, {"loan": fields.optional(_ID), "person": fields.optional(_ID)}),
    "dismiss": (c.Dismiss, {"proposal": _ID}),
    "scan": (
        c.Scan,
        {
            "paths": fields.every(fields.path),
            "accounts": fields.every(_ID),
            "since": fields.optional(fields.moment),
        },
    ),
    "page": (c.OpenPage, {"case": fields.optional(fields.whole)}),
}
_LINES: Final[_Kinds] = {
    "done": (c.Done, {}),
    "status": (
        c.Status,
        {
            "pid": fields.count,
            "started_at": fields.moment,
            "folders": fields.count,
            "mail": fields.every(_ID),
            "waiting": fields.count,
            "desktop": fields.truth,
            "fallen": fields.every(_ID),
        },
    ),
    "loan": (c.LoanWritten, {"edited": _edited}),
    "forgot": (
        c.Forgot,
        {
            "messages": fields.count,
            "cases": fields.count,
            "originals": fields.count,
            "left": fields.every(fields.name),
        },
    ),
    "scanned": (c.Scanned, {"summary": _summary, "looks": fields.every(_look)}),
    "page-ready": (c.PageReady, {"file": fields.path}),
    "reading": (
        c.Reading,
        {
            "name": fields.name,
            "read": fields.count,
            "total": fields.count,
            "messages": fields.count,
            "notices": fields.count,
        },
    ),
    "working": (c.Working, {}),
}
