"""`loan-watcher check`: judge one pasted message, or many lines for a program."""

import os
import sys
from pathlib import Path
from typing import Final

import click

from watcher.cli import given
from watcher.cli.context import Context, pass_context
from watcher.cli.spoken import json_option, option, spoken
from watcher.clock import SystemClock
from watcher.core.history import History
from watcher.core.ledger import Ledger
from watcher.core.model import Channel, Holder, Message
from watcher.errors import UserError
from watcher.phrases import Phrases
from watcher.sources.charset import decode_part

STANDARD_INPUT: Final = "-"
MOST_BYTES: Final = 4 * 1024 * 1024
_FILE_ENDINGS: Final = frozenset(
    f".{ending}"
    for ending in (
        "jsonl", "json", "eml", "txt", "xml", "mbox", "toml", "csv", "db", "zip", "html", "htm",
        "msg", "pdf", "doc", "docx", "xls", "xlsx", "png", "jpg", "jpeg",
    )
)  # fmt: skip
_PATH_BEGINS: Final = ("/", "./", "../", "~/")


@spoken("cli.check.help")
@click.argument("text", required=False, metavar="[TEXT|FILE|-]")
@option("--loans", type=click.Path(path_type=Path), says="cli.option.loans")
@option("--rules", type=click.Path(path_type=Path), multiple=True, says="cli.option.rules")
@option("--sender", says="cli.option.sender")
@json_option
@pass_context
def check(
    speaker: Context,
    text: str | None,
    loans: Path | None,
    rules: tuple[Path, ...],
    sender: str | None,
) -> int:
    """Judge what was given: lines where a program reads a file of them, else one message."""
    file = _as_file(text)
    for path in (loans, *rules, file):
        if path is not None:
            given.must_be_readable(path)
    if speaker.json and (text == STANDARD_INPUT or file is not None):
        return _many(speaker, file, loans, rules)
    return _one(speaker, _message(speaker, text, file, sender), loans, rules)


def _as_file(text: str | None) -> Path | None:
    """Return the file that an argument names; a name that looks like one must exist."""
    if not text or text == STANDARD_INPUT or "\n" in text:
        return None
    path = Path(text)
    try:
        if path.is_file() or path.is_fifo():
            return path
    except (OSError, ValueError):  # a long text is no name of a file
        return None
    if path.is_dir():
        raise UserError("cli.check.folder", {"folder": text})
    named = path.suffix.lower() in _FILE_ENDINGS or text.startswith(_PATH_BEGINS)
    named = named or (text.endswith("/") and "." not in text)
    if (named and "://" not in text and " " not in text) or path.is_symlink() or path.exists():
        raise UserError("cli.no_file", {"file": text})
    return None


def _many(speaker: Context, file: Path | None, loans: Path | None, rules: tuple[Path, ...]) -> int:
    """Keep the batch contract: given files only, Chinese unless told otherwise."""
    from watcher.cli.batch import Batch  # noqa: PLC0415  one message needs none of it

    speaker.asked_language = speaker.asked_language or "zh"
    compiled = given.load_rules(speaker, *rules)
    ledger = (
        given.load_ledger(speaker, loans, compiled)
        if loans
        else Ledger.of(Holder(), (), compiled.directory)
    )
    batch = Batch(compiled, ledger, Phrases(speaker.asked_language))
    source = sys.stdin.fileno() if file is None else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        batch.run(source, sys.stdout.fileno())
    finally:
        if file is not None:
            os.close(source)
    return 2 if batch.errors else 0


def _one(
    speaker: Context,
    message: Message,
    loans: Path | None,
    rules: tuple[Path, ...],
) -> int:
    from watcher.cli.caseform import case_form  # noqa: PLC0415  a batch has its own imports
    from watcher.cli.page import verdict_page  # noqa: PLC0415  as above
    from watcher.core.pipeline import process  # noqa: PLC0415  as above

    compiled = given.load_rules(speaker, *given.own_rules(), *rules)
    ledger = given.load_ledger(speaker, loans or given.own_loans(), compiled)
    case = process(message, compiled, ledger, History.of(()))
    if speaker.json:
        speaker.print_json(case_form(case, speaker.phrases))
        return 0
    speaker.console.print(verdict_page(speaker, compiled, case))
    if not ledger.loans:
        speaker.hint(speaker.say("cli.ledger_empty"))
    return 0


def _message(speaker: Context, text: str | None, file: Path | None, sender: str | None) -> Message:
    """Return what is to be judged, as if it came now; a saved mail keeps its own date."""
    if file is not None:
        saved = _saved_message(file)
        if saved is not None:
            return saved
        text, _ = decode_part(file.read_bytes()[:MOST_BYTES], None, None)
    elif text is None or text == STANDARD_INPUT:
        if sys.stdin.isatty():
            speaker.hint(speaker.say("cli.check.paste"))
        text, _ = decode_part(sys.stdin.buffer.read(MOST_BYTES), None, None)
    if not text.strip():
        raise UserError("cli.check.nothing")
    return Message(
        id="pasted",
        channel=Channel.EMAIL if sender and "@" in sender else Channel.SMS,
        received_at=SystemClock().now(),
        sender=sender,
        text=text.strip("\r\n"),
    )


def _saved_message(file: Path) -> Message | None:
    """Return the message of a saved mail; None for a plain text."""
    from watcher.sources.files import read_path  # noqa: PLC0415  a pasted text needs no sandbox

    if file.suffix.lower() == ".txt":
        return None
    messages = [item for item in read_path(file) if isinstance(item, Message)]
    if len(messages) > 1:
        raise UserError("cli.check.several", {"file": str(file)})
    return messages[0] if messages else None
