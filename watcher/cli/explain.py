"""`loan-watcher explain ID`: everything that stands behind one alert."""

from typing import Any

import click

from watcher.cli import given, stored
from watcher.cli.calendar import letter_title
from watcher.cli.caseform import explanation_form
from watcher.cli.context import Context, pass_context
from watcher.cli.page import explanation_page
from watcher.cli.spoken import json_option, spoken
from watcher.control.deeds import found
from watcher.core.life import CaseChange, Stage


@spoken("cli.explain.help")
@click.argument("case_id", type=int, metavar="ID")
@json_option
@pass_context
def explain(speaker: Context, case_id: int) -> None:
    """Explain one case."""
    explain_case(speaker, case_id)


def explain_case(speaker: Context, case_id: int) -> None:
    """Print a case for a person, or with everything that explains it for a program."""
    with stored.reading() as store:
        case = found(store, case_id)
        changes = store.life.changes(case_id)
    if speaker.json:
        form = stored.row_form(case.row, speaker.phrases)
        form["stage"] = changes[-1].stage if changes else Stage.OPEN
        form["changes"] = [_change_form(one) for one in changes]
        form["sources"] = list(case.sources)
        form["originals"] = [stored.original_form(one) for one in case.originals]
        form["cases"] = [explanation_form(one, speaker.phrases) for one in case.cases]
        speaker.print_json(form)
        return
    rules = given.load_rules(speaker, *given.own_rules())
    zone = given.own_zone()
    speaker.print("explain.title", id=case_id)
    speaker.console.print(explanation_page(speaker, rules, case.leading, zone))
    for original in case.originals[:1]:
        if original.path is None:
            speaker.print("explain.original_gone")
        else:
            speaker.print("explain.original", path=original.path)
    if changes:
        speaker.print("explain.changes")
        for one in changes:
            speaker.print(
                "explain.change_line", at=one.at.astimezone(zone), what=_said(speaker, one)
            )


def _said(speaker: Context, one: CaseChange) -> str:
    called = letter_title(speaker, one.letter)
    return speaker.say(f"explain.changed.{one.change}", letter=called, day=one.sent_on)


def _change_form(one: CaseChange) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "change": one.change.value,
        "stage": one.stage.value,
        "letter": one.letter,
        "sent_on": None if one.sent_on is None else one.sent_on.isoformat(),
    }
