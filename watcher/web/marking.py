"""A stranger's text in pieces, so that a template can mark the words that were quoted.

Every piece is defanged: nothing in it can be followed, dialled or mistaken for our words.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from watcher.core.model import Case, Field, Quote
from watcher.core.pieces import texts_of
from watcher.phrases.display import defanged, defanged_characters

LONGEST: Final = 4000
LONGEST_QUOTE: Final = 120


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a message; `quoted` where a finding rests on them."""

    text: str = field(repr=False)
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """One field of a message in pieces; `cut` characters of it are not shown."""

    field: Field
    pieces: tuple[Piece, ...]
    cut: int = 0


def marked_message(case: Case) -> tuple[Marked, ...]:
    """Return the fields of a case's message with the words marked on which the case rests."""
    quotes = [signal.quote for signal in case.judgement.signals]
    for cause in case.judgement.causes[:1]:
        quotes += [ground.quote for ground in cause.speaks_for if ground.quote]
    message = case.message
    text, html = texts_of(message)
    fields = (
        (Field.SENDER, message.sender),
        (Field.SUBJECT, message.subject),
        (Field.TEXT, text),
        (Field.HTML, html),
    )
    return tuple(
        Marked(one, _pieces(said, (q for q in quotes if q.field is one)), len(said[LONGEST:]))
        for one, said in fields
        if said
    )


def quoted(words: str) -> str:
    """Return words of a stranger for a line of ours: defanged, on one line, not too long."""
    shown = " ".join(defanged(words).split())
    return f"{shown[:LONGEST_QUOTE]}…" if len(shown) > LONGEST_QUOTE else shown


def _pieces(text: str, quotes: Iterable[Quote]) -> tuple[Piece, ...]:
    shown = defanged_characters(text[:LONGEST])
    inside = bytearray(len(shown))
    for quote in quotes:
        start, end = max(0, quote.start), min(quote.end, len(shown))
        while start < end and text[start].isspace():
            start += 1
        inside[start:end] = b"\x01" * max(0, end - start)
    found: list[Piece] = []
    start = 0
    for at in range(1, len(shown) + 1):
        if at == len(shown) or inside[at] != inside[start]:
            found.append(Piece("".join(shown[start:at]), bool(inside[start])))
            start = at
    return tuple(found)
