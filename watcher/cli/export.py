"""`loan-watcher export`: all that the program remembers, as files of the user's own."""

from pathlib import Path

import click

from watcher.casework.exporting import export as write
from watcher.cli import given, stored
from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import json_option, option, spoken
from watcher.clock import SystemClock
from watcher.errors import UserError
from watcher.userfiles.folders import state_folder


@spoken("export.help")
@option("--into", type=click.Path(path_type=Path), metavar="FOLDER", says="export.option.into")
@json_option
@pass_context
def export(speaker: Context, into: Path | None) -> None:
    """Write a folder with everything."""
    if into is None:
        raise UserError("export.into_missing")
    with stored.reading() as store:
        written = write(
            store,
            state_folder(),
            given.own_loans(),
            into.expanduser(),
            speaker.phrases,
            given.own_zone(),
            SystemClock().now(),
        )
    if speaker.json:
        speaker.print_json(
            {
                "path": str(written.path.absolute()),
                "cases": written.cases,
                "messages": written.messages,
                "private": written.private,
            }
        )
    else:
        speaker.print("export.written", cases=written.cases, messages=written.messages)
        path = speaker.phrases.show(str(written.path.absolute()))
        speaker.console.print(path, soft_wrap=True)  # to be copied whole
    if not written.private:
        speaker.hint(speaker.say("evidence.not_private"))
    speaker.hint(speaker.say("export.warning"))
