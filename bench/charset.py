"""Mails with lying charsets: how many of their characters come out right.

Every mail goes the way of one from a server, save for the child process. Its sender, subject
and text are compared with what was written, character by character.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import SequenceMatcher

from bench.charset_mails import FROM, HTML, ROWS, SUBJECT, TEXT, Mail, mails
from bench.report import Numbers, print_lines, print_table
from watcher.sources.mime import read_mail

MAILS, QUICK = 5_000, 2_100
_WRITTEN_AT = datetime(2026, 3, 5, tzinfo=UTC)
_MOST_SHOWN = 20


@dataclass(slots=True)
class _Score:
    mails: int = 0
    characters: int = 0
    right: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.right / self.characters if self.characters else 0.0


def add_options(parser: ArgumentParser) -> None:
    """Declare the options of this figure."""
    parser.add_argument("--wrong", action="store_true", help="list texts that came out wrong")


def measure(options: Namespace) -> Numbers:
    """Read the mails and print a line for each row."""
    scores = {row: _Score() for row in ROWS}
    for row, mail in mails(QUICK if options.quick else MAILS):
        _count(scores[row], mail)
    print_table(
        "characters that came out right",
        ("row", "mails", "characters", "right"),
        [(row, one.mails, one.characters, f"{one.share:.3%}") for row, one in scores.items()],
    )
    if options.wrong:
        rows = [(row, *pair) for row, one in scores.items() for pair in one.wrong[:_MOST_SHOWN]]
        print_lines("row · written · read", rows)
    characters = sum(one.characters for one in scores.values())
    right = sum(one.right for one in scores.values())
    return {
        "mails": sum(one.mails for one in scores.values()),
        "characters_right": _down(right / characters),
        "worst_row": _down(min(one.share for one in scores.values())),
    }


def _count(score: _Score, mail: Mail) -> None:
    score.mails += 1
    shown = dict(_shown(mail))
    for part, written in mail.shows.items():
        read = shown.get(part) or ""
        score.characters += len(written)
        if read == written:
            score.right += len(written)
            continue
        pairs = SequenceMatcher(None, written, read, autojunk=False).get_matching_blocks()
        score.right += sum(one.size for one in pairs)
        score.wrong.append((written, read))


def _shown(mail: Mail) -> Iterator[tuple[str, str | None]]:
    message = read_mail(mail.raw, "bench", _WRITTEN_AT)
    yield SUBJECT, message.subject
    yield TEXT, None if message.text is None else message.text.removesuffix("\n")
    yield HTML, None if message.html is None else message.html.removesuffix("\n")
    yield FROM, next((value for name, value in message.headers if name == "From"), None)


def _down(share: float) -> float:
    """Return a share cut after its fifth place: what is not all is never shown as all."""
    return int(share * 100_000) / 100_000
