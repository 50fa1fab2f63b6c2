"""`loan-watcher open [ID]`: the local page in the browser, served by the daemon or by itself."""

import os
import subprocess
from pathlib import Path

import click

from watcher.cli import given, stored
from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import option, spoken
from watcher.control.asking import ask_daemon
from watcher.control.commands import OpenPage, PageReady
from watcher.control.deeds import found
from watcher.userfiles.folders import config_folder, state_folder
from watcher.userfiles.rules import read_rules
from watcher.web.browser import lead
from watcher.web.start import Orders, Page, write_book

OPENER_SECONDS = 5.0


@spoken("cli.open.help")
@click.argument("case_id", type=int, metavar="[ID]", required=False)
@option("--no-browser", "unseen", is_flag=True, says="cli.open.no_browser")
@pass_context
def open_page(speaker: Context, case_id: int | None, *, unseen: bool) -> None:
    """Open the page, at a case where one is named."""
    answer = ask_daemon(OpenPage(case=case_id), state_folder())
    if isinstance(answer, PageReady):
        _show(speaker, answer.file, unseen=unseen)
        return
    if case_id is not None:
        with stored.reading() as store:
            found(store, case_id)
    page = Page(lambda: _orders(speaker))
    try:
        _show(speaker, page.open("/" if case_id is None else f"/cases/{case_id}"), unseen=unseen)
        speaker.hint(speaker.say("cli.open.serving"))
        page.wait()
    except KeyboardInterrupt:
        speaker.hint(speaker.say("cli.open.ended"))
    finally:
        page.close()


def _orders(speaker: Context) -> Orders:
    rules, problems = read_rules(given.shipped_rules(), *given.own_rules())
    read = given.sound(speaker, rules, () if rules else problems)
    return Orders(
        language=speaker.language,
        config=config_folder(),
        state=state_folder(),
        book=write_book(read, problems, speaker.phrases, config_folder() / "rules"),
    )


def _show(speaker: Context, file: Path, *, unseen: bool) -> None:
    """Lead the desktop's browser to the page, or say which file does."""
    if unseen or not _led(file):
        speaker.print("cli.open.by_hand", file=file.as_uri())


def _led(file: Path) -> bool:
    started = lead(file, os.environ)
    if started is None:
        return False
    try:
        return started.wait(OPENER_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True  # it has become the browser
