"""What a form asks for, done through the port for changes; each says where to look next."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from watcher.errors import UserError
from watcher.userfiles.loans import LOAN_KEYS
from watcher.web.site import Site

SNOOZE_DAYS: Final = (1, 3, 7)
LONGEST_NOTE: Final = 500
_NUMBER_DIGITS: Final = 15

Form = Mapping[str, str]


class Deeds:
    """All that can be done on the page; each raises `WatcherError` where it cannot be done."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._on_case: Mapping[str, Callable[[int, Form], str]] = {
            "done": self._done,
            "snooze": self._snooze,
            "reopen": self._reopen,
            "tick": self._tick,
            "choose": self._choose,
            "wrong": self._wrong,
            "sent": self._sent,
            "answered": self._answered,
        }
        self._on_loans: Mapping[str, Callable[[Form], str]] = {
            "add": self._add,
            "settle": self._settle,
            "reopen": self._reopen_loan,
            "confirm": self._confirm,
            "dismiss": self._dismiss,
        }

    def on_case(self, case: int, deed: str, form: Form) -> str | None:
        """Do one thing to a case; None where there is no such thing."""
        do = self._on_case.get(deed)
        return do(case, form) if do and case else None

    def on_loans(self, deed: str, form: Form) -> str | None:
        """Do one thing to the ledger; None where there is no such thing."""
        do = self._on_loans.get(deed)
        return do(form) if do else None

    def heed(self, alert: int) -> str:
        """Take in what the program said of itself."""
        self._site.changes.heed(alert)
        return "/"

    def _done(self, case: int, _form: Form) -> str:
        self._site.changes.done(case)
        return "/"

    def _snooze(self, case: int, form: Form) -> str:
        days = number(form.get("days", ""))
        if days not in SNOOZE_DAYS:
            raise UserError("web.form.days")
        self._site.changes.snooze(case, self._site.clock.now() + timedelta(days=days))
        return "/"

    def _reopen(self, case: int, _form: Form) -> str:
        self._site.changes.reopen(case)
        return f"/cases/{case}"

    def _tick(self, case: int, form: Form) -> str:
        checklist, step = form.get("checklist", ""), form.get("step", "")
        note = _short(form.get("note", ""))
        self._site.changes.tick(case, checklist, step, done=form.get("done") == "1", note=note)
        anchor = form.get("anchor", "")
        return f"/cases/{case}#{quote(anchor)}"

    def _choose(self, case: int, form: Form) -> str:
        checklist = form.get("checklist", "")
        self._site.changes.choose(case, checklist, chosen=form.get("chosen") == "1")
        return f"/cases/{case}#todo"

    def _wrong(self, case: int, form: Form) -> str:
        text = None if form.get("back") == "1" else _short(form.get("text", ""))
        self._site.changes.mark_wrong(case, text, form.get("verdict") or None)
        return f"/cases/{case}#wrong"

    def _sent(self, case: int, form: Form) -> str:
        self._site.changes.note_letter(case, form.get("letter", ""), _day(form.get("on", "")))
        return f"/cases/{case}#life"

    def _answered(self, case: int, _form: Form) -> str:
        self._site.changes.note_answer(case)
        return f"/cases/{case}#life"

    def _add(self, form: Form) -> str:
        self._site.changes.add_loan({key: form[key] for key in LOAN_KEYS if form.get(key)})
        return "/loans"

    def _settle(self, form: Form) -> str:
        loan = form.get("loan", "")
        self._site.changes.settle_loan(loan, _day(form.get("on", "")))
        return self._place_of(loan)

    def _reopen_loan(self, form: Form) -> str:
        loan = form.get("loan", "")
        self._site.changes.reopen_loan(loan)
        return self._place_of(loan)

    def _confirm(self, form: Form) -> str:
        self._site.changes.confirm(form.get("proposal", ""))
        return "/loans"

    def _dismiss(self, form: Form) -> str:
        self._site.changes.dismiss(form.get("proposal", ""))
        return "/loans"

    def _place_of(self, loan: str) -> str:
        known = loan in self._site.loans().ledger.by_id
        return f"/loan/{quote(loan, safe='')}" if known else "/loans"


def number(text: str) -> int:
    """Return a number as it stands in an address; 0 for anything else."""
    sound = text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS
    return int(text) if sound else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("cli.usage.no_day") from None


def _short(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise UserError("web.form.long", {"limit": LONGEST_NOTE})
    return text.strip()
