"""`loan-watcher forget`: a loan, a person or everything leaves the computer, copies included."""

import sys

import click

from watcher.casework import proofs
from watcher.cli import stored
from watcher.cli.context import Context, pass_context
from watcher.cli.given import own_loans
from watcher.cli.spoken import json_option, option, spoken
from watcher.control.commands import Forget, Forgot
from watcher.errors import UserError
from watcher.store.forgetting import erase_all
from watcher.store.lock import lock_if_free
from watcher.userfiles.folders import config_folder, state_folder

LEFT = 3


@spoken("forget.help")
@option("--loan", metavar="ID", says="forget.option.loan")
@option("--person", metavar="NAME", says="forget.option.person")
@option("--everything", is_flag=True, says="forget.option.everything")
@option("--yes", is_flag=True, says="forget.option.yes")
@json_option
@pass_context
def forget(
    speaker: Context, loan: str | None, person: str | None, *, everything: bool, yes: bool
) -> int:
    """Delete for good, once the user has agreed to what."""
    if [bool(loan), bool(person), everything].count(True) != 1:
        raise UserError("forget.one_of")
    if everything:
        return _everything(speaker, agreed=yes)
    return _about(speaker, loan, person, agreed=yes)


def _about(speaker: Context, loan: str | None, person: str | None, *, agreed: bool) -> int:
    with stored.reading() as store:
        about = store.keeping.about_loan(loan) if loan else store.keeping.about_person(person or "")
    count = len(proofs.of_loan(state_folder(), loan)) if loan else 0
    if not (about.is_anything or count):
        raise UserError("forget.nothing", {"name": loan or person})
    counts = {"messages": len(about.messages), "cases": len(about.cases), "proofs": count}
    _ask(speaker.say("forget.ask", name=loan or person, **counts), agreed=agreed)
    if loan:
        proofs.remove(state_folder(), loan)
    answer = stored.have_done(speaker, Forget(loan=loan or None, person=person or None))
    assert isinstance(answer, Forgot)  # noqa: S101  that is what it is answered with
    if speaker.json:
        form = {"messages": answer.messages, "cases": answer.cases, "originals": answer.originals}
        speaker.print_json(form | {"proofs": count, "left": list(answer.left)})
    else:
        speaker.print("forget.done", messages=answer.messages, cases=answer.cases, proofs=count)
    if answer.left:
        speaker.hint(speaker.say("forget.left", files=list(answer.left)))
    if loan and _is_in_ledger(loan):
        speaker.hint(speaker.say("forget.in_ledger", id=loan))
    speaker.hint(speaker.say("forget.elsewhere"))
    return LEFT if answer.left else 0


def _everything(speaker: Context, *, agreed: bool) -> int:
    folder = state_folder()
    _ask(speaker.say("forget.ask_everything", folder=str(folder)), agreed=agreed)
    with lock_if_free(folder) as held:
        if not held:
            raise UserError("forget.running")
        erase_all(folder)
    if speaker.json:
        speaker.print_json({"everything": True})
    else:
        speaker.print("forget.done_everything")
    speaker.hint(speaker.say("forget.files_stay", folder=str(config_folder())))
    speaker.hint(speaker.say("forget.elsewhere"))
    return 0


def _ask(question: str, *, agreed: bool) -> None:
    if agreed:
        return
    if not sys.stdin.isatty():
        raise UserError("forget.yes_missing")
    if not click.confirm(question, default=False, err=True):
        raise click.Abort


def _is_in_ledger(loan: str) -> bool:
    try:
        return loan in own_loans().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
