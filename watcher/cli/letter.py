"""`loan-watcher letter ID`: the letter that a case calls for, filled as far as things are known."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from watcher.casework.letter_page import letter_page
from watcher.casework.letters import Draft, Known, offered, possible, write
from watcher.cli import given, stored
from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import json_option, option, spoken
from watcher.control.deeds import found
from watcher.core.correspondence import Letter
from watcher.core.lenders import Directory
from watcher.core.rules import Text
from watcher.errors import UserError
from watcher.phrases import Phrases
from watcher.userfiles.ledger_file import write_private
from watcher.userfiles.loans import read_loans


@spoken("cli.letter.help")
@click.argument("case_id", type=int, metavar="ID")
@option("--kind", metavar="T1", says="cli.letter.kind")
@option("--page", type=click.Path(path_type=Path, dir_okay=False), says="cli.letter.page")
@json_option
@pass_context
def letter(speaker: Context, case_id: int, kind: str | None, page: Path | None) -> None:
    """Print a letter, or write it as a page."""
    with stored.reading() as store:
        case, casework = found(store, case_id), store.casework(case_id)
        changes = store.life.changes(case_id)
    rules = given.load_rule_data(speaker, *given.own_rules())
    checklists = [one.id for one in rules.checklists]
    letters = given.load_letters(speaker, *given.own_rules(), checklists=checklists)
    directory = Directory.of(rules.lenders)
    ledger = given.sound(speaker, *read_loans(given.own_loans(), directory))
    known = Known.of(case.leading, case.cases, ledger, directory, casework.chosen, changes=changes)
    chosen = _chosen(letters, known, kind, case_id)
    draft = write(chosen, known)
    if page is not None:
        _save(page, letter_page(draft, speaker.phrases))
    if speaker.json:
        speaker.print_json(_form(draft, offered(letters, known), page))
        return
    if page is None:
        _print(draft.plain(Phrases("zh")))
        if speaker.language != "zh":
            _print(f"\n{speaker.say('letter.page.gloss')}:\n\n{draft.plain(speaker.phrases)}")
    else:
        speaker.hint(speaker.say("cli.letter.written", file=str(page)))
    _advise(speaker, draft, [one for one in possible(letters, known) if one is not chosen])


def _chosen(letters: Mapping[str, Letter], known: Known, kind: str | None, case: int) -> Letter:
    """Return the letter asked for, or the first that the case calls for; else say which fit."""
    fitting = possible(letters, known)
    if kind is None:
        for one in offered(letters, known):
            return one
        raise UserError("cli.letter.none", {"id": case, "kinds": _ids(fitting)})
    for one in fitting:
        if one.id.casefold() == kind.casefold():
            return one
    if any(id_.casefold() == kind.casefold() for id_ in letters):
        values = {"id": case, "kind": kind, "kinds": _ids(fitting)}
        raise UserError("cli.letter.unfit", values)
    raise UserError("cli.letter.unknown", {"kind": kind, "kinds": _ids(letters.values())})


def _advise(speaker: Context, draft: Draft, others: Iterable[Letter]) -> None:
    """Say what to heed, where it is not in the way of what is piped on."""
    chinese = speaker.language == "zh"
    speaker.hint("")
    speaker.hint(f"{speaker.say('letter.page.sending')}: {_said(draft.sending, chinese=chinese)}")
    if draft.blanks:
        speaker.hint(speaker.say("letter.page.blanks", count=len(draft.blanks)))
    more = [f"{one.id} {_said(one.title, chinese=chinese)}" for one in others]
    if more:
        speaker.hint(speaker.say("cli.letter.others", kinds=more))


def _print(text: str) -> None:
    """Print a text as it stands: folding would put line breaks into the letter."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _save(file: Path, page: str) -> None:
    """Write a page that only the user may read, over what was there or not at all."""
    if not file.resolve().parent.is_dir():
        raise UserError("cli.no_file", {"file": str(file.parent)})
    if file.exists() and not file.is_file():
        raise UserError("cli.letter.no_page", {"file": str(file)})
    write_private(file, page)


def _ids(letters: Iterable[Letter]) -> list[str]:
    return [one.id for one in letters]


def _said(text: Text, *, chinese: bool) -> str:
    return text.zh if chinese else text.en


def _form(draft: Draft, fitting: Iterable[Letter], page: Path | None) -> dict[str, Any]:
    return {
        "kind": draft.id,
        "title": {"zh": draft.title.zh, "en": draft.title.en},
        "sending": {"zh": draft.sending.zh, "en": draft.sending.en},
        "text": draft.plain(Phrases("zh")),
        "gloss": draft.plain(Phrases("en")),
        "blanks": list(draft.blanks),
        "sources": list(draft.sources),
        "offered": _ids(fitting),
        "page": None if page is None else str(page),
    }
