"""A case as the JSON object that programs get (the keys and their order are a contract)."""

import json
from typing import Any

from watcher.core.model import Case, Cause, Ground, Signal
from watcher.phrases import Phrases

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def case_form(case: Case, phrases: Phrases) -> dict[str, Any]:
    """Return the keys of the batch contract; `due_on` and `account_tail` only where known."""
    notice, match, judgement = case.notice, case.match, case.judgement
    form: dict[str, Any] = {
        "id": case.message.id,
        "kind": notice.kind.value,
        "verdict": judgement.verdict.value if judgement.verdict else None,
        "lender": match.lender,
        "loan": match.loan.id if match.loan else None,
        "amount": None if notice.amount is None else f"{notice.amount:.2f}",
    }
    if notice.due_on is not None:
        form["due_on"] = notice.due_on.isoformat()
    if notice.account_tails:
        form["account_tail"] = notice.account_tails[0]
    form["causes"] = [_cause_form(cause, phrases) for cause in judgement.causes]
    form["signals"] = [_signal_form(signal) for signal in judgement.signals]
    form["checklist"] = list(judgement.checklists)
    form["summary"] = phrases.render(case.summary)
    return form


def json_line(form: object) -> str:
    """Return one value as a compact line that UTF-8 can always encode."""
    return encodable(_ENCODER.encode(form) + "\n")


def encodable(text: str) -> str:
    """Return text with each lone surrogate replaced by U+FFFD, length unchanged."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)
    return text


def _cause_form(cause: Cause, phrases: Phrases) -> dict[str, str]:
    because = phrases.clauses(phrases.render(ground.phrase) for ground in cause.speaks_for)
    return {"id": cause.id, "because": because}


def _signal_form(signal: Signal) -> dict[str, Any]:
    quote = signal.quote
    return {
        "rule": signal.rule,
        "severity": signal.strength.value,
        "field": quote.field.value,
        "quote": quote.text,
        "start": quote.start,
        "end": quote.end,
    }


def explanation_form(case: Case, phrases: Phrases) -> dict[str, Any]:
    """Return a case with the message, the match and every ground, for `explain --json`."""
    message = case.message
    form = case_form(case, phrases)
    form["row"] = case.judgement.row
    form["received_at"] = message.received_at.isoformat()
    form["message"] = {
        "channel": message.channel.value,
        "sender": message.sender,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
    }
    if message.codes:
        form["message"]["codes"] = list(message.codes)
    form["matched_because"] = [phrases.render(reason) for reason in case.match.reasons]
    form["causes"] = [
        {
            "id": cause.id,
            "for": [_ground_form(ground, phrases) for ground in cause.speaks_for],
            "against": [_ground_form(ground, phrases) for ground in cause.speaks_against],
        }
        for cause in case.judgement.causes
    ]
    form["would_change"] = [phrases.render(phrase) for phrase in case.judgement.would_change]
    return form


def _ground_form(ground: Ground, phrases: Phrases) -> dict[str, Any]:
    quote = ground.quote
    return {
        "says": phrases.render(ground.phrase),
        "field": quote.field.value if quote else None,
        "quote": quote.text if quote else None,
    }
