"""`loan-watcher doctor`: everything that alerts depend on, looked at once, each with its cure."""

import os
from collections import Counter
from typing import Final

from rich.table import Table
from rich.text import Text

from watcher.cli.checkup import Finding, State, examine
from watcher.cli.context import Context, pass_context
from watcher.cli.flow import Flow
from watcher.cli.spoken import json_option, spoken
from watcher.clock import SystemClock

FINE: Final = 0
TO_DO: Final = 3

_MARKS: Final = {
    State.OK: Text("✓", style="green"),
    State.NOTE: Text("·", style="yellow"),
    State.PROBLEM: Text("✗", style="bold red"),
}


@spoken("doctor.help")
@json_option
@pass_context
def doctor(speaker: Context) -> int:
    """Look, tell, and say what there is to do."""
    found = []
    for finding in examine(speaker.phrases, SystemClock(), os.environ):
        found.append(finding)
        if not speaker.json:
            _tell(speaker, finding)
    counts = Counter(finding.state for finding in found)
    problems, notes = counts[State.PROBLEM], counts[State.NOTE]
    if speaker.json:
        findings = [_form(speaker, finding) for finding in found]
        speaker.print_json({"findings": findings, "to_do": bool(problems)})
    else:
        speaker.console.print()
        summary = "summary" if problems else "summary_none"
        speaker.print(f"doctor.{summary}", count=len(found), problems=problems, notes=notes)
    return TO_DO if problems else FINE


def _tell(speaker: Context, finding: Finding) -> None:
    """Print a finding as soon as it is known; some checks take seconds."""
    row = Table.grid(padding=(0, 1))
    bold = "bold" if finding.state is State.PROBLEM else ""
    row.add_row(_MARKS[finding.state], Flow(Text(speaker.phrases.render(finding.says), bold)))
    if finding.cure is not None:
        row.add_row("", Flow(speaker.phrases.render(finding.cure)))
    speaker.console.print(row)


def _form(speaker: Context, finding: Finding) -> dict[str, object]:
    cure = None if finding.cure is None else speaker.phrases.render(finding.cure)
    return {
        "check": finding.check,
        "state": finding.state.value,
        "says": speaker.phrases.render(finding.says),
        "cure": cure,
    }
